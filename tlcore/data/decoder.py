"""Decoding what strangers send, in limited processes: a picture can cost its own answer, never the one who asked.

The processes are decoder_process.py. They are few, start when they are needed, do one picture at a time, and are
replaced when they die, hang or talk nonsense; of large pictures one is decoded at a time.
"""

import atexit
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

import tlcore
from tlcore.data.decode_budget import DecodeBudget
from tlcore.data.decoder_messages import BadMessage, Message, read_message, write_message
from tlcore.data.deep import Measured
from tlcore.data.images import FORMATS
from tlcore.data.refusals import MAKE_SMALLER, NO_MEMORY, SAVE_AGAIN, PhotoRefused
from tlcore.data.wanted import RESIZE_POLICIES, RESIZE_POLICY, DecodedPhoto, PhotoInfo, Wanted
from tlcore.errors import UserError
from tlcore.settings import Limits

MOST_PROCESSES = 2
_SETTLE_SECONDS = 1
_START_SECONDS = 60  # far more than it takes, on a machine that has other things to do
_MOST_THUMBNAIL_BYTES = 4_000_000
_MOST_RENDERED_BYTES = 1 << 30
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from tlcore.data.decoder_process import main; main()"
_KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_CRASHED = f"is damaged so badly that it can’t be opened; {SAVE_AGAIN}"
_KILLED, _ALARM = -9, -14  # exit codes on POSIX: by the system when memory is short, by the process's own clock


class PhotoDecoder:
    """Decodes photos in processes of their own; may be used from many threads. `close` it, or let the program end.

    Args:
        limits: what one photo may take, in pixels, memory and time.
        num_processes: how many work side by side, by default one a core and two at most.
    """

    def __init__(self, limits: Limits, num_processes: int | None = None) -> None:
        self._budget, self._seconds = DecodeBudget.of(limits), limits.photo_seconds
        self._places: queue.LifoQueue[_Process | None] = queue.LifoQueue()  # the last used first: it is warm
        self._num_processes = num_processes or min(MOST_PROCESSES, os.cpu_count() or 1)
        for _ in range(self._num_processes):
            self._places.put(None)
        self._large = threading.Lock()

    def decode(self, data: bytes, wanted: Wanted) -> DecodedPhoto:
        """What `images.decode` gives, bit for bit.

        Raises:
            PhotoRefused: the bytes are not a usable photo, take more than the limits, or ended their process.
            UserError: no process can be started.
            ValueError: an unknown policy.
        """
        if wanted.policy not in RESIZE_POLICIES:
            raise ValueError(f"Received: policy={wanted.policy!r}. Allowed: {', '.join(RESIZE_POLICIES)}.")
        try:
            return self._decode(data, wanted)
        except PhotoRefused as refusal:
            if refusal.reason != _CRASHED:
                raise
        return self._decode(data, wanted)  # a process may have been ended by the system, whatever it was given

    def _decode(self, data: bytes, wanted: Wanted) -> DecodedPhoto:
        """One try of `decode`, in a process that is free."""
        process = self._places.get()
        try:
            process = _alive(process) or _Process()
            request = asdict(self._budget) | {"seconds": self._seconds, "wanted": asdict(wanted)}
            values, content = self._ask(process, request, data, _most_bytes(wanted))
            return _read_photo(values, content, wanted)
        except (EOFError, OSError) as error:
            assert process is not None  # starting one raises UserError
            raise PhotoRefused(self._reason(process)) from error
        except BadMessage as error:
            assert process is not None
            process.end()
            raise PhotoRefused(self._too_long() if process.took_too_long else _CRASHED) from error
        finally:
            self._places.put(_alive(process))

    def inspect(self, data: bytes) -> PhotoInfo:
        """What `images.inspect` gives; raises what `decode` does."""
        return self.decode(data, Wanted()).info

    def input(self, data: bytes, size: int, policy: str = RESIZE_POLICY) -> np.ndarray:
        """What `images.load_input` gives; raises what `decode` does."""
        square = self.decode(data, Wanted(size, policy)).input
        assert square is not None  # it was asked for
        return square

    def thumbnail(self, data: bytes, size: int) -> bytes:
        """What `images.thumbnail` gives; raises what `decode` does."""
        return self.decode(data, Wanted(thumbnail_size=size)).thumbnail

    def preview(self, data: bytes, size: int) -> bytes:
        """All of a photo as a JPEG or PNG whose longer side has `size` pixels at most; raises what `decode` does."""
        return self.decode(data, Wanted(thumbnail_size=size, whole=True)).thumbnail

    def warm_up(self) -> None:
        """Start a process now, so that the first photo need not wait for it."""
        process = self._places.get()
        try:
            process = _alive(process) or _Process()
        finally:
            self._places.put(process)

    def close(self) -> None:
        """End the processes, waiting for those at work. The decoder starts new ones should it be used again."""
        places = [self._places.get() for _ in range(self._num_processes)]
        for process in places:
            if process is not None:
                process.end()
            self._places.put(None)

    def _ask(self, process: "_Process", request: dict[str, Any], data: bytes, most: int) -> Message:
        """Send a photo and read the answer. A large one waits until no other is decoded; only then its time runs."""
        with process.ended_after(self._seconds):
            write_message(process.requests, request, data)
            answer = read_message(process.answers, most)
        if "large" not in answer[0]:
            return answer
        with self._large, process.ended_after(self._seconds):
            write_message(process.requests, {})
            return read_message(process.answers, most)

    def _reason(self, process: "_Process") -> str:
        """Why there is no answer from a process, which is ended."""
        exit_code = process.end(_SETTLE_SECONDS)
        if process.took_too_long or exit_code == _ALARM:
            return self._too_long()
        return NO_MEMORY if exit_code == _KILLED else _CRASHED

    def _too_long(self) -> str:
        return f"takes longer than {self._seconds:,.0f} seconds to open; {MAKE_SMALLER}"


