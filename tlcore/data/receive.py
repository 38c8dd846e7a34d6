"""Uploads as they come over the network: a slice at a time to the disk, whole files into an upload area's index.

    incoming/<id>/upload.key         who holds it may send files into this area
    incoming/<id>/0-<file id>.part   a file that is not whole yet

A file counts from the moment its line stands in the index (incoming.py), which is written after its bytes: a kill at
any moment leaves a `.part` that can be gone on with, and never half a file that counts. A browser that got no answer
sends again what it sent; the id that it gave the file tells that it is the same.
"""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from tlcore.data.incoming import append_index, area_folder, file_path, index_row, last_number, locked, read_index
from tlcore.errors import UserError
from tlcore.settings import Limits
from tlcore.workspace import Workspace, disk_error

LEFT_SECONDS = 30
"""After so long without a byte another upload may take the place of a half-sent file: its tab was closed."""

_FILE_ID = re.compile(r"([0-9a-f]{16})-([0-9]{1,7})")
_MARK = re.compile(r"|[0-9a-f]{16}")
_KEY = "upload.key"


class SentFile(NamedTuple):
    """A file as the browser describes it.

    Attributes:
        id: sixteen hex digits, the same for all that was chosen at once, and the number in there: "…-12".
        name: see `incoming.add_files`, as is `label`.
        size: bytes of the whole file.
        sha256: of the content; "" where it came in several slices.
        group: sixteen hex digits, the same for the photos of a camera's burst; "" for none.
        by: sixteen hex digits, the same for all that one page or device sends; "" where it does not matter.
    """

    id: str
    name: str
    label: str | None
    size: int
    sha256: str = ""
    group: str = ""
    by: str = ""


class Usage(NamedTuple):
    """What an upload area holds, half-sent files included."""

    files: int
    size: int


class OutOfOrder(Exception):
    """What comes does not go on where the file ends so far, at byte `have`."""

    def __init__(self, have: int) -> None:
        super().__init__(have)
        self.have = have


def check_file_id(file_id: object) -> str:
    """The id, where it can be one. Raises ValueError."""
    if not isinstance(file_id, str) or not _FILE_ID.fullmatch(file_id):
        raise ValueError("not the id of a file")
    return file_id


def check_mark(mark: object) -> str:
    """What marks a burst or a sender, where it can be such a mark, or "". Raises ValueError."""
    if not isinstance(mark, str) or not _MARK.fullmatch(mark):
        raise ValueError("not the mark of a burst or a sender")
    return mark


def upload_key(workspace: Workspace, incoming_id: str) -> str:
    """What the browser has to show to send files into this area; made when it is asked for the first time.

    Raises:
        UserError: there is no such upload area, or the disk cannot be written.
    """
    path = area_folder(workspace, incoming_id) / _KEY
    with locked(path.parent):
        with suppress(OSError):
            if key := path.read_text(encoding="ascii"):
                return key
        try:
            with open(path, "w", encoding="ascii", opener=_private) as file:
                file.write(key := secrets.token_urlsafe(32))
        except OSError as error:
            raise disk_error(path, error) from error
    return key


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def is_key(workspace: Workspace, incoming_id: str, key: str) -> bool:
    """Whether this is the key of the area; False too where there is no such area, or nobody asked for its key."""
    try:
        kept = (area_folder(workspace, incoming_id) / _KEY).read_bytes()
    except (UserError, OSError):
        return False
    return bool(kept) and secrets.compare_digest(kept, key.encode("utf-8", "replace"))


def usage(workspace: Workspace, incoming_id: str) -> Usage:
    """How many files an area holds and how many bytes, those that are half sent included.

    Raises:
        UserError: there is no such upload area.
    """
    folder = area_folder(workspace, incoming_id)
    rows = {row["number"]: row["bytes"] for row in read_index(folder)}
    parts = [_size(part) for part in folder.glob("*.part")]
    return Usage(len(rows) + len(parts), sum(rows.values()) + sum(parts))


def arrived(workspace: Workspace, incoming_id: str, batch: str) -> list[int]:
    """The numbers of the files that were chosen at once and stand in the index.

    Args:
        batch: the sixteen hex digits that their ids begin with.
    """
    found = (_FILE_ID.fullmatch(row.get("id", "")) for row in read_index(area_folder(workspace, incoming_id)))
    return sorted({int(match[2]) for match in found if match and match[1] == batch})


