"""Having a network read and written by a process of its own, with limits (reading_process.py does it there)."""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tlcore.errors import UserError
from tlcore.events import ShouldStop, never
from tlcore.jobs.workers import worker_environment
from tlcore.models.imported.candidate import Candidate, Choices
from tlcore.models.imported.saved import SavedNetwork

MOST_SECONDS = 900
FEATURES = "features.npy"
_PROCESS = "tlcore.networks.reading_process"
_LOOK_SECONDS = 0.05
_DAMAGED = "This file makes the program that reads it crash, or needs more memory than is free."


class ReadingStopped(Exception):
    """A person stopped it."""


class NetworkReader:
    """The process, for one file; use it as a context manager. It is started when it is first asked.

    Args:
        kind: the key of the file's kind in kinds.KINDS.
    """

    def __init__(self, kind: str, path: Path, should_stop: ShouldStop = never) -> None:
        self._file = {"kind": kind, "path": str(path)}
        self._should_stop = should_stop
        self._child: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def __enter__(self) -> "NetworkReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def read(self) -> Candidate:
        """What is known of the network; see `kinds.Reader.read`.

        Raises:
            UserError: it is refused, crashes its reader, or takes too much memory or time.
            ReadingStopped: `should_stop` said so.
        """
        return Candidate.from_dict(self._ask({"do": "read"}))

    def save(self, candidate: Candidate, choices: Choices, folder: Path, images: Path | None = None) -> SavedNetwork:
        """Write the network in our form, and see that it gives usable features.

        Args:
            choices: all made. folder: empty. images: an `.npy` of uint8 (n, S, S, 3); then `folder` also gets FEATURES,
                float32 (scalings, n, D): what the network makes of them by every scaling of SCALING_VALUES.

        Raises:
            UserError, ReadingStopped: as `read`.
        """
        request = {
            "do": "save",
            "candidate": candidate.to_dict(),
            "choices": vars(choices),
            "folder": str(folder),
            "images": "" if images is None else str(images),
        }
        return SavedNetwork.from_dict(self._ask(request))

    def _ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer of the process to a request."""
        try:
            child = self._child or self._start()
            assert child.stdin is not None
            child.stdin.write(json.dumps({**self._file, **request}).encode() + b"\n")
            child.stdin.flush()
        except OSError as error:
            raise UserError("This network can’t be read now.", "Close other programs and try again.") from error
        try:
            values = json.loads(self._wait())
            if "refused" in values:
                raise UserError(str(values["refused"][0]), str(values["refused"][1]))
            answer: Mapping[str, Any] = values["answer"]
            return answer
        except (ValueError, LookupError, TypeError) as error:
            raise UserError(_DAMAGED, "Close other programs, or add another file.") from error

    def _start(self) -> "subprocess.Popen[bytes]":
        child = self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", _PROCESS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=worker_environment() | {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        threading.Thread(target=self._listen, args=(child,), daemon=True).start()
        return child

    def _listen(self, child: "subprocess.Popen[bytes]") -> None:
        """Pass on what the process answers; an empty line when it has ended."""
        assert child.stdout is not None
        while line := child.stdout.readline():
            self._answers.put(line)
        self._answers.put(b"")

    def _wait(self) -> bytes:
        start = time.monotonic()
        while True:
            if self._should_stop():
                raise ReadingStopped
            try:
                return self._answers.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                if time.monotonic() - start > MOST_SECONDS:
                    what = f"This network takes more than {MOST_SECONDS // 60} minutes to read."
                    raise UserError(what, "Add a smaller one.") from None
