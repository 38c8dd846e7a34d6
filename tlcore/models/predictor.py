"""What runs a frozen network, whatever it runs on: images in, numbers out. No runtime is named here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

EXACT = ""
"""The precision of 32 bits, in which everything is judged and shipped; the others are those of LOWER."""

LOWER = ("bf16", "f16")

BATCH = 2
"""Images that go through a network at once on LiteRT, see benchmarks/extraction.py."""

Samples = Callable[[], np.ndarray]
"""Gives a few of the images that a network will be given, uint8 (n, S, S, 3)."""


class Predictor(Protocol):
    """A frozen network up to one or several of its layers."""

    def predict(self, images: np.ndarray) -> list[np.ndarray]:
        """One pass over a batch.

        Args:
            images: uint8 or float32 (n, S, S, 3), RGB 0–255.

        Returns:
            float32, first axis n: one array for each of the layers, in the order in which they were asked for.
        """


@dataclass(frozen=True)
class PredictorPool:
    """What gives each of several threads its predictor.

    `open`: called once in each thread; it may give all of them the same one. `num_threads`: how many are worth it.
    `batch`: how many images each is best given at once.
    """

    open: Callable[[], Predictor]
    num_threads: int
    batch: int = BATCH
