"""The models in the file of an ensemble, taken out of it again: each as a classifier file of its own."""

import struct
from dataclasses import dataclass

from tlcore.errors import UserError
from tlcore.models.tflite_file import keep_until, unpack
from tlcore.serving.merge import AVERAGE_NAME
from tlcore.serving.predict import OUTPUT

MOST_MEMBERS = 12

_UNREADABLE = (UserError, ValueError, LookupError, TypeError, AttributeError, struct.error, AssertionError)


@dataclass(frozen=True)
class Member:
    """A model of an ensemble. `tflite`: its file, which gives probabilities alone; `size`: of its image in pixels."""

    tflite: bytes
    size: int


def split_members(tflite: bytes) -> list[Member]:
    """The models of an ensemble, in their order; of any other file none.

    What adds them up is found by its name (serving/merge.py): what enters it are a model's probabilities.
    """
    try:
        graph = unpack(tflite)[0].subgraphs[0]
        parts = {tensor.name: number for number, tensor in enumerate(graph.tensors)}
        makers = {int(output): operator for operator in graph.operators for output in operator.outputs}
        found = []
        for number in range(MOST_MEMBERS):
            part = parts.get(f"{AVERAGE_NAME}/part{number}".encode())
            if part is None:
                break
            data = keep_until(tflite, {OUTPUT: int(makers[part].inputs[0])})
            model, signature = unpack(data)
            image = model.subgraphs[0].tensors[int(signature.inputs[0].tensorIndex)]
            found.append(Member(data, int(image.shape[1])))
        return found
    except _UNREADABLE:
        return []
