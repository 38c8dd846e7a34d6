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

from tlcore.data.archive_kinds import HEAD_BYTES, NESTED, archive_kind, named_like_archive
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
from tlcore.data.name_encodings import choose_encoding, guessed_reason
from tlcore.data.names import HIDDEN, clean_path, is_hidden_photo, is_junk
from tlcore.data.zip_names import raw_name, said_name
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError

MAX_RATIO = 100
"""How many times its own size an archive may unpack to, beyond `MAX_RATIO_FREE`. Photos hardly shrink at all."""

MAX_RATIO_FREE = 500_000_000
"""Bytes that an archive may unpack to whatever the ratio: small drawings do shrink a lot."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without a limit: 4 kB may become 5 GB
_ENCRYPTED_FLAG = 0x1
_OFFICE = frozenset({"[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"})  # documents and programs are zips too
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)


class ZipSource:
    """The entries of a zip file. Reads only its table of contents until `read`.

    Args:
        name: of the zip, for sentences; by default that of its path.
        encoding: of names that do not say it, "" to find out.

    Raises:
        UndecidedEncoding: its folders read differently in several encodings, and a person has to choose.
        UserError: the file is no zip, is cut off, locked, or out of every proportion.
    """

    keeps_photos = False

    def __init__(self, path: Path, name: str = "", encoding: str = "") -> None:
        self.root = path
        self.name = name or path.name
        self.files: list[SourceFile] = []
        self.folders: list[tuple[str, ...]] = []
        self.refused: list[tuple[str, str]] = []
        self.guessed: list[tuple[str, str]] = []
        self._encoding = encoding
        try:
            with zipfile.ZipFile(path) as archive:
                self._list(archive)
        except FileNotFoundError as error:
            raise path_not_found(path) from error
        except PermissionError as error:
            raise UserError(f"{path} can’t be opened: {why_file_failed(error)}.", "Check who may read it.") from error
        except (*_DAMAGED, NotImplementedError) as error:
            raise not_an_archive(self.name) from error

    def signature(self) -> str:
        """Equal while the file has not changed (its place, size and time of change) and is read in the same way."""
        return file_signature(self.root, self._encoding)

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

    def _list(self, archive: zipfile.ZipFile) -> None:
        entries = archive.infolist()
        check_proportions(self.name, len(entries), sum(entry.file_size for entry in entries), self.root)
        if _OFFICE & {entry.filename for entry in entries}:
            raise UserError(
                f"{self.name} is a document or a program, not a zip of photos.", "Add the photos themselves."
            )
        for entry, name in zip(entries, self._names(entries)):
            self._take(archive, entry, name)
        locked = [entry for entry in entries if entry.flag_bits & _ENCRYPTED_FLAG]
        if locked and not self.files:
            raise UserError(f"{self.name} is locked with a password.", "Make a new zip without a password.")

    def _names(self, entries: list[zipfile.ZipInfo]) -> list[str]:
        """The names as they were meant."""
        names = [said_name(entry) for entry in entries]
        unsaid = [raw_name(entry) for entry, name in zip(entries, names) if name is None]
        encoding = self._choose_encoding(unsaid) if unsaid else "ascii"
        return [raw_name(entry).decode(encoding) if name is None else name for entry, name in zip(entries, names)]

    def _choose_encoding(self, unsaid: list[bytes]) -> str:
        encoding = choose_encoding(unsaid, self.name, self._encoding)
        if encoding not in ("utf-8", self._encoding):
            self.guessed.append((self.name, guessed_reason(encoding)))
        return encoding

    def _take(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
        parts, reason = split_name(name)
        if not parts or is_junk(parts):
            if is_hidden_photo(parts):
                self.refused.append((clean_path(parts), HIDDEN))
            return
        if name.endswith(("/", "\\")):
            if not reason:
                self.folders.append(parts)
            return
        if stat.S_ISLNK(entry.external_attr >> 16):
            reason = reason or "is a link, not a file"
        elif entry.flag_bits & _ENCRYPTED_FLAG:
            reason = reason or "is locked with a password"
        elif entry.compress_type not in _METHODS:
            reason = reason or "is compressed in an unsupported way; make the zip again with the usual settings"
        elif named_like_archive(parts[-1]) and _is_archive(archive, entry):
            reason = reason or NESTED
        if reason:
            self.refused.append((clean_path(parts), reason))
        else:
            self.files.append(SourceFile(parts, entry, entry.file_size))


def _is_archive(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Whether an entry that is called like an archive is one; one that cannot be read is."""
    try:
        with archive.open(entry) as file:
            return bool(archive_kind(file.read(HEAD_BYTES)))
    except (*_DAMAGED, NotImplementedError):
        return True


def split_name(name: str, separators: str = "/\\") -> tuple[tuple[str, ...], str]:
    """The parts of an entry's name, and the reason to refuse it ("" where there is none).

    Names with `..`, from the root of a disk or with a drive letter are refused although they could do no harm here:
    whoever made them meant harm, or another place.
    """
    plain = name.replace("\\", "/") if "\\" in separators else name
    parts = tuple(part for part in plain.split("/") if part not in ("", "."))
    if len(parts) > MAX_DEPTH:
        return parts[-MAX_DEPTH:], TOO_DEEP
    outside = plain.startswith("/") or ".." in parts or bool(re.match(r"[A-Za-z]:", plain))
    return parts, "has a name that points outside the archive" if outside else ""


def read_bounded(entry: IO[bytes]) -> bytes | PhotoRefused:
    """At most `MAX_PHOTO_BYTES` of an entry, whatever its header said."""
    data = entry.read(MAX_PHOTO_BYTES + 1)
    return data if len(data) <= MAX_PHOTO_BYTES else PhotoRefused(too_large(len(data)))


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
            f"{name} ({size / 1e6:,.2f} MB) would unpack to {total / 1e9:,.1f} GB, so it can’t be a zip of photos.",
            "Don’t use this file. If it is your own, add the folder instead.",
        )


def not_an_archive(name: str) -> UserError:
    """The error for a file that cannot be opened as an archive."""
    return UserError(
        f"{name} can’t be opened: it is damaged, or not a zip file.",
        "Make or download it again, or add a folder instead.",
    )


def file_signature(path: Path, encoding: str = "") -> str:
    """A hash over a file's place, size and time of change, and the encoding that a person chose for its names."""
    status = path.stat()
    text = f"{path.resolve()}\t{status.st_size}\t{status.st_mtime_ns}" + (f"\t{encoding}" if encoding else "")
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
