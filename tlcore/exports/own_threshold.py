"""When an export with other weights says "none of these": a threshold that is set on what its own file makes of photos.

Whole numbers of 8 bits move the features, so photos lie a little further from the prototypes, and the model's threshold
would keep another share of the known ones. It is set as that of the model was (pipeline/familiarity.py): on the
validation and test photos, or, where those are few, on all photos, each held against prototypes made without it.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import decode_input
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.evaluation.rejection import RejectionRule, count_cost, make_rule
from tlcore.evaluation.report import load_report
from tlcore.events import Progress, StageKey
from tlcore.exports.exporter import ExportSource
from tlcore.exports.run_place import run_at
from tlcore.features.extract import Photo, run_photos
from tlcore.jobs.store import Run
from tlcore.models.litert_runtime import litert_pool
from tlcore.pipeline.folding import fold_photos
from tlcore.pipeline.left_out import left_out
from tlcore.serving.graft_familiarity import FEATURES, pooled_features
from tlcore.serving.predict import outputs_of


@dataclass(frozen=True)
class OwnThreshold:
    """The rule of an export, and of the `rule.num_photos` known photos it was set on how many it keeps, and how many
    the threshold of the model would keep."""

    rule: RejectionRule
    kept: int
    kept_before: int

    def to_dict(self) -> dict[str, Any]:
        """What stands in the export's `model.json`, under `unknown`."""
        return self.rule.to_dict() | {"known": {"kept": self.kept, "with_threshold_of_model": self.kept_before}}


def set_threshold(source: ExportSource, tflite: bytes) -> Generator[Progress, None, OwnThreshold | None]:
    """The threshold for another file of the same model.

    None where it was stopped, where the model has none or is no run, and for an ensemble of few photos: prototypes that
    were made without a photo would have to be made of each member's.

    Args:
        source: a run with its photos. tflite: the file, with the same classes and outputs.

    Raises:
        UserError: a photo is gone or has changed.
    """
    rule, found = source.bundle.rejection, run_at(source.place)
    if rule is None or found is None:
        return None
    dataset = load_dataset(found[0], found[1].dataset_id)
    held_back = dataset.photos[dataset.photos["split"].isin(["validation", "test"])]
    answers = yield from _run(source, dataset, tflite, outputs_of(source.bundle), _photos(held_back))
    if answers is None:
        return None
    familiar = {sha256: float(outputs[1].ravel()[0]) for sha256, outputs in answers.items()}
    known = np.array([familiar[sha256] for sha256 in held_back["sha256"]], np.float32)
    if rule.num_photos != len(held_back):  # the model's was set on all photos
        left = yield from _left_out(source, dataset, tflite, found[1])
        if left is None:
            return None
        known = np.array(list(left.values()), np.float32)
        familiar |= left
    predicted = {sha256: source.bundle.labels[int(outputs[0].argmax())] for sha256, outputs in answers.items()}
    rows = load_report(source.place).predictions
    correct = (rows["sha256"].map(predicted) == rows["label"]).to_numpy(bool)
    made = make_rule(known, rows["sha256"].map(familiar).to_numpy(np.float32), correct)
    always = np.ones(len(known), bool)
    kept, before = (count_cost(known, always, each.threshold()).answered for each in (made, rule))
    return OwnThreshold(made, kept, before)


def _left_out(
    source: ExportSource, dataset: Dataset, tflite: bytes, run: Run
) -> Generator[Progress, None, dict[str, float] | None]:
    """How familiar each photo is, by the file, to prototypes of the model that were made without it, by its hash."""
    files = [pooled_features(each) for each in (source.bundle.tflite, tflite)]
    folding, rows = fold_photos(dataset, run.config), []
    for file in files:
        if file is None:
            return None
        answers = yield from _run(source, dataset, file, (FEATURES,), _photos(folding.rows))
        if answers is None:
            return None
        rows.append(np.stack([answers[photo.sha256][0].ravel() for photo in folding.photos]).astype(np.float32))
    found = left_out(folding, dataset, run.config.seed, rows[0], rows[1])
    return dict(zip((photo.sha256 for photo in folding.photos), map(float, found), strict=True))


def _photos(rows: pd.DataFrame) -> list[Photo]:
    """The photos of rows of a manifest, each once."""
    return [Photo(*row) for row in rows.drop_duplicates("sha256")[["sha256", "path"]].itertuples(index=False)]


def _run(
    source: ExportSource, dataset: Dataset, tflite: bytes, outputs: tuple[str, ...], photos: list[Photo]
) -> Generator[Progress, None, dict[str, list[np.ndarray]] | None]:
    """What a file gives for each photo, by its hash; None where it was stopped."""
    found: dict[str, list[np.ndarray]] = {}

    def load(path: str) -> np.ndarray:
        return decode_input(dataset.read(path), source.bundle.wanted, ACCEPTED)

    yield Progress(StageKey.VERIFY, 0, len(photos))
    for chunk, values in run_photos(litert_pool(tflite, outputs), photos, load, source.should_stop):
        for place, photo in enumerate(chunk):
            found[photo.sha256] = [each[place] for each in values]
        yield Progress(StageKey.VERIFY, len(found), len(photos))
    return found if len(found) == len(photos) else None
