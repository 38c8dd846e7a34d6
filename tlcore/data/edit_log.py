"""The edit log of a data set on disk: a line an edit, and which version is the current one.

datasets/<id>/edits.jsonl       a line for each edit that was ever made, with the number of the version that it made
datasets/<id>/head.json         the version that is current, those that can be redone, and what a list shows of it
datasets/<id>/edits/<number>/   what an edit brought along: photos.parquet, report.parquet and thumbnails
datasets/<id>/edits.lock        held while an edit is made

A line is written before the head that points to it, so a kill leaves the version before or the one after. What an edit
does to the rows is written down as it came out, so reading it decides nothing once more (replay.py).
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tlcore.checksums import DamagedFile, check_line, with_line_checksum
from tlcore.data.changes import Change, read_change
from tlcore.errors import UserError
from tlcore.listing import HEAD, tell_of_change
from tlcore.naming import Mark, file_mark
from tlcore.workspace import disk_error, read_json, write_json

LOG, LOCK = "edits.jsonl", "edits.lock"
LOCK_SECONDS = 60.0
MOST_LOG_BYTES = 64_000_000
"""Bytes of a log; with them no page gets slow, and nobody fills a disk by moving photos to and fro."""

TERMINAL, PYTHON = "terminal", "python"
"""As the name of who made an edit: the owner, by a command or with the Python package. No visitor is called so."""

_EDITOR: ContextVar[str | None] = ContextVar("editor", default=None)


@contextmanager
def edited_by(visitor: str) -> Iterator[None]:
    """Edits that are made in this block are this visitor's; "" for the owner's, or `TERMINAL` or `PYTHON`."""
    token = _EDITOR.set(visitor)
    try:
        yield
    finally:
        _EDITOR.reset(token)


@contextmanager
def edited_in_python() -> Iterator[None]:
    """Edits that are made in this block are made with the Python package, where no block around it says by whom."""
    by = editor()
    with edited_by(PYTHON if by is None else by):
        yield


def editor() -> str | None:
    """Whose edits are made here; None where nobody said."""
    return _EDITOR.get()


@dataclass(frozen=True)
class RowChange:
    """One value for some rows. `column`: "label", "split", "group" or "left_out"; `paths`: None for the entry's own."""

    column: str
    value: str | bool | None
    paths: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Entry:
    """A line of the log, in the order in which it is applied: what it brings, then `classes`, then `rows`.

    Attributes:
        version, before, made, change, paths: as of `changes.Edit`.
        brings: the checksums of the files in `edits/<version>/` by name, empty where it brought none.
        classes: the new name of each class that was called otherwise.
        rows: the values that single rows have since, a later one over an earlier.
        labels: the classes in their order; num_photos, parts, fingerprint: as of the version that it made.
        stored_photos, stored_bytes: how much the photos that it brought take.
        notes: sentences for the person about what it brought. data_ranges: of photos of more than 8 bits among it.
        by: as of `changes.Edit`.
    """

    version: int
    before: int
    made: float
    change: Change
    labels: tuple[str, ...]
    num_photos: int
    parts: Mapping[str, int]
    fingerprint: str
    paths: tuple[str, ...] = ()
    classes: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[RowChange, ...] = ()
    brings: Mapping[str, Any] = field(default_factory=dict)
    stored_photos: int = 0
    stored_bytes: int = 0
    notes: tuple[str, ...] = ()
    data_ranges: Mapping[str, Any] = field(default_factory=dict)
    by: str | None = None

    @property
    def has_report(self) -> bool:
        """Whether what it brought along came with a report."""
        return "report.parquet" in self.brings


