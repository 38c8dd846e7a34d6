"""The body of an upload request is read a piece at a time, however it comes."""

import asyncio
import json
import secrets
import struct

import pytest

from pages.server import frames
from pages.server.frames import PIECE, BadFrame, Body
from tests.loops import run

FILE_ID = "0123456789abcdef-7"


def described(length: int) -> bytes:
    text = json.dumps(dict(id=FILE_ID, name="a", label=None, size=length, offset=0, length=length)).encode()
    return struct.pack(">I", len(text)) + text


class Stream:
    """A body in chunks, which counts what was taken of it."""

    def __init__(self, data: bytes, chunk: int) -> None:
        self.data, self.chunk, self.taken = data, chunk, 0

    async def __aiter__(self):
        while self.taken < len(self.data):
            chunk = self.data[self.taken : self.taken + self.chunk]
            self.taken += len(chunk)
            yield chunk


@pytest.mark.parametrize("chunk", [1, 7, 65_536, 1 << 24])
def test_the_same_comes_out_however_it_is_cut(chunk):
    contents = [b"", b"a", secrets.token_bytes(5000), secrets.token_bytes(50)]

    async def read():
        body = Body(aiter(Stream(b"".join(described(len(each)) + each for each in contents), chunk)), 0)
        found = []
        while (piece := await body.next_slice()) is not None:
            assert piece.file.id == FILE_ID
            found.append(b"".join([data async for data in body.pieces(piece.length)]))
        return found

    assert run(read()) == contents


def test_never_more_than_a_piece_is_in_memory():
    length, chunk = 20 * PIECE, 65_536

    async def read():
        stream = Stream(described(length) + bytes(length), chunk)
        body, done = Body(aiter(stream), 0), 0
        assert (await body.next_slice()).length == length
        async for data in body.pieces(length):
            done += len(data)
            assert len(data) <= PIECE and stream.taken - done <= chunk + 200
        return done

    assert run(read()) == length


def test_a_sender_that_falls_silent_is_given_up(monkeypatch):
    monkeypatch.setattr(frames, "PATIENCE_SECONDS", 0.01)

    async def silent():
        yield b"\0"
        await asyncio.sleep(3600)

    with pytest.raises(TimeoutError):
        run(Body(silent(), 0).next_slice())


def test_a_body_that_ends_too_early():
    async def read():
        body = Body(aiter(Stream(described(100) + b"short", 10)), 0)
        piece = await body.next_slice()
        return [data async for data in body.pieces(piece.length)]

    with pytest.raises(BadFrame):
        run(read())


@pytest.mark.parametrize(
    ("group", "is_taken"),
    [
        ("0123456789abcdef", True),
        ("", True),
        ("../../x", False),
        ("0123456789ABCDEF", False),
        (7, False),
        (None, False),
    ],
)
def test_the_group_of_a_burst_is_an_id_or_the_description_is_refused(group, is_taken):
    values = dict(id=FILE_ID, name="a", label="cups", size=1, offset=0, length=1, group=group)
    if is_taken:
        assert frames.read_description(json.dumps(values).encode()).file.group == group
    else:
        with pytest.raises(BadFrame):
            frames.read_description(json.dumps(values).encode())
