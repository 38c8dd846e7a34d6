"""A frozen network as one interface, whatever it runs on and wherever it came from.

Two kinds: a network of the table, whose files are made once and kept in the workspace, and one whose batch
normalisation was adapted to a person's photos, whose files live as long as the run.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tlcore.models import ncnn_runtime
from tlcore.models.frozen_files import (
    ACTIVATION,
    FEATURE_MAP,
    POOLED,
    convert_checked,
    cut_checked,
    frozen_file,
    output_name,
    probe_images,
    trained_file,
    with_activation,
)
from tlcore.models.litert_runtime import LiteModel
from tlcore.models.predictor import EXACT, PredictorPool, Samples
from tlcore.models.runtime_choice import FrozenFile, Work, fastest_pool
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights import fingerprint
from tlcore.workspace import Workspace

if TYPE_CHECKING:
    import keras


class FrozenBackbone(Protocol):
    """A network whose weights do not change.

    A layer is one of the network's own (the `layer` of a block), FEATURE_MAP for what is there before pooling, or
    POOLED for the pooled features.
    """

    @property
    def name(self) -> str:
        """The name of what is cached of it: it changes whenever the network's numbers do.

        Raises:
            UserError: its weights are not on this machine and it cannot be named without them.
        """

    def output_shape(self, layer: str) -> tuple[int, ...]:
        """The shape of a layer's output for one image, without the batch axis; the network is not run."""

    def file(self, layer: str) -> Path | bytes:
        """The `.tflite` up to a layer, with the output `frozen_files.output_name(layer)`; made when first asked for."""

    def predictors(
        self, layer: str, num_images: int, precision: str = EXACT, samples: Samples | None = None
    ) -> PredictorPool:
        """What runs the network up to a layer, in several threads.

        Args:
            num_images: how many it will be given; what takes long to set up is used for many only.
            precision: EXACT, or a lower one, in which the numbers need not be more than alike.
            samples: gives some of the images, to measure and check with.
        """

    def can_join(self, layer: str) -> bool:
        """Whether one pass can give a layer's output and the pooled features; finding out may take seconds, once."""

    def joint_predictors(
        self, layer: str, num_images: int, precision: str = EXACT, samples: Samples | None = None
    ) -> PredictorPool:
        """What gives a layer's output and the pooled features in one pass, in this order; ask `can_join` first."""

    def release_joint_file(self, layer: str) -> None:
        """Give up the file of `joint_predictors`, which may be large, once it has done its work."""

    def keras_model(self, layer: str) -> "keras.Model":
        """The network in Keras up to POOLED or FEATURE_MAP, to go on working with."""


class _FileBackbone:
    """What both kinds share: everything but the files."""

    def __init__(self, workspace: Workspace, spec: BackboneSpec, image_size: int) -> None:
        self._workspace, self._spec, self._image_size = workspace, spec, image_size
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._joint_files: dict[str, bytes | None] = {}

    def file(self, layer: str) -> Path | bytes:
        """See `FrozenBackbone.file`."""
        raise NotImplementedError

    def output_shape(self, layer: str) -> tuple[int, ...]:
        """See `FrozenBackbone.output_shape`."""
        if layer not in self._shapes:
            side = self._image_size
            shape = LiteModel(self.file(layer)).output_shape((1, side, side, 3), output_name(layer))
            self._shapes[layer] = shape[1:]
        return self._shapes[layer]

    def predictors(
        self, layer: str, num_images: int, precision: str = EXACT, samples: Samples | None = None
    ) -> PredictorPool:
        """See `FrozenBackbone.predictors`."""
        return self._open(layer, self.file(layer), (output_name(layer),), self._work(num_images, precision, samples))

    def can_join(self, layer: str) -> bool:
        """See `FrozenBackbone.can_join`."""
        if layer not in self._joint_files:
            self._joint_files[layer] = with_activation(
                self.file(POOLED), partial(self.file, layer), layer, self._image_size
            )
        return self._joint_files[layer] is not None

    def joint_predictors(
        self, layer: str, num_images: int, precision: str = EXACT, samples: Samples | None = None
    ) -> PredictorPool:
        """See `FrozenBackbone.joint_predictors`."""
        source = self._joint_files.get(layer) if self.can_join(layer) else None
        if source is None:
            raise ValueError(f"Received: layer {layer!r}, which no file gives together with the pooled features.")
        work = self._work(num_images, precision, samples)
        return self._open(f"{layer} and {POOLED}", source, (ACTIVATION, POOLED), work)

    def release_joint_file(self, layer: str) -> None:
        """See `FrozenBackbone.release_joint_file`."""
        self._joint_files.pop(layer, None)

    def _work(self, num_images: int, precision: str, samples: Samples | None) -> Work:
        return Work(num_images, precision, samples or partial(probe_images, self._image_size))

    def _open(self, part: str, source: Path | bytes, outputs: tuple[str, ...], work: Work) -> PredictorPool:
        network = f"{self._spec.name}, {self._image_size} px, {part}"
        may_use_ncnn = self._spec.function in ncnn_runtime.FUNCTIONS
        return fastest_pool(self._workspace, FrozenFile(network, source, outputs, may_use_ncnn), work)


