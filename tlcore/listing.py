"""Listing folders that each hold something small to read: what was read once is not read again.

Lists are asked for by every page, and a workspace may hold thousands of runs. What stands in a folder's note
(`job.json`, `dataset.json`) is never changed but for whose it is, so a folder is read when it is new, was given another
name (naming.py), became somebody else's (storage/handover.py), or its photos were edited (data/edit_log.py). And while
the time of the folder around them is the same, none has come or gone: then one look at that time is all. A job that is
begun again, a new name and an edit set that time as well (`tell_of_change`), so that what follows from a list may be
kept as long as the list itself.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from tlcore.naming import NAME, Mark, file_mark

HEAD = "head.json"
"""In the folder of a data set whose photos were changed: which version is the current one."""

MOVED = "moved"
"""In a folder that became somebody else's: an empty file, written once its note has the other name."""

CHANGING = (NAME, HEAD, MOVED)
"""The files in a folder that may change after it was made."""

T = TypeVar("T")
_Place = tuple[str, int, tuple[Mark | None, ...]]
SETTLED_NANOSECONDS = 2_000_000_000
"""A change that follows another within one tick of the file system's clock leaves the same time; the coarsest clock in
use (FAT) ticks every 2 s. Until then folders are counted at each look."""

DELETED = "deleted"
"""In a folder that was deleted while somebody was at work in it, so that it is still there: the id under which it can
be brought back, nothing where it cannot."""


class FolderList(Generic[T]):
    """What stands in the folders of one folder; threads may share it.

    Args:
        parent: the folder around them; it need not exist.
        read: makes the value of one folder, None where it is not whole. Such folders, of which there are few,
            are read again at each look, and only they.
        order: by which values are sorted, the highest first.
    """

    def __init__(self, parent: Path, read: Callable[[Path], T | None], order: Callable[[T], float]) -> None:
        self._parent, self._read, self._order = parent, read, order
        self._known: dict[_Place, T] = {}  # replaced, renamed or changed: new
        self._values: tuple[T, ...] = ()
        self._not_whole: list[Path] = []
        self._time: int | None = None  # of the parent when it was looked through, None where it may have changed since
        self._mutex = threading.Lock()

    def values(self) -> tuple[T, ...]:
        """Of all folders that are whole. The very same tuple as before where nothing has changed for certain."""
        with self._mutex:
            try:
                changed = self._parent.stat().st_mtime_ns
                if changed != self._time or any(self._read(folder) is not None for folder in self._not_whole):
                    self._look_through(changed)
            except FileNotFoundError:
                self._known, self._values, self._not_whole, self._time = {}, (), [], None
            return self._values

    def _look_through(self, changed: int) -> None:
        begun = time.time_ns()
        found: dict[_Place, T] = {}
        not_whole = []
        with os.scandir(self._parent) as scan:
            for each in scan:
                if each.name.startswith("."):  # what is being made, and what only programs read
                    continue
                if is_deleted(each.path):
                    continue
                marks = tuple(file_mark(each.path, name) for name in CHANGING)
                place = (each.name, each.inode(), marks)
                value = self._known.get(place)
                if value is None and each.is_dir():
                    value = self._read(self._parent / each.name)
                    if value is None:
                        not_whole.append(self._parent / each.name)
                if value is not None:
                    found[place] = value
        self._known, self._not_whole = found, not_whole
        self._values = tuple(sorted(found.values(), key=self._order, reverse=True))
        self._time = changed if begun - changed > SETTLED_NANOSECONDS else None


def is_deleted(folder: Path | str) -> bool:
    """Whether a folder was deleted and is only waiting for whoever is at work in it: no list has it."""
    return os.path.exists(os.path.join(folder, DELETED))


def mark_deleted(folder: Path, an_id: str = "") -> None:
    """Take a folder out of every list. Raises OSError.

    Args:
        an_id: under which it can be brought back.
    """
    (folder / DELETED).write_text(an_id, encoding="utf-8")
    tell_of_change(folder)


def unmark_deleted(folder: Path) -> None:
    """Let a folder be in the lists again."""
    with suppress(OSError):
        (folder / DELETED).unlink()
        tell_of_change(folder)


def deleted_as(folder: Path) -> str:
    """The id that `mark_deleted` was given; "" where there is none."""
    try:
        return (folder / DELETED).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def tell_of_change(folder: Path) -> None:
    """Let every process that lists the folders beside this one look at all of them once more."""
    os.utime(folder.parent)