class Part:
    """A file that is being sent: `write` what comes, then `close`.

    Args:
        offset: where in the file the slice begins. A slice that was sent before is written over.

    Raises:
        OutOfOrder: what lies before the slice has not come yet.
        UserError: there is no such upload area, or the disk cannot be written.
    """

    def __init__(self, workspace: Workspace, incoming_id: str, file_id: str, offset: int) -> None:
        folder = area_folder(workspace, incoming_id)
        self.path = _part_path(folder, file_id)
        have = _size(self.path)
        if offset > have:
            raise OutOfOrder(have)
        self._hash = hashlib.sha256() if offset == 0 else None
        try:
            self._file: BinaryIO = open(self.path, "r+b" if have else "wb")  # noqa: SIM115 (closed in `close`)
            if have > offset:
                self._file.truncate(offset)
            self._file.seek(offset)
        except OSError as error:
            raise disk_error(self.path, error) from error

    def write(self, data: bytes) -> None:
        """Add bytes. Raises UserError when the disk is full; what was sent of the file is gone then."""
        try:
            self._file.write(data)
        except OSError as error:
            self.drop()
            raise disk_error(self.path, error) from error
        if self._hash is not None:
            self._hash.update(data)

    @property
    def sha256(self) -> str:
        """Of what was written, "" where that was not the file from its beginning."""
        return self._hash.hexdigest() if self._hash is not None else ""

    def drop(self) -> None:
        """Forget what was sent of the file."""
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Put the bytes on the disk; nothing to do after `drop`. Raises UserError when the disk is full."""
        if self._file.closed:
            return
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            self.drop()
            raise disk_error(self.path, error) from error


def received(workspace: Workspace, incoming_id: str, file_id: str) -> int:
    """How many bytes of a file are there that is not whole yet."""
    return _size(_part_path(area_folder(workspace, incoming_id), file_id))


def drop_left_parts(workspace: Workspace, incoming_id: str, batch: str) -> None:
    """Forget half-sent files of other batches that nobody goes on with, to make room."""
    oldest = time.time() - LEFT_SECONDS
    for part in area_folder(workspace, incoming_id).glob("*.part"):
        with suppress(FileNotFoundError):
            if not part.name.startswith(f"0-{batch}-") and part.stat().st_mtime < oldest:
                part.unlink()


def commit(workspace: Workspace, incoming_id: str, files: Sequence[SentFile], limits: Limits) -> list[str]:
    """Let files count whose bytes are all there; returns the ids of those that stand in the index now.

    Of a file with name, class and content of one that is there already no second copy is kept. Where not all of them
    fit, the first ones are kept; the bytes of the others are gone.

    Raises:
        OutOfOrder: the bytes of a file are not all there; none of the files count.
        UserError: there is no such area, or the disk cannot be written.
    """
    folder = area_folder(workspace, incoming_id)
    parts = {file.id: _part_path(folder, file.id) for file in files}
    try:
        with locked(folder):
            index = _Index(read_index(folder), limits)
            for file in files:
                if file.id not in index.ids and not index.take(file, parts[file.id]):
                    break
            for file_id, number in index.new_files.items():
                os.replace(parts[file_id], file_path(workspace, incoming_id, number))
            append_index(folder, index.new_rows)
    except OSError as error:
        raise disk_error(folder, error) from error
    for part in parts.values():
        part.unlink(missing_ok=True)  # of a file that was there already, or does not fit
    return [file.id for file in files if file.id in index.ids]


class _Index:
    """What stands in the index, and what comes to it."""

    def __init__(self, rows: list[dict[str, Any]], limits: Limits) -> None:
        self.ids = {row.get("id") for row in rows}
        self.new_rows: list[dict[str, Any]] = []
        self.new_files: dict[str, int] = {}
        self._limits = limits
        self._sizes = {row["number"]: row["bytes"] for row in rows}
        self._last, self._total = last_number(rows), sum(self._sizes.values())
        self._twins = {_content(row): row["number"] for row in rows if row.get("sha256")}

    def take(self, file: SentFile, part: Path) -> bool:
        """Add a line for a file whose bytes are all there; False where it does not fit. Raises OutOfOrder."""
        row = index_row(self._last + 1, file.name, file.label, file.size) | {"id": file.id, "sha256": file.sha256}
        row |= {name: mark for name, mark in (("group", file.group), ("by", file.by)) if mark}
        twin = self._twins.get(_content(row)) if file.sha256 else None
        if twin is not None:
            row["number"] = twin
        elif not part.exists() or _size(part) != file.size:
            raise OutOfOrder(_size(part))
        elif beyond(self._limits, len(self._sizes) + 1, self._total + file.size):
            return False
        else:
            self._last += 1
            self._total += file.size
            self._sizes[self._last] = file.size
            self._twins[_content(row)] = self._last
            self.new_files[file.id] = self._last
        self.new_rows.append(row)
        self.ids.add(file.id)
        return True


def beyond(limits: Limits, files: int, size: int) -> UserError | None:
    """The sentence for an area that would hold more files or bytes than is allowed; None where it may."""
    if limits.dataset_photos and files > limits.dataset_photos:
        return UserError(
            f"This server allows at most {limits.dataset_photos:,} files in one data set.",
            "Import the photos that arrived, or remove some and upload others.",
        )
    if limits.upload_mb and size > limits.upload_mb * 1e6:
        return UserError(
            f"This server allows at most {limits.upload_mb:,.0f} MB in one data set.",
            "Import the photos that arrived, or upload smaller ones.",
        )
    return None


def _content(row: dict[str, Any]) -> tuple[str, str, str | None]:
    return row["sha256"], row["name"], row["label"]


def _part_path(folder: Path, file_id: str) -> Path:
    return folder / f"0-{check_file_id(file_id)}.part"  # a digit first, as every file of a person has in there


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
