"""Reading a project file that anybody may have made: nothing it claims is believed.

All members are known by name, counted, measured and held against `files.json` before anything is made of them; each is
read up to its limit, and nothing is ever written under a name that stands in the zip.
"""

import hashlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tlcore.checksums import parse_json
from tlcore.errors import UserError
from tlcore.features.memory import free_memory
from tlcore.projects.contents import FILES, FORMAT, HEAD, MOST_MEMBERS, VERSION, ProjectHead, most_bytes
from tlcore.serving.bundle_files import MAX_RATIO, SMALL

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCAL, _LOCAL_BYTES = b"PK\x03\x04", 30
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_TAIL_BYTES = 70_000  # the end of the table of contents, with the longest comment
MOST_DIRECTORY_BYTES = 64_000_000
"""Of the zip's table of contents, of which Python makes objects before anything can be asked: 130 bytes a photo."""
MOST_PREVIEWED_BYTES, MOST_HEAD_BYTES = 5_000_000, 1_000_000  # while a page is made

NEW_VERSION = "This project was saved by a newer version of Transfer Lab."
_DAMAGED = (
    *(OSError, EOFError, KeyError, ValueError, TypeError, RuntimeError, OverflowError, MemoryError, RecursionError),
    *(zipfile.BadZipFile, zlib.error, struct.error, AttributeError, IndexError),
)


def is_project(path: Path) -> bool:
    """Whether a file says that it is a project; reads its first bytes only."""
    try:
        with open(path, "rb") as file:
            start = file.read(_LOCAL_BYTES + len(HEAD))
    except OSError:
        return False
    return start[:4] == _LOCAL and start[_LOCAL_BYTES:] == HEAD.encode()


def preview_project(path: Path) -> ProjectHead | None:
    """What a project file says of itself; None where it is none, or a look at it takes too long for a page."""
    try:
        if not is_project(path):
            return None
        _check_directory(path, MOST_PREVIEWED_BYTES)
        with zipfile.ZipFile(path) as archive, archive.open(HEAD) as file:
            return ProjectHead.from_dict(parse_json(file.read(MOST_HEAD_BYTES)))
    except _DAMAGED:  # opening it will say why
        return None


@contextmanager
def refusing_damage(name: str) -> Iterator[None]:
    """Whatever a file that is not what it should be raises becomes the sentence that says so."""
    try:
        yield
    except _DAMAGED as error:
        raise damaged(name) from error


def damaged(name: str) -> UserError:
    """The error for a project file in which something is not as it was saved."""
    return UserError(f"“{name}” is damaged or was changed.", "Get a new copy of the project. Nothing was opened.")


def _check_directory(path: Path, most: int) -> None:
    """Look at how large the table of contents is before Python reads it. Raises ValueError."""
    if not is_project(path):
        raise ValueError("It is no project.")
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
    large, end = tail.rfind(_END_64), tail.rfind(_END)
    if end < 0:
        raise ValueError("It is cut off.")
    counted = tail[large + 40 : large + 48] if large >= 0 else tail[end + 12 : end + 16]
    if int.from_bytes(counted, "little") > most:
        raise ValueError("It contains far too many files.")


class ProjectFile:
    """A project file whose members are known and fit one another; use it as a context.

    Attributes:
        name: of the file, for sentences. head: what `project.json` says.

    Raises:
        UserError: it is no project, damaged, of a newer version, or has something in it that no project has.
    """

    def __init__(self, path: Path, name: str = "") -> None:
        self.name = name or path.name
        with refusing_damage(self.name):
            _check_directory(path, MOST_DIRECTORY_BYTES)
            self._archive = zipfile.ZipFile(path)
        try:
            with refusing_damage(self.name):
                self._entries = self._list()
                self.head = self._read_head()
                self._checksums = self._read_checksums()
        except BaseException:
            self._archive.close()
            raise

    def __enter__(self) -> "ProjectFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._archive.close()

    def names(self, start: str = "") -> list[str]:
        """The members whose name begins so, sorted; without `files.json`."""
        return sorted(name for name in self._checksums if name.startswith(start))

    def has(self, name: str) -> bool:
        return name in self._entries

    def size(self, name: str) -> int:
        """Bytes of a member."""
        return self._entries[name].file_size

    @property
    def num_bytes(self) -> int:
        """Bytes of all members together."""
        return sum(entry.file_size for entry in self._entries.values())

    def read(self, name: str) -> bytes:
        """The content of a member, which is what was saved. Raises UserError."""
        with refusing_damage(self.name):
            data = self._unpack(self._entries[name])
            checksum = self._checksums[name]
            if len(data) != checksum["bytes"] or hashlib.sha256(data).hexdigest() != checksum["sha256"]:
                raise ValueError(f"{name} is not what was saved")
            return data

    def read_json(self, name: str) -> Any:
        """The value in a member that is JSON. Raises UserError."""
        data = self.read(name)
        with refusing_damage(self.name):
            return parse_json(data)

    def _list(self) -> dict[str, zipfile.ZipInfo]:
        """The entries by name, all of them such as a project has. Raises UserError or ValueError."""
        entries = self._archive.infolist()
        found = {entry.filename: entry for entry in entries}
        if len(found) != len(entries) or len(entries) > MOST_MEMBERS:
            raise ValueError("A name stands there twice, or there are too many.")
        for name, entry in found.items():
            limit = most_bytes(name)
            is_link = stat.S_ISLNK(entry.external_attr >> 16)
            if limit is None or is_link or entry.flag_bits & 0x1 or entry.compress_type not in _METHODS:
                shown = name.encode("ascii", "replace").decode()[:80]
                raise UserError(
                    f"“{self.name}” contains “{shown}”, which no project contains.", "Get a new copy of the project."
                )
            shrunk = entry.file_size > SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size)
            if entry.file_size > limit or shrunk or entry.file_size > max(SMALL, free_memory() // 2):
                raise UserError(f"“{name[:80]}” in “{self.name}” is too large.", "Get a new copy of the project.")
        return found

    def _unpack(self, entry: zipfile.ZipInfo) -> bytes:
        with self._archive.open(entry) as file:
            data = file.read(entry.file_size + 1)
        if len(data) != entry.file_size:
            raise ValueError(f"{entry.filename} has another length than the zip says")
        return data

    def _read_head(self) -> ProjectHead:
        values = parse_json(self._unpack(self._entries[HEAD]))
        if values["format"] == FORMAT and type(values["version"]) is int and values["version"] > VERSION:
            raise UserError(NEW_VERSION, "Install the newest version, and open it there.")
        return ProjectHead.from_dict(values)

    def _read_checksums(self) -> dict[str, Any]:
        values = parse_json(self._unpack(self._entries[FILES]))["files"]
        if set(values) != set(self._entries) - {FILES}:
            raise ValueError("It has other members than it says.")
        return dict(values)
