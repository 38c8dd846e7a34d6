"""Several frozen networks as one `FrozenBackbone` whose pooled features are those of all, side by side.

Each network's features are brought to length 1 before they are joined, here as in the file that is shipped
(tflite_merge.py): otherwise the one with the larger numbers would decide alone how alike two photos are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tlcore.config import SEVERAL
from tlcore.models.frozen_backbone import FrozenBackbone
from tlcore.models.frozen_files import POOLED
from tlcore.models.predictor import EXACT, Predictor, PredictorPool, Samples
from tlcore.models.tflite_merge import join_features

if TYPE_CHECKING:
    import keras

LEAST_SQUARE = 1e-6  # of a length, by which LiteRT divides at least (its L2_NORMALIZATION)


class JoinedBackbone:
    """Several networks for images of one size; see `FrozenBackbone`. The only layer is POOLED."""

    def __init__(self, members: Sequence[FrozenBackbone]) -> None:
        self.members = tuple(members)
        self._file: bytes | None = None

    @property
    def name(self) -> str:
        """See `FrozenBackbone.name`. What is cached lies under the names of the members, each by itself."""
        return SEVERAL.join(member.name for member in self.members)

    def output_shape(self, layer: str) -> tuple[int, ...]:
        """See `FrozenBackbone.output_shape`."""
        return (sum(member.output_shape(_pooled(layer))[0] for member in self.members),)

    def file(self, layer: str) -> bytes:
        """See `FrozenBackbone.file`."""
        if self._file is None:
            sources = [member.file(_pooled(layer)) for member in self.members]
            files = [source if isinstance(source, bytes) else source.read_bytes() for source in sources]
            self._file = join_features(files, POOLED)
        return self._file

    def predictors(
        self, layer: str, num_images: int, precision: str = EXACT, samples: Samples | None = None
    ) -> PredictorPool:
        """See `FrozenBackbone.predictors`."""
        pool = self.member_predictors(num_images, precision, samples)
        return PredictorPool(lambda: _Joining(pool.open()), pool.num_threads, pool.batch)

    def member_predictors(
        self, num_images: int, precision: str = EXACT, samples: Samples | None = None
    ) -> PredictorPool:
        """What runs all networks on the same images and gives the features of each, as that network gives them."""
        pools = [member.predictors(POOLED, num_images, precision, samples) for member in self.members]
        threads, batch = min(pool.num_threads for pool in pools), max(pool.batch for pool in pools)
        return PredictorPool(lambda: _Together([pool.open() for pool in pools]), threads, batch)

    def can_join(self, layer: str) -> bool:
        """See `FrozenBackbone.can_join`: nothing above a layer of theirs can be trained."""
        return False

    def joint_predictors(
        self, layer: str, num_images: int, precision: str = EXACT, samples: Samples | None = None
    ) -> PredictorPool:
        """See `FrozenBackbone.joint_predictors`; there are none."""
        raise ValueError(f"Received: layer {layer!r}. Allowed: none, since several networks stay frozen.")

    def release_joint_file(self, layer: str) -> None:
        """See `FrozenBackbone.release_joint_file`; there is none."""

    def keras_model(self, layer: str) -> "keras.Model":
        """See `FrozenBackbone.keras_model`: one model of all networks."""
        from tlcore.models.build import join_models

        return join_models([member.keras_model(_pooled(layer)) for member in self.members])


@dataclass(frozen=True)
class _Together:
    """Runs several networks on the same images, one after the other."""

    predictors: list[Predictor]

    def predict(self, images: np.ndarray) -> list[np.ndarray]:
        return [features for predictor in self.predictors for features in predictor.predict(images)]


@dataclass(frozen=True)
class _Joining:
    """Puts what `_Together` gives side by side."""

    together: Predictor

    def predict(self, images: np.ndarray) -> list[np.ndarray]:
        return [join_rows(self.together.predict(images))]


def join_rows(parts: Sequence[np.ndarray]) -> npt.NDArray[np.float32]:
    """The pooled features of each network, float32 (n, D) each, side by side: float32 (n, sum of all D)."""
    return np.concatenate([_unit(rows) for rows in parts], axis=1)


def _unit(rows: np.ndarray) -> npt.NDArray[np.float32]:
    squares = np.square(rows, dtype=np.float32).sum(axis=1, keepdims=True)
    return np.asarray(rows / np.sqrt(np.maximum(squares, LEAST_SQUARE)), np.float32)


def _pooled(layer: str) -> str:
    """The layer, which has to be POOLED."""
    if layer != POOLED:
        raise ValueError(f"Received: layer {layer!r}. Allowed: {POOLED!r}.")
    return layer
