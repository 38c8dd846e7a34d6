"""Write tlcore/models/backbone_rows.py: a literal row for every network of `keras.applications`.

    python scripts/build_backbones_table.py

What only a person can say stands below: titles, sentences, ImageNet figures, licences and their sources. The rest is
taken from Keras: weights files and their hashes from the calls with which Keras would fetch them, parameters, products
and cut points from the networks themselves, built without values. Nothing is fetched.

Sources of the figures: https://keras.io/api/applications/ for all but the following. MobileNetV3: the table in
keras.applications.mobilenet_v3. MobileNetV2 with a width other than 1: the table of its checkpoints in
https://github.com/tensorflow/models/tree/master/research/slim/nets/mobilenet. MobileNet with a width other than 1:
A. Howard et al., "MobileNets", 2017, https://arxiv.org/abs/1704.04861, table 6.

Sources of the licences: the section "License" of each network in the documentation of Keras 2
(docs/templates/applications.md in https://github.com/keras-team/keras), and for families younger than it the
repositories from which Keras says their weights came.
"""

import os
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import keras  # noqa: E402
from keras.src.initializers import random_initializers  # noqa: E402
from keras.src.utils import file_utils  # noqa: E402

from tlcore.models import graph  # noqa: E402
from tlcore.models.build import build_backbone  # noqa: E402
from tlcore.models.measure import find_blocks, multiply_adds, num_weights  # noqa: E402
from tlcore.models.registry import BUILT_IN  # noqa: E402
from tlcore.models.spec import BackboneSpec, Block  # noqa: E402

TARGET = ROOT / "tlcore" / "models" / "backbone_rows.py"
HEADER = '''"""Every network of `keras.applications` as a row of the table of backbones, the best known first.

Written by scripts/build_backbones_table.py, which names the sources; change it there. Not imported by it: no Keras.
"""

from tlcore.models.spec import BackboneSpec, Block'''


class Family(NamedTuple):
    """What the networks of one family share. `labels`: (pattern of a layer's name, name of its block)."""

    scaling: str
    licence: str
    source: str
    labels: tuple[tuple[str, str], ...]


class Choice(NamedTuple):
    """What a person says of a network. `width`: the alpha of the MobileNets, None for the others."""

    family: str
    function: str
    name: str
    title: str
    top1: float | None
    image_size: int
    sentence: str
    width: float | None = None
    least: int = 32


