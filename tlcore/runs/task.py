"""What the phases of a run hand to each other."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tlcore.config import TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.events import ShouldStop
from tlcore.features.extract import Photo
from tlcore.models.registry import BackboneSpec
from tlcore.runs.store import Run
from tlcore.workspace import Workspace


@dataclass(frozen=True)
class Task:
    """What every phase of a run needs."""

    workspace: Workspace
    run: Run
    dataset: Dataset
    spec: BackboneSpec
    config: TrainConfig
    should_stop: ShouldStop

    @property
    def photos(self) -> list[Photo]:
        """All photos of the data set."""
        return [Photo(*row) for row in self.dataset.photos[["sha256", "path"]].itertuples(index=False)]

    def part(self, name: str) -> tuple[list[Photo], np.ndarray]:
        """The photos of a part and their class numbers int32 (n,), in the data set's order."""
        rows = self.dataset.part(name)
        numbers = pd.Categorical(rows["label"], categories=list(self.dataset.labels)).codes.astype(np.int32)
        return [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)], numbers

    def report_kept(self, missing: int) -> None:
        """After the network has looked at the photos: go on when nothing is missing.

        Raises:
            Halted: a stop left something out.
        """
        if missing:
            raise Halted("What the network saw in the photos until now is kept for next time.")


class Halted(Exception):
    """A person stopped the run before there was anything to use. `kept`: a sentence about what is kept."""

    def __init__(self, kept: str) -> None:
        super().__init__(kept)
        self.kept = kept


@dataclass(frozen=True)
class Result:
    """What the last phase gives: probabilities of the test photos float32 (n, classes), the epoch that was best, and
    how the two model files are made. Both are called when the test figures are there already."""

    test_probabilities: np.ndarray
    best_epoch: int
    make_tflite: Callable[[], bytes]
    save_keras: Callable[[Path], None]
