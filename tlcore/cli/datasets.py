"""The command `datasets`: the data sets of a workspace, and the samples."""

import argparse

from tlcore.api.listings import list_datasets, list_samples
from tlcore.cli.common import Subparsers, answer
from tlcore.messages.quantities import count
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    commands.add_parser("datasets", parents=[common], help="list your data sets and the sample sets").set_defaults(
        command=_datasets
    )


def _datasets(workspace: Workspace, options: argparse.Namespace) -> int:
    made = list_datasets(workspace)
    samples = list_samples()
    lines = [
        f"{item.id}  {printable(item.name)}  {count(item.num_photos, 'photo')}, "
        f"{count(len(item.labels), 'class', 'classes')}"
        for item in made
    ]
    for sample in samples:
        size = f", {sample.download_bytes / 1e6:.0f} MB download" if sample.download_bytes else ""
        lines.append(f"{sample.key}  (sample set) {sample.num_photos:,} photos, {sample.num_classes} classes{size}")
    values = {
        "datasets": [
            {"id": item.id, "name": item.name, "photos": item.num_photos, "classes": len(item.labels)} for item in made
        ],
        "samples": [
            {
                "key": sample.key,
                "title": sample.title,
                "photos": sample.num_photos,
                "classes": sample.num_classes,
                "download_bytes": sample.download_bytes,
            }
            for sample in samples
        ],
    }
    return answer(options, "\n".join(lines), values)
