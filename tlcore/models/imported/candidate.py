"""What is known of a network's file before it becomes one of the networks to choose from; plain values, no I/O.

A reader (kinds.py) makes a `Candidate` of a file. What the file does not say is proposed, and a person can set all of
it (`Choices`). Both travel as JSON between the limited process that reads the file and the one that asked.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tlcore.errors import UserError
from tlcore.models.scalings import SCALING_VALUES

Basis = Literal["file", "name", "usual", "photos", "person"]
"""Where a value comes from: it stands in the file; the network's name tells it; it is what most networks have; it gave
the best accuracy on the person's photos; somebody chose it."""

LAYOUTS = ("NHWC", "NCHW")


@dataclass(frozen=True)
class Known:
    """A value and where it comes from. An empty one ("" or 0) is not known yet."""

    value: Any
    basis: Basis


@dataclass(frozen=True)
class Embedding:
    """A tensor of the network that can serve as features. `name`: unique in the file.

    `shape`: without the batch axis, as the file has it: (D,), (tokens, D), or a map, (rows, columns, D) for "NHWC" and
    (D, rows, columns) for "NCHW"; 0 for a side that depends on the image size. What is more than a vector is averaged
    over all but D.
    """

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Candidate:
    """A network that was read and could be added.

    Attributes:
        kind: the reader's key in kinds.KINDS. title: what the file itself says that it is called, or "".
        embeddings: where features can be taken, the best choice first; never empty.
        image_size: the proposed side of the square images in pixels. least_image_size, most_image_size: what it takes
            (most 0: no bound).
        layout: one of LAYOUTS. scaling: a key of scalings.SCALING_VALUES; "" where nothing tells it, and it is to be
            tried on photos.
        num_parameters: all weights of the file.
        can_be_keras: whether it can be a Keras model, so that hybrid and fine-tuning are possible.
        licence: as the file says; "" where it says nothing.
    """

    kind: str
    title: str
    embeddings: tuple[Embedding, ...]
    image_size: Known
    layout: Known
    scaling: Known
    num_parameters: int
    can_be_keras: bool
    least_image_size: int = 32
    most_image_size: int = 0
    licence: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Candidate":
        """The candidate that `to_dict` gave. Raises KeyError, TypeError or ValueError where it is none."""
        kept = dict(values)
        embeddings = tuple(Embedding(str(each["name"]), tuple(map(int, each["shape"]))) for each in kept["embeddings"])
        known = {name: Known(**kept[name]) for name in ("image_size", "layout", "scaling")}
        return cls(**{**kept, **known, "embeddings": embeddings})


@dataclass(frozen=True)
class Choices:
    """What a network is added with. Empty values take what the candidate proposes."""

    embedding: str = ""
    image_size: int = 0
    layout: str = ""
    scaling: str = ""


def complete(candidate: Candidate, choices: Choices) -> Choices:
    """All choices, those that were not made as the candidate proposes them; `scaling` may stay "".

    Raises:
        UserError: one is not possible with this network; the sentence lists those that are.
    """
    names = [each.name for each in candidate.embeddings]
    embedding = choices.embedding or names[0]
    if embedding not in names:
        raise UserError(f"This network has no output “{embedding[:80]}”.", f"Choose one of: {', '.join(names)}.")
    scaling = choices.scaling or candidate.scaling.value
    if scaling and scaling not in SCALING_VALUES:
        raise UserError(f"There is no scaling “{scaling[:80]}”.", f"Choose one of: {', '.join(SCALING_VALUES)}.")
    layout = choices.layout or candidate.layout.value
    if layout not in LAYOUTS:
        raise UserError(f"There is no layout “{layout[:80]}”.", f"Choose one of: {', '.join(LAYOUTS)}.")
    if layout != candidate.layout.value and candidate.layout.basis == "file":
        raise UserError(f"This network takes its images as {candidate.layout.value}.", "Leave the layout out.")
    return Choices(embedding, _image_size(candidate, choices), layout, scaling)


def _image_size(candidate: Candidate, choices: Choices) -> int:
    size = int(choices.image_size or candidate.image_size.value)
    least, most = candidate.least_image_size, candidate.most_image_size
    if size < least or (most and size > most):
        allowed = f"{least}" if least == most else f"{least} to {most}" if most else f"at least {least}"
        raise UserError(f"This network doesn’t take images of {size} pixels.", f"It takes {allowed} pixels.")
    return size