_shared: dict[tuple[DecodeBudget, float], PhotoDecoder] = {}
_shared_lock = threading.Lock()


def shared_decoder(limits: Limits) -> PhotoDecoder:
    """The one decoder of this process for these limits; its processes end with this one."""
    key = (DecodeBudget.of(limits), limits.photo_seconds)
    with _shared_lock:
        if key not in _shared:
            _shared[key] = PhotoDecoder(limits)
            atexit.register(_shared[key].close)
        return _shared[key]


class _Process:
    """One process and the pipes to it. Raises UserError where it cannot be started."""

    def __init__(self) -> None:
        self.took_too_long = False
        place = str(Path(tlcore.__file__).resolve().parents[1])  # where `sys.path` may only say "the current folder"
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-I", "-c", _PROGRAM, *filter(None, sys.path), place],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in the terminal is for this program alone
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
                env=_environment(),
            )
        except OSError as error:
            raise _not_started() from error
        self.requests, self.answers = cast(BinaryIO, self._popen.stdin), cast(BinaryIO, self._popen.stdout)
        try:
            with self.ended_after(_START_SECONDS):
                read_message(self.answers, 0)
        except (BadMessage, EOFError, OSError) as error:
            self.end(_SETTLE_SECONDS)
            raise _not_started() from error

    def is_alive(self) -> bool:
        return not self.took_too_long and not self.requests.closed and self._popen.poll() is None

    @contextmanager
    def ended_after(self, seconds: float) -> Iterator[None]:
        """Kill the process unless the block is done in time, which ends every wait for it; 0 is for no limit."""
        if not seconds:
            yield
            return
        timer = threading.Timer(seconds, self._kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _kill(self) -> None:
        self.took_too_long = True
        self._popen.kill()

    def end(self, patience: float = 0.0) -> int:
        """End it and return its exit code. `patience`: seconds that it gets to end by itself, where it is about to."""
        try:
            exit_code = self._popen.wait(patience)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            exit_code = self._popen.wait()
        for stream in (self.requests, self.answers):
            try:
                stream.close()
            except OSError:  # what was not sent yet has nobody to go to
                pass
        return exit_code


def _not_started() -> UserError:
    return UserError(
        "The program that opens photos could not start.",
        "Try again. If that doesn’t help, free some memory or install Transfer Lab again.",
    )


def _alive(process: _Process | None) -> _Process | None:
    """The process, or None where there is none or it has ended; then its pipes are closed too."""
    if process is not None and not process.is_alive():
        process.end()
        return None
    return process


def _environment() -> dict[str, str]:
    """Little more than where programs are: what else stands in the environment is no business of a decoder."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    one = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # NumPy's threads take memory, unused
    return kept | one | {"MALLOC_ARENA_MAX": "1"}  # else a thread of a video decoder reserves 64 MB of its own


def _most_bytes(wanted: Wanted) -> int:
    """The bytes that an answer may have."""
    rendered = _MOST_RENDERED_BYTES if wanted.render else 0
    return prod(wanted.input_shape) + (_MOST_THUMBNAIL_BYTES if wanted.thumbnail_size else 0) + rendered


def _read_photo(values: dict[str, Any], content: bytes, wanted: Wanted) -> DecodedPhoto:
    """An answer as a photo. Raises PhotoRefused where it is a refusal, and BadMessage where it is not as asked for."""
    if isinstance(values.get("refused"), str):
        raise PhotoRefused(values["refused"])
    kinds = {"width": int, "height": int, "format": str, "thumbnail": int, "changed": str, "rendered": int}
    num_pixels = prod(wanted.input_shape)
    if any(not isinstance(values.get(name), kind) for name, kind in kinds.items()) or values["format"] not in FORMATS:
        raise BadMessage("not a photo")
    measured = _read_measured(values.get("measured"), wanted)
    if measured is not None:
        return DecodedPhoto(PhotoInfo(values["width"], values["height"], values["format"]), measured=measured)
    thumbnail_end = num_pixels + values["thumbnail"]
    is_complete = bool(values["thumbnail"]) == bool(wanted.thumbnail_size)
    if len(content) != thumbnail_end + values["rendered"] or min(values["thumbnail"], values["rendered"]) < 0:
        raise BadMessage("of another size")
    if not is_complete or (values["rendered"] and not wanted.render):
        raise BadMessage("not what was asked for")
    square = None
    if wanted.input_size:
        square = np.frombuffer(content, np.uint8, num_pixels).reshape(wanted.input_shape)
    info = PhotoInfo(values["width"], values["height"], values["format"], _read_taken(values.get("taken")))
    thumbnail, rendered = content[num_pixels:thumbnail_end], content[thumbnail_end:]
    return DecodedPhoto(info, square, thumbnail, values["changed"], None, rendered)


def _read_measured(values: object, wanted: Wanted) -> Measured | None:
    """How the values of a photo are spread, where the answer says that; raises BadMessage where that was not asked."""
    if values is None:
        return None
    try:
        assert isinstance(values, dict)
        assert wanted.measure
        return Measured(str(values["kind"]), tuple(float(value) for value in values["quantiles"]))
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise BadMessage("not measured") from error


def _read_taken(value: object) -> float | None:
    """When a photo was taken; None for what is no time between 1970 and 2100."""
    return float(value) if isinstance(value, int | float) and 0 < value < 4_102_444_800 else None
