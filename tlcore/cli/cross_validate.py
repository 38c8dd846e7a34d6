"""The command `cross-validate`: test every photo of a run once."""

import argparse
from typing import Any

from tlcore.api.model import Model, load_model
from tlcore.api.progress_bars import ProgressBars
from tlcore.cli.common import Subparsers, answer
from tlcore.evaluation.cross_validation import CrossValidation, cross_validation_values
from tlcore.messages.cross_validation import coverage_message, cross_validation_message, how_message, spread_message
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "cross-validate", parents=[common], help="test every photo of a run once, each by a model that has not seen it"
    )
    parser.add_argument("run", help="the id of a run")
    parser.set_defaults(command=_cross_validate)


def _cross_validate(workspace: Workspace, options: argparse.Namespace) -> int:
    model = load_model(options.run, workspace=workspace)
    with ProgressBars() as bars:
        found = model.cross_validate(on_event=bars.show)
    return answer(options, "\n".join(_lines(found)), _values(model, found))


def _lines(found: CrossValidation) -> list[str]:
    lines = [cross_validation_message(found), how_message(found), spread_message(found), coverage_message(found), ""]
    for row in found.report.per_class.to_dict(orient="records"):
        lines.append(
            f"  {printable(row['label']):<24} {row['correct']} of {row['support']} found (recall {row['recall']:.1%}), "
            f"precision {row['precision']:.1%}, F1 {row['f1']:.3f}"
        )
    return lines


def _values(model: Model, found: CrossValidation) -> dict[str, Any]:
    per_class = found.report.per_class.to_dict(orient="records")
    folds = found.fold_table.to_dict(orient="records")
    values = cross_validation_values(found) | {"per_fold": folds, "per_class": per_class}
    return {"run": model.run_id, "cross_validation": values}
