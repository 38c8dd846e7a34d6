"""The command `ensemble`: combine finished runs into one model, and hold it against the best of them."""

import argparse

from tlcore.api.ensembles import combine
from tlcore.api.model import Model
from tlcore.api.progress_bars import ProgressBars
from tlcore.cli.common import Subparsers, answer
from tlcore.cli.outcome import reporting_bugs
from tlcore.comparison.ensembles import EQUAL, OUT_OF_FOLD
from tlcore.comparison.results import load_verdicts
from tlcore.evaluation.cross_validation import cross_validation_values
from tlcore.evaluation.ensemble import AVERAGE, METHODS
from tlcore.evaluation.significance import Verdict
from tlcore.jobs.store import load_run
from tlcore.messages.comparisons import run_names
from tlcore.messages.cross_validation import cross_validation_message
from tlcore.messages.ensembles import NOT_CROSS_VALIDATED, ensemble_message, member_rows
from tlcore.messages.scores import score_message
from tlcore.messages.verdicts import verdict_message
from tlcore.serving.bundle import FOLDER
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("ensemble", parents=[common], help="combine finished runs into one model, and test it")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="ids of runs on the same photos, as `runs` lists them")
    parser.add_argument(
        "--method", choices=METHODS, default=AVERAGE, help="average the probabilities, or let the models vote"
    )
    parser.add_argument(
        "--equal-weights",
        action="store_true",
        help="all models count the same (by default, those count more that did better on photos they hadn’t seen)",
    )
    parser.set_defaults(command=_ensemble)


def _ensemble(workspace: Workspace, options: argparse.Namespace) -> int:
    weights = EQUAL if options.equal_weights else OUT_OF_FOLD
    with ProgressBars() as bars, reporting_bugs():
        model = combine(options.runs, options.method, weights, workspace=workspace, on_event=bars.show)
    made = load_run(workspace, model.path.name)
    assert made.ensemble is not None
    runs = [*(load_run(workspace, run_id) for run_id in made.ensemble.runs), made]
    names = run_names(runs)
    verdicts = [each for each in load_verdicts(runs) if made.id in (each.best, each.other)]
    report = model.report
    lines = [
        score_message(report.correct, report.total, report.low, report.high),
        cross_validation_message(found) if (found := model.cross_validation) is not None else NOT_CROSS_VALIDATED,
        ensemble_message(model.info),
        *(
            f"{name}: {score}, counts for {share}. Run {run_id}"
            for name, score, share, run_id in member_rows(model.info)
        ),
        *(f"{verdict_message(each, names)} (p = {each.p:.2g})" for each in verdicts),
        f"Run {made.id}. Model saved in {model.path / FOLDER}",
    ]
    answer(options, "\n".join(lines), _values(model, verdicts))
    return 0


def _values(model: Model, verdicts: list[Verdict]) -> dict[str, object]:
    """What a program reads."""
    report, found = model.report, model.cross_validation
    return {
        "run": model.run_id,
        "bundle": str(model.path / FOLDER),
        "ensemble": model.info["ensemble"],
        "test_accuracy": report.accuracy,
        "test_correct": report.correct,
        "test_total": report.total,
        "test_interval_95": [report.low, report.high],
        "cross_validation": cross_validation_values(found) if found is not None else None,
        "temperature": model.info["temperature"],
        "verdicts": [vars(each) | {"beyond_chance": each.beyond_chance} for each in verdicts],
    }
