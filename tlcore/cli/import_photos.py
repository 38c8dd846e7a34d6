"""The command `import`: photos become a data set, and whatever was left out, changed or guessed is listed."""

import argparse

from tlcore.api.editing import editable
from tlcore.api.progress_bars import ProgressBars
from tlcore.cli.common import SOURCES, Subparsers, add_layout, answer, read_dataset
from tlcore.cli.file_report import add_report_option, report_values, save_report
from tlcore.data.manifest import SPLITS, Dataset
from tlcore.messages.file_report import report_text
from tlcore.messages.layouts import found_message
from tlcore.messages.quantities import count
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("import", parents=[common], help="make a data set of a folder, a zip or a sample set")
    parser.add_argument("path", help=f"a folder or zip with one folder per class, {SOURCES}")
    parser.add_argument("--name", help="name of the data set")
    add_layout(parser)
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="decides the split (default 0)")
    parser.add_argument(
        "--group-by",
        default="",
        metavar="COLUMN",
        help="keep photos with the same value there on one side of the split",
    )
    add_report_option(parser)
    parser.set_defaults(command=_import)


def _import(workspace: Workspace, options: argparse.Namespace) -> int:
    with ProgressBars() as bars:
        dataset = read_dataset(workspace, options, options.seed, bars.show)
    if options.group_by:
        dataset = editable(dataset).set_groups(options.group_by, seed=options.seed)
    save_report(options, dataset.report)
    lines = filter(None, (_described(dataset), report_text(dataset.report)))
    return answer(options, "\n".join(lines), _values(dataset))


def _described(dataset: Dataset) -> str:
    """The data set as lines of text."""
    facts = f"{count(len(dataset.photos), 'photo')}, {count(len(dataset.labels), 'class', 'classes')}"
    found = [f"{found_message(dataset.layout)}."] if dataset.layout is not None else []
    notes = [f"  {printable(note)}" for note in (*found, *dataset.notes)]
    return "\n".join([f"{dataset.id}  {printable(dataset.name)}  {facts}", *notes])


def _values(dataset: Dataset) -> dict[str, object]:
    """The data set for `--json`."""
    counts, parts = (dataset.photos[column].value_counts() for column in ("label", "split"))
    return {
        "dataset": dataset.id,
        "name": dataset.name,
        "photos": len(dataset.photos),
        "classes": {label: int(counts[label]) for label in dataset.labels},
        "parts": {part: int(parts.get(part, 0)) for part in SPLITS},
        "notes": list(dataset.notes),
        **report_values(dataset.report),
    }
