"""Uploads that are not a data set yet: one folder a visitor, numbered files, their names beside them.

    incoming/<id>/000001.bin    the bytes as they came
    incoming/<id>/index.jsonl   a line a file: number, name, label, bytes; of one that a browser sent also
                                the id that it gave the file, the sha256, and which page sent it (by); of one of a
                                camera's burst its group
    incoming/<id>/owner.json    the public name of the visitor whose it is, where there is one
    incoming/<id>/classes.json  what the classes are called (upload_classes.py)
    incoming/<id>/unsent.json   what was chosen for the upload and never came (unsent.py)

No name that a person gave ever becomes a path. What the files are is found out when a data set is made of them. How
large files come in a slice at a time stands in receive.py.
"""

import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from filelock import FileLock, Timeout

from tlcore.data.names import clean_label, clean_path
from tlcore.errors import UserError
from tlcore.workspace import Workspace, discard, disk_error, new_id, read_json, write_atomic, write_json

_ID = re.compile(r"incoming-[0-9a-f]{16}")
OWNER, UNSENT = "owner.json", "unsent.json"
_HOLDER = ".held-"
_COLUMNS = ["number", "name", "label", "bytes"]


class Upload(NamedTuple):
    """A file as it came. `label`: None where folders tell the class; `size`: bytes; `group`: of a burst, or ""."""

    number: int
    name: str
    label: str | None
    size: int
    group: str = ""


def new_incoming(workspace: Workspace, visitor: str = "") -> str:
    """Make an empty upload area and return its id.

    Args:
        visitor: the public name of whose it is; "" for nobody's.

    Raises:
        UserError: the workspace cannot be written.
    """
    incoming_id = new_id("incoming")
    folder = workspace.incoming / incoming_id
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise disk_error(folder, error) from error
    if visitor:
        write_json(folder / OWNER, {"visitor": visitor})
    return incoming_id


def owner(workspace: Workspace, incoming_id: str) -> str:
    """The public name of the visitor whose upload area it is, "" for nobody's.

    Raises:
        UserError: there is no such upload area.
    """
    try:
        return str(read_json(area_folder(workspace, incoming_id) / OWNER)["visitor"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def add_file(workspace: Workspace, incoming_id: str, name: str, data: bytes, label: str | None) -> int:
    """Keep one uploaded file; returns its number. See `add_files`."""
    return add_files(workspace, incoming_id, [(name, data, label)])[0]


def add_files(workspace: Workspace, incoming_id: str, files: Iterable[tuple[str, bytes, str | None]]) -> list[int]:
    """Keep uploaded files; returns their numbers. A kill loses at most the files of this call.

    Args:
        files: (name, content, label) each. name: what the person's computer calls it; only shown. Of a file in an
            uploaded folder, its path in there. label: the class it belongs to, or None where folders tell the
            classes: those in a zip, or those in the name.

    Raises:
        UserError: there is no such upload area, or the disk is full.
    """
    folder = area_folder(workspace, incoming_id)
    rows = []
    with locked(folder):
        number = last_number(read_index(folder))
        try:
            for name, data, label in files:
                number += 1
                file_path(workspace, incoming_id, number).write_bytes(data)
                rows.append(index_row(number, name, label, len(data)))
            append_index(folder, rows)
        except OSError as error:
            raise disk_error(folder, error) from error
    return [row["number"] for row in rows]


def index_row(number: int, name: str, label: str | None, size: int) -> dict[str, Any]:
    """The line of a file in the index: its name with folders only where these tell the class (`label` is None)."""
    parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))
    return {
        "number": number,
        "name": clean_path(parts if label is None else parts[-1:]) or "unnamed",
        "label": None if label is None else clean_label(label),
        "bytes": size,
    }


