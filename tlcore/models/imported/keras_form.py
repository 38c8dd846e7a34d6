"""A network that somebody brought, as a Keras model of ours: written once, opened whenever it is needed [TF].

The file is a `.keras` like any other: one flat graph from RGB 0–255 to the embedding, scaling inside, with plain layers
of Keras only. It is opened as strictly as what it was made of (keras_archive.py).
"""

from pathlib import Path

import keras
from keras import layers

from tlcore.errors import UserError
from tlcore.models import graph
from tlcore.models.imported.candidate import Choices
from tlcore.models.imported.keras_archive import open_archive
from tlcore.models.imported.keras_graph import FlatNetwork, flat_network
from tlcore.models.imported.saved import SavedNetwork
from tlcore.models.measure import find_blocks, label_by_name, multiply_adds, num_weights
from tlcore.models.scaling import apply_scaling
from tlcore.models.scalings import INSIDE
from tlcore.models.spec import BackboneSpec

FORM = "keras"
FILE = "network.keras"


def save_keras_network(model: keras.Model, choices: Choices, folder: Path) -> SavedNetwork:
    """Write a Keras model in our form; whoever maps weights of elsewhere into a Keras network ends here too.

    Args:
        model: from one square RGB image, channels last, as the network wants it scaled. choices: all made; `scaling`
            is put in front of it. folder: empty; gets FILE.

    Raises:
        UserError: it cannot be called on images of that size.
    """
    whole = scaled_network(model, choices)
    body = keras.Model(whole.image, _tensor(whole.output, choices.embedding), name="network")
    graph.name_by_count(body)
    body.save(folder / FILE)
    pooled = with_pooling(body, "pooled")
    blocks = find_blocks(pooled, label_by_name)
    return SavedNetwork(
        form=FORM,
        embedding=body.output.name if not blocks else choices.embedding,
        layout="NHWC",
        scaling=INSIDE,
        feature_size=int(pooled.output.shape[-1]),
        multiply_adds=multiply_adds(pooled),
        num_weights=num_weights(pooled.layers),
        blocks=blocks,
    )


def scaled_network(model: keras.Model, choices: Choices) -> FlatNetwork:
    """The flat network behind the scaling that was chosen."""
    if choices.scaling in ("", INSIDE):
        return flat_network(model, choices.image_size)
    image = keras.Input((choices.image_size, choices.image_size, 3), name="image")
    scaled = keras.Model(image, apply_scaling(image, choices.scaling))
    inner = flat_network(model, choices.image_size)
    output = graph.flatten(keras.Model(inner.image, inner.output), scaled.output, lambda _: False)
    return FlatNetwork(image, output)


def _tensor(output: keras.KerasTensor, name: str) -> keras.KerasTensor:
    for node in graph.walk_to(output):
        if node.operation.name == name and node.tensor is not None:
            return node.tensor
    raise UserError(f"This network has no output “{name[:80]}”.", "Choose another one.")


def with_pooling(body: keras.Model, output: str) -> keras.Model:
    """The network up to its embedding as a backbone up to "pooled" or "feature_map".

    A map is averaged over its places. Tokens are averaged too, and have no map, and neither has a vector: for these
    both outputs are the same.
    """
    tensor = body.output
    rank = len(tensor.shape)
    if rank == 3:
        tensor = layers.GlobalAveragePooling1D(name=graph.POOLED)(tensor)
    elif rank == 4 and output == "pooled":
        tensor = layers.GlobalAveragePooling2D(name=graph.POOLED)(tensor)
    return keras.Model(body.input, tensor, name=body.name)


def build_keras_network(spec: BackboneSpec, image_size: int, output: str, weights: bool) -> keras.Model:
    """The stored network for images of one size; see `build.build_backbone`.

    Raises:
        UserError: its file is damaged or gone, or it is of a form that is no Keras model.
    """
    assert spec.imported is not None
    if spec.imported.form != FORM:
        raise UserError(
            f"{spec.title} can’t be trained further: its file holds a finished network.", "Choose feature extraction."
        )
    path = spec.imported.folder / FILE
    if not path.is_file():
        raise UserError(f"The file of {spec.title} is missing.", "Add the network again.")
    body = open_archive(path, image_size, weights)
    body.name = spec.name.replace("-", "_")
    return with_pooling(body, output)
