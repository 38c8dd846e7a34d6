"""The architectures whose PyTorch weights can be used, layer by layer, under torchvision's and timm's names.

Each is written once, against `LayerMaker`. One maker writes down what weights there must be (expected.py), another
builds the Keras network (keras_layers.py), so that the names, the shapes and the network cannot come apart.

ResNet: He et al. 2015, arXiv:1512.03385, with the stride in the 3×3 convolution. MobileNetV2: Sandler et al. 2018,
arXiv:1801.04381. MobileNetV3: Howard et al. 2019, arXiv:1905.02244. EfficientNet-B0: Tan and Le 2019, arXiv:1905.11946.
ConvNeXt: Liu et al. 2022, arXiv:2201.03545. Padding, epsilon and rounding of widths are those of torchvision 0.29
and timm 1.0: https://github.com/pytorch/vision and https://github.com/huggingface/pytorch-image-models.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

T = TypeVar("T")
TORCHVISION, TIMM = "torchvision", "timm"


class Names(NamedTuple):
    """What the two libraries call a layer: the beginning of the names of its tensors."""

    torchvision: str
    timm: str


class LayerMaker(Protocol[T]):
    """What an architecture is made with; `T` is what goes from layer to layer. Convolutions are padded as PyTorch does:
    by `padding` on each side, by default half the kernel."""

    def convolution(self, x: T, name: str, names: Names, shape: "Kernel") -> T: ...
    def depthwise(self, x: T, name: str, names: Names, shape: "Kernel") -> T: ...
    def batch_norm(self, x: T, name: str, names: Names) -> T: ...
    def layer_norm(self, x: T, name: str, names: Names) -> T: ...
    def dense(self, x: T, name: str, names: Names, units: int, scale: Names | None = None) -> T: ...
    def activation(self, x: T, name: str, kind: str) -> T: ...
    def add(self, x: T, y: T, name: str) -> T: ...
    def multiply(self, x: T, gate: T, name: str) -> T: ...
    def average(self, x: T, name: str, keep_axes: bool = False) -> T: ...
    def max_pool(self, x: T, name: str) -> T: ...


class Kernel(NamedTuple):
    """`filters`: 0 in a depthwise convolution. `padding`: -1 for half the size."""

    filters: int
    size: int = 1
    stride: int = 1
    bias: bool = False
    padding: int = -1


class Ends(NamedTuple):
    """A network's last tensors: before pooling, and the pooled features."""

    feature_map: Any
    pooled: Any


@dataclass(frozen=True)
class Architecture:
    """One that can be built.

    Attributes:
        name: as torchvision has it; `title`: as people write it.
        make: from a maker and the scaled image to the network's ends.
        epsilon: of its normalisation layers, in torchvision's and in timm's network.
        dropped: how the names of the classifier begin, which is left out, in the two libraries.
    """

    name: str
    title: str
    make: Callable[[LayerMaker[Any], Any], Ends]
    epsilon: tuple[float, float]
    dropped: tuple[tuple[str, ...], tuple[str, ...]]


# ResNet ------------------------------------------------------------------------------------------------------------


def _same(name: str) -> Names:
    return Names(name, name)


def _resnet(depths: tuple[int, ...], bottleneck: bool) -> Callable[[LayerMaker[Any], Any], Ends]:
    def make(to: LayerMaker[Any], x: Any) -> Ends:
        x = to.convolution(x, "stem_conv", _same("conv1"), Kernel(64, 7, 2))
        x = to.activation(to.batch_norm(x, "stem_bn", _same("bn1")), "stem_relu", "relu")
        x = to.max_pool(x, "stem_pool")
        width = 64
        for stage, depth in enumerate(depths, start=1):
            for block in range(depth):
                stride = 2 if stage > 1 and block == 0 else 1
                x, width = _residual(to, x, width, (stage, block, stride), bottleneck)
        return Ends(x, to.average(x, "pooled"))

    return make


def _residual(
    to: LayerMaker[Any], x: Any, width: int, place: tuple[int, int, int], bottleneck: bool
) -> tuple[Any, int]:
    """A block of ResNet and how many channels leave it."""
    stage, block, stride = place
    inner = 64 * 2 ** (stage - 1)
    leaving = inner * 4 if bottleneck else inner
    path, name = f"layer{stage}.{block}", f"block{stage}{_letter(block)}"
    kernels = [Kernel(inner), Kernel(inner, 3, stride), Kernel(leaving)]
    kernels = kernels if bottleneck else [Kernel(inner, 3, stride), Kernel(inner, 3)]
    y = x
    for number, kernel in enumerate(kernels, start=1):
        y = to.convolution(y, f"{name}_conv{number}", _same(f"{path}.conv{number}"), kernel)
        y = to.batch_norm(y, f"{name}_bn{number}", _same(f"{path}.bn{number}"))
        if number < len(kernels):
            y = to.activation(y, f"{name}_relu{number}", "relu")
    if stride > 1 or width != leaving:
        x = to.convolution(x, f"{name}_shortcut_conv", _same(f"{path}.downsample.0"), Kernel(leaving, 1, stride))
        x = to.batch_norm(x, f"{name}_shortcut_bn", _same(f"{path}.downsample.1"))
    return to.activation(to.add(y, x, f"{name}_add"), f"{name}_relu", "relu"), leaving


