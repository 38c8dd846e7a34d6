"""What packed models give for photos of a data set, with each photo decoded once for all of them."""

from collections.abc import Generator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import decode_input
from tlcore.data.manifest import Dataset
from tlcore.events import Event, ShouldStop, StageKey, never
from tlcore.features.extract import Photo, run_photos
from tlcore.features.saving import Stopwatch
from tlcore.models.litert_runtime import LitePredictor, usable_cores
from tlcore.models.predictor import PredictorPool
from tlcore.serving.bundle import Bundle
from tlcore.serving.predict import outputs_of

Rows = npt.NDArray[np.float32]


class _Together:
    """Several networks as one predictor: the outputs of all of them, one after the other."""

    def __init__(self, bundles: Sequence[Bundle]) -> None:
        self._each = [LitePredictor(bundle.tflite, outputs_of(bundle), usable_cores()) for bundle in bundles]

    def predict(self, images: np.ndarray) -> list[np.ndarray]:
        """See `Predictor.predict`."""
        return [rows for predictor in self._each for rows in predictor.predict(images)]


def packed_outputs(
    bundles: Sequence[Bundle], dataset: Dataset, rows: pd.DataFrame, stage: StageKey, should_stop: ShouldStop = never
) -> Generator[Event, None, list[tuple[Rows, Rows | None]]]:
    """Run models of one input recipe on photos.

    Args:
        rows: of the manifest. stage: what the progress is told as.

    Returns:
        For each model the probabilities (n, classes) and the familiarity (n,), None where it tells none; rows are in
        the order of `rows`, and NaN where it was stopped.

    Raises:
        UserError: a photo is gone or has changed.
    """
    photos = [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)]
    stopwatch, done = Stopwatch(stage, len(photos)), 0
    found: dict[str, list[Rows]] = {}

    def load(path: str) -> np.ndarray:
        return decode_input(dataset.read(path), bundles[0].wanted, ACCEPTED)

    yield stopwatch.progress(0)
    for chunk, outputs in run_photos(PredictorPool(lambda: _Together(bundles), 1), photos, load, should_stop):
        for place, photo in enumerate(chunk):
            found[photo.sha256] = [output[place] for output in outputs]
        done += len(chunk)
        yield stopwatch.progress(done)
    return _by_model(bundles, [found.get(photo.sha256) for photo in photos])


def _by_model(bundles: Sequence[Bundle], found: Sequence[list[Rows] | None]) -> list[tuple[Rows, Rows | None]]:
    result: list[tuple[Rows, Rows | None]] = []
    place = 0
    for bundle in bundles:
        names = outputs_of(bundle)
        missing = np.full(len(bundle.labels), np.nan, np.float32)
        rows = [missing if each is None else each[place] for each in found]
        probabilities = np.stack(rows) if rows else np.empty((0, len(bundle.labels)), np.float32)
        familiarity = None
        if len(names) > 1:
            given = [np.nan if each is None else float(each[place + 1][0]) for each in found]
            familiarity = np.asarray(given, np.float32)
        result.append((probabilities, familiarity))
        place += len(names)
    return result
