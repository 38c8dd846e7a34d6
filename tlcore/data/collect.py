"""Read and check the files of a source (folder, archive or uploads), a few at a time.

What comes of it: rows for the manifest, reasons for what was refused, and lines for what was changed or guessed.
"""

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from tlcore.data.allowance import UNLIMITED, Allowance
from tlcore.data.deep import Measured, Range, RangeFinder
from tlcore.data.images import PhotoRefused, decode
from tlcore.data.layout import Placed, SourceFile
from tlcore.data.manifest import ORIGINAL
from tlcore.data.names import clean_path, make_unique
from tlcore.data.report import CHANGED, ReportLine, left_out, report_frame
from tlcore.data.saving import store_photo
from tlcore.data.table_columns import COLUMN
from tlcore.data.thumbnails import ThumbnailWriter
from tlcore.data.wanted import DecodedPhoto, Wanted
from tlcore.errors import LayoutChoice
from tlcore.events import Progress, ShouldStop, StageKey

_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "BMP": "bmp", "TIFF": "tif", "GIF": "gif"}
_EXTENSIONS |= {"PPM": "ppm", "AVIF": "avif", "HEIF": "heic"}
_SECONDS_BETWEEN_EVENTS = 0.15
_FIRST_SECONDS, _FIRST_SHARE = 1.0, 0.05  # after these the pace is believed
WAITING_BYTES = 64_000_000
"""Photos that were read and not checked yet take at most so much memory, besides the last one."""

_PHOTO_COLUMNS = ("path", "sha256", "label", "split", "width", "height", "bytes", "file", "group")


class Reader(Protocol):
    """Whatever gives the bytes of its files."""

    def read(self, files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, bytes | PhotoRefused]]:
        """The bytes of each file, or why it cannot be read."""


class Source(Reader, Protocol):
    """Where photos come from: a folder or an archive, with everything that a data set is recognised by.

    `keeps_photos`: the photos stay where they are and the data set points to them; `files`, `folders`: all that it
    holds, as relative paths; `refused`: the shown path and the reason; `guessed`: likewise, of files about which
    something was guessed (a name whose encoding nothing says).
    """

    root: Path
    name: str
    keeps_photos: bool
    files: list[SourceFile]
    folders: list[tuple[str, ...]]
    refused: list[tuple[str, str]]
    guessed: list[tuple[str, str]]

    def signature(self) -> str:
        """Equal while nothing in it has changed."""


