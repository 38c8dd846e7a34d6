"""What TensorFlow Lite's metadata says of a network: its name, its licence, and how it scales its images.

The metadata is a flatbuffer of its own inside the file (metadata_schema.fbs in
https://github.com/tensorflow/tflite-support); of its fields, those that are wanted are read by their numbers there.
"""

import struct
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from flatbuffers.table import Table

from tlcore.models.scalings import SCALING_VALUES

BUFFER = b"TFLITE_METADATA"
CLOSE = 0.02  # how far a scaling's numbers may be off, as a share of the range that they give
_NAME, _SUBGRAPHS, _LICENCE = 0, 3, 5  # of ModelMetadata
_INPUTS = 2  # of SubGraphMetadata
_UNITS = 4  # of TensorMetadata
_KIND, _OPTIONS, _NORMALISATION = 0, 1, 1  # of ProcessUnit, and the kind that is wanted
_MEAN, _DEVIATION = 0, 1  # of NormalizationOptions
_MOST_TEXT = 200


@dataclass(frozen=True)
class Metadata:
    """What was found; "" for what was not. `scaling`: a key of SCALING_VALUES."""

    name: str = ""
    licence: str = ""
    scaling: str = ""


def read_metadata(data: bytes) -> Metadata:
    """Read the metadata's bytes; whatever is damaged in them counts as not there."""
    try:
        model = Table(data, flatbuffers.encode.Get(flatbuffers.packer.uoffset, data, 0))
        return Metadata(_text(model, _NAME), _text(model, _LICENCE), _scaling(model))
    except (struct.error, IndexError, ValueError, TypeError, OverflowError):
        return Metadata()


def scaling_by_numbers(scale: np.ndarray, offset: np.ndarray) -> str:
    """The key of the scaling y = x · scale + offset of pixels 0–255, "" where there is none such.

    Args:
        scale, offset: one number, or one a channel.
    """
    scale, offset = np.broadcast_to(scale, 3), np.broadcast_to(offset, 3)
    for key, values in SCALING_VALUES.items():
        ends = np.array(values.offset), np.array(values.offset) + 255 * np.array(values.scale)
        off = np.maximum(abs(offset - ends[0]), abs(offset + 255 * scale - ends[1]))
        if not values.is_bgr and (off <= CLOSE * (ends[1] - ends[0])).all():
            return key
    return ""


def _scaling(model: Any) -> str:
    graph = _first(model, _SUBGRAPHS)
    image = _first(graph, _INPUTS) if graph else None
    if image is None:
        return ""
    for unit in _all(image, _UNITS):
        kind = _slot(unit, _KIND)
        options = _slot(unit, _OPTIONS)
        if not kind or not options or unit.Bytes[unit.Pos + kind] != _NORMALISATION:
            continue
        found = Table(unit.Bytes, unit.Indirect(unit.Pos + options))
        mean, deviation = _floats(found, _MEAN), _floats(found, _DEVIATION)
        if len(mean) in (1, 3) and len(deviation) in (1, 3) and (deviation > 0).all():
            return scaling_by_numbers(1 / deviation, -mean / deviation)
    return ""


def _slot(table: Any, field: int) -> int:
    return int(table.Offset(4 + 2 * field))


def _all(table: Any, field: int) -> list[Any]:
    offset = _slot(table, field)
    if not offset:
        return []
    start, number = table.Vector(offset), min(table.VectorLen(offset), 16)
    return [Table(table.Bytes, table.Indirect(start + 4 * index)) for index in range(number)]


def _first(table: Any, field: int) -> Any:
    return next(iter(_all(table, field)), None)


def _floats(table: Any, field: int) -> np.ndarray:
    offset = _slot(table, field)
    if not offset:
        return np.empty(0)
    start, number = table.Vector(offset), min(table.VectorLen(offset), 16)
    return np.array(struct.unpack_from(f"<{number}f", table.Bytes, start), np.float64)


def _text(table: Any, field: int) -> str:
    offset = _slot(table, field)
    if not offset:
        return ""
    text = bytes(table.String(table.Pos + offset)).decode("utf-8", "replace")
    return " ".join(text.split())[:_MOST_TEXT]
