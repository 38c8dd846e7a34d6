"""Using a bundle: photos in, probabilities out, on LiteRT. The same path behind page, terminal and evaluation."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlcore.data.images import load_input
from tlcore.models.litert_runtime import LiteModel, usable_cores
from tlcore.serving.bundle import Bundle


@dataclass(frozen=True)
class Prediction:
    """One photo's answer: (label, probability 0–1) pairs, most probable first, and the milliseconds it took."""

    ranked: tuple[tuple[str, float], ...]
    milliseconds: float

    @property
    def label(self) -> str:
        return self.ranked[0][0]

    @property
    def probability(self) -> float:
        return self.ranked[0][1]


class Predictor:
    """A loaded bundle that answers; safe to share between threads.

    Raises:
        UserError: the bundle's model file is damaged.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._model = LiteModel(bundle.tflite, num_threads=min(usable_cores(), 4))

    def probabilities(self, photo: bytes) -> np.ndarray:
        """Probabilities of a photo's file content, float32 (classes,).

        Raises:
            PhotoRefused: the bytes are not a picture that can be used.
        """
        image = load_input(photo, self.bundle.image_size, self.bundle.policy)
        return self._model.run(image[np.newaxis], "probabilities")[0]

    def predict(self, photos: Sequence[bytes]) -> np.ndarray:
        """Probabilities of several photos, float32 (n, classes)."""
        rows = [self.probabilities(photo) for photo in photos]
        return np.stack(rows) if rows else np.empty((0, len(self.bundle.labels)), np.float32)

    def ask(self, photo: bytes) -> Prediction:
        """One photo's ranked answer with the time it took, from file content to probabilities."""
        start = time.perf_counter()
        row = self.probabilities(photo)
        elapsed = (time.perf_counter() - start) * 1000
        order = np.argsort(-row, kind="stable")
        return Prediction(tuple((self.bundle.labels[i], float(row[i])) for i in order), elapsed)