APACHE = "Apache-2.0"
DOCS = "https://keras.io/api/applications/"
EFFICIENT = ((r"(block\d+[a-z]+)_", r"\1"), (r"top_conv", "head"))
FAMILIES = {
    "vgg": Family("caffe", "CC-BY-4.0", f"{DOCS}vgg/", ((r"(block\d)_", r"\1"),)),
    "resnet": Family("caffe", "MIT", f"{DOCS}resnet/", ((r"(conv\d_block\d+)_", r"\1"),)),
    "resnet_v2": Family("-1..1", "BSD-3-Clause", f"{DOCS}resnet/", ((r"(conv\d_block\d+)_", r"\1"),)),
    "inception_v3": Family("-1..1", APACHE, f"{DOCS}inceptionv3/", ((r"(mixed\d+)$", r"\1"),)),
    "inception_resnet_v2": Family(
        "-1..1",
        APACHE,
        f"{DOCS}inceptionresnetv2/",
        ((r"(block\d+_\d+)_ac", r"\1"), (r"(mixed_\d[ab])", r"\1"), (r"conv_7b$", "conv_7b")),
    ),
    "xception": Family("-1..1", "MIT", f"{DOCS}xception/", ((r"(block\d+)_", r"\1"),)),
    "mobilenet": Family("-1..1", APACHE, f"{DOCS}mobilenet/", ((r"conv_(?:dw|pw|pad)_(\d+)", r"block\1"),)),
    "mobilenet_v2": Family("-1..1", APACHE, f"{DOCS}mobilenet/", ((r"block_(\d+)_", r"block\1"), (r"Conv_1$", "head"))),
    "mobilenet_v3": Family(
        "inside", APACHE, f"{DOCS}mobilenet/", ((r"expanded_conv_(\d+)_", r"block\1"), (r"^conv_1$", "head"))
    ),
    "densenet": Family("torch", "BSD-3-Clause", f"{DOCS}densenet/", ((r"(conv\d_block\d+)_", r"\1"),)),
    "nasnet": Family("-1..1", APACHE, f"{DOCS}nasnet/", ((r"(?:normal|reduction|adjust)_", "cells"),)),
    "efficientnet": Family("inside", APACHE, f"{DOCS}efficientnet/", EFFICIENT),
    "efficientnet_v2": Family("inside", APACHE, f"{DOCS}efficientnet_v2/", EFFICIENT),
    "convnext": Family("inside", "MIT", f"{DOCS}convnext/", ((r"stage_(\d)_block_(\d+)_", r"stage\1_block\2"),)),
}
CHOICES = (
    Choice(
        "vgg",
        "VGG16",
        "vgg16",
        "VGG16",
        0.713,
        224,
        "The network of many tutorials: simple to understand, but slow, and large for its accuracy.",
    ),
    Choice("vgg", "VGG19", "vgg19", "VGG19", 0.713, 224, "VGG16 with three more layers: slower, and no more accurate."),
    Choice(
        "resnet",
        "ResNet50",
        "resnet50",
        "ResNet50",
        0.749,
        224,
        "The classic with shortcuts between its layers: the yardstick for other networks.",
    ),
    Choice(
        "inception_v3",
        "InceptionV3",
        "inception-v3",
        "InceptionV3",
        0.779,
        299,
        "Sees details and the big picture at once; popular in tutorials, made for larger images.",
        least=75,
    ),
    Choice(
        "xception",
        "Xception",
        "xception",
        "Xception",
        0.790,
        299,
        "A refined InceptionV3: more accurate at the same size, but slower.",
        least=71,
    ),
    Choice(
        "mobilenet_v2",
        "MobileNetV2",
        "mobilenet-v2",
        "MobileNetV2",
        0.713,
        224,
        "Made for phones: a small download, fast, and good enough for most tasks.",
        1.0,
    ),
    Choice(
        "mobilenet_v2",
        "MobileNetV2",
        "mobilenet-v2-0.35",
        "MobileNetV2 × 0.35",
        0.603,
        224,
        "MobileNetV2 at about a third of its width: the fastest of its family and the least accurate.",
        0.35,
    ),
    Choice(
        "mobilenet_v2",
        "MobileNetV2",
        "mobilenet-v2-0.5",
        "MobileNetV2 × 0.5",
        0.654,
        224,
        "MobileNetV2 at half its width: faster and less accurate.",
        0.5,
    ),
    Choice(
        "mobilenet_v2",
        "MobileNetV2",
        "mobilenet-v2-0.75",
        "MobileNetV2 × 0.75",
        0.698,
        224,
        "MobileNetV2 at three quarters of its width: a little faster and a little less accurate.",
        0.75,
    ),
    Choice(
        "mobilenet_v2",
        "MobileNetV2",
        "mobilenet-v2-1.3",
        "MobileNetV2 × 1.3",
        0.744,
        224,
        "MobileNetV2 widened: more accurate and slower.",
        1.3,
    ),
    Choice(
        "mobilenet_v2",
        "MobileNetV2",
        "mobilenet-v2-1.4",
        "MobileNetV2 × 1.4",
        0.750,
        224,
        "The widest MobileNetV2: the most accurate of its family and the slowest.",
        1.4,
    ),
    Choice(
        "mobilenet",
        "MobileNet",
        "mobilenet",
        "MobileNet",
        0.704,
        224,
        "The first network made for phones; its successor MobileNetV2 is smaller and a little better.",
        1.0,
    ),
    Choice(
        "mobilenet",
        "MobileNet",
        "mobilenet-0.25",
        "MobileNet × 0.25",
        0.506,
        224,
        "The smallest download of all: very fast, but the least accurate.",
        0.25,
    ),
    Choice(
        "mobilenet",
        "MobileNet",
        "mobilenet-0.5",
        "MobileNet × 0.5",
        0.637,
        224,
        "MobileNet at half its width: faster and less accurate.",
        0.5,
    ),
    Choice(
        "mobilenet",
        "MobileNet",
        "mobilenet-0.75",
        "MobileNet × 0.75",
        0.684,
        224,
        "MobileNet at three quarters of its width: a little faster and a little less accurate.",
        0.75,
    ),
    Choice(
        "mobilenet_v3",
        "MobileNetV3Small",
        "mobilenet-v3-small",
        "MobileNetV3 Small",
        0.681,
        224,
        "Designed by an automatic search for slow phones: tiny, fast, and good for its size.",
    ),
    Choice(
        "mobilenet_v3",
        "MobileNetV3Large",
        "mobilenet-v3-large",
        "MobileNetV3 Large",
        0.756,
        224,
        "Designed by an automatic search for phones: fast, and more accurate than MobileNetV2.",
    ),
    Choice(
        "efficientnet",
        "EfficientNetB0",
        "efficientnet-b0",
        "EfficientNetB0",
        0.771,
        224,
        "The smallest of a balanced family: good accuracy for few parameters.",
    ),
    *(
        Choice(
            "efficientnet",
            f"EfficientNetB{number}",
            f"efficientnet-b{number}",
            f"EfficientNetB{number}",
            top1,
            size,
            f"A step up from EfficientNetB{number - 1}: more accurate, slower, made for larger images.",
        )
        for number, top1, size in (
            (1, 0.791, 240),
            (2, 0.801, 260),
            (3, 0.816, 300),
            (4, 0.829, 380),
            (5, 0.836, 456),
            (6, 0.840, 528),
        )
    ),
    Choice(
        "efficientnet",
        "EfficientNetB7",
        "efficientnet-b7",
        "EfficientNetB7",
        0.843,
        600,
        "The largest of its family: for very large images and a lot of patience.",
    ),
    Choice(
        "efficientnet_v2",
        "EfficientNetV2B0",
        "efficientnet-v2-b0",
        "EfficientNetV2B0",
        0.787,
        224,
        "The smallest of a newer family: more accurate than EfficientNetB0.",
    ),
    *(
        Choice(
            "efficientnet_v2",
            f"EfficientNetV2B{number}",
            f"efficientnet-v2-b{number}",
            f"EfficientNetV2B{number}",
            top1,
            size,
            f"A step up from EfficientNetV2B{number - 1}: more accurate, slower, for larger images.",
        )
        for number, top1, size in ((1, 0.798, 240), (2, 0.805, 260), (3, 0.820, 300))
    ),
    Choice(
        "efficientnet_v2",
        "EfficientNetV2S",
        "efficientnet-v2-s",
        "EfficientNetV2S",
        0.839,
        384,
        "Very accurate for its size; made for large images.",
    ),
    Choice(
        "efficientnet_v2",
        "EfficientNetV2M",
        "efficientnet-v2-m",
        "EfficientNetV2M",
        0.853,
        480,
        "Among the most accurate, but a large download, and slow without a graphics card.",
    ),
    Choice(
        "efficientnet_v2",
        "EfficientNetV2L",
        "efficientnet-v2-l",
        "EfficientNetV2L",
        0.857,
        480,
        "The largest EfficientNetV2: for few photos and a lot of patience, or a graphics card.",
    ),
    Choice(
        "convnext",
        "ConvNeXtTiny",
        "convnext-tiny",
        "ConvNeXtTiny",
        0.813,
        224,
        "A modern take on ResNet50: about as large, and clearly more accurate.",
    ),
    Choice(
        "convnext",
        "ConvNeXtSmall",
        "convnext-small",
        "ConvNeXtSmall",
        0.823,
        224,
        "A deeper ConvNeXtTiny: a little more accurate, about half as fast.",
    ),
    Choice(
        "convnext",
        "ConvNeXtBase",
        "convnext-base",
        "ConvNeXtBase",
        0.853,
        224,
        "Very accurate, pretrained on many more photos. A large download.",
    ),
    Choice(
        "convnext",
        "ConvNeXtLarge",
        "convnext-large",
        "ConvNeXtLarge",
        0.863,
        224,
        "Among the most accurate of all, but slow and a very large download.",
    ),
    Choice(
        "convnext",
        "ConvNeXtXLarge",
        "convnext-xlarge",
        "ConvNeXtXLarge",
        0.867,
        224,
        "The most accurate and the largest of all: a download of over 1 GB.",
    ),
    Choice(
        "resnet",
        "ResNet101",
        "resnet101",
        "ResNet101",
        0.764,
        224,
        "ResNet50 with twice the layers: a little more accurate, about half as fast.",
    ),
    Choice(
        "resnet",
        "ResNet152",
        "resnet152",
        "ResNet152",
        0.766,
        224,
        "ResNet50 with three times the layers: hardly more accurate than ResNet101.",
    ),
    Choice(
        "resnet_v2",
        "ResNet50V2",
        "resnet50-v2",
        "ResNet50V2",
        0.760,
        224,
        "ResNet50 with its layers in a better order: a little more accurate at the same size.",
    ),
    Choice(
        "resnet_v2",
        "ResNet101V2",
        "resnet101-v2",
        "ResNet101V2",
        0.772,
        224,
        "ResNet50V2 with twice the layers: a little more accurate, about half as fast.",
    ),
    Choice(
        "resnet_v2",
        "ResNet152V2",
        "resnet152-v2",
        "ResNet152V2",
        0.780,
        224,
        "ResNet50V2 with three times the layers: a little more accurate than ResNet101V2.",
    ),
    Choice(
        "inception_resnet_v2",
        "InceptionResNetV2",
        "inception-resnet-v2",
        "InceptionResNetV2",
        0.803,
        299,
        "InceptionV3 with shortcuts between its layers: more accurate, but twice as large and half as fast.",
        least=75,
    ),
    Choice(
        "densenet",
        "DenseNet121",
        "densenet121",
        "DenseNet121",
        0.750,
        224,
        "Each layer uses all layers before it: a small download for its accuracy, popular in medicine.",
    ),
    Choice(
        "densenet",
        "DenseNet169",
        "densenet169",
        "DenseNet169",
        0.762,
        224,
        "DenseNet121 with more layers: a little more accurate.",
    ),
    Choice(
        "densenet",
        "DenseNet201",
        "densenet201",
        "DenseNet201",
        0.773,
        224,
        "The deepest DenseNet that Keras has: the most accurate of its family.",
    ),
    Choice(
        "nasnet",
        "NASNetMobile",
        "nasnet-mobile",
        "NASNetMobile",
        0.744,
        224,
        "Designed by an automatic search: few parameters, but its many small steps take time.",
    ),
    Choice(
        "nasnet",
        "NASNetLarge",
        "nasnet-large",
        "NASNetLarge",
        0.825,
        331,
        "Designed by an automatic search: accurate, but very slow. Newer networks do better with less.",
    ),
)
# The sizes in bytes that Keras showed while it fetched the files; what is not here is estimated.
KNOWN_BYTES = {
    "vgg16": 58_889_256,
    "vgg19": 80_134_624,
    "resnet50": 94_765_736,
    "resnet50-v2": 94_668_760,
    "resnet101": 171_446_536,
    "resnet101-v2": 171_317_808,
    "resnet152": 234_698_864,
    "resnet152-v2": 234_545_216,
    "inception-v3": 87_910_968,
    "inception-resnet-v2": 219_055_592,
    "xception": 83_683_744,
    "mobilenet": 17_225_924,
    "mobilenet-v2": 9_406_464,
    "mobilenet-v2-0.35": 2_028_672,
    "densenet121": 29_084_464,
    "densenet169": 51_877_672,
    "densenet201": 74_836_368,
    "nasnet-mobile": 19_993_432,
    "nasnet-large": 343_610_240,
    "efficientnet-b0": 16_705_208,
    "efficientnet-b1": 27_018_416,
    "efficientnet-b2": 31_790_344,
    "efficientnet-b3": 43_941_136,
    "efficientnet-b4": 71_686_520,
    "efficientnet-b5": 115_263_384,
    "efficientnet-b6": 165_234_480,
    "efficientnet-b7": 258_076_736,
    "efficientnet-v2-b0": 24_274_472,
    "efficientnet-v2-b1": 28_456_008,
    "efficientnet-v2-b2": 35_839_040,
    "efficientnet-v2-b3": 52_606_240,
    "efficientnet-v2-s": 82_420_632,
    "efficientnet-v2-m": 214_201_816,
    "efficientnet-v2-l": 473_176_280,
    "convnext-tiny": 111_650_432,
    "convnext-small": 198_551_472,
    "convnext-base": 350_926_856,
    "convnext-large": 785_596_384,
    "convnext-xlarge": 1_393_257_616,
}
# Comments above the blocks of a family that look as if some were missing.
NOTES = {
    "nasnet": "Each cell takes the outputs of the two cells before it, so above the stem two tensors or more separate "
    "lower from\nupper everywhere: there is no other cut, and all cells are unfrozen together.",
}
# Keras publishes no hash of this file; this is the SHA-256 of the genuine one.
KNOWN_HASHES = {"mobilenet-v2-0.35": "d43c70f8ea04b1087170401b2f4739f41b94200e30892ea8d050ac65779146c6"}


