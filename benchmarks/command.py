"""What every benchmark does around its measuring: options, photos to measure on, the end of the command."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.table import Row, print_table, processor_note, write_json

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY.parent / "shared" / "data" / "cats-dogs"
QUICK = {"train": 40, "validation": 20}  # photos a class


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """The options that all benchmarks have."""
    options = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description.splitlines()[0])
    options.add_argument("--json", type=Path, metavar="FILE", help="write the rows as a list of objects")
    options.add_argument(
        "--data",
        type=Path,
        default=DATA,
        metavar="FOLDER",
        help="train/ and validation/ with a folder a class in each (default: %(default)s)",
    )
    options.add_argument("--quick", action="store_true", help="a few photos and rounds: does it run? says nothing more")
    return options


def check_data(folder: Path) -> Path:
    """The folder of photos; ends the command with a sentence and code 2 where it is absent."""
    if not all((folder / part).is_dir() for part in QUICK):
        print(
            f"There are no photos in {folder} (train/ and validation/, a folder a class in each). "
            "Give such a folder with --data FOLDER.",
            file=sys.stderr,
        )
        sys.exit(2)
    return folder


def few_photos(folder: Path, target: Path) -> Path:
    """A copy of the first photos of each class, for --quick."""
    for part, count in QUICK.items():
        for label in sorted(path for path in (folder / part).iterdir() if path.is_dir()):
            kept = target / part / label.name
            kept.mkdir(parents=True)
            for photo in sorted(label.iterdir())[:count]:
                shutil.copy2(photo, kept)
    return target


def touch_files(folder: Path) -> None:
    """Read every file once, so that the system's file cache is equally warm for both sides."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.read_bytes()


def in_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function returns when it runs in a new Python process, without TensorFlow's chatter."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_hush) as pool:
        return pool.submit(function, *arguments).result()


def _hush() -> None:
    """Drop standard error; an exception still reaches the parent."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def finish(title: str, rows: Sequence[Row], options: argparse.Namespace, notes: Sequence[str] = ()) -> int:
    """Print and write the rows; the exit code: 1 when a target is missed that counts on this processor."""
    notes = [*notes, processor_note()]
    if options.quick:
        notes = [*notes, "--quick: too few photos and rounds for these figures to mean anything."]
    print_table(title, rows, notes)
    if options.json:
        write_json(options.json, rows)
    return 0 if all(row.met or row.lacks for row in rows) else 1
