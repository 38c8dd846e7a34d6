"""Which weights an architecture has, by PyTorch's names, and which of the known ones a file of weights belongs to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tlcore.data.names import clean_text
from tlcore.errors import UserError
from tlcore.models.pytorch.architectures import ARCHITECTURES, TIMM, TORCHVISION, Architecture, Kernel, Names

LAYOUTS = (TORCHVISION, TIMM)
_NEAR = 0.5  # the share of the weights that must be there under their names before a file is said to be nearly one
_COUNTERS = "num_batches_tracked"  # of batch normalisation; nothing computes with it
_FIX = "Only unchanged networks of torchvision and timm can be added as weights; export others as ONNX."


@dataclass(frozen=True)
class LayerWeights:
    """What a layer's weights are called and shaped in PyTorch.

    `layer`: its name in the Keras network; `kind`: "conv", "depthwise", "dense", "batch_norm" or "layer_norm";
    `shapes`: of its tensors by their full names, in the order of `parts`; `parts`: what each is ("weight", "bias", …).
    """

    layer: str
    kind: str
    parts: tuple[str, ...]
    shapes: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Recognised:
    """An architecture, and whose names its weights bear (TORCHVISION, TIMM)."""

    architecture: Architecture
    layout: str

    @property
    def epsilon(self) -> float:
        """Of its normalisation layers: for the same architecture the libraries differ."""
        return self.architecture.epsilon[LAYOUTS.index(self.layout)]


@cache
def expected_weights(architecture: Architecture, layout: str) -> tuple[LayerWeights, ...]:
    """The weights of an architecture without its classifier, in the order of its layers."""
    writer = _Writer(layout)
    architecture.make(writer, 3)
    return tuple(writer.found)


class _Writer:
    """A `LayerMaker` that writes down what weights there are; what goes from layer to layer are channels."""

    def __init__(self, layout: str) -> None:
        self._layout = LAYOUTS.index(layout)
        self.found: list[LayerWeights] = []

    def _note(self, layer: str, kind: str, names: Names, shapes: Mapping[str, tuple[int, ...]]) -> None:
        prefix = names[self._layout]
        named = {f"{prefix}.{part}": shape for part, shape in shapes.items()}
        self.found.append(LayerWeights(layer, kind, tuple(shapes), named))

    def convolution(self, x: int, name: str, names: Names, shape: Kernel) -> int:
        bias: dict[str, tuple[int, ...]] = {"bias": (shape.filters,)} if shape.bias else {}
        self._note(name, "conv", names, {"weight": (shape.filters, x, shape.size, shape.size)} | bias)
        return shape.filters

    def depthwise(self, x: int, name: str, names: Names, shape: Kernel) -> int:
        bias: dict[str, tuple[int, ...]] = {"bias": (x,)} if shape.bias else {}
        self._note(name, "depthwise", names, {"weight": (x, 1, shape.size, shape.size)} | bias)
        return x

    def batch_norm(self, x: int, name: str, names: Names) -> int:
        parts = ("weight", "bias", "running_mean", "running_var")
        self._note(name, "batch_norm", names, dict.fromkeys(parts, (x,)))
        return x

    def layer_norm(self, x: int, name: str, names: Names) -> int:
        self._note(name, "layer_norm", names, {"weight": (x,), "bias": (x,)})
        return x

    def dense(self, x: int, name: str, names: Names, units: int, scale: Names | None = None) -> int:
        self._note(name, "dense", names, {"weight": (units, x), "bias": (units,)})
        if scale:
            latest, side = self.found.pop(), (units, 1, 1) if self._layout == 0 else (units,)
            shapes = {**latest.shapes, scale[self._layout]: side}
            self.found.append(LayerWeights(name, "dense", (*latest.parts, "scale"), shapes))
        return units

    def activation(self, x: int, name: str, kind: str) -> int:
        return x

    def add(self, x: int, y: int, name: str) -> int:
        return x

    def multiply(self, x: int, gate: int, name: str) -> int:
        return x

    def average(self, x: int, name: str, keep_axes: bool = False) -> int:
        return x

    def max_pool(self, x: int, name: str) -> int:
        return x


def recognise(file_name: str, shapes: Mapping[str, tuple[int, ...]]) -> Recognised:
    """The architecture whose weights these are, all of them and nothing else but a classifier.

    Args:
        file_name: for sentences, and because timm's `tf_` networks pad otherwise under the same names.
        shapes: of a file's tensors by their names.

    Raises:
        UserError: it is none of them; the sentence names what is missing, of another shape, or not expected.
    """
    if file_name.startswith("tf_"):
        raise UserError(f"{file_name} belongs to a network that was ported from TensorFlow (tf_).", _FIX)
    found = max(
        (Recognised(architecture, layout) for architecture in ARCHITECTURES for layout in LAYOUTS),
        key=lambda candidate: _share(candidate, shapes),
    )
    if _share(found, shapes) < _NEAR:
        titles = ", ".join(architecture.title for architecture in ARCHITECTURES)
        raise UserError(f"{file_name} holds the weights of none of these networks: {titles}.", _FIX)
    if problem := _difference(found, shapes):
        raise UserError(f"{file_name} looks like {found.architecture.title} ({found.layout}), but {problem}.", _FIX)
    return found


def _all_shapes(candidate: Recognised) -> dict[str, tuple[int, ...]]:
    layers = expected_weights(candidate.architecture, candidate.layout)
    return {name: shape for layer in layers for name, shape in layer.shapes.items()}


def _share(candidate: Recognised, shapes: Mapping[str, tuple[int, ...]]) -> float:
    """How much of a network is in the file, as a share of both; names that exist with another shape count half."""
    expected = _all_shapes(candidate)
    score = sum(1.0 if shapes.get(name) == shape else 0.5 for name, shape in expected.items() if name in shapes)
    return score / max(len(expected), len(_unneeded(candidate, shapes)) + len(expected.keys() & shapes.keys()))


def _unneeded(candidate: Recognised, shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """The names in a file that belong neither to the network nor to its classifier."""
    dropped = candidate.architecture.dropped[LAYOUTS.index(candidate.layout)]
    expected = _all_shapes(candidate)
    return [
        name
        for name in shapes
        if name not in expected and not name.startswith(dropped) and not name.endswith(_COUNTERS)
    ]


def _difference(candidate: Recognised, shapes: Mapping[str, tuple[int, ...]]) -> str:
    """In what a file differs from the network, as a part of a sentence; "" where it doesn't."""
    expected = _all_shapes(candidate)
    missing = [name for name in expected if name not in shapes]
    other = [name for name, shape in expected.items() if name in shapes and shapes[name] != shape]
    if missing:
        return f"{_some(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    if other:
        name = other[0]
        more = f", and {len(other) - 1:,} more differ" if len(other) > 1 else ""
        return f"{clean_text(name)[:80]} is {_sides(shapes[name])} instead of {_sides(expected[name])}{more}"
    unneeded = _unneeded(candidate, shapes)
    return f"it also has {_some(unneeded)}" if unneeded else ""


def _some(names: list[str]) -> str:
    return ", ".join(clean_text(name)[:80] for name in names[:3]) + _and_more(len(names) - 3)


def _and_more(count: int) -> str:
    return f" and {count:,} more" if count > 0 else ""


def _sides(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "one number"


def num_parameters(architecture: Architecture) -> int:
    """How many numbers the weights of an architecture are, without its classifier."""
    layers = expected_weights(architecture, TIMM)
    return sum(math.prod(shape) for layer in layers for shape in layer.shapes.values())
