"""The body of an upload request, read as it comes: any number of slices of files, each behind a line that describes it.

    slice     = length of the description (4 bytes, big-endian), description (JSON, UTF-8), bytes
    JSON      = {"id": …, "name": …, "label": … or null, "size": of the whole file, "offset": …, "length": of the slice,
                 "group": of a camera's burst, "by": of the page that sends it, each or both left out}

At most `PIECE` bytes of a request are in memory at a time.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from tlcore.data.receive import SentFile, check_file_id, check_mark

PIECE = 1_000_000
"""Bytes that are written to the disk at once."""

MOST_DESCRIPTION = 8_192
PATIENCE_SECONDS = 60.0
"""Without a byte for so long, a request is given up."""


class BadFrame(Exception):
    """The body is not what our own page sends."""


class TooLarge(Exception):
    """More bytes came than a request may have."""


class Slice(NamedTuple):
    """Which bytes of which file come next."""

    file: SentFile
    offset: int
    length: int


class Body:
    """Reads a request's body.

    Args:
        stream: the chunks as they come. most: bytes that the body may have, 0 for no limit.
    """

    def __init__(self, stream: AsyncIterator[bytes], most: int) -> None:
        self._stream = stream
        self.most = most
        self._buffer = bytearray()
        self._count = 0
        self._ended = False

    async def next_slice(self) -> Slice | None:
        """The next description, when the bytes of the slice before it were read; None at the end.

        Raises:
            BadFrame: this is not what our own page sends. TooLarge: it is more than a request may have.
        """
        await self._fill(4)
        if not self._buffer:
            return None
        length = int.from_bytes(await self._exactly(4), "big")
        if not 0 < length <= MOST_DESCRIPTION:
            raise BadFrame(f"a description of {length} bytes")
        return read_description(await self._exactly(length))

    async def pieces(self, length: int) -> AsyncIterator[bytes]:
        """The bytes of a slice, `PIECE` at a time. Raises BadFrame when the body ends before, TooLarge."""
        while length:
            size = min(length, PIECE)
            yield await self._exactly(size)
            length -= size

    async def drain(self) -> None:
        """Read the rest and forget it, since a browser hears no answer before it has sent all. Raises TooLarge."""
        while not self._ended:
            self._buffer.clear()
            await self._fill(1)

    async def _exactly(self, size: int) -> bytes:
        await self._fill(size)
        if len(self._buffer) < size:
            raise BadFrame("the body ends in the middle of a file")
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    async def _fill(self, size: int) -> None:
        """Read until the buffer holds so many bytes, or the body ends."""
        while len(self._buffer) < size and not self._ended:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    chunk = await anext(self._stream)
            except StopAsyncIteration:
                self._ended = True
                return
            self._count += len(chunk)
            if self.most and self._count > self.most:
                raise TooLarge
            self._buffer += chunk


def read_description(data: bytes) -> Slice:
    """A slice as it is described. Raises BadFrame for anything that our own page does not write."""
    try:
        values: dict[str, Any] = json.loads(data)
        file_id, name, label = check_file_id(values["id"]), values["name"], values["label"]
        group, by = (check_mark(values.get(key, "")) for key in ("group", "by"))
        size, offset, length = (_natural(values[key]) for key in ("size", "offset", "length"))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadFrame("a description that cannot be read") from error
    if not isinstance(name, str) or not (label is None or isinstance(label, str)) or offset + length > size:
        raise BadFrame("a description that cannot be")
    return Slice(SentFile(file_id, name, label, size, group=group, by=by), offset, length)


def _natural(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ValueError(value)
    return value
