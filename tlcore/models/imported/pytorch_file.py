"""Reading PyTorch weights (`.pth`, `.pt`, `.safetensors`) of architectures that are known here. See kinds.py."""

from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.models.imported.candidate import Candidate, Choices, Known
from tlcore.models.imported.saved import SavedNetwork
from tlcore.models.pytorch.expected import num_parameters, recognise
from tlcore.models.pytorch.weights_file import SUFFIXES, WeightsFile, open_weights
from tlcore.models.scalings import INSIDE

if TYPE_CHECKING:
    import keras

KIND = "pytorch"
USUAL_SIZE = 224  # that all of these were published with
LEAST_SIZE = 32


class _PytorchFile:
    """See `kinds.Reader`. The weights are mapped into a Keras network, so that it can be trained further."""

    usual_scaling = "torch"
    needs_tensorflow = True

    def recognise(self, path: Path) -> bool:
        """See `Reader.recognise`."""
        return path.is_file() and path.suffix.lower() in SUFFIXES

    def read(self, path: Path) -> Candidate:
        """See `Reader.read`."""
        from tlcore.models.imported.keras_graph import embeddings, flat_network

        weights = open_weights(path)
        found = recognise(weights.name, weights.shapes)
        return Candidate(
            kind=KIND,
            title=found.architecture.title,
            embeddings=embeddings(flat_network(_network(weights, USUAL_SIZE), USUAL_SIZE)),
            image_size=Known(USUAL_SIZE, "usual"),
            layout=Known("NHWC", "file"),
            scaling=Known(self.usual_scaling, "usual"),
            num_parameters=num_parameters(found.architecture),
            can_be_keras=True,
            least_image_size=LEAST_SIZE,
        )

    def save(self, path: Path, candidate: Candidate, choices: Choices, folder: Path) -> SavedNetwork:
        """See `Reader.save`."""
        from tlcore.models.imported.keras_form import save_keras_network

        return save_keras_network(_network(open_weights(path), choices.image_size), choices, folder)


def _network(weights: WeightsFile, image_size: int) -> "keras.Model":
    """The network with its weights, for images that are scaled already."""
    from tlcore.models.pytorch.keras_layers import build_network, load_weights

    found = recognise(weights.name, weights.shapes)
    model = build_network(found, image_size, "pooled", INSIDE)
    load_weights(model, found, weights.read)
    return model


READER = _PytorchFile()