def main() -> None:
    """Build every network without values and write the table."""
    rows = []
    for choice in CHOICES:
        rows.append(make_row(choice))
        keras.backend.clear_session()
        print(rows[-1].name, rows[-1].parameters, len(rows[-1].blocks), rows[-1].download_bytes, flush=True)
    TARGET.write_text(HEADER + "\n" + write_rows(rows), encoding="utf-8")
    built_in = build_backbone(BUILT_IN, BUILT_IN.default_image_size, weights=None)
    print("The built-in network:", multiply_adds(built_in), num_weights(built_in.layers))
    for block in BUILT_IN.blocks:
        above = next(point.above for point in graph.cut_points(built_in) if point.layer == block.layer)
        print(block.name, num_weights(built_in.get_layer(name) for name in above))


def make_row(choice: Choice) -> BackboneSpec:
    """Everything of a network but its values."""
    family = FAMILIES[choice.family]
    arguments = (("alpha", choice.width),) if choice.width else ()
    url, published = find_weights(choice.function, dict(arguments))
    row = BackboneSpec(
        name=choice.name,
        title=choice.title,
        sentence=choice.sentence,
        parameters=0,
        num_weights=0,
        multiply_adds=0,
        imagenet_top1=choice.top1,
        feature_size=0,
        default_image_size=choice.image_size,
        licence=family.licence,
        source=family.source,
        blocks=(),
        fingerprint="",
        function=choice.function,
        arguments=arguments,
        scaling=family.scaling,
        weights_url=url,
        weights_hash=published or KNOWN_HASHES.get(choice.name, ""),
        least_image_size=choice.least,
    )
    model = build_backbone(row, weights=None)
    stored = model.count_params()
    estimate = round(stored * 4, -3)
    known = KNOWN_BYTES.get(choice.name, estimate)
    if not stored * 4 <= known + 500 <= stored * 5.5:
        raise SystemExit(f"{choice.name}: {known} bytes cannot hold {stored} parameters.")
    features = model.output_shape[-1]
    return BackboneSpec(
        **{
            **vars(row),
            "parameters": stored + classifier_parameters(choice, features),
            "download_bytes": known,
            "num_weights": num_weights(model.layers),
            "multiply_adds": multiply_adds(model),
            "feature_size": features,
            "blocks": find_blocks(model, label_of(family.labels)),
            "fingerprint": row.weights_hash,
        }
    )


