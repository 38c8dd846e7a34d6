"""A run that has its test figures and no model yet: what it has learned, on disk until its model is packed [TF].

It is written before the figures are reported and removed after the run has finished, so that a kill, a full disk or a
crash in between costs no training: whoever continues the run finds it and only packs.
"""

from dataclasses import asdict, dataclass, replace

import numpy as np

from tlcore.errors import UserError
from tlcore.evaluation.report import load_report
from tlcore.events import Evaluated
from tlcore.jobs.attempts import can_finish
from tlcore.jobs.store import Run
from tlcore.pipeline.context import Context, TrainedModel
from tlcore.pipeline.fine_tune_stages import build_network, network_model, use_adapted
from tlcore.pipeline.head_stages import model_with_head
from tlcore.serving.export import assign
from tlcore.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tlcore.training.head import Head
from tlcore.workspace import TRAINED


@dataclass(frozen=True)
class Unpacked:
    """A trained model, its figures, and whether a person ended its training early."""

    model: TrainedModel
    evaluated: Evaluated
    stopped: bool


def save_unpacked(run: Run, unpacked: Unpacked) -> None:
    """Write what the model can be made of again; the report is on disk already.

    Raises:
        UserError: the disk is full.
    """
    model = unpacked.model
    values = {
        "best_epoch": model.best_epoch,
        "evaluated": asdict(unpacked.evaluated),
        "stopped": unpacked.stopped,
    }
    judged = {"test": [model.test_probabilities], "validation": [model.validation_probabilities]}
    save_checkpoint(run.folder, Checkpoint(values, model.arrays() | judged), TRAINED)


def load_unpacked(context: Context) -> Unpacked | None:
    """What a run has learned that ended before its model was packed; None where there is nothing, or it is damaged."""
    folder = context.run.folder
    found = load_checkpoint(folder, TRAINED) if can_finish(context.run) else None
    if found is None:
        return None
    try:
        values, evaluated = found.values, Evaluated(**found.values["evaluated"])
        model = _model(context, found.arrays, *_judged(context, found.arrays), int(values["best_epoch"]))
        return Unpacked(model, evaluated, bool(values["stopped"]))
    except (UserError, KeyError, TypeError, ValueError):
        return None


def _judged(context: Context, arrays: dict[str, list[np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities of the test and the validation photos; an earlier version left only the report."""
    if "test" in arrays:
        return arrays["test"][0], arrays["validation"][0]
    found = np.stack(load_report(context.run.folder).predictions["probabilities"].tolist())
    return found, np.empty((0, found.shape[1]), np.float32)


def discard_unpacked(run: Run) -> None:
    """The model is packed, or is not to be."""
    (run.folder / TRAINED).unlink(missing_ok=True)


def _model(
    context: Context, arrays: dict[str, list[np.ndarray]], test: np.ndarray, validation: np.ndarray, best_epoch: int
) -> TrainedModel:
    """The trained model of its arrays.

    Raises:
        ValueError: they are not those of such a network.
    """
    if "network" in arrays:
        model = build_network(context)
        assign(model.whole.variables, arrays["network"])
        # Its lower part may have been adapted: what is cached below would be that of another network.
        return network_model(context, replace(model, layer=None), test, validation, best_epoch)
    if "backbone" in arrays:
        model = build_network(context)
        assign(model.backbone.variables, arrays["backbone"])
        use_adapted(context, model)
    flat = arrays["head"]
    layers = tuple((weights, bias) for weights, bias in zip(flat[::2], flat[1::2], strict=True))
    return model_with_head(context, Head(layers, best_epoch), test, validation)
