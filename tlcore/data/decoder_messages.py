"""What decoder.py and its process say to each other: a few plain values as JSON, then bytes. Nothing is pickled.

A message is: length of the JSON (4 bytes, big-endian), length of the bytes (8 bytes), the JSON, the bytes.
"""

import json
import struct
from typing import Any, BinaryIO

Message = tuple[dict[str, Any], bytes]
"""Values and bytes."""

MOST_JSON = 1 << 16
_LENGTHS = struct.Struct(">IQ")


class BadMessage(Exception):
    """What came is no message, or the other side is gone."""


def write_message(stream: BinaryIO, values: dict[str, Any], *content: bytes | memoryview) -> None:
    """Send a message whose bytes are the parts of `content` one after the other. Raises OSError."""
    text = json.dumps(values).encode()
    stream.write(_LENGTHS.pack(len(text), sum(len(part) for part in content)) + text)
    for part in content:
        stream.write(part)
    stream.flush()


def read_message(stream: BinaryIO, most: int) -> Message:
    """The next message: values and bytes.

    Args:
        most: bytes that may come; more are refused before they are read.

    Raises:
        BadMessage: it is too long, no JSON object, or cut off.
        EOFError: the other side has ended, between two messages.
    """
    lengths = stream.read(_LENGTHS.size)
    if not lengths:
        raise EOFError
    if len(lengths) < _LENGTHS.size:
        raise BadMessage("cut off")
    json_length, length = _LENGTHS.unpack(lengths)
    if json_length > MOST_JSON or length > most:
        raise BadMessage("too long")
    try:
        values = json.loads(_exactly(stream, json_length))
    except ValueError as error:
        raise BadMessage("not JSON") from error
    if not isinstance(values, dict):
        raise BadMessage("not a JSON object")
    return values, _exactly(stream, length)


def _exactly(stream: BinaryIO, length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise BadMessage("cut off")
    return content
