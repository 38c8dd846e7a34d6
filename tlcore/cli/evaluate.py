"""The command `evaluate`: how good a model is, on its own test photos or on others."""

import argparse
from pathlib import Path
from typing import Any

from tlcore.api.arguments import check_kept
from tlcore.api.model import Model, load_model
from tlcore.api.progress_bars import ProgressBars
from tlcore.cli.common import Subparsers, add_kept, add_layout, answer
from tlcore.cli.file_report import add_report_option, report_values, show_report
from tlcore.cli.unknown import unknown_lines, unknown_values
from tlcore.errors import UserError
from tlcore.evaluation.cross_validation import cross_validation_values
from tlcore.evaluation.report import FIGURES, Report, figures
from tlcore.evaluation.significance import difference_of_shares
from tlcore.messages.cross_validation import cross_validation_message
from tlcore.messages.other_photos import difference_message
from tlcore.messages.scores import score_message
from tlcore.messages.terminal import printable
from tlcore.messages.trust import TITLE
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("evaluate", parents=[common], help="test a model and show how good it is")
    parser.add_argument("model", help="a run’s id, or the folder or zip of a trained model")
    parser.add_argument(
        "--data",
        metavar="PATH",
        help="test on these photos instead of the run’s own: a folder, zip or tar with one folder per class (and "
        "“none” with photos of other things)",
    )
    add_kept(parser)
    add_layout(parser)
    add_report_option(parser)
    parser.set_defaults(command=_evaluate)


def _evaluate(workspace: Workspace, options: argparse.Namespace) -> int:
    check_kept(options.kept)
    model = load_model(options.model, workspace=workspace)
    extra: dict[str, Any] = {}
    tested_once = ""
    if options.data:
        with ProgressBars() as bars:
            report, files = model.evaluate(
                Path(options.data),
                layout=options.layout,
                labels=options.labels,
                encoding=options.encoding,
                on_event=bars.show,
            )
        show_report(options, files)
        extra = report_values(files) | _beside_own(model, report)
    elif (model.path / FIGURES).exists():
        report, found = model.report, model.cross_validation
        extra = {"cross_validation": cross_validation_values(found) if found is not None else None}
        tested_once = cross_validation_message(found) if found is not None else ""
    else:
        raise UserError(f"{model.path} has no test photos.", "Add --data FOLDER, with one folder per class.")
    lines = [score_message(report.correct, report.total, report.low, report.high)]
    lines += [extra["verdict"]] if "verdict" in extra else []
    for row in report.per_class.to_dict(orient="records"):
        lines.append(
            f"  {printable(row['label']):<24} {row['correct']} of {row['support']} found (recall {row['recall']:.1%}), "
            f"precision {row['precision']:.1%}, F1 {row['f1']:.3f}"
        )
    lines += ["", tested_once] if tested_once else []
    unknown = unknown_values(report, model.rejection, options.kept)
    lines += unknown_lines(unknown)
    values = {
        "run": model.run_id,
        "test_accuracy": report.accuracy,
        "test_correct": report.correct,
        "test_total": report.total,
        **figures(report),
        **unknown,
        **extra,
    }
    if not options.data:
        values["limits"] = model.limits
        lines += ["", f"{TITLE}:", *(f"  {printable(limit)}" for limit in model.limits)]
    return answer(options, "\n".join(lines), values)


def _beside_own(model: Model, report: Report) -> dict[str, Any]:
    """How a score on other photos stands beside that on the model's own test photos; nothing where it brings none."""
    try:
        own = model.report
    except UserError:
        return {}
    difference = difference_of_shares((own.correct, own.total), (report.correct, report.total))
    return {
        "verdict": difference_message(own, report, difference),
        "difference_interval_95": [difference.low, difference.high],
        "beyond_chance": difference.beyond_chance,
    }