class _Asked(Exception):
    """Keras asked for a file."""


def find_weights(function: str, arguments: dict[str, float]) -> tuple[str, str]:
    """The address and the hash ("" for none) with which Keras would fetch the weights without the classifier."""
    fetch = file_utils.get_file

    def ask(name: str, url: str, file_hash: str = "", **_: object) -> str:
        raise _Asked(url, file_hash)

    file_utils.get_file = ask
    try:
        getattr(keras.applications, function)(include_top=False, weights="imagenet", **arguments)
    except _Asked as asked:
        return asked.args
    finally:
        file_utils.get_file = fetch
    raise SystemExit(f"{function} asked for no weights.")


def classifier_parameters(choice: Choice, features: int) -> int:
    """The weights of the ImageNet classifier, which Keras' files without it do not have."""
    sizes = {"vgg": (49 * features, 4096, 4096, 1000), "mobilenet_v3": (features, 1024, 1000)}.get(
        choice.family, (features, 1000)
    )
    if choice.function == "MobileNetV3Large":
        sizes = (features, 1280, 1000)
    return sum(inputs * outputs + outputs for inputs, outputs in zip(sizes, sizes[1:], strict=False))


def label_of(labels: tuple[tuple[str, str], ...]) -> Callable[[str], str]:
    """What names the block of a layer by the patterns of a family."""
    return lambda layer: _label(layer, labels)


