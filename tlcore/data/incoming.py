"""Uploads that are not a data set yet: one folder a visitor, numbered files, their names beside them.

    incoming/<id>/000001.bin    the bytes as they came
    incoming/<id>/index.jsonl   a line a file: number, name, label, bytes
    incoming/<id>/owner.json    the public name of the visitor whose it is, where there is one

No name that a person gave ever becomes a path. What the files are is found out when a data set is made of them.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from filelock import FileLock

from tlcore.data.names import clean_label, clean_path
from tlcore.errors import UserError
from tlcore.workspace import Workspace, disk_error, new_id, read_json, write_atomic, write_json

_ID = re.compile(r"incoming-[0-9a-f]{16}")
OWNER = "owner.json"
_COLUMNS = ["number", "name", "label", "bytes"]


class Upload(NamedTuple):
    """A file as it came. `label`: None where folders tell the class; `size`: bytes."""

    number: int
    name: str
    label: str | None
    size: int


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
        return str(read_json(_folder(workspace, incoming_id) / OWNER)["visitor"])
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
    folder = _folder(workspace, incoming_id)
    numbers, lines = [], []
    with _locked(folder):
        number = max((row["number"] for row in _rows(folder)), default=0)
        try:
            for name, data, label in files:
                number += 1
                file_path(workspace, incoming_id, number).write_bytes(data)
                row = {
                    "number": number,
                    "name": _shown_name(name, whole_path=label is None),
                    "label": None if label is None else clean_label(label),
                    "bytes": len(data),
                }
                lines.append(json.dumps(row, ensure_ascii=False) + "\n")
                numbers.append(number)
            with open(folder / "index.jsonl", "a", encoding="utf-8") as index:
                # The break ends the torn line of a process that was killed. Only what stands in here counts.
                index.write("\n" + "".join(lines))
        except OSError as error:
            raise disk_error(folder, error) from error
    return numbers


def _shown_name(name: str, whole_path: bool) -> str:
    """The name of a file, with its folders only where these tell the class."""
    parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))
    return clean_path(parts if whole_path else parts[-1:]) or "unnamed"


def list_uploads(workspace: Workspace, incoming_id: str) -> list[Upload]:
    """The files, as they came.

    Raises:
        UserError: there is no such upload area.
    """
    rows = _rows(_folder(workspace, incoming_id))
    return [Upload(row["number"], row["name"], row["label"], row["bytes"]) for row in rows]


def summary(workspace: Workspace, incoming_id: str) -> pd.DataFrame:
    """A row a file, as they came: number, name, label (None where folders tell it), bytes.

    Raises:
        UserError: there is no such upload area.
    """
    rows = list_uploads(workspace, incoming_id)
    frame = pd.DataFrame(rows, columns=_COLUMNS, dtype=object)  # or pandas would make None a float
    return frame.astype({"number": "int64", "bytes": "int64"})


def file_path(workspace: Workspace, incoming_id: str, number: int) -> Path:
    """Where the bytes of a file lie."""
    return _folder(workspace, incoming_id) / f"{int(number):06d}.bin"


def read_file(workspace: Workspace, incoming_id: str, number: int) -> bytes:
    """The bytes of a file.

    Raises:
        UserError: it was removed.
    """
    try:
        return file_path(workspace, incoming_id, number).read_bytes()
    except OSError as error:
        raise UserError(f"The uploaded file {number} is gone.", "Upload it again.") from error


def remove_file(workspace: Workspace, incoming_id: str, number: int) -> None:
    """Forget one file."""
    _keep(workspace, incoming_id, lambda row: row["number"] != number)


def remove_class(workspace: Workspace, incoming_id: str, label: str | None) -> None:
    """Forget all files of a class (None: the zips)."""
    _keep(workspace, incoming_id, lambda row: row["label"] != label)


def clear(workspace: Workspace, incoming_id: str) -> None:
    """Forget everything and the upload area itself; fine when it is gone already."""
    if _ID.fullmatch(incoming_id):
        shutil.rmtree(workspace.incoming / incoming_id, ignore_errors=True)


def _folder(workspace: Workspace, incoming_id: str) -> Path:
    folder = workspace.incoming / incoming_id
    if not _ID.fullmatch(incoming_id) or not folder.is_dir():  # an id may come out of a URL
        raise UserError("These uploads are gone.", "Upload the photos again.")
    return folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time: a visitor's browser may send several files at once."""
    with FileLock(folder / ".lock"):
        yield


def _rows(folder: Path) -> list[dict[str, Any]]:
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
    folder = _folder(workspace, incoming_id)
    with _locked(folder):
        rows = _rows(folder)
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows if wanted(row)]
        write_atomic(folder / "index.jsonl", "".join(lines).encode("utf-8"))
        for row in rows:
            if not wanted(row):
                file_path(workspace, incoming_id, row["number"]).unlink(missing_ok=True)
