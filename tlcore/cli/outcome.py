"""How `train` and `continue` end: the figures of the model, or a fault of the program."""

import argparse
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from tlcore.api.model import Model
from tlcore.api.training import TrainingError
from tlcore.cli.common import answer
from tlcore.data.manifest import Dataset
from tlcore.evaluation.before_after import before_after_values
from tlcore.evaluation.cross_validation import cross_validation_values
from tlcore.evaluation.overfitting import best_epoch
from tlcore.events import Evaluated
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, open_job, stop_requested
from tlcore.messages.corrections import before_after_lines
from tlcore.messages.cross_validation import STOPPED, cross_validation_message, refit_message
from tlcore.messages.endings import diverged_message
from tlcore.messages.mixed_precision import dtype_policy_of, mixed_precision_message
from tlcore.messages.scores import score_message
from tlcore.messages.terminal import printable, printable_lines
from tlcore.serving.bundle import FOLDER
from tlcore.worker.interrupt import exit_code_of


class CommandFailed(Exception):
    """A fault of the program that has been printed; the command ends with exit code 1."""


@contextmanager
def reporting_bugs() -> Iterator[None]:
    """Print a fault of the program with all that is known of it.

    Raises:
        CommandFailed: there was one.
    """
    try:
        yield
    except TrainingError as error:
        cause = "".join(traceback.format_exception(error.__cause__))
        print(printable_lines(f"{cause}{error}"), file=sys.stderr)
        raise CommandFailed from error


def answer_with_model(
    options: argparse.Namespace, model: Model, dataset: Dataset, seconds_reading: float | None = None
) -> int:
    """Print the figures of a run's model, and of a run on corrected photos what that was worth.

    Args:
        seconds_reading: that the photos took to be read before the run; None where they had been read.

    Returns:
        the exit code: 0, or that of a signal which ended the training early; what it had learned is kept.
    """
    report, run = model.report, open_job(model.path)
    status = job_status(run)
    best, evaluated = best_epoch(status.epochs), status.evaluated
    assert isinstance(evaluated, Evaluated)
    bundle = model.path / FOLDER
    score = score_message(report.correct, report.total, report.low, report.high)
    if status.diverged is not None:
        print(printable(diverged_message(status.diverged, model.config)), file=sys.stderr)
    found, refit, compared = model.cross_validation, refit_message(model.info), model.before_after
    lines = [score, *(before_after_lines(compared) if compared else ())]
    lines += [cross_validation_message(found) if found is not None else _left_out(run), refit]
    lines.append(mixed_precision_message(status.epochs))
    answer(
        options,
        "\n".join([*filter(None, lines), f"Run {model.run_id}. Model saved in {bundle}"]),
        ({"before_after": before_after_values(compared)} if compared else {})
        | {
            "run": model.run_id,
            "dataset": dataset.id,
            "bundle": str(bundle),
            "dtype_policy": dtype_policy_of(status.epochs) or None,
            "test_accuracy": report.accuracy,
            "test_correct": report.correct,
            "test_total": report.total,
            "test_interval_95": [report.low, report.high],
            "cross_validation": cross_validation_values(found) if found is not None else None,
            "temperature": model.info.get("temperature"),
            "refit": model.info.get("refit"),
            "validation_accuracy": best.val_accuracy,
            "best_epoch": best.epoch,
            "photos": len(dataset.photos),
            "refused": len(dataset.refused),
            "report": dataset.report.to_dict(orient="records"),
            "seconds": (seconds_reading or 0.0) + evaluated.seconds,
            "seconds_reading": seconds_reading,
            "seconds_features": evaluated.seconds_features,
            "seconds_training": evaluated.seconds_training,
        },
    )
    return exit_code_of(run)


def _left_out(run: Job) -> str:
    """That somebody stopped the cross-validation and nothing else; "" where that is not so."""
    finished = job_status(run).finished
    return STOPPED if finished is not None and not finished.stopped and stop_requested(run)() else ""
