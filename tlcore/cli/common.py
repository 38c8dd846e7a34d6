"""What the terminal's commands share: options out of settings, the data set that a word means, Ctrl-C, the answer.

__main__.py and the commands_*.py files hook the commands in; nothing here knows any of them.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from tlcore.cli.progress import Bars
from tlcore.config import TrainConfig, defaults_for
from tlcore.data.ingest import ingest_path
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.samples import SAMPLES, ingest_sample
from tlcore.errors import UserError
from tlcore.events import Event
from tlcore.jobs.store import Run, request_stop
from tlcore.models.registry import find_backbone, usual_image_size
from tlcore.workspace import Workspace


def add_option(parser: argparse.ArgumentParser, option: Field) -> None:
    """A command-line option out of a setting's own words and limits; what is not given takes the strategy's default."""
    meta, name = option.metadata, f"--{option.name.replace('_', '-')}"
    allowed = f" {meta['low']:g} to {meta['high']:g}." if "low" in meta else ""
    if option.type is bool:
        parser.add_argument(name, action=argparse.BooleanOptionalAction, help=f"{meta['label']}.")
        return
    allowed = f" One of: {', '.join(meta['choices'])}." if "choices" in meta else allowed
    text = f"{meta['label']}.{allowed} Default {option.default}.".replace("%", "%%")
    parser.add_argument(name, type=option.type, metavar="N" if option.type in (int, float) else "NAME", help=text)


def train_config(options: argparse.Namespace, **changes: Any) -> TrainConfig:
    """The settings that were given, over the defaults of the strategy that was given; `changes` go over both.

    Raises:
        UserError: a value that is not allowed, or an unknown network.
    """
    given = {option.name: getattr(options, option.name, None) for option in fields(TrainConfig)} | changes
    given = {name: value for name, value in given.items() if value is not None}
    strategy, backbone = given.pop("strategy", TrainConfig().strategy), given.get("backbone", TrainConfig().backbone)
    given.setdefault("image_size", usual_image_size(strategy, find_backbone(backbone)))
    return defaults_for(strategy, **given)


@contextmanager
def without_chatter() -> Iterator[None]:
    """Keep what TensorFlow's C++ prints about processors while it is imported off the terminal."""
    sys.stderr.flush()
    kept = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(silence)
        os.close(kept)


@contextmanager
def ctrl_c_stops(run: Run) -> Iterator[None]:
    """The first Ctrl-C asks the run to stop and keep what it has learned; the second one ends the program."""

    def ask(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        request_stop(run)
        print("\nStopping; what was learned is kept. Press Ctrl-C again to end at once.", file=sys.stderr)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def find_dataset(workspace: Workspace, given: str, name: str | None, seed: int) -> Generator[Event, None, Dataset]:
    """The data set that a word on the command line means: a path, a ready set, or an id."""
    if Path(given).expanduser().exists():
        return (yield from ingest_path(workspace, Path(given), name=name, seed=seed))
    if given in {sample.key for sample in SAMPLES}:
        return (yield from ingest_sample(workspace, given, seed=seed))
    if (workspace.datasets / given).is_dir() and "/" not in given:
        return load_dataset(workspace, given)
    raise UserError(
        f"Received: {given}, which is no folder, zip, data set or ready set.",
        f"Ready sets are {', '.join(sample.key for sample in SAMPLES)}.",
    )


def finish(job: Generator[Event, None, Any], bars: Bars) -> Any:
    """Run a generator to its end, showing its events; its result."""
    while True:
        try:
            bars.show(next(job))
        except StopIteration as end:
            return end.value


def tell(options: argparse.Namespace, text: str, values: dict[str, Any]) -> int:
    """Print the sentence, or with --json the object as the last line of standard output."""
    print(json.dumps(values, ensure_ascii=False) if options.json else text)
    return 0
