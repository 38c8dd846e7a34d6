"""Reading `.tflite` files: what LiteRT and MediaPipe use, and what the converters make. See kinds.py."""

from pathlib import Path

import numpy as np

from tlcore.models.imported.candidate import Candidate, Choices, Known
from tlcore.models.imported.saved import SavedNetwork
from tlcore.models.imported.tflite_graph import (
    TfliteNetwork,
    embeddings,
    metadata_of,
    num_parameters,
    open_network,
    scaling_of,
)

USUAL_SIZE = 224  # of networks that take any
OTHER = 32  # pixels more, to find out whether another size will do
LEAST_SIZE = 32


class _TfliteFile:
    """See `kinds.Reader`."""

    usual_scaling = "-1..1"
    needs_tensorflow = False

    def recognise(self, path: Path) -> bool:
        """See `Reader.recognise`."""
        if not path.is_file():
            return False
        with open(path, "rb") as file:
            return file.read(8)[4:] == b"TFL3" or path.suffix.lower() in (".tflite", ".task")

    def read(self, path: Path) -> Candidate:
        """See `Reader.read`."""
        return read_tflite(path.read_bytes(), path.name, "tflite")

    def save(self, path: Path, candidate: Candidate, choices: Choices, folder: Path) -> SavedNetwork:
        """See `Reader.save`."""
        return save_tflite(path.read_bytes(), path.name, choices, folder)


def read_tflite(data: bytes, name: str, kind: str) -> Candidate:
    """What is known of a network by the bytes of its file; see `Reader.read`."""
    network = open_network(data, name)
    own = network.side if network.side > 1 else USUAL_SIZE
    takes_any = _takes(data, network, own + OTHER)
    metadata = metadata_of(network)
    return Candidate(
        kind=kind,
        title=metadata.name,
        embeddings=tuple(embeddings(network)),
        image_size=Known(own, "file" if network.side > 1 else "usual"),
        layout=Known(network.layout, "file"),
        scaling=scaling_of(network),
        num_parameters=num_parameters(network),
        can_be_keras=False,
        least_image_size=LEAST_SIZE if takes_any and _takes(data, network, LEAST_SIZE) else own,
        most_image_size=0 if takes_any else own,
        licence=metadata.licence,
    )


def save_tflite(data: bytes, name: str, choices: Choices, folder: Path) -> SavedNetwork:
    """Write a network in our form by the bytes of its file; see `Reader.save`."""
    from tlcore.models.imported.tflite_form import save_tflite_network

    return save_tflite_network(open_network(data, name), choices, folder)


def _takes(data: bytes, network: TfliteNetwork, side: int) -> bool:
    """Whether the interpreter runs the network for images of this size too, without shapes that then don't fit."""
    from ai_edge_litert.interpreter import Interpreter

    try:
        interpreter = Interpreter(model_content=data)
        details = interpreter.get_input_details()[0]
        shape = (1, side, side, 3) if network.layout == "NHWC" else (1, 3, side, side)
        interpreter.resize_tensor_input(details["index"], shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(details["index"], np.zeros(shape, details["dtype"]))
        interpreter.invoke()
    except (RuntimeError, ValueError):
        return False
    return True


READER = _TfliteFile()
