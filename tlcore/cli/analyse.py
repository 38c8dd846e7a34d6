"""The command `analyse`: find out more about a finished run."""

import argparse
from typing import Any

from tlcore.api.model import Model, load_model
from tlcore.api.progress_bars import ProgressBars
from tlcore.cli.common import Subparsers, answer
from tlcore.messages.learning_curves import basis_message, curve_message, curve_values
from tlcore.messages.photo_maps import map_message, map_values
from tlcore.messages.quantities import percent, percent_range
from tlcore.messages.shortcuts import basis_message as shortcuts_basis
from tlcore.messages.shortcuts import class_message, shortcut_values, shortcuts_message
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace

_HELP = (
    "learning-curve: would more photos help? photo-map: which photos look alike, and which classes overlap? "
    "shortcuts: is a class recognised by its background?"
)
Answer = tuple[list[str], dict[str, Any]]
"""The lines that a person reads, and the object for --json."""


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("analyse", parents=[common], help="find out more about a finished run")
    parser.add_argument("run", help="the id of a run")
    parser.add_argument("what", choices=sorted(_ANALYSES), help=_HELP)
    parser.set_defaults(command=_analyse)


def _analyse(workspace: Workspace, options: argparse.Namespace) -> int:
    model = load_model(options.run, workspace=workspace)
    with ProgressBars() as bars:
        lines, values = _ANALYSES[options.what](model, bars)
    return answer(options, "\n".join(map(printable, lines)), {"run": model.run_id, **values})


def _learning_curve(model: Model, bars: ProgressBars) -> Answer:
    curve = model.learning_curve(on_event=bars.show)
    rows = [("measured", point) for point in curve.points] + [("expected", point) for point in curve.forecasts]
    lines = [curve_message(curve), ""]
    lines += [
        f"  {round(point.num_photos):>8,} photos  {percent(point.accuracy):>6} "
        f"(likely range {percent_range(point.low, point.high)}) {kind}"
        for kind, point in rows
    ]
    return [*lines, "", basis_message(curve)], curve_values(curve)


def _photo_map(model: Model, bars: ProgressBars) -> Answer:
    found = model.photo_map(on_event=bars.show)
    return [map_message(found), "--json has the place of every photo."], map_values(found)


def _shortcuts(model: Model, bars: ProgressBars) -> Answer:
    found = model.shortcuts(on_event=bars.show)
    lines = [shortcuts_message(found), *map(class_message, found.named), ""]
    for each in found.classes:
        shares = (percent(part.recall) for part in (each.whole, each.no_middle, each.no_border))
        lines.append("  {:<24} whole {:>6}, middle hidden {:>6}, border hidden {:>6}".format(each.label, *shares))
    return [*lines, "", shortcuts_basis(found)], shortcut_values(found)


_ANALYSES = {"learning-curve": _learning_curve, "photo-map": _photo_map, "shortcuts": _shortcuts}
