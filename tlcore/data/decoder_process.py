"""The process in which pictures of strangers are decoded, see decoder.py. It imports NumPy and Pillow and little else.

It limits itself, where the system can: its memory to what one picture may take, the time for one picture, no file
written, no core dumped. It ends when its standard input does, so it never outlives the one who asked.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tlcore.data.decode_budget import DecodeBudget, DecodeCost
from tlcore.data.decoder_messages import BadMessage, read_message, write_message
from tlcore.data.images import LARGE_BYTES, decode
from tlcore.data.opening import prepare
from tlcore.data.refusals import NO_MEMORY, PhotoRefused
from tlcore.data.wanted import DecodedPhoto, Wanted

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

SPARE_BYTES = 48_000_000
"""What Python may take beside the picture: strips, the answer, room that malloc keeps."""

MOST_BYTES = 1 << 31
_STATISTICS = Path("/proc/self/statm")


def main() -> None:
    """Say that all is ready, then answer one request after the other until standard input ends."""
    requests, answers = _streams()
    _restrict()
    write_message(answers, {})  # ready
    while True:
        try:
            values, data = read_message(requests, MOST_BYTES)
        except (EOFError, BadMessage):
            return
        try:
            prepare(data)
            _limit(values)
            answer = _answer(values, data, requests, answers)
        except PhotoRefused as refusal:
            write_message(answers, {"refused": refusal.reason})
            continue
        except MemoryError:
            write_message(answers, {"refused": NO_MEMORY})
            return  # what is left of the memory is not worth relying on
        finally:
            _stop_clock()
        write_message(answers, *answer)


def _streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for messages alone: whatever a library prints goes nowhere."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    return requests, answers


def _answer(values: dict[str, Any], data: bytes, requests: BinaryIO, answers: BinaryIO) -> tuple[Any, ...]:
    """The values and the bytes of the answer to a request."""

    @contextlib.contextmanager
    def in_turn(cost: DecodeCost) -> Iterator[None]:
        """The other side knows what else is decoded at this moment; it answers when the time has come."""
        if cost.num_bytes > LARGE_BYTES:
            _stop_clock()
            write_message(answers, {"large": cost.num_bytes})
            read_message(requests, 0)
            _start_clock(values["seconds"])
        yield

    budget = DecodeBudget(values["megapixels"], values["decoded_mb"])
    photo = decode(data, Wanted(**values["wanted"]), budget, in_turn)
    return _described(photo), _pixels(photo), photo.thumbnail, photo.rendered


def _described(photo: DecodedPhoto) -> dict[str, Any]:
    info = photo.info
    return {
        "width": info.width,
        "height": info.height,
        "format": info.format,
        "taken": info.taken,
        "thumbnail": len(photo.thumbnail),
        "changed": photo.changed,
        "measured": None if photo.measured is None else asdict(photo.measured),
        "rendered": len(photo.rendered),
    }


def _pixels(photo: DecodedPhoto) -> bytes:
    return b"" if photo.input is None else np.ascontiguousarray(photo.input).tobytes()


def _restrict() -> None:
    """What holds for good: Ctrl-C in a terminal is not ours to hear, nothing is written, no core is dumped."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if resource is None:
        return
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (0, 0))


def _limit(values: dict[str, Any]) -> None:
    """Limit time and memory for the next picture.

    The memory counts from what is there already, its file included. Only Linux tells that; elsewhere the budget alone
    has to do.
    """
    _start_clock(values["seconds"])
    if resource is None or not values["decoded_mb"] or not _STATISTICS.exists():
        return
    there = int(_STATISTICS.read_text().split()[0]) * resource.getpagesize()
    most = there + int(values["decoded_mb"] * 1e6) + SPARE_BYTES
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _start_clock(seconds: float) -> None:
    """Have the system end this process should it still be at it then and the other side be gone."""
    if seconds and hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds * 1.5 + 1)


def _stop_clock() -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main()