class PretrainedBackbone(_FileBackbone):
    """A network of the table for square images of one size; see `FrozenBackbone`.

    Args:
        image_size: side of the images in pixels.
    """

    def __init__(self, workspace: Workspace, spec: BackboneSpec, image_size: int) -> None:
        super().__init__(workspace, spec, image_size)
        self._shapes[POOLED] = (spec.feature_size,)

    @property
    def name(self) -> str:
        """See `FrozenBackbone.name`."""
        return backbone_name(self._spec)

    def file(self, layer: str) -> Path | bytes:
        """See `FrozenBackbone.file`."""
        return frozen_file(self._workspace, self._spec, self._image_size, layer)

    def keras_model(self, layer: str) -> "keras.Model":
        """See `FrozenBackbone.keras_model`."""
        from tlcore.models.build import build_backbone

        return build_backbone(self._spec, self._image_size, output=layer)


class AdaptedBackbone(_FileBackbone):
    """A network with adapted batch normalisation, as Keras has it in memory; see `FrozenBackbone`.

    Args:
        spec: of the network as it was before.
        name: see `FrozenBackbone.name`.
        model: float32 (N, S, S, 3), RGB 0–255 → the output of `top`.
        top: POOLED or FEATURE_MAP, where the model ends.
        image_size: S, in pixels.
    """

    def __init__(
        self, workspace: Workspace, spec: BackboneSpec, name: str, model: "keras.Model", top: str, image_size: int
    ) -> None:
        super().__init__(workspace, spec, image_size)
        self._name, self._model, self._top = name, model, top
        self._files: dict[str, bytes] = {}
        self._shapes[top] = tuple(int(side) for side in model.output_shape[1:])

    @property
    def name(self) -> str:
        """See `FrozenBackbone.name`."""
        return self._name

    def file(self, layer: str) -> bytes:
        """See `FrozenBackbone.file`; seconds at the first call for a layer, but for the built-in network."""
        if layer not in self._files:
            self._files[layer] = self._make(layer)
        return self._files[layer]

    def _make(self, layer: str) -> bytes:
        from tlcore.models.build import cut_backbone

        if layer == self._top:
            return trained_file(self._spec, self._model, self._image_size, layer)
        lower = cut_backbone(self._model, layer)[0]
        if self._top in self._files or self._spec.built_in:  # whose file costs nothing
            return cut_checked(self.file(self._top), lower, layer, self._image_size)
        return convert_checked(lower, self._image_size, ACTIVATION)

    def keras_model(self, layer: str) -> "keras.Model":
        """See `FrozenBackbone.keras_model`; only up to where the model ends.

        Raises:
            ValueError: it ends elsewhere.
        """
        if layer != self._top:
            raise ValueError(f"Received: layer {layer!r}. Allowed: {self._top!r}, where this network ends.")
        return self._model


def backbone_name(spec: BackboneSpec) -> str:
    """A name that changes whenever the network's numbers do. Raises UserError when its weights are not there."""
    return f"{spec.name}-{fingerprint(spec)[:12]}"


def top_layer(head: str) -> str:
    """The layer that a head (`TrainConfig.head`) is put onto."""
    return FEATURE_MAP if head == "flatten" else POOLED