@dataclass(frozen=True)
class Log:
    """All edits that were ever made, by the version that they made, and the paths of photos that are gone for good.

    `purged_bytes`: what the files of these took.
    """

    entries: Mapping[int, Entry] = field(default_factory=dict)
    purged: frozenset[str] = frozenset()
    purged_bytes: int = 0

    def chain(self, version: int) -> tuple[Entry, ...]:
        """The edits that lead from the data set as imported to a version, in their order.

        Raises:
            DamagedFile: one of them is not in the log.
        """
        found: list[Entry] = []
        while version != 1:
            if version not in self.entries:
                raise DamagedFile(f"{LOG} has no whole line for version {version}.")
            found.append(self.entries[version])
            version = found[-1].before
        return tuple(reversed(found))

    def has(self, version: int) -> bool:
        """Whether a version can be made of what the log says."""
        try:
            self.chain(version)
        except DamagedFile:
            return False
        return True

    @property
    def stored_photos(self) -> int:
        """How many more photos there are than were imported, those of all versions together."""
        return sum(each.stored_photos for each in self.entries.values()) - len(self.purged)

    @property
    def stored_bytes(self) -> int:
        """How many more bytes their files take."""
        return sum(each.stored_bytes for each in self.entries.values()) - self.purged_bytes

    @property
    def next_version(self) -> int:
        return max(self.entries, default=1) + 1


@dataclass(frozen=True)
class Head:
    """Which version is current. `redo`: the versions that were undone, the one to be redone first in front."""

    version: int = 1
    redo: tuple[int, ...] = ()


def read_log(folder: Path) -> Log:
    """The log of the data set in a folder; a line that is not whole is passed over. Raises OSError."""
    try:
        size = (folder / LOG).stat().st_size  # two edits within a tick of the clock leave the same time
    except OSError:
        size = 0
    return _read_log(folder, file_mark(folder, LOG), size)


@lru_cache(maxsize=32)
def _read_log(folder: Path, _mark: Mark | None, _size: int) -> Log:
    try:
        return parse_log((folder / LOG).read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return Log()


def parse_log(text: str) -> Log:
    """The log in a text; a line that is not whole is passed over."""
    entries: dict[int, Entry] = {}
    purged: set[str] = set()
    purged_bytes = 0
    for line in text.split("\n"):
        values = _values(line)
        if "purged" in values:
            purged.update(map(str, values["purged"]))
            purged_bytes += int(values.get("bytes", 0))
            continue
        entry = _entry(values)
        if entry is not None:
            entries[entry.version] = entry
    return Log(entries, frozenset(purged), purged_bytes)


def _values(line: str) -> dict[str, Any]:
    """The object in a line; empty where the line is not what was written."""
    try:
        check_line(line)
        values = json.loads(line)
    except ValueError:
        return {}
    return values if isinstance(values, dict) and "crc" in values else {}


def _entry(values: Mapping[str, Any]) -> Entry | None:
    """The edit that a line tells of; None where another version of this program wrote what this one does not know."""
    try:
        change = read_change(values["change"])
        if change is None:
            return None
        return Entry(
            int(values["version"]),
            int(values["before"]),
            float(values["made"]),
            change,
            tuple(values["labels"]),
            int(values["num_photos"]),
            dict(values["parts"]),
            str(values["fingerprint"]),
            tuple(values["paths"]),
            dict(values["classes"]),
            tuple(
                RowChange(each["column"], each["value"], None if each["paths"] is None else tuple(each["paths"]))
                for each in values["rows"]
            ),
            dict(values["brings"]),
            int(values["stored_photos"]),
            int(values["stored_bytes"]),
            tuple(values.get("notes", ())),
            dict(values.get("data_ranges", {})),
            values["by"] if isinstance(values.get("by"), str) else None,
        )
    except (KeyError, TypeError, ValueError):
        return None


def append(folder: Path, entry: Entry) -> None:
    """Add an edit to the log. It counts when `point` made it current.

    Raises:
        UserError: the log is full, or the disk says no.
    """
    if log_bytes(folder) > MOST_LOG_BYTES:
        raise UserError(
            "These photos were changed too often: their history is full.",
            "Undo changes, or download the photos and import them as a new data set.",
        )
    _append(folder / LOG, _line(entry_values(entry)))


def entry_values(entry: Entry) -> dict[str, Any]:
    """An edit as plain values for JSON."""
    values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    return values | {"change": vars(entry.change), "rows": [vars(each) for each in entry.rows]}


def dump_log(log: Log) -> bytes:
    """The file of a whole log, its edits in the order of their versions."""
    lines = [_line(entry_values(log.entries[version])) for version in sorted(log.entries)]
    if log.purged:
        lines.append(_line({"purged": sorted(log.purged), "bytes": log.purged_bytes}))
    return b"".join(lines)


def log_bytes(folder: Path) -> int:
    """How many bytes the log of the data set in a folder takes."""
    try:
        return (folder / LOG).stat().st_size
    except OSError:
        return 0


def append_purged(folder: Path, paths: tuple[str, ...], num_bytes: int) -> None:
    """Note that photos have gone for good, and what their files took; no version has them from then on."""
    _append(folder / LOG, _line({"purged": paths, "bytes": num_bytes}))


def _line(values: dict[str, Any]) -> bytes:
    line = with_line_checksum(json.dumps(values, ensure_ascii=False)) + "\n"
    return line.encode("utf-8", "surrogatepass")


def _append(path: Path, data: bytes) -> None:
    """Add a line whole or not at all, on a line of its own even after one that a kill left half-written."""
    try:
        with open(path, "a+b", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - 1))
            data = (b"" if file.read(1) in (b"", b"\n") else b"\n") + data
            written = file.write(data)
            if written < len(data):
                file.truncate(end)
                raise OSError(28, "No space left on device", str(path))
            os.fsync(file.fileno())
    except OSError as error:
        raise disk_error(path, error) from error


