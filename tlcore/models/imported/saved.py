"""What a reader tells of the network that it has written in our form."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tlcore.models.spec import Block


@dataclass(frozen=True)
class SavedNetwork:
    """A network in our form, as `Reader.save` left it in a folder.

    Attributes:
        form: "keras", "tflite" or "onnx": its file is `network.<form>`.
        embedding, layout: as `spec.ImportedFiles` has them, in the file that was written.
        scaling: what has still to be done to pixels 0–255 before that file sees them: a key of SCALING_VALUES; INSIDE
            where the file does it itself.
        feature_size: length of the pooled feature vector.
        multiply_adds: products of one photo of the chosen size; an estimate where they cannot be counted.
        num_weights: those that train when all is unfrozen; 0 where nothing can be.
        blocks: from the top down; empty for a network that can only be used frozen.
    """

    form: str
    embedding: str
    layout: str
    scaling: str
    feature_size: int
    multiply_adds: int
    num_weights: int = 0
    blocks: tuple[Block, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "SavedNetwork":
        """What `to_dict` gave. Raises TypeError or LookupError where it is none."""
        return cls(**{**values, "blocks": tuple(Block(**block) for block in values["blocks"])})
