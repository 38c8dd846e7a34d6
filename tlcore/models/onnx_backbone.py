"""A network that somebody brought as ONNX, as a `FrozenBackbone`: for features only, as nothing in it can train."""

from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.errors import UserError
from tlcore.models.frozen_files import POOLED
from tlcore.models.onnx_runtime import onnx_pool
from tlcore.models.predictor import EXACT, PredictorPool, Samples
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights import fingerprint

if TYPE_CHECKING:
    import keras

FILE = "network.onnx"


class OnnxBackbone:
    """See `FrozenBackbone`. It has one layer, the pooled features; before pooling it is asked for the same.

    Args:
        spec: a network whose `imported.form` is "onnx".
    """

    def __init__(self, spec: BackboneSpec) -> None:
        assert spec.imported is not None
        self._spec, self._path = spec, spec.imported.folder / FILE

    @property
    def name(self) -> str:
        """See `FrozenBackbone.name`."""
        return f"{self._spec.name}-{fingerprint(self._spec)[:12]}"

    def output_shape(self, layer: str) -> tuple[int, ...]:
        """See `FrozenBackbone.output_shape`."""
        return (self._spec.feature_size,)

    def file(self, layer: str) -> Path | bytes:
        """The `.onnx` with the output POOLED.

        Raises:
            UserError: it is gone.
        """
        if not self._path.is_file():
            raise UserError(f"The file of {self._spec.title} is missing.", "Add the network again.")
        return self._path

    def predictors(
        self, layer: str, num_images: int, precision: str = EXACT, samples: Samples | None = None
    ) -> PredictorPool:
        """See `FrozenBackbone.predictors`."""
        return onnx_pool(self.file(layer), (POOLED,))

    def can_join(self, layer: str) -> bool:
        """See `FrozenBackbone.can_join`: there is nothing below to join with."""
        return False

    def joint_predictors(
        self, layer: str, num_images: int, precision: str = EXACT, samples: Samples | None = None
    ) -> PredictorPool:
        """See `FrozenBackbone.joint_predictors`. Always raises ValueError."""
        raise ValueError(f"Received: layer {layer!r}, which an ONNX network doesn’t have.")

    def release_joint_file(self, layer: str) -> None:
        """See `FrozenBackbone.release_joint_file`; there is none."""

    def keras_model(self, layer: str) -> "keras.Model":
        """There is none.

        Raises:
            UserError: always.
        """
        raise UserError(
            f"{self._spec.title} can’t be trained further: its file holds a finished network.",
            "Choose feature extraction.",
        )
