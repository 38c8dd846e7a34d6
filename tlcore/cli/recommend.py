"""The terminal's command `recommend`: what the photos of a folder, a zip, a data set or a ready set need."""

import argparse
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pandas as pd

from tlcore.advice.recommend import recommend
from tlcore.advice.rule import Recommendation
from tlcore.cli.common import find_dataset, finish, tell
from tlcore.cli.progress import Bars
from tlcore.data.collect import Collected, collect
from tlcore.data.folder import FolderSource
from tlcore.data.layout import label_all
from tlcore.data.manifest import Dataset
from tlcore.data.names import is_junk
from tlcore.data.samples import SAMPLES
from tlcore.errors import UserError
from tlcore.events import Event, never
from tlcore.messages.flip_hints import flip_hints
from tlcore.messages.recommendation import recommendation_reason, recommendation_values
from tlcore.workspace import Workspace


def add_recommend(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the subparsers of the terminal.

    Args:
        commands: what `add_subparsers` gave.
        common: the options that all commands have.
    """
    command = commands.add_parser("recommend", parents=[common], help="tell what photos need, before training")
    command.add_argument(
        "path",
        help="folder or zip of class folders, a folder of photos, a data set's id, or one of: "
        + ", ".join(sample.key for sample in SAMPLES),
    )
    command.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="which photos are looked at, where there are more than 200. Default 0.",
    )
    command.set_defaults(command=_recommend)


def _recommend(workspace: Workspace, options: argparse.Namespace) -> int:
    folder = Path(options.path).expanduser()
    with Bars() as bars:
        if holds_only_photos(folder):
            dataset = finish(read_unsorted(folder), bars)
        else:
            dataset = finish(find_dataset(workspace, options.path, None, 0), bars)
        advice = finish(recommend(workspace, dataset, seed=options.seed), bars)
    return tell(options, _say(advice, dataset.labels), recommendation_values(advice))


def holds_only_photos(folder: Path) -> bool:
    """Whether this is a folder with files and without folders: photos that nobody has put into classes yet."""
    if not folder.is_dir():
        return False
    try:
        entries = [entry for entry in folder.iterdir() if not is_junk((entry.name,))]
        return bool(entries) and all(entry.is_file() for entry in entries)
    except OSError:
        return False  # whoever reads it tells why it cannot be read


def read_unsorted(folder: Path) -> Generator[Event, None, Dataset]:
    """The photos of a folder without classes, as a data set that is saved nowhere: all of it to learn from.

    Raises:
        UserError: no file in it is a photo.
    """
    source, collected = FolderSource(folder), Collected()
    yield from collect(source, label_all(source.files, "photo").placed, collected, None, never)
    photos = collected.photos().assign(split="train")
    if photos.empty:
        raise UserError(f"No file in {source.name} is a photo that can be used.", "Give a folder with photos.")
    refused = pd.DataFrame(collected.refused, columns=["path", "reason"])
    return Dataset(
        id="",
        name=source.name,
        folder=source.root,
        root=source.root,
        labels=(),
        photos=photos,
        refused=refused,
        fingerprint="",
        created=0.0,
        source=str(source.root),
        licence="",
        notes=(),
    )


def _say(advice: Recommendation, labels: tuple[str, ...]) -> str:
    """What a person reads: the strategy, the reason, what ImageNet sees, and what mirroring would do."""
    lines = [f"{advice.strategy}: {recommendation_reason(advice)}"]
    for seen in advice.examined:
        guesses = ", ".join(f"{name} {chance:.0%}" for name, chance in seen.guesses)
        lines.append(f"  {seen.path}: {guesses}")
    lines += [sentence for _, sentence in flip_hints(labels, advice.label_changing_flips)]
    return "\n".join(lines)
