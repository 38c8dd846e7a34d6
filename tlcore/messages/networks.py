"""A network that somebody added, in words: what was found in its file, on what grounds, and what it can do."""

from collections.abc import Sequence
from typing import Any

from tlcore.messages.quantities import count, format_bytes
from tlcore.models.imported.candidate import Embedding
from tlcore.models.imported.stored import StoredNetwork
from tlcore.models.registry import BUILT_IN
from tlcore.models.scalings import SCALING_VALUES
from tlcore.models.several import products_at
from tlcore.models.spec import BackboneSpec
from tlcore.networks.adding import Examined

BASES = {
    "file": "read from the file",
    "name": "by the name of the network",
    "usual": "the usual one of such files; set it if features are poor",
    "photos": "tried on your photos",
    "person": "set by you",
}
"""Where a value comes from, by its basis."""

EVERY_STRATEGY = "It works with every strategy."
FROZEN_ONLY = "It works with feature extraction only: its file holds a finished network, whose layers can’t be trained."
KIND_WORDS = {
    "keras": "Keras",
    "h5": "Keras (HDF5)",
    "tflite": "LiteRT",
    "savedmodel": "TensorFlow (SavedModel)",
    "onnx": "ONNX",
    "pytorch": "PyTorch",
}
"""What the kinds of files are called."""

NAMES = {"embedding": "Features from", "image_size": "Image size", "layout": "Order of its input", "scaling": "Scaling"}


def missing_networks(titles: Sequence[str]) -> list[str]:
    """Of a project that was opened, what of its networks is missing; none where nothing is."""
    if not titles:
        return []
    *first, last = [f"“{title}”" for title in titles]
    named = f"{', '.join(first)} and {last}" if first else last
    them, is_missing = ("it", "is") if len(titles) == 1 else ("them", "are")
    return [
        f"{named} {is_missing} not in this project file. Models trained on {them} work here too; to train further, add "
        f"{them} on the Train page."
    ]


def added_message(network: StoredNetwork) -> str:
    """That it is there, and what it can do."""
    return f"Added “{network.spec.title}” as {network.id}. {ability_message(network.spec)}"


def ability_message(spec: BackboneSpec) -> str:
    """What a network can be used for."""
    return EVERY_STRATEGY if spec.can_unfreeze else FROZEN_ONLY


def found_message(examined: Examined, name: str) -> str:
    """What was read in a file: "cats.keras is a Keras network with 416,613 parameters. It works with every …"."""
    candidate = examined.candidate
    kind = KIND_WORDS.get(candidate.kind, candidate.kind)
    able = EVERY_STRATEGY if candidate.can_be_keras else FROZEN_ONLY
    return f"{name} is a {kind} network with {count(candidate.num_parameters, 'parameter')}. {able}"


def embedding_message(embedding: Embedding, layout: str) -> str:
    """A place for features in words: "out_relu (3 × 3 places, 1,280 features)"."""
    *sides, features = embedding.shape
    if len(sides) == 2 and layout == "NCHW" and sides[1] == features:
        features, sides = sides[0], [sides[1], features]
    if not sides:
        return f"{embedding.name} ({features:,} features)"
    places = " × ".join(str(side) if side else "?" for side in sides)
    return f"{embedding.name} ({places} places, {features:,} features)"


def choice_messages(network: StoredNetwork) -> list[tuple[str, str, str]]:
    """What was chosen, in rows: what, its value, and where it comes from."""
    rows = []
    for name, title in NAMES.items():
        value, proposed = network.choices.get(name, ""), network.proposed.get(name, {})
        rows.append((title, _value(name, value), BASES.get(str(proposed.get("basis", "")), "")))
    return rows


def _value(name: str, value: Any) -> str:
    if name == "image_size":
        return f"{value} pixels"
    if name == "layout":
        return "height, width, colours" if value == "NHWC" else "colours, height, width"
    return SCALING_VALUES[value].title if name == "scaling" and value in SCALING_VALUES else str(value)


def origin_message(network: StoredNetwork) -> str:
    """Where it came from: "From cats.keras (12 MB), 416,613 parameters. Licence: unknown."."""
    origin = network.origin
    size = format_bytes(int(origin.get("bytes", 0)))
    parameters = count(network.spec.parameters, "parameter")
    return f"From {origin.get('file', '')} ({size}), {parameters}. Licence: {network.spec.licence}."


def network_details(network: StoredNetwork) -> dict[str, Any]:
    """The same as plain values, for JSON."""
    return {
        "origin": dict(network.origin),
        "created": network.created,
        "choices": dict(network.choices),
        "proposed": {name: dict(known) for name, known in network.proposed.items()},
        "can_unfreeze": network.spec.can_unfreeze,
        "ability": ability_message(network.spec),
    }


SEVERAL_USE = (
    "One head learns from the features of all of them. In our tests this helped with handwritten digits; on emoji and "
    "on photos of pets, one good network did as well."
)
"""What several networks side by side are good for; measured in docs/strategies.md."""


def several_message(spec: BackboneSpec) -> str:
    """What several networks cost together: "Together 28 MB, and 1.2 times the time of EfficientNet-Lite0 a photo."."""
    size = format_bytes(sum(member.download_bytes or 4 * member.parameters for member in spec.members))
    times = spec.multiply_adds / products_at(BUILT_IN, spec.default_image_size)
    most = f"{times:.1f}" if times < 10 else f"{times:,.0f}"
    return f"Together {size}, and about {most} times the computing of {BUILT_IN.title} for each photo."


def only_message(spec: BackboneSpec) -> str:
    """Why not every strategy is offered for a network."""
    if spec.members:
        return "Several networks side by side work with feature extraction only."
    return f"{spec.title} works with feature extraction only: its layers can’t be trained."