def append_index(folder: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Add lines to the index, whose files lie in place. Only what stands in here counts, so it is on the disk now."""
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    with open(folder / "index.jsonl", "a", encoding="utf-8") as index:
        index.write("\n" + "".join(lines))  # the break ends the torn line of a process that was killed
        index.flush()
        os.fsync(index.fileno())


def last_number(rows: Iterable[dict[str, Any]]) -> int:
    """The highest number that was given to a file."""
    return max((row["number"] for row in rows), default=0)


def list_uploads(workspace: Workspace, incoming_id: str) -> list[Upload]:
    """The files, as they came.

    Raises:
        UserError: there is no such upload area.
    """
    rows = {row["number"]: row for row in read_index(area_folder(workspace, incoming_id))}  # sent twice, kept once
    return [
        Upload(row["number"], row["name"], row["label"], row["bytes"], row.get("group", "")) for row in rows.values()
    ]


def summary(workspace: Workspace, incoming_id: str) -> pd.DataFrame:
    """A row a file, as they came: number, name, label (None where folders tell it), bytes.

    Raises:
        UserError: there is no such upload area.
    """
    rows = [each[: len(_COLUMNS)] for each in list_uploads(workspace, incoming_id)]
    frame = pd.DataFrame(rows, columns=_COLUMNS, dtype=object)  # or pandas would make None a float
    return frame.astype({"number": "int64", "bytes": "int64"})


def file_path(workspace: Workspace, incoming_id: str, number: int) -> Path:
    """Where the bytes of a file lie."""
    return area_folder(workspace, incoming_id) / f"{int(number):06d}.bin"


def read_file(workspace: Workspace, incoming_id: str, number: int) -> bytes:
    """The bytes of a file.

    Raises:
        UserError: it was removed.
    """
    try:
        return file_path(workspace, incoming_id, number).read_bytes()
    except OSError as error:
        raise UserError(f"The uploaded file {number} is no longer there.", "Upload it again.") from error


def remove_class(workspace: Workspace, incoming_id: str, label: str | None) -> None:
    """Forget all files of a class (None: the zips)."""
    _keep(workspace, incoming_id, lambda row: row["label"] != label)


@contextmanager
def held(workspace: Workspace, incoming_id: str) -> Iterator[None]:
    """Work with the uploads: as long as this process lives and is in here, nobody cleans them away.

    Raises:
        UserError: they are gone, or the disk is full.
    """
    path = area_folder(workspace, incoming_id) / f"{_HOLDER}{secrets.token_hex(4)}.lock"
    lock = FileLock(path, thread_local=False)  # a job may be closed by another thread than began it
    try:
        lock.acquire()
    except OSError as error:
        raise disk_error(path, error) from error
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):
            path.unlink(missing_ok=True)


def is_held(folder: Path) -> bool:
    """Whether a living process works with the uploads in a folder."""
    for path in folder.glob(f"{_HOLDER}*.lock"):
        try:
            with FileLock(path, timeout=0):
                pass
        except Timeout:
            return True
    return False


def remove_sent(workspace: Workspace, incoming_id: str, ids: Collection[str]) -> None:
    """Forget the files to which a browser gave these ids (`receive.SentFile.id`)."""
    _keep(workspace, incoming_id, lambda row: row.get("id") not in ids)


def remove_imported(workspace: Workspace, incoming_id: str, numbers: Collection[int]) -> None:
    """After a data set was made of these files: forget them, and the upload area with them unless more have come.

    Raises:
        UserError: the upload area is gone, or the disk is full.
    """
    _keep(workspace, incoming_id, lambda row: row["number"] not in numbers)
    folder = area_folder(workspace, incoming_id)
    (folder / UNSENT).unlink(missing_ok=True)  # it stands in the report of the data set
    with locked(folder):
        if not read_index(folder) and not any(folder.glob("*.part")):  # one may be on its way
            discard(workspace, folder)


def clear(workspace: Workspace, incoming_id: str) -> None:
    """Forget everything and the upload area itself; fine when it is gone already."""
    if _ID.fullmatch(incoming_id):
        shutil.rmtree(workspace.incoming / incoming_id, ignore_errors=True)


def area_folder(workspace: Workspace, incoming_id: str) -> Path:
    """The folder of an upload area. Raises UserError when there is none, or the id is none."""
    folder = workspace.incoming / incoming_id
    if not _ID.fullmatch(incoming_id) or not folder.is_dir():  # an id may come out of a URL
        raise UserError("These uploads are no longer there.", "Upload the photos again.")
    return folder


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One writer at a time: a visitor's browser may send several files at once."""
    with FileLock(folder / ".lock"):
        yield


def read_index(folder: Path) -> list[dict[str, Any]]:
    """The lines of the index; a file that was sent twice has two of them, with one number."""
    try:
        lines = (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    rows = []
    for line in lines:
        try:
            rows.append(json.loads(line))
        except ValueError:  # empty, or the torn line of a process that was killed
            continue
    return rows


def _keep(workspace: Workspace, incoming_id: str, wanted: Callable[[dict[str, Any]], bool]) -> None:
    folder = area_folder(workspace, incoming_id)
    with locked(folder):
        rows = read_index(folder)
        staying = [row for row in rows if wanted(row)]
        if len(staying) == len(rows):  # a page says the same again and again
            return
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in staying]
        write_atomic(folder / "index.jsonl", "".join(lines).encode("utf-8"))
        kept = {row["number"] for row in staying}  # a file that was sent twice lies there once
        for row in rows:
            if row["number"] not in kept:
                file_path(workspace, incoming_id, row["number"]).unlink(missing_ok=True)