def _letter(number: int) -> str:
    return chr(ord("a") + number)


# MobileNetV2, MobileNetV3, EfficientNet-B0 ---------------------------------------------------------------------------


class _Block(NamedTuple):
    """An inverted residual block; `squeeze`: channels of its squeeze-and-excitation, 0 for none."""

    kernel: int
    stride: int
    expanded: int
    filters: int
    squeeze: int
    activation: str


class _Family(NamedTuple):
    """What the mobile networks differ in. `head_block`: whether timm counts the last convolution as a stage."""

    stem: int
    activation: str
    stages: tuple[tuple[_Block, ...], ...]
    head: int
    gate: str
    torchvision: Callable[[int, int, int], str]
    squeeze_activation: str = "relu"
    head_block: bool = False


def _mobile(family: _Family) -> Callable[[LayerMaker[Any], Any], Ends]:
    def make(to: LayerMaker[Any], x: Any) -> Ends:
        x = to.convolution(x, "stem_conv", Names("features.0.0", "conv_stem"), Kernel(family.stem, 3, 2))
        x = to.batch_norm(x, "stem_bn", Names("features.0.1", "bn1"))
        x = to.activation(x, "stem_activation", family.activation)
        width, flat = family.stem, 0
        for stage, blocks in enumerate(family.stages, start=1):
            for number, block in enumerate(blocks):
                flat += 1
                names = Names(family.torchvision(stage, number, flat), f"blocks.{stage - 1}.{number}")
                x = _inverted(to, x, width, block, family, names, f"block{stage}{_letter(number)}")
                width = block.filters
        last = _last_index(family, flat)
        timm = (f"blocks.{len(family.stages)}.0.conv", f"blocks.{len(family.stages)}.0.bn1")
        conv, norm = timm if family.head_block else ("conv_head", "bn2")
        x = to.convolution(x, "head_conv", Names(f"features.{last}.0", conv), Kernel(family.head))
        x = to.batch_norm(x, "head_bn", Names(f"features.{last}.1", norm))
        x = to.activation(x, "head_activation", family.activation)
        return Ends(x, to.average(x, "pooled"))

    return make


def _last_index(family: _Family, num_blocks: int) -> int:
    """Torchvision's number of the last convolution: after all blocks, or after all stages where it counts those."""
    counts_stages = family.torchvision(2, 0, 9).startswith("features.2")
    return (len(family.stages) if counts_stages else num_blocks) + 1


def _inverted(to: LayerMaker[Any], x: Any, width: int, block: _Block, family: _Family, names: Names, name: str) -> Any:
    """An inverted residual block. `width`: of what enters it. `names`: of the block."""
    in_torchvision, in_timm = _torchvision_parts(names.torchvision, block, width), _timm_parts(names.timm, block, width)
    y = x
    if block.expanded != width:
        y = to.convolution(y, f"{name}_expand_conv", Names(in_torchvision[0], in_timm[0]), Kernel(block.expanded))
        y = to.batch_norm(y, f"{name}_expand_bn", Names(in_torchvision[1], in_timm[1]))
        y = to.activation(y, f"{name}_expand_activation", block.activation)
    y = to.depthwise(
        y, f"{name}_depthwise_conv", Names(in_torchvision[2], in_timm[2]), Kernel(0, block.kernel, block.stride)
    )
    y = to.batch_norm(y, f"{name}_depthwise_bn", Names(in_torchvision[3], in_timm[3]))
    y = to.activation(y, f"{name}_depthwise_activation", block.activation)
    if block.squeeze:
        gate = to.average(y, f"{name}_squeeze", keep_axes=True)
        reduce, expand = Names(in_torchvision[4], in_timm[4]), Names(in_torchvision[5], in_timm[5])
        gate = to.convolution(gate, f"{name}_squeeze_reduce", reduce, Kernel(block.squeeze, bias=True))
        gate = to.activation(gate, f"{name}_squeeze_activation", family.squeeze_activation)
        gate = to.convolution(gate, f"{name}_squeeze_expand", expand, Kernel(block.expanded, bias=True))
        y = to.multiply(y, to.activation(gate, f"{name}_gate", family.gate), f"{name}_excite")
    y = to.convolution(y, f"{name}_project_conv", Names(in_torchvision[6], in_timm[6]), Kernel(block.filters))
    y = to.batch_norm(y, f"{name}_project_bn", Names(in_torchvision[7], in_timm[7]))
    return to.add(y, x, f"{name}_add") if block.stride == 1 and width == block.filters else y


