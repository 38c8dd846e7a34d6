"""Zips as sources of photos. Nothing in here trusts a name, a size or a type that an archive claims.

No entry is ever written under its own name: entries are read into memory, one at a time and only up to a limit, and
kept by whoever reads them under their hash.
"""

import hashlib
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from tlcore.data.folder import (
    MAX_DEPTH,
    MAX_FILES,
    MAX_PHOTO_BYTES,
    TOO_DEEP,
    path_not_found,
    too_large,
    too_many_files,
)
from tlcore.data.images import PhotoRefused
from tlcore.data.layout import SourceFile
from tlcore.data.names import clean_path, is_junk
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError

MAX_RATIO = 100
"""How many times its own size an archive may unpack to, beyond `MAX_RATIO_FREE`. Photos hardly shrink at all."""

MAX_RATIO_FREE = 500_000_000
"""Bytes that an archive may unpack to whatever the ratio: small drawings do shrink a lot."""

NESTED = "is an archive inside the archive; unpack it first, or add it on its own"
_NESTED = re.compile(r"\.(zip|rar|7z|tar|tgz|gz|bz2|xz)$", re.IGNORECASE)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without a limit: 4 kB may become 5 GB
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)


class ZipSource:
    """The entries of a zip file. Reads only its table of contents until `read`.

    Raises:
        UserError: the file is no zip, is cut off, locked, or out of every proportion.
    """

    keeps_photos = False

    def __init__(self, path: Path, name: str = "") -> None:
        self.root = path
        self.name = name or path.name
        self.files: list[SourceFile] = []
        self.folders: list[tuple[str, ...]] = []
        self.refused: list[tuple[str, str]] = []
        self.guessed: list[tuple[str, str]] = []
        try:
            with zipfile.ZipFile(path) as archive:
                entries = archive.infolist()
        except FileNotFoundError as error:
            raise path_not_found(path) from error
        except PermissionError as error:
            raise UserError(f"{path} can't be opened: {why_file_failed(error)}.", "Check who may read it.") from error
        except (*_DAMAGED, NotImplementedError) as error:
            raise not_an_archive(self.name) from error
        check_proportions(self.name, len(entries), sum(entry.file_size for entry in entries), path)
        for entry in entries:
            self._take(entry)
        locked = [entry for entry in entries if entry.flag_bits & _ENCRYPTED_FLAG]
        if locked and not self.files:
            raise UserError(f"{self.name} is locked with a password.", "Make a new zip without a password.")

    def signature(self) -> str:
        """Equal while the file has not changed: its place, size and time of change."""
        return file_signature(self.root)

    def read(self, files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, bytes | PhotoRefused]]:
        """The bytes of each entry, or why it cannot be read."""
        with zipfile.ZipFile(self.root) as archive:
            for file in files:
                yield file, self._read(archive, file)

    def _read(self, archive: zipfile.ZipFile, file: SourceFile) -> bytes | PhotoRefused:
        if file.size > MAX_PHOTO_BYTES:
            return PhotoRefused(too_large(file.size))
        try:
            with archive.open(file.handle) as entry:
                return read_bounded(entry)
        except _DAMAGED:
            return PhotoRefused("is damaged inside the zip; make or download the zip again")

    def _take(self, entry: zipfile.ZipInfo) -> None:
        parts, reason = split_name(_entry_name(entry))
        if not parts or is_junk(parts):
            return
        if entry.is_dir() or _entry_name(entry).endswith("\\"):
            if not reason:
                self.folders.append(parts)
            return
        if stat.S_ISLNK(entry.external_attr >> 16):
            reason = reason or "is a link, not a file"
        elif entry.flag_bits & _ENCRYPTED_FLAG:
            reason = reason or "is locked with a password"
        elif entry.compress_type not in _METHODS:
            reason = reason or "is compressed in an unsupported way; make the zip again with the usual settings"
        elif is_archive(parts[-1]):
            reason = reason or NESTED
        if reason:
            self.refused.append((clean_path(parts), reason))
        else:
            self.files.append(SourceFile(parts, entry, entry.file_size))


def split_name(name: str) -> tuple[tuple[str, ...], str]:
    """The parts of an entry's name, and the reason to refuse it ("" where there is none).

    Names with `..`, from the root of a disk or with a drive letter are refused although they could do no harm here:
    whoever made them meant harm, or another place.
    """
    plain = name.replace("\\", "/")
    parts = tuple(part for part in plain.split("/") if part not in ("", "."))
    if len(parts) > MAX_DEPTH:
        return parts[-MAX_DEPTH:], TOO_DEEP
    outside = plain.startswith("/") or ".." in parts or bool(re.match(r"[A-Za-z]:", plain))
    return parts, "has a name that points outside the archive" if outside else ""


def read_bounded(entry: IO[bytes]) -> bytes | PhotoRefused:
    """At most `MAX_PHOTO_BYTES` of an entry, whatever its header said."""
    data = entry.read(MAX_PHOTO_BYTES + 1)
    return data if len(data) <= MAX_PHOTO_BYTES else PhotoRefused(too_large(len(data)))


def is_archive(name: str) -> bool:
    """Whether a file's name is that of an archive, by its ending."""
    return bool(_NESTED.search(name))


def _entry_name(entry: zipfile.ZipInfo) -> str:
    """The name as it was meant: many programs write UTF-8 without saying so, which zipfile then reads as cp437."""
    if entry.flag_bits & _UTF8_FLAG:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def check_proportions(name: str, num_entries: int, total: int, path: Path) -> None:
    """Refuse an archive with too many entries, or one that would unpack to far more bytes (`total`) than it has.

    Raises:
        UserError: it is out of proportion.
    """
    if num_entries > MAX_FILES:
        raise too_many_files(name, MAX_FILES)
    size = path.stat().st_size
    if total > max(MAX_RATIO_FREE, MAX_RATIO * size):
        raise UserError(
            f"{name} ({size / 1e6:,.2f} MB) would unpack to {total / 1e9:,.1f} GB, so it can't be a zip of photos.",
            "Don't use this file. If it is your own, add the folder instead.",
        )


def not_an_archive(name: str) -> UserError:
    """The error for a file that cannot be opened as an archive."""
    return UserError(
        f"{name} can't be opened: it is damaged, or not a zip file.",
        "Make or download it again, or add a folder instead.",
    )


def file_signature(path: Path) -> str:
    """A hash over a file's place, size and time of change."""
    status = path.stat()
    text = f"{path.resolve()}\t{status.st_size}\t{status.st_mtime_ns}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
