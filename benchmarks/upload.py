"""Uploads through the route: memory of the server and speed for a zip of 500 MB, and for 2,000 photos of 50 kB.

A real server (`streamlit run`) with an empty workspace; the client sends as the board of the Data page does: a zip
in slices of 8 MB one after the other, photos in groups of 4 MB over three connections. Inside the clock: the requests.
Memory is the highest resident size of the server while it takes the zip, less what it had before.

Expected: two pieces of 1 MB for each open request; the disk decides how fast.
Seen: +6 MB and 264 MB/s for the zip, 4.5 s for 2,000 photos, each of which is on the disk before it counts (other
processes were at work on both cores).
"""

import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from benchmarks.command import finish, parser
from benchmarks.sender import Sender, Slice
from benchmarks.server import serving, wait_until_it_answers
from benchmarks.table import Row, figure
from tlcore.data import incoming, receive
from tlcore.workspace import Workspace, open_workspace

MEGABYTES, MISSING, RATE, SECONDS = "< 100", "<= 0", ">= 20", "< 60"
ZIP_BYTES, SLICE_BYTES = 500_000_000, 8_000_000
PHOTOS, PHOTO_BYTES, GROUP, AT_ONCE = 2_000, 50_000, 80, 3


def main() -> int:
    """Measure, print, write."""
    options = parser("upload", __doc__).parse_args()  # --data is taken and not needed
    size, photos = (50_000_000, 200) if options.quick else (ZIP_BYTES, PHOTOS)
    with tempfile.TemporaryDirectory() as scratch:
        workspace = open_workspace(scratch)
        with serving(Path(scratch)) as (process, address):
            wait_until_it_answers(process, address)
            rows = [*_zip(workspace, process, address, size), *_photos(workspace, address, photos)]
    return finish("Uploads", rows, options)


def _zip(workspace: Workspace, process: subprocess.Popen, address: str, size: int) -> list[Row]:
    """One large file in slices."""
    client = _sender(workspace, address)
    name = f"{size / 1e6:.0f} MB"
    data = os.urandom(SLICE_BYTES)
    with watched(process) as memory:
        start = time.perf_counter()
        for offset in range(0, size, SLICE_BYTES):
            client.send([Slice(0, "set/x/0.jpg", size, offset, data[: size - offset])])
        seconds = time.perf_counter() - start
    (upload,) = incoming.list_uploads(workspace, client.area)
    return [
        figure(f"{name} in slices: more memory in the server", memory.peak - memory.before, MEGABYTES, "MB"),
        figure(f"{name} in slices: speed", size / 1e6 / seconds, RATE, "MB/s"),
        figure(f"{name} in slices: bytes that are missing", size - upload.size, MISSING, "bytes"),
    ]


def _photos(workspace: Workspace, address: str, count: int) -> list[Row]:
    """Many small files, several requests at once."""
    client = _sender(workspace, address)
    data = os.urandom(PHOTO_BYTES - 4)
    groups = [range(start, min(start + GROUP, count)) for start in range(0, count, GROUP)]
    start = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [[_whole(each, struct.pack(">I", each) + data) for each in group] for group in groups]
        list(pool.map(client.send, jobs))
    seconds = time.perf_counter() - start
    arrived = len(incoming.list_uploads(workspace, client.area))
    return [
        figure(f"{count:,} photos of 50 kB: files that are missing", count - arrived, MISSING, "files"),
        figure(f"{count:,} photos of 50 kB", seconds, SECONDS, "s"),
    ]


def _sender(workspace: Workspace, address: str) -> Sender:
    """What sends into a new upload area."""
    area = incoming.new_incoming(workspace)
    return Sender(address, area, receive.upload_key(workspace, area))


def _whole(number: int, data: bytes) -> Slice:
    return Slice(number, f"set/x/{number}.jpg", len(data), 0, data)


class watched:  # noqa: N801 (used like a function)
    """The highest resident memory of a process meanwhile, in MB, looked at a hundred times a second."""

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = psutil.Process(process.pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.before = self.peak = self._resident()

    def __enter__(self) -> "watched":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.01):
            self.peak = max(self.peak, self._resident())

    def _resident(self) -> float:
        return self._process.memory_info().rss / 1e6


if __name__ == "__main__":
    sys.exit(main())