@dataclass
class Collected:
    """What reading the files gave: rows of the manifest, `refused` files (path, reason), and `lines` of what was
    changed or guessed.

    `allowance`: what may come in; `num_brought`: photos that come along from an earlier data set; `size`: bytes of the
    rows so far; `in_cards`: a person put the photos into classes one by one, and folders have nothing to do with it;
    `data_ranges`: which values of photos of more than 8 bits become black and white; `deep`: such photos whose range
    is not known before all of them were measured by `finder`; `layout`: how the folders were read, None where several
    sources were, or none.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    lines: list[ReportLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    allowance: Allowance = UNLIMITED
    num_brought: int = 0
    size: int = 0
    in_cards: bool = False
    layout: LayoutChoice | None = None
    data_ranges: dict[str, Range] = field(default_factory=dict)
    deep: list[Placed] = field(default_factory=list)
    finder: RangeFinder = field(default_factory=RangeFinder)

    def photos(self) -> pd.DataFrame:
        """The rows as a frame, sorted, every `path` unique."""
        taken: dict[str, int] = {}
        rows = sorted(self.rows, key=lambda row: (row["path"], row["sha256"]))
        for row in rows:
            row["path"] = make_unique(row["path"], taken)
        photos = pd.DataFrame(rows, columns=None if rows else list(_PHOTO_COLUMNS))
        for name in photos.columns[photos.columns.str.startswith(COLUMN)]:
            photos[name] = photos[name].astype(object).where(photos[name].notna(), None)
        if ORIGINAL in photos:
            photos[ORIGINAL] = photos[ORIGINAL].fillna("")
        return photos

    def report(self) -> pd.DataFrame:
        """All that was left out, changed or guessed: path, what, reason (report.py)."""
        return report_frame([*left_out(self.refused), *self.lines])


@dataclass(frozen=True)
class Reading:
    """What is done with each file.

    Attributes:
        decode: checks the bytes and gives what is wanted of the photo.
        keep: the draft that gets a copy of the photos; None leaves them where they are.
        thumbnails: where the thumbnails go; None for nowhere.
        wanted: what is made of each photo besides.
        draft: gets an 8-bit picture of each photo of more than 8 bits, made by one range for all of them; None: these
            are taken like the others.
    """

    decode: Callable[[bytes, Wanted], DecodedPhoto] = decode
    keep: Path | None = None
    thumbnails: ThumbnailWriter | None = None
    wanted: Wanted = field(default_factory=Wanted)
    draft: Path | None = None


def collect(
    source: Reader, placed: list[Placed], collected: Collected, reading: Reading, should_stop: ShouldStop
) -> Generator[Progress, None, bool]:
    """Read and check every file; add rows and refusals to `collected`. Returns False when stopped.

    Reading goes in order, checking (hash and decoding) in a few threads: Pillow and hashlib let each other run. At
    most a few dozen photos are in memory at any time, of large ones fewer (`WAITING_BYTES`).

    Photos of more than 8 bits are read twice where `reading.draft` is given: how their values are spread, and then,
    when all of them are known, as pictures of 8 bits. Ranges that are known before (`collected.data_ranges`) stay.
    """
    if reading.draft is None:
        return (yield from _collect(source, placed, collected, reading, should_stop))
    wanted = replace(reading.wanted, render=True, measure=True, data_ranges=dict(collected.data_ranges))
    if not (yield from _collect(source, placed, collected, replace(reading, wanted=wanted), should_stop)):
        return False
    collected.data_ranges = collected.finder.ranges() | collected.data_ranges
    if not collected.deep:
        return True
    deep, collected.deep = collected.deep, []
    wanted = replace(wanted, measure=False, data_ranges=dict(collected.data_ranges))
    return (yield from _collect(source, deep, collected, replace(reading, wanted=wanted), should_stop))


def _collect(
    source: Reader, placed: list[Placed], collected: Collected, reading: Reading, should_stop: ShouldStop
) -> Generator[Progress, None, bool]:
    """Read and check files as `reading` says."""
    total = len(placed)
    where = {id(item.file): item for item in placed}
    num_threads = min(4, os.cpu_count() or 1)
    waiting: deque[tuple[Placed, Future[_Answer]]] = deque()
    held = 0
    clock = _Clock(total)
    yield Progress(StageKey.READ, 0, total)
    with ThreadPoolExecutor(num_threads, thread_name_prefix="ingest") as pool:
        for file, data in source.read([item.file for item in placed]):
            waiting.append((where[id(file)], pool.submit(_check, data, reading)))
            held += file.size
            while waiting and (len(waiting) >= 4 * num_threads or held > WAITING_BYTES):
                held -= waiting[0][0].file.size
                _take(*waiting.popleft(), collected, reading)
                clock.done += 1
            if clock.is_due():
                if should_stop():
                    pool.shutdown(cancel_futures=True)
                    return False
                yield clock.progress()
        while waiting:
            _take(*waiting.popleft(), collected, reading)
    yield Progress(StageKey.READ, total, total, 0.0)
    return not should_stop()


@dataclass(frozen=True)
class _Checked:
    """What the manifest says of one photo, its thumbnail, and what was changed while it was read ("": nothing)."""

    row: dict[str, Any]
    thumbnail: bytes
    changed: str


_Answer = _Checked | Measured | PhotoRefused


def _check(data: bytes | PhotoRefused, reading: Reading) -> _Answer:
    """In a thread: decode and hash one photo, and keep a copy of it."""
    if isinstance(data, PhotoRefused):
        return data
    try:
        photo = reading.decode(data, reading.wanted)
    except PhotoRefused as refusal:
        return refusal
    if photo.measured is not None:
        return photo.measured
    info, original, keep, extension = photo.info, "", reading.keep, _EXTENSIONS[photo.info.format]
    if photo.rendered and reading.draft is not None:
        original = hashlib.sha256(data).hexdigest()
        data, keep, extension = photo.rendered, reading.draft, "png"
    sha256 = hashlib.sha256(data).hexdigest()
    file = store_photo(keep, sha256, extension, data) if keep is not None else None
    row = {"sha256": sha256, "width": info.width, "height": info.height, "bytes": len(data), "file": file}
    row |= {ORIGINAL: original} if original else {}
    return _Checked(row, photo.thumbnail, photo.changed)


def _take(placed: Placed, future: Future[_Answer], collected: Collected, reading: Reading) -> None:
    path = clean_path(placed.file.parts)
    checked = future.result()
    if isinstance(checked, Measured):
        collected.deep.append(placed)
        collected.finder.add(checked)
        return
    if isinstance(checked, PhotoRefused):
        collected.refused.append((path, checked.reason))
        if placed.label not in collected.empty:
            collected.empty.append(placed.label)  # assemble.py drops it again if another photo of it was accepted
        return
    row = checked.row
    file = row.pop("file") or "/".join(placed.file.parts)
    collected.rows.append(
        {"path": path, **row, "label": placed.label, "split": placed.split, "file": file, "group": placed.group}
        | {f"{COLUMN}{name}": value for name, value in placed.columns}
    )
    if checked.changed:
        collected.lines.append(ReportLine(path, CHANGED, checked.changed))
    if reading.thumbnails is not None and checked.thumbnail:
        reading.thumbnails.add(row["sha256"], checked.thumbnail)
    collected.size += row["bytes"]
    collected.allowance.check(len(collected.rows), collected.size, collected.num_brought)


class _Clock:
    """When the next `Progress` is due, and how long the rest may take at the pace so far."""

    def __init__(self, total: int) -> None:
        self.done = 0
        self._total = total
        self._start = self._last = time.monotonic()

    def is_due(self) -> bool:
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_EVENTS:
            return False
        self._last = now
        return True

    def progress(self) -> Progress:
        elapsed = time.monotonic() - self._start
        early = elapsed < _FIRST_SECONDS or self.done < _FIRST_SHARE * self._total  # what has just begun is slow
        left = None if early else elapsed / self.done * (self._total - self.done)
        return Progress(StageKey.READ, self.done, self._total, left)