def read_head(folder: Path) -> Head:
    """Which version of the data set in a folder is current; of a damaged log the newest that is whole."""
    try:
        values = read_json(folder / HEAD)
        head = Head(int(values["version"]), tuple(map(int, values["redo"])))
    except FileNotFoundError:
        return Head()
    except (OSError, ValueError, KeyError, TypeError):
        head = Head(0)
    log = read_log(folder)
    if log.has(head.version):
        return head
    return Head(max((each for each in log.entries if log.has(each)), default=1))


def point(folder: Path, head: Head) -> None:
    """Make a version that is in the log the current one, in one step; lists show it from then on.

    Raises:
        UserError: the disk says no.
    """
    values, log = read_json(folder / "dataset.json"), read_log(folder)
    made = log.entries.get(head.version)
    shown = {name: values[name] for name in ("num_photos", "labels", "parts") if name in values}
    if made is not None:
        shown = {"num_photos": made.num_photos, "labels": list(made.labels), "parts": dict(made.parts)}
    stored = {
        "stored_photos": values["num_photos"] + log.stored_photos,
        "bytes": int(values.get("bytes", 0)) + log.stored_bytes + log_bytes(folder),
    }
    try:
        tell_of_change(folder)  # before, too: after a kill in between nobody must take his list for the newest
        write_json(folder / HEAD, {"version": head.version, "redo": list(head.redo), **shown, **stored})
        tell_of_change(folder)
    except OSError as error:
        raise disk_error(folder / HEAD, error) from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the log of a data set: edits of two processes are made one after the other.

    Raises:
        UserError: somebody else holds it for too long, or the data set is gone.
    """
    lock = FileLock(folder / LOCK, timeout=LOCK_SECONDS)
    try:
        if not folder.is_dir():  # a lock would make it again
            raise FileNotFoundError(2, "No such file or directory", str(folder))
        lock.acquire()
    except Timeout as error:
        raise UserError("These photos are being changed by someone else just now.", "Try again in a moment.") from error
    except OSError as error:
        raise disk_error(folder / LOCK, error) from error
    try:
        yield
    finally:
        lock.release()
