"""What an export with other weights is worth: the test photos of the run, predicted by its file too."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import decode_input
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.evaluation.report import load_report
from tlcore.exports.run_place import run_at
from tlcore.features.extract import Photo, run_photos
from tlcore.models.litert_runtime import litert_pool
from tlcore.serving.bundle import Bundle
from tlcore.serving.predict import OUTPUT


@dataclass(frozen=True)
class OwnScore:
    """How many of `total` test photos the export predicts correctly, and how many the model itself does."""

    correct: int
    model_correct: int
    total: int


def score_export(bundle: Bundle, place: Path, tflite: bytes) -> OwnScore | None:
    """The score of another file for the same bundle; None where it is no run of a workspace, or its photos are gone.

    Args:
        place: the folder of the run. tflite: the file that is exported.
    """
    found = run_at(place)
    if found is None:
        return None
    try:
        dataset, report = load_dataset(found[0], found[1].dataset_id), load_report(place)
        rows = report.predictions.drop_duplicates("sha256")
        photos = [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)]
        predicted: dict[str, str] = {}

        def load(path: str) -> np.ndarray:
            return decode_input(dataset.read(path), bundle.wanted, ACCEPTED)

        for chunk, outputs in run_photos(litert_pool(tflite, (OUTPUT,)), photos, load):
            for photo, row in zip(chunk, outputs[0], strict=True):
                predicted[photo.sha256] = bundle.labels[int(row.argmax())]
    except UserError:
        return None
    correct = int((report.predictions["sha256"].map(predicted) == report.predictions["label"]).sum())
    return OwnScore(correct, report.correct, report.total)
