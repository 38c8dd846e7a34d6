"""The command `check`: photos of a data set to correct or leave out, and what belongs together."""

import argparse

import pandas as pd

from tlcore.api.checking import CheckResult, find_issues, split_by
from tlcore.api.progress_bars import ProgressBars
from tlcore.cleaning.issues import KINDS
from tlcore.cli.common import SOURCES, Subparsers, add_layout, answer, read_dataset
from tlcore.data.manifest import SPLITS, Dataset
from tlcore.messages.checks import TITLES, check_message, grouping_title, issue_values, worth_message
from tlcore.messages.quantities import count
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace

MOST_LINES = 50  # of each kind; --json has all


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "check", parents=[common], help="find wrong labels, copies, blurred photos, and what belongs together"
    )
    parser.add_argument("path", help=f"a folder or zip with one folder per class, {SOURCES}")
    add_layout(parser)
    parser.add_argument(
        "--split-by",
        metavar="GROUPS",
        help="split again with what belongs together on one side: alike (copies and bursts), a column of the table "
        "beside the photos (site), folder:2 (the second folder), name:1 (the first part of the file name), name:1-2, "
        "or number (the name up to its first number)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="decides the new split (default 0)")
    parser.set_defaults(command=_check)


def _check(workspace: Workspace, options: argparse.Namespace) -> int:
    with ProgressBars() as bars:
        dataset = read_dataset(workspace, options, 0, bars.show)  # `--seed` is that of the new split
        found = find_issues(dataset, on_event=bars.show)
        if options.split_by:
            return _split(options, split_by(dataset, options.split_by, seed=options.seed, on_event=bars.show))
    values = {"dataset": dataset.id, "photos": len(dataset.photos)} | dict(issue_values(found.issues, found.splits))
    return answer(options, _text(found, len(dataset.photos)), values)


def _split(options: argparse.Namespace, dataset: Dataset) -> int:
    """What a new split gave."""
    groups, parts = int(dataset.photos["group"].nunique()), dataset.photos["split"].value_counts()
    counts = {part: int(parts.get(part, 0)) for part in SPLITS}
    shown = ", ".join(f"{number:,} {part}" for part, number in counts.items())
    text = f"Split by {count(groups, 'group')}: {shown}. The data set is now {dataset.id}."
    return answer(options, text, {"dataset": dataset.id, "groups": groups, "parts": counts})


def _text(found: CheckResult, num_photos: int) -> str:
    """What a person reads: how much was found, the photos of each kind, and what honest splits are worth."""
    lines = [f"{check_message(found.issues, num_photos)}."]
    for kind in KINDS:
        rows = found.issues[found.issues["kind"] == kind]
        if len(rows):
            lines += ["", f"{TITLES[kind]} ({len(rows):,})", *_lines(rows)]
    for worth in found.splits:
        lines += ["", f"{grouping_title(worth.key)}: {worth_message(worth)}"]
    return "\n".join(lines)


def _lines(rows: pd.DataFrame) -> list[str]:
    shown = rows.head(MOST_LINES)[["path", "other", "label", "reason"]].itertuples(index=False, name=None)
    lines = [
        printable(f"  {path} ({label}): {reason}" + (f" · {other}" if other else ""))
        for path, other, label, reason in shown
    ]
    more = len(rows) - MOST_LINES
    return lines + ([f"  … and {more:,} more; --json has all of them"] if more > 0 else [])
