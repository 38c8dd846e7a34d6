"""What packed models give for photos of a data set, with each photo decoded once for all of them."""

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import decode_input
from tlcore.data.manifest import Dataset
from tlcore.data.wanted import stacked, unstacked
from tlcore.events import Event, ShouldStop, StageKey, never
from tlcore.features.extract import Photo, run_photos
from tlcore.features.saving import Stopwatch
from tlcore.models.litert_runtime import LitePredictor, usable_cores
from tlcore.models.predictor import PredictorPool
from tlcore.serving.bundle import Bundle
from tlcore.serving.predict import outputs_of

Rows = npt.NDArray[np.float32]


class _Together:
    """Several networks as one predictor: the outputs of all of them, one after the other.

    Args:
        sizes: of the photo in what `predict` is given, which is `stacked`.
    """

    def __init__(self, bundles: Sequence[Bundle], sizes: Sequence[int]) -> None:
        self._each = [LitePredictor(bundle.tflite, outputs_of(bundle), usable_cores()) for bundle in bundles]
        self._bundles, self._sizes = bundles, sizes

    def predict(self, images: np.ndarray) -> list[np.ndarray]:
        """See `Predictor.predict`."""
        if len(self._sizes) == 1:
            return [rows for predictor in self._each for rows in predictor.predict(images)]
        squares = dict(zip(self._sizes, unstacked(images, self._sizes), strict=True))
        found = []
        for bundle, predictor in zip(self._bundles, self._each, strict=True):
            own = [squares[size] for size in (bundle.image_size, *bundle.other_sizes)]
            given = np.stack([stacked(photo) for photo in zip(*own, strict=True)])
            found += predictor.predict(given)
        return found


def packed_outputs(
    bundles: Sequence[Bundle], dataset: Dataset, rows: pd.DataFrame, stage: StageKey, should_stop: ShouldStop = never
) -> Generator[Event, None, list[tuple[Rows, Rows | None]]]:
    """Run models on photos that they prepare in the same way, but for the image size.

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
    largest, *others = image_sizes(bundles)
    wanted = replace(bundles[0].wanted, input_size=largest, other_sizes=tuple(others))

    def load(path: str) -> np.ndarray:
        return decode_input(dataset.read(path), wanted, ACCEPTED)

    yield stopwatch.progress(0)
    for chunk, outputs in run_photos(
        PredictorPool(lambda: _Together(bundles, (largest, *others)), 1), photos, load, should_stop
    ):
        for place, photo in enumerate(chunk):
            found[photo.sha256] = [output[place] for output in outputs]
        done += len(chunk)
        yield stopwatch.progress(done)
    return _by_model(bundles, [found.get(photo.sha256) for photo in photos])


def image_sizes(bundles: Sequence[Bundle]) -> list[int]:
    """The sizes of photos, in pixels, that these models take, each once, the largest first."""
    return sorted({size for bundle in bundles for size in (bundle.image_size, *bundle.other_sizes)}, reverse=True)


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
