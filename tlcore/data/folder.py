"""A folder as a source of photos: listing it and reading from it, never out of it."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from tlcore.data.archive_kinds import NESTED_IN_FOLDER, file_kind, named_like_archive
from tlcore.data.images import PhotoRefused
from tlcore.data.layout import SourceFile
from tlcore.data.names import HIDDEN, clean_path, is_hidden_photo, is_junk
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError

MAX_FILES = 100_000
"""Files in one folder or archive; more would not fit the pages that show them."""

MAX_DEPTH = 40
"""Folders within folders; nobody sorts photos deeper, and every step down costs."""

TOO_DEEP = f"is more than {MAX_DEPTH} folders deep"

MAX_PHOTO_BYTES = 256 * 1024 * 1024
"""Larger files are not read at all: no photo within the pixel limit needs more."""


class FolderSource:
    """The files under a folder. Reads nothing but names, sizes and times until `read`."""

    keeps_photos = True
    """The photos stay where they are and the data set points to them."""

    def __init__(self, path: Path) -> None:
        self.root = path.expanduser().resolve()
        self.name = self.root.name or str(self.root)
        self.files: list[SourceFile] = []
        self.folders: list[tuple[str, ...]] = []
        self.refused: list[tuple[str, str]] = []
        self.guessed: list[tuple[str, str]] = []
        self._stamps: list[str] = []
        if not self.root.is_dir():
            raise path_not_found(self.root)
        self._list(self.root, ())

    def signature(self) -> str:
        """A hash over the place and every relative path, size and time of change: equal while nothing changed."""
        lines = [str(self.root), *sorted(self._stamps)]
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()

    def read(self, files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, bytes | PhotoRefused]]:
        """The bytes of each file, or why it cannot be read; one file in memory at a time."""
        for file in files:
            if file.size > MAX_PHOTO_BYTES:
                yield file, PhotoRefused(too_large(file.size))
                continue
            try:
                yield file, Path(self.root, *file.parts).read_bytes()
            except OSError as error:
                yield file, PhotoRefused(f"can’t be read: {why_file_failed(error)}")

    def _list(self, folder: Path, parts: tuple[str, ...]) -> None:
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            if not parts:
                raise UserError(
                    f"The folder {folder} can’t be opened: {why_file_failed(error)}.",
                    "Check that you may read it, or copy the photos to another folder.",
                ) from error
            self.refused.append((clean_path(parts), f"is a folder that can’t be opened: {why_file_failed(error)}"))
            return
        for entry in entries:
            place = (*parts, entry.name)
            if is_junk((entry.name,)):
                if is_hidden_photo((entry.name, "x.jpg") if entry.is_dir(follow_symlinks=False) else (entry.name,)):
                    self.refused.append((clean_path(place), HIDDEN))
                continue
            try:
                self._take(entry, place)
            except OSError as error:
                self.refused.append((clean_path(place), f"can’t be read: {why_file_failed(error)}"))
        if len(self.files) > MAX_FILES:
            raise too_many_files(self.name, MAX_FILES)

    def _take(self, entry: os.DirEntry[str], place: tuple[str, ...]) -> None:
        reason = self._refuse_name(entry)
        if reason:
            self.refused.append((clean_path(place), reason))
        elif len(place) > MAX_DEPTH:
            self.refused.append((clean_path(place), TOO_DEEP))
        elif entry.is_dir(follow_symlinks=False):
            self.folders.append(place)
            self._list(Path(entry.path), place)
        else:
            status = entry.stat()
            if not stat.S_ISREG(status.st_mode):
                self.refused.append((clean_path(place), "is not a regular file"))
                return
            self._stamps.append(f"{'/'.join(place)}\t{status.st_size}\t{status.st_mtime_ns}")
            if named_like_archive(entry.name) and file_kind(Path(entry.path)):
                self.refused.append((clean_path(place), NESTED_IN_FOLDER))
                return
            self.files.append(SourceFile(place, None, status.st_size))

    def _refuse_name(self, entry: os.DirEntry[str]) -> str:
        try:
            entry.name.encode("utf-8")
        except UnicodeEncodeError:
            return "has an unreadable name; rename it"
        if entry.is_symlink():
            target = Path(os.path.realpath(entry.path))
            if not target.is_relative_to(self.root):
                return "is a link to something outside the folder"
            if target.is_dir():
                return "is a link to another folder"
        return ""


def path_not_found(path: Path) -> UserError:
    """The error for a path with nothing there."""
    return UserError(f"There is no file or folder at {path}.", "Check the spelling of the path.")


def no_photo(name: str) -> UserError:
    """The error for a folder in which no file is a photo that can be used."""
    return UserError(f"{name} contains no usable photo.", "Choose a folder with photos.")


def too_many_files(name: str, limit: int) -> UserError:
    """The error for a folder or an archive with more files than `limit`."""
    return UserError(f"{name} contains more than {limit:,} files.", "Choose fewer photos.")


def too_large(size: int) -> str:
    """The reason for a file over the limit."""
    return f"is too large ({size / 1e6:,.0f} MB; at most {MAX_PHOTO_BYTES // 1_000_000} MB)"