def _label(layer: str, labels: tuple[tuple[str, str], ...]) -> str:
    for pattern, name in labels:
        if found := re.search(pattern, layer):
            return found.expand(name)
    return ""


def write_rows(rows: list[BackboneSpec]) -> str:
    """The rows as Python, the blocks that several share written once."""
    shared: dict[tuple[Block, ...], str] = {}
    for row in rows:
        if row.blocks not in shared:
            shared[row.blocks] = "_" + re.sub(r"\W", "_", row.name).upper()
    lines = [f"\n{_note(name)}{name} = (\n{_pack_blocks(blocks)})" for blocks, name in shared.items()]
    lines.append("\nROWS: tuple[BackboneSpec, ...] = (")
    for row in rows:
        lines.append("    BackboneSpec(")
        for field, value in vars(row).items():
            if field in ("asset",) or (field == "arguments" and not value):
                continue
            lines.append(f"        {field}={shared[value] if field == 'blocks' else _literal(value)},")
        lines.append("    ),")
    return "\n".join([*lines, ")", ""])


def _note(name: str) -> str:
    """The comments above a family's blocks."""
    notes = [note for family, note in NOTES.items() if name.lower().startswith(f"_{family}")]
    return "".join(f"# {line}\n" for note in notes for line in note.splitlines())


def _literal(value: object) -> str:
    if isinstance(value, int) and value > 9999:
        return f"{value:_}"
    return '"' + value.replace('"', '\\"') + '"' if isinstance(value, str) else repr(value).replace("'", '"')


def _pack_blocks(blocks: tuple[Block, ...]) -> str:
    """As many blocks a line as fit."""
    text, line = "", "   "
    for block in blocks:
        item = f' Block("{block.name}", "{block.layer}", {block.num_layers}, {block.num_weights:_}),'
        if len(line + item) > 118:
            text, line = f"{text}{line}\n", "   "
        line += item
    return f"{text}{line}\n"


def _zeros(self: object, shape: tuple[int, ...], dtype: str | None = None, **_: object) -> object:
    return keras.ops.zeros(shape, dtype or "float32")


if __name__ == "__main__":
    random_initializers.VarianceScaling.__call__ = _zeros  # the networks are only inspected
    warnings.simplefilter("ignore")  # that no image size was asked for
    main()
