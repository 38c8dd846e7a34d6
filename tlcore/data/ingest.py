"""From files to a data set: every file is accepted or refused with a reason, nothing is lost, nothing is changed.

Jobs here are generators: they yield `Progress` and return the `Dataset` (None when stopped). Which folder is a class
is decided in layout.py, who goes into which part in split.py, what a photo is in images.py.
"""

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pandas as pd

from tlcore.data.duplicates import describe_duplicates
from tlcore.data.folder import FolderSource
from tlcore.data.images import PhotoRefused, inspect
from tlcore.data.layout import HOW, Placed, SourceFile, recognise
from tlcore.data.manifest import Dataset, Draft, draft_folder, find_known, save_dataset, store_photo
from tlcore.data.names import clean_path, make_unique
from tlcore.data.split import decide_parts
from tlcore.errors import UserError
from tlcore.events import Event, Progress
from tlcore.workspace import Workspace

VERSION = 1
"""Part of every signature: raise it when the same files would give another data set than before."""

Job = Generator[Event, None, Dataset | None]

_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "BMP": "bmp", "TIFF": "tif", "GIF": "gif"}
_SECONDS_BETWEEN_EVENTS = 0.15
_PHOTO_COLUMNS = ("path", "sha256", "label", "split", "width", "height", "bytes", "file")


class Source(Protocol):
    """Where photos come from: a folder or an archive."""

    root: Path
    name: str
    keeps_photos: bool
    files: list[SourceFile]
    folders: list[tuple[str, ...]]
    refused: list[tuple[str, str]]

    def signature(self) -> str: ...

    def read(self, files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, bytes | PhotoRefused]]: ...


@dataclass
class Collected:
    """What reading the files gave: rows of the manifest, and what was refused."""

    rows: list[dict] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    def photos(self) -> pd.DataFrame:
        """The rows as a frame, sorted, every `path` unique."""
        taken: set[str] = set()
        rows = sorted(self.rows, key=lambda row: (row["path"], row["sha256"]))
        for row in rows:
            row["path"] = make_unique(row["path"], taken)
        return pd.DataFrame(rows, columns=None if rows else list(_PHOTO_COLUMNS))


@dataclass(frozen=True)
class Origin:
    """What a data set is called and where it comes from."""

    name: str
    source: str = ""
    licence: str = ""


def never() -> bool:
    """The answer of somebody who never stops a job."""
    return False


def ingest_folder(
    workspace: Workspace, path: Path | str, name: str | None = None, seed: int = 0,
    should_stop: Callable[[], bool] = never,
) -> Job:
    """Make a data set of a folder. The photos stay where they are; the data set points to them.

    A folder that has not changed since (same files, sizes, times, and the same seed and name) gives the data set that
    was made of it before, at once.

    Raises:
        UserError: the folder cannot be used as it is; see layout.py and split.py.
    """
    source = FolderSource(Path(path))
    return (yield from ingest_source(workspace, source, Origin(name or "", str(source.root)), seed, should_stop))


def ingest_source(
    workspace: Workspace, source: Source, origin: Origin, seed: int = 0, should_stop: Callable[[], bool] = never,
    group: Callable[[str], str] | None = None,
) -> Job:
    """Make a data set of any source whose folders tell the classes.

    Args:
        group: from a shown path to what it shows, where two photos of one thing belong on one side of the split.

    Raises:
        UserError: the source cannot be used as it is.
    """
    signature = sign(source.signature(), origin.name, seed)
    known = find_known(workspace, signature)
    if known is not None:
        return known
    layout = recognise(source.name, source.files, source.folders)
    collected = Collected(
        refused=[*source.refused, *layout.refused], notes=list(layout.notes), empty=list(layout.empty)
    )
    with draft_folder(workspace) as folder:
        keep = None if source.keeps_photos else folder
        if not (yield from collect(source, layout.placed, collected, keep, should_stop)):
            return None
        photos = collected.photos()
        if group is not None:
            photos["group"] = photos["path"].map(group)
        named = Origin(origin.name or source.name, origin.source, origin.licence)
        return finish(workspace, folder, photos, collected, named, seed,
                      root=source.root if source.keeps_photos else None, signature=signature)


