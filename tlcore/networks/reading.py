"""Having a network read and written by a process of its own, with limits (reading_process.py does it there)."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tlcore.errors import UserError
from tlcore.events import ShouldStop, never
from tlcore.jobs.workers import worker_environment
from tlcore.models.imported.candidate import Candidate, Choices
from tlcore.models.imported.saved import SavedNetwork

MOST_SECONDS = 900
REFUSED = 3
FEATURES = "features.npy"
_PROCESS = "tlcore.networks.reading_process"
_LOOK_SECONDS = 0.05
_DAMAGED = "This file makes the program that reads it crash, or needs more memory than is free."


class ReadingStopped(Exception):
    """A person stopped it."""


def read_candidate(kind: str, path: Path, should_stop: ShouldStop = never) -> Candidate:
    """What is known of the network in a file; see `kinds.Reader.read`.

    Raises:
        UserError: it is refused, crashes its reader, or takes too much memory or time.
        ReadingStopped: `should_stop` said so.
    """
    return Candidate.from_dict(_ask({"do": "read", "kind": kind, "path": str(path)}, should_stop))


def save_candidate(
    candidate: Candidate,
    path: Path,
    choices: Choices,
    folder: Path,
    images: Path | None = None,
    should_stop: ShouldStop = never,
) -> SavedNetwork:
    """Write the network in our form, and see that it gives finite features.

    Args:
        choices: all made. folder: empty. images: an `.npy` of uint8 (n, S, S, 3); then `folder` also gets
            FEATURES, float32 (scalings, n, D): what the network makes of them by every scaling of SCALING_VALUES.

    Raises:
        UserError, ReadingStopped: as `read_candidate`.
    """
    request = {
        "do": "save",
        "kind": candidate.kind,
        "path": str(path),
        "candidate": candidate.to_dict(),
        "choices": vars(choices),
        "folder": str(folder),
        "images": "" if images is None else str(images),
    }
    return SavedNetwork.from_dict(_ask(request, should_stop))


def _ask(request: Mapping[str, Any], should_stop: ShouldStop) -> Mapping[str, Any]:
    """The answer of the process to a request."""
    try:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", _PROCESS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=worker_environment() | {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    except OSError as error:
        raise UserError("This network can’t be read now.", "Close other programs and try again.") from error
    with child:
        try:
            return _answer(child, json.dumps(request).encode(), should_stop)
        finally:
            child.kill()


def _answer(child: "subprocess.Popen[bytes]", request: bytes, should_stop: ShouldStop) -> Mapping[str, Any]:
    start, given = time.monotonic(), request
    while True:
        try:
            said, _ = child.communicate(given, timeout=_LOOK_SECONDS)
            break
        except subprocess.TimeoutExpired:
            given = b""
            if should_stop():
                raise ReadingStopped from None
            if time.monotonic() - start > MOST_SECONDS:
                what = f"This network takes more than {MOST_SECONDS // 60} minutes to read."
                raise UserError(what, "Add a smaller one.") from None
    try:
        values = json.loads(said)
        if child.returncode == REFUSED:
            raise UserError(str(values[0]), str(values[1]))
        if child.returncode == 0 and isinstance(values, dict):
            return values
    except (ValueError, LookupError):
        pass
    raise UserError(_DAMAGED, "Close other programs, or add another file.")
