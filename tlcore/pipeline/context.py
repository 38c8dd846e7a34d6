"""What the phases of a run hand to each other."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tlcore.config import TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.events import ShouldStop
from tlcore.features.extract import Photo, backbone_name
from tlcore.jobs.store import Run
from tlcore.models.frozen_files import frozen_file
from tlcore.models.registry import BackboneSpec
from tlcore.workspace import Workspace

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Frozen:
    """The frozen network of a run, where its numbers are not those of the table's row.

    `name` changes whenever the numbers do. `file(layer)`: the bytes of a `.tflite` up to that layer, as `frozen_file`
    gives a path; made at the first call, which takes seconds. `model`: the same in Keras, up to where the head begins.
    """

    name: str
    file: Callable[[str | None], bytes]
    model: "keras.Model"


@dataclass(frozen=True)
class Network:
    """The whole network (photo → probabilities), and the part of it that trains (what enters it → logits).

    `layer`: the layer whose output enters the open part; None when photos do. `dense`: the layers of the head.
    `work_below`: the share (0–1) of the whole's multiplications that lie below the open part. `backbone`: the whole up
    to where the head begins. `frozen`: the network before anything opens, where its statistics are not those of the
    table's row.
    """

    whole: "keras.Model"
    open_part: "keras.Model"
    dense: "list[keras.layers.Dense]"
    layer: str | None
    work_below: float
    backbone: "keras.Model"
    frozen: Frozen | None = None


@dataclass(frozen=True)
class Task:
    """What every phase of a run needs. `frozen` is None where the frozen network is that of the table's row."""

    workspace: Workspace
    run: Run
    dataset: Dataset
    spec: BackboneSpec
    config: TrainConfig
    should_stop: ShouldStop
    frozen: Frozen | None = None

    @property
    def photos(self) -> list[Photo]:
        """All photos of the data set."""
        return [Photo(*row) for row in self.dataset.photos[["sha256", "path"]].itertuples(index=False)]

    def part(self, name: str) -> tuple[list[Photo], np.ndarray]:
        """The photos of a part and their class numbers int32 (n,), in the data set's order."""
        rows = self.dataset.part(name)
        numbers = pd.Categorical(rows["label"], categories=list(self.dataset.labels)).codes.astype(np.int32)
        return [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)], numbers

    @property
    def network_name(self) -> str:
        """Of the frozen network; what is cached of it lies under this name."""
        return self.frozen.name if self.frozen else backbone_name(self.spec)

    def network_file(self, layer: str | None) -> Path | bytes:
        """The frozen network as a `.tflite` up to that layer, see `frozen_file`."""
        if self.frozen:
            return self.frozen.file(layer)
        return frozen_file(self.workspace, self.spec, self.config.image_size, layer)

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
    """What the last phase gives: probabilities of the test photos float32 (n, classes), the epoch that was kept, and
    how the two model files are made. Both are called when the test figures are there already."""

    test_probabilities: np.ndarray
    best_epoch: int
    make_tflite: Callable[[], bytes]
    save_keras: Callable[[Path], None]