def _torchvision_parts(path: str, block: _Block, width: int) -> tuple[str, ...]:
    """Torchvision's names: expand and its norm, depthwise and its norm, reduce, expand again, project and its norm."""
    depthwise = 1 if block.expanded != width else 0
    squeeze = depthwise + 1
    project = squeeze + (1 if block.squeeze else 0)
    last = (f"{project}", f"{project + 1}") if path.endswith(".conv") else (f"{project}.0", f"{project}.1")
    parts = ("0.0", "0.1", f"{depthwise}.0", f"{depthwise}.1", f"{squeeze}.fc1", f"{squeeze}.fc2", *last)
    return tuple(f"{path}.{part}" for part in parts)


def _timm_parts(path: str, block: _Block, width: int) -> tuple[str, ...]:
    """Timm's names, in the order of `_torchvision_parts`; what doesn't expand is a block of another kind there."""
    squeeze = ("se.conv_reduce", "se.conv_expand")
    parts: tuple[str, ...] = ("", "", "conv_dw", "bn1", *squeeze, "conv_pw", "bn2")
    if block.expanded != width:
        parts = ("conv_pw", "bn1", "conv_dw", "bn2", *squeeze, "conv_pwl", "bn3")
    return tuple(f"{path}.{part}" for part in parts)


def _repeated(
    width: int, rows: tuple[tuple[int, int, int, int, int], ...], squeeze: int
) -> tuple[tuple[_Block, ...], ...]:
    """Stages of (expansion, filters, repeats, stride, kernel).

    `squeeze`: the entering channels over those of the squeeze. Without (MobileNetV2) the activation is ReLU6, else SiLU
    (EfficientNet).
    """
    stages = []
    for expansion, filters, repeats, stride, kernel in rows:
        blocks = []
        for number in range(repeats):
            narrow = width // squeeze if squeeze else 0
            step, kind = stride if number == 0 else 1, "silu" if squeeze else "relu6"
            blocks.append(_Block(kernel, step, width * expansion, filters, narrow, kind))
            width = filters
        stages.append(tuple(blocks))
    return tuple(stages)


def _flat(part: str) -> Callable[[int, int, int], str]:
    return lambda stage, number, flat: f"features.{flat}.{part}"


_MOBILENET_V2 = _Family(
    32,
    "relu6",
    _repeated(
        32,
        (
            (1, 16, 1, 1, 3),
            (6, 24, 2, 2, 3),
            (6, 32, 3, 2, 3),
            (6, 64, 4, 2, 3),
            (6, 96, 3, 1, 3),
            (6, 160, 3, 2, 3),
            (6, 320, 1, 1, 3),
        ),
        0,
    ),
    1280,
    "",
    _flat("conv"),
)
_EFFICIENTNET_B0 = _Family(
    32,
    "silu",
    _repeated(
        32,
        (
            (1, 16, 1, 1, 3),
            (6, 24, 2, 2, 3),
            (6, 40, 2, 2, 5),
            (6, 80, 3, 2, 3),
            (6, 112, 3, 1, 5),
            (6, 192, 4, 2, 5),
            (6, 320, 1, 1, 3),
        ),
        4,
    ),
    1280,
    "sigmoid",
    lambda stage, number, flat: f"features.{stage}.{number}.block",
    squeeze_activation="silu",
)
_RELU, _SWISH = "relu", "hard_swish"
_MOBILENET_V3_LARGE = _Family(
    16,
    _SWISH,
    (
        (_Block(3, 1, 16, 16, 0, _RELU),),
        (_Block(3, 2, 64, 24, 0, _RELU), _Block(3, 1, 72, 24, 0, _RELU)),
        (_Block(5, 2, 72, 40, 24, _RELU), _Block(5, 1, 120, 40, 32, _RELU), _Block(5, 1, 120, 40, 32, _RELU)),
        (
            _Block(3, 2, 240, 80, 0, _SWISH),
            _Block(3, 1, 200, 80, 0, _SWISH),
            _Block(3, 1, 184, 80, 0, _SWISH),
            _Block(3, 1, 184, 80, 0, _SWISH),
        ),
        (_Block(3, 1, 480, 112, 120, _SWISH), _Block(3, 1, 672, 112, 168, _SWISH)),
        (_Block(5, 2, 672, 160, 168, _SWISH), *(_Block(5, 1, 960, 160, 240, _SWISH),) * 2),
    ),
    960,
    "hard_sigmoid",
    _flat("block"),
    head_block=True,
)
_MOBILENET_V3_SMALL = _Family(
    16,
    _SWISH,
    (
        (_Block(3, 2, 16, 16, 8, _RELU),),
        (_Block(3, 2, 72, 24, 0, _RELU), _Block(3, 1, 88, 24, 0, _RELU)),
        (_Block(5, 2, 96, 40, 24, _SWISH), *(_Block(5, 1, 240, 40, 64, _SWISH),) * 2),
        (_Block(5, 1, 120, 48, 32, _SWISH), _Block(5, 1, 144, 48, 40, _SWISH)),
        (_Block(5, 2, 288, 96, 72, _SWISH), *(_Block(5, 1, 576, 96, 144, _SWISH),) * 2),
    ),
    576,
    "hard_sigmoid",
    _flat("block"),
    head_block=True,
)