def collect(
    source: Source, placed: list[Placed], collected: Collected, keep: Path | None, should_stop: Callable[[], bool]
) -> Generator[Event, None, bool]:
    """Read and check every file; add rows and refusals to `collected`. Returns False when stopped.

    Reading goes in order, checking (hash and decoding) in a few threads: Pillow and hashlib let each other run. At
    most a few dozen photos are in memory at any time.

    Args:
        keep: the draft that gets a copy of the photos; None leaves them where they are.
    """
    total = len(placed)
    where = {id(item.file): item for item in placed}
    num_threads = min(4, os.cpu_count() or 1)
    waiting: deque[tuple[Placed, Future]] = deque()
    clock = _Clock(total)
    yield Progress("read", 0, total)
    with ThreadPoolExecutor(num_threads, thread_name_prefix="ingest") as pool:
        for file, data in source.read([item.file for item in placed]):
            waiting.append((where[id(file)], pool.submit(_check, data, keep)))
            if len(waiting) >= 4 * num_threads:
                _take(*waiting.popleft(), collected)
                clock.done += 1
            if clock.is_due():
                if should_stop():
                    pool.shutdown(cancel_futures=True)
                    return False
                yield clock.progress()
        while waiting:
            _take(*waiting.popleft(), collected)
    yield Progress("read", total, total, 0.0)
    return not should_stop()


def finish(
    workspace: Workspace, folder: Path, photos: pd.DataFrame, collected: Collected, origin: Origin, seed: int,
    root: Path | None = None, signature: str = "",
) -> Dataset:
    """Split the photos, write down what a person should know, and save.

    Raises:
        UserError: too few classes or photos were accepted.
    """
    _check_classes(origin.name, photos, collected)
    parts, notes = decide_parts(photos, seed)
    photos = photos.assign(split=parts).astype({"width": "int32", "height": "int32", "bytes": "int64"})
    empty = sorted(set(collected.empty) - set(photos["label"]))
    notes = [*collected.notes, *notes, *describe_duplicates(photos)]
    if empty:
        shown = ", ".join(empty[:5]) + (f" and {len(empty) - 5} more" if len(empty) > 5 else "")
        notes.append(f"No usable photo in the class folder{'s' if len(empty) > 1 else ''} {shown}: left out.")
    refused = pd.DataFrame(collected.refused, columns=["path", "reason"]).astype(str)
    draft = Draft(folder, origin.name, photos, refused, tuple(notes), root, origin.source, origin.licence, signature)
    return save_dataset(workspace, draft)


def sign(*parts: object) -> str:
    """The signature under which a data set can be found again: a SHA-256 in hex."""
    return hashlib.sha256(repr((VERSION, *parts)).encode("utf-8", "surrogateescape")).hexdigest()


def _check(data: bytes | PhotoRefused, keep: Path | None) -> dict | PhotoRefused:
    """In a thread: what the manifest says of one photo."""
    if isinstance(data, PhotoRefused):
        return data
    try:
        info = inspect(data)
    except PhotoRefused as refusal:
        return refusal
    sha256 = hashlib.sha256(data).hexdigest()
    file = store_photo(keep, sha256, _EXTENSIONS[info.format], data) if keep is not None else None
    return {"sha256": sha256, "width": info.width, "height": info.height, "bytes": len(data), "file": file}


def _take(placed: Placed, future: Future, collected: Collected) -> None:
    path = clean_path(placed.file.parts)
    row = future.result()
    if isinstance(row, PhotoRefused):
        collected.refused.append((path, row.reason))
        if placed.label not in collected.empty:
            collected.empty.append(placed.label)  # `finish` drops the name again if another photo of it was accepted
        return
    file = row.pop("file") or "/".join(placed.file.parts)
    collected.rows.append({"path": path, **row, "label": placed.label, "split": placed.split, "file": file})


def _check_classes(name: str, photos: pd.DataFrame, collected: Collected) -> None:
    labels = sorted(set(photos["label"]))
    if len(labels) >= 2:
        return
    first = f" For example, {collected.refused[0][0]} {collected.refused[0][1]}." if collected.refused else ""
    num_refused = len(collected.refused)
    if labels:
        what = f"Only the class {labels[0]} of {name} has photos that can be used ({num_refused:,} files were refused)."
    else:
        what = f"No file of {name} is a photo that can be used ({num_refused:,} files were refused)."
    raise UserError(what + first, "At least two classes with photos are needed. " + HOW)


class _Clock:
    """When to tell of progress again, and how long the rest may take at the pace so far."""

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
        left = elapsed / self.done * (self._total - self.done) if self.done else None
        return Progress("read", self.done, self._total, left)
