"""The frozen part of a network as a checked `.tflite`, made once and kept in the workspace.

What is asked for most, the pooled features of the built-in network, lies ready in the program, and its activations are
cut out of the same file: both without TensorFlow. Everything else is built in Keras, converted, compared with Keras on
a few probe images, and only then kept [TF, imported when a file has to be made]; where the whole network was converted
before, a lower part is cut out of that file, and compared as well.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock

from tlcore.checksums import file_checksum
from tlcore.errors import UserError
from tlcore.models.litert_runtime import LiteModel
from tlcore.models.registry import BackboneSpec
from tlcore.models.tflite_file import add_output, truncate_at
from tlcore.models.tflite_weights import write_weights
from tlcore.models.weights import asset_path, fingerprint
from tlcore.models.weights_cache import content_hash
from tlcore.workspace import Workspace, disk_error, read_json, write_atomic, write_json

if TYPE_CHECKING:
    import keras

POOLED, ACTIVATION = "pooled", "activation"
FEATURE_MAP = "feature_map"
"""POOLED and FEATURE_MAP are asked for like layers: the pooled features, and what is there before pooling. In a file,
the pooled features are the output POOLED, and every other layer is the output ACTIVATION."""

IMPORTED = "network.tflite"  # of a network that somebody brought; it gives POOLED and, before pooling, ACTIVATION
_LAST_LAYER = "head_relu6"  # the built-in network's, whose output is its feature map
MOST_DIFFERENCE = 1e-3  # from Keras, as a share of the largest value
_VERSION = 1  # of how files are made; another one makes them again


def output_name(layer: str) -> str:
    """What the file that ends at `layer` calls its output."""
    return POOLED if layer == POOLED else ACTIVATION


def frozen_file(workspace: Workspace, spec: BackboneSpec, image_size: int, layer: str = POOLED) -> Path:
    """The `.tflite` that computes what a run caches of each photo; made at the first call, which takes seconds.

    Args:
        image_size: side of the square photos in pixels.
        layer: the layer whose output is wanted (a block's `layer`), FEATURE_MAP, or POOLED for the pooled features.

    Returns:
        A file from float32 (N, image_size, image_size, 3), RGB 0–255, any N, to the output `output_name(layer)`:
        float32 (N, feature_size) for POOLED, else (N, …).

    Raises:
        UserError: the weights are missing or damaged, the disk is full, or the file differs from Keras.
        ValueError: the network cannot be cut at `layer`.
    """
    path = frozen_path(workspace, spec, image_size, layer)
    if path == _given(spec, layer) or _is_whole(path):
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f"{path.name}.lock")):
            if not _is_whole(path):
                data = _make(spec, image_size, layer, frozen_path(workspace, spec, image_size))
                write_atomic(path, data)
                write_json(_note(path), {"files": {path.name: file_checksum(data)}})
    except OSError as error:
        raise disk_error(path, error) from error
    return path


def _note(path: Path) -> Path:
    """Where the checksum of a file is kept; those that version 0.1.0 made have none."""
    return path.with_suffix(".json")


def _is_whole(path: Path) -> bool:
    """Whether a file is there and what was written; one that has not changed since is not read again."""
    try:
        expected = read_json(_note(path))["files"][path.name]["sha256"] if _note(path).exists() else None
        return path.exists() and expected in (None, content_hash(path, "sha256"))
    except (OSError, ValueError, LookupError, TypeError):
        return False


def frozen_path(workspace: Workspace, spec: BackboneSpec, image_size: int, layer: str = POOLED) -> Path:
    """Where `frozen_file` keeps that file, whether it exists already or not.

    Raises:
        UserError: Keras publishes no hash for this network's weights, and they are not there to be hashed.
    """
    if given := _given(spec, layer):
        return given
    shape = "any" if spec.built_in else f"{image_size}px"
    part = POOLED if layer == POOLED else hashlib.sha256(layer.encode()).hexdigest()[:8]
    name = f"{spec.name}-{fingerprint(spec)[:16]}-{shape}-{part}-v{_VERSION}.tflite"
    return workspace.root / "backbones" / name


def _given(spec: BackboneSpec, layer: str) -> Path | None:
    """The file that came with the program or with the network that somebody brought, where it is the one."""
    if spec.imported is not None and spec.imported.form == "tflite":
        return spec.imported.folder / IMPORTED
    return asset_path(spec) if spec.built_in and layer == POOLED else None


def _make(spec: BackboneSpec, image_size: int, layer: str, whole: Path) -> bytes:
    """The file's bytes. `whole`: where that of the pooled features lies, if it was made already."""
    if spec.built_in:
        end = _LAST_LAYER if layer == FEATURE_MAP else layer
        if pruned := truncate_at(asset_path(spec).read_bytes(), end, ACTIVATION):
            return pruned
    from tlcore.models.build import build_backbone, cut_backbone

    size = None if spec.built_in else image_size
    if layer == POOLED:
        return convert_checked(build_backbone(spec, size), image_size, POOLED)
    if layer == FEATURE_MAP:
        return convert_checked(build_backbone(spec, size, FEATURE_MAP), image_size, ACTIVATION)
    lower = cut_backbone(build_backbone(spec, size), layer)[0]
    if not spec.built_in and _is_whole(whole):
        return cut_checked(whole.read_bytes(), lower, layer, image_size)
    return convert_checked(lower, image_size, ACTIVATION)


def trained_file(spec: BackboneSpec, model: "keras.Model", image_size: int, layer: str) -> bytes:
    """The `.tflite` of a whole network of the table with weights of its own, checked against Keras.

    For the built-in network they are written into the file that came with the program, which takes a moment; others
    are converted.

    Args:
        model: what `build_backbone` gave up to `layer`, with whatever weights.
        layer: POOLED or FEATURE_MAP.

    Returns:
        As `frozen_file` of that layer.

    Raises:
        UserError: see `convert_checked`.
    """
    if spec.built_in:
        data = write_weights(asset_path(spec).read_bytes(), model, layer, output_name(layer))
        if _difference(data, model, image_size, output_name(layer)) <= MOST_DIFFERENCE:
            return data
    return convert_checked(model, image_size, output_name(layer))


def convert_checked(model: "keras.Model", image_size: int, output: str) -> bytes:
    """A `.tflite` of a Keras model with one output, in 32 bits, after it gave the same as Keras.

    Args:
        model: float32 (N, image_size, image_size, 3), RGB 0–255 → float32 (N, …).
        output: what the file calls that tensor.

    Raises:
        UserError: it differs from Keras by more than MOST_DIFFERENCE.
    """
    import keras

    from tlcore.models.convert import convert_to_tflite

    data = convert_to_tflite(keras.Model(model.input, {output: model.output}), image_size, float16=False)
    difference = _difference(data, model, image_size, output)
    if not difference <= MOST_DIFFERENCE:
        raise UserError(
            f"The converted network gives different results from Keras (by {difference:.2g} of its largest value).",
            f"At most {MOST_DIFFERENCE} is allowed, so it isn’t used. Choose another network, and please report this.",
        )
    return data


def cut_checked(whole: bytes, model: "keras.Model", layer: str, image_size: int) -> bytes:
    """The file of a network's lower part: cut out of that of the whole one where this gives the same as Keras.

    A cut takes a moment and a conversion seconds. Not every layer can be found in a file, since the converter folds
    some into one; then the lower part is converted by itself.

    Args:
        whole: what `convert_checked` made of the whole network.
        model: the lower part in Keras, up to the output of `layer`.

    Raises:
        UserError: see `convert_checked`.
    """
    cut = truncate_at(whole, layer, ACTIVATION)
    if cut and _difference(cut, model, image_size, ACTIVATION) <= MOST_DIFFERENCE:
        return cut
    return convert_checked(model, image_size, ACTIVATION)


def with_activation(
    whole: Path | bytes, lower: Callable[[], Path | bytes], layer: str, image_size: int
) -> bytes | None:
    """A file that gives in one pass what enters the unfrozen part and the pooled features; None where none can.

    Args:
        whole: the file of the pooled features, checked before.
        lower: gives the file of what enters the unfrozen part, checked as well; called where `whole` has that place.
        layer: the one at which that file ends.

    Returns:
        A file with the outputs "activation" and "pooled", which are those of the two.
    """
    both = add_output(whole if isinstance(whole, bytes) else whole.read_bytes(), layer, ACTIVATION, POOLED)
    if both is None:
        return None
    images, model = probe_images(image_size), LiteModel(both)
    for source, output, received in zip(
        (lower(), whole), (ACTIVATION, POOLED), model.run_all(images, (ACTIVATION, POOLED)), strict=True
    ):
        expected = LiteModel(source).run(images, output)
        if expected.shape != received.shape:
            return None
        if not np.abs(received - expected).max() <= MOST_DIFFERENCE * max(np.abs(expected).max(), 1e-12):
            return None
    return both


def _difference(data: bytes, model: "keras.Model", image_size: int, output: str) -> float:
    """By how much a file differs from Keras on the probe images, as a share of the largest value; infinite by shape."""
    images = probe_images(image_size)
    expected = np.asarray(model(images, training=False))
    received = LiteModel(data).run(images, output)
    if received.shape != expected.shape:
        return float("inf")
    return float(np.abs(received - expected).max() / max(np.abs(expected).max(), 1e-12))


def probe_images(image_size: int) -> np.ndarray:
    """The images that networks are compared on: float32 (3, S, S, 3), 0–255: noise, a slow wave of colours, stripes."""
    rows, columns = np.mgrid[:image_size, :image_size] / image_size
    noise = np.random.default_rng(0).uniform(0, 255, (image_size, image_size, 3))
    waves = 127.5 + 127.5 * np.stack([np.sin(9 * rows), np.cos(5 * columns), np.sin(20 * rows * columns)], axis=-1)
    stripes = np.repeat(255.0 * ((rows + columns) * 12 % 1 > 0.5)[..., np.newaxis], 3, axis=-1)
    return np.stack([noise, waves, stripes]).astype(np.float32)