# ConvNeXt ----------------------------------------------------------------------------------------------------------


def _convnext(depths: tuple[int, ...], widths: tuple[int, ...]) -> Callable[[LayerMaker[Any], Any], Ends]:
    def make(to: LayerMaker[Any], x: Any) -> Ends:
        x = to.convolution(x, "stem_conv", Names("features.0.0", "stem.0"), Kernel(widths[0], 4, 4, True, 0))
        x = to.layer_norm(x, "stem_norm", Names("features.0.1", "stem.1"))
        for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
            if stage:
                here = Names(f"features.{2 * stage}", f"stages.{stage}.downsample")
                x = to.layer_norm(x, f"stage{stage + 1}_norm", Names(f"{here.torchvision}.0", f"{here.timm}.0"))
                kernel, part = Kernel(width, 2, 2, True, 0), Names(f"{here.torchvision}.1", f"{here.timm}.1")
                x = to.convolution(x, f"stage{stage + 1}_conv", part, kernel)
            for number in range(depth):
                names = Names(f"features.{2 * stage + 1}.{number}", f"stages.{stage}.blocks.{number}")
                x = _convnext_block(to, x, width, names, f"block{stage + 1}{_letter(number)}")
        return Ends(x, to.layer_norm(to.average(x, "pooled"), "pooled_norm", Names("classifier.0", "head.norm")))

    return make


def _convnext_block(to: LayerMaker[Any], x: Any, width: int, names: Names, name: str) -> Any:
    tv, timm = f"{names.torchvision}.block", names.timm
    y = to.depthwise(x, f"{name}_depthwise_conv", Names(f"{tv}.0", f"{timm}.conv_dw"), Kernel(0, 7, bias=True))
    y = to.layer_norm(y, f"{name}_norm", Names(f"{tv}.2", f"{timm}.norm"))
    y = to.dense(y, f"{name}_expand", Names(f"{tv}.3", f"{timm}.mlp.fc1"), 4 * width)
    y = to.activation(y, f"{name}_activation", "gelu")
    scale = Names(f"{names.torchvision}.layer_scale", f"{timm}.gamma")
    y = to.dense(y, f"{name}_project", Names(f"{tv}.5", f"{timm}.mlp.fc2"), width, scale)
    return to.add(y, x, f"{name}_add")


_CLASSIFIER = (("classifier.",), ("classifier.",))
_V3_CLASSIFIER = (("classifier.",), ("classifier.", "conv_head."))
ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture("resnet18", "ResNet-18", _resnet((2, 2, 2, 2), False), (1e-5, 1e-5), (("fc.",), ("fc.",))),
    Architecture("resnet34", "ResNet-34", _resnet((3, 4, 6, 3), False), (1e-5, 1e-5), (("fc.",), ("fc.",))),
    Architecture("resnet50", "ResNet-50", _resnet((3, 4, 6, 3), True), (1e-5, 1e-5), (("fc.",), ("fc.",))),
    Architecture("mobilenet_v2", "MobileNetV2", _mobile(_MOBILENET_V2), (1e-5, 1e-5), _CLASSIFIER),
    Architecture("mobilenet_v3_small", "MobileNetV3 small", _mobile(_MOBILENET_V3_SMALL), (1e-3, 1e-5), _V3_CLASSIFIER),
    Architecture("mobilenet_v3_large", "MobileNetV3 large", _mobile(_MOBILENET_V3_LARGE), (1e-3, 1e-5), _V3_CLASSIFIER),
    Architecture("efficientnet_b0", "EfficientNet-B0", _mobile(_EFFICIENTNET_B0), (1e-5, 1e-5), _CLASSIFIER),
    Architecture(
        "convnext_tiny",
        "ConvNeXt-Tiny",
        _convnext((3, 3, 9, 3), (96, 192, 384, 768)),
        (1e-6, 1e-6),
        (("classifier.2.",), ("head.fc.",)),
    ),
)
