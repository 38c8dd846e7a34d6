"""From a run's test figures to the model that is shipped: cross-validation, temperature, learning from all photos [TF].

Which of it is done the settings say, and the time that it would take. Nothing of it changes which class is predicted
on the test photos, so the figures are told before.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from tlcore.config import ALWAYS, AUTO, TrainConfig
from tlcore.errors import UserError
from tlcore.evaluation.calibration import (
    VALIDATION,
    Calibration,
    divide_by,
    fit_temperature,
    helps,
    measure_reliability,
    save_calibration,
)
from tlcore.evaluation.cross_validation import CrossValidation, remove_cross_validation, save_cross_validation
from tlcore.evaluation.report import Report, load_report, make_report, predictions_frame, save_report
from tlcore.events import Event
from tlcore.pipeline.caches import open_feature_store, read_photos
from tlcore.pipeline.context import Context, Halted, TrainedModel
from tlcore.pipeline.cross_validation import cross_validate_heads, refit_head
from tlcore.pipeline.eta import Eta
from tlcore.pipeline.fold_predictions import Outcome
from tlcore.pipeline.folding import fold_photos
from tlcore.pipeline.head_stages import model_with_head
from tlcore.training.head import HeadTrainer

MOST_REFIT = 1_000
"""Fewer photos than this make the shipped model learn from all of them, unless told otherwise: of few, each counts."""


@dataclass(frozen=True)
class Refit:
    """What the shipped model learned from: so many photos, for so many epochs; `with_test`: the test photos too."""

    photos: int
    epochs: int
    with_test: bool


@dataclass(frozen=True)
class Completed:
    """What is packed: the model, the test figures with its temperature, and what came beside it."""

    model: TrainedModel
    report: Report
    calibration: Calibration
    cross_validation: CrossValidation | None = None
    refit: Refit | None = None


def complete(context: Context, trained: TrainedModel, stopped: bool, eta: Eta) -> Generator[Event, None, Completed]:
    """Do what comes between the figures and the model file. A stop leaves out what is not done yet.

    Args:
        stopped: a person ended the training early, and waits for the model.

    Raises:
        UserError: the disk is full.
    """
    remove_cross_validation(context.run.folder)
    trainer = HeadTrainer(len(context.dataset.labels), context.config)
    outcome = None if stopped else (yield from _cross_validate(context, trainer, eta))
    found = outcome.found if outcome is not None else None
    calibration = outcome.calibration if outcome is not None else _by_validation(context, trained)
    if found is not None:
        save_cross_validation(context.run.folder, found)
    save_calibration(context.run.folder, calibration)
    report = _calibrated_report(context, trained, calibration.temperature)
    refit = _refit(context, trainer, found) if found is not None else None
    if refit is None:
        return Completed(_divided(context, trained, calibration.temperature), report, calibration, found)
    model, told = refit
    return Completed(_divided(context, model, calibration.temperature), report, calibration, found, told)


def _cross_validate(context: Context, trainer: HeadTrainer, eta: Eta) -> Generator[Event, None, Outcome | None]:
    """The cross-validation, where it is wanted; None where it is not, was stopped, or cannot be done."""
    if not eta.cross_validates:
        return None
    work = cross_validate_heads(context, trainer)
    try:
        while True:
            yield eta.update(next(work))
    except StopIteration as end:
        outcome: Outcome | None = end.value
        return outcome
    except (Halted, UserError):  # the model is there, and nobody has to do without it; Evaluate offers to try again
        return None


def _by_validation(context: Context, trained: TrainedModel) -> Calibration:
    """The temperature that the validation photos ask for, and what it changes on the test photos."""
    probabilities, truth = trained.validation_probabilities, _classes(context, "validation")
    temperature = 1.0
    if len(probabilities) == len(truth):
        temperature = fit_temperature(probabilities, truth)
        if not helps(probabilities, divide_by(probabilities, temperature), truth):
            temperature = 1.0
    test, classes = trained.test_probabilities, _classes(context, "test")
    before, after = (measure_reliability(each, classes) for each in (test, divide_by(test, temperature)))
    return Calibration(temperature, VALIDATION, len(classes), before, after)


def _classes(context: Context, part: str) -> np.ndarray:
    return context.part(part)[1].astype(np.int64)


def _calibrated_report(context: Context, trained: TrainedModel, temperature: float) -> Report:
    """The test figures with the probabilities that the shipped temperature gives, on disk too."""
    if temperature == 1:
        return load_report(context.run.folder)
    labels, test = context.dataset.labels, context.dataset.part("test")
    shown = divide_by(trained.test_probabilities, temperature)
    report = make_report(predictions_frame(test, shown, labels), labels)
    save_report(context.run.folder, report)
    return report


def _divided(context: Context, trained: TrainedModel, temperature: float) -> TrainedModel:
    """The model whose last layer is divided by the temperature."""
    if temperature == 1:
        return trained
    test, validation = (
        divide_by(each, temperature) for each in (trained.test_probabilities, trained.validation_probabilities)
    )
    if trained.head is not None:
        return model_with_head(context, trained.head.divided_by(temperature), test, validation)
    assert trained.network is not None
    last = trained.network.dense[-1]
    last.set_weights([values / np.float32(temperature) for values in last.get_weights()])
    return replace(trained, test_probabilities=test, validation_probabilities=validation)


def _refit(context: Context, trainer: HeadTrainer, found: CrossValidation) -> tuple[TrainedModel, Refit] | None:
    """The model that learned from all photos, where it is wanted; None where it is not, or was stopped."""
    folding = fold_photos(context.dataset, context.config)
    if not is_refit(context.config, len(folding.rows)):
        return None
    epochs = max(1, round(median(found.best_epochs)))
    head = refit_head(context, trainer, epochs)
    if head is None:
        return None
    with open_feature_store(context) as store:
        test, validation = (
            head.probabilities(read_photos(store, context.part(part)[0])) for part in ("test", "validation")
        )
    return model_with_head(context, head, test, validation), Refit(len(folding.rows), epochs, found.with_test)


def is_refit(config: TrainConfig, num_photos: int) -> bool:
    """Whether the shipped model learns from all photos, of which there are so many."""
    if config.fine_tunes:
        return False
    return config.refit == ALWAYS or (config.refit == AUTO and num_photos < MOST_REFIT)
