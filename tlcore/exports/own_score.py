"""What an export with other weights is worth: the test photos of the run, predicted by its file too."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import decode_input
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.evaluation.report import load_report
from tlcore.exports.run_place import run_at
from tlcore.features.extract import Photo, run_photos
from tlcore.messages.exports import loss_message
from tlcore.models.litert_runtime import litert_pool
from tlcore.serving.bundle import Bundle
from tlcore.serving.predict import outputs_of

MAX_LOSS = 0.02  # of the test photos, where nobody says otherwise


@dataclass(frozen=True)
class OwnScore:
    """How many of `total` test photos the export predicts correctly, and how many the model itself does.

    Both are counted with the files that are shipped. `known`, `model_known`: how many of them look like photos of the
    classes to it, and to the model; None where the model doesn't say "none of these". `learned`: whether the shipped
    model learned from these photos too, after its test.

    `kept`, `kept_before`, `kept_of`: of so many known photos, which the prototypes had not seen, how many its own
    threshold keeps and how many that of the model would keep; None where it has that of the model.
    """

    correct: int
    model_correct: int
    total: int
    known: int | None = None
    model_known: int | None = None
    learned: bool = False
    kept: int | None = None
    kept_before: int | None = None
    kept_of: int | None = None


def score_export(bundle: Bundle, place: Path, export: Bundle) -> OwnScore | None:
    """The score of another file for the same bundle; None where it is no run of a workspace, or its photos are gone.

    Args:
        place: the folder of the run. export: what is exported, with its own file and threshold.
    """
    found = run_at(place)
    if found is None:
        return None
    try:
        dataset, report = load_dataset(found[0], found[1].dataset_id), load_report(place)
        rows = report.predictions.drop_duplicates("sha256")
        photos = [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)]

        def load(path: str) -> np.ndarray:
            return decode_input(dataset.read(path), bundle.wanted, ACCEPTED)

        predicted, familiar = _run(export, photos, load)
        model_predicted, model_familiar = _run(bundle, photos, load)
    except UserError:
        return None
    shown, refit = report.predictions["sha256"], bundle.info.get("refit")
    rule, own_rule = bundle.rejection, export.rejection
    correct, model_correct = (
        int((shown.map(each) == report.predictions["label"]).sum()) for each in (predicted, model_predicted)
    )
    learned = isinstance(refit, Mapping) and bool(refit.get("with_test"))
    if rule is None or own_rule is None:
        return OwnScore(correct, model_correct, report.total, learned=learned)
    known = int((shown.map(familiar) >= own_rule.threshold()).sum())
    model_known = int((shown.map(model_familiar) >= rule.threshold()).sum())
    score = OwnScore(correct, model_correct, report.total, known, model_known, learned)
    told = export.info["unknown"].get("known")
    if told is None:
        return score
    return replace(score, kept=told["kept"], kept_before=told["with_threshold_of_model"], kept_of=own_rule.num_photos)


def check_loss(score: OwnScore | None, max_loss: float) -> None:
    """Hold what an export loses against what a person allows.

    Args:
        max_loss: the share of test photos, 0–1, that it may predict wrong beyond those of the model; rounded up to
            whole photos, or a single one would be too many on a small test.

    Raises:
        UserError: it loses more, or there is no score to tell.
    """
    if score is None:
        raise UserError(
            "What this export loses can’t be found out: the test photos of this run are gone.",
            "Choose another kind of export.",
        )
    if score.model_correct - score.correct > math.ceil(max_loss * score.total):
        raise UserError(
            loss_message(score.correct, score.model_correct, score.total, max_loss),
            "Choose LiteRT with 16 bits, or allow a larger loss.",
        )


def _run(
    bundle: Bundle, photos: list[Photo], load: Callable[[str], np.ndarray]
) -> tuple[dict[str, str], dict[str, float]]:
    """The label and the familiarity of each photo by its hash; no familiarity where the model has no rule for it."""
    predicted: dict[str, str] = {}
    familiar: dict[str, float] = {}
    for chunk, outputs in run_photos(litert_pool(bundle.tflite, outputs_of(bundle)), photos, load):
        for row, photo in enumerate(chunk):
            predicted[photo.sha256] = bundle.labels[int(outputs[0][row].argmax())]
            if len(outputs) > 1:
                familiar[photo.sha256] = float(outputs[1][row].ravel()[0])
    return predicted, familiar
