"""A .tgz as a source of photos: one of the samples is published as one.

Only for files whose checksum is known. What strangers give is refused as a tar: the format lets a small file claim
gigabytes of header, which Python's reader would take into memory.
"""

import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from tlcore.data.archive import (
    NESTED,
    check_proportions,
    file_signature,
    is_archive,
    not_an_archive,
    read_bounded,
    split_name,
)
from tlcore.data.folder import MAX_PHOTO_BYTES, path_not_found, too_large
from tlcore.data.images import PhotoRefused
from tlcore.data.layout import SourceFile
from tlcore.data.names import clean_path, is_junk

_DAMAGED = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError)


class TarSource:
    """The ordinary files of a .tgz. It has no table of contents, so it is gone through twice.

    Raises:
        UserError: the file is no tar, is cut off, or out of every proportion.
    """

    keeps_photos = False

    def __init__(self, path: Path) -> None:
        self.root = path
        self.name = path.name
        self.files: list[SourceFile] = []
        self.folders: list[tuple[str, ...]] = []
        self.refused: list[tuple[str, str]] = []
        self.guessed: list[tuple[str, str]] = []
        total = 0
        try:
            with tarfile.open(path, "r|gz") as archive:
                for number, member in enumerate(archive):
                    total += member.size
                    check_proportions(self.name, number, total, path)
                    self._take(number, member)
        except FileNotFoundError as error:
            raise path_not_found(path) from error
        except _DAMAGED as error:
            raise not_an_archive(self.name) from error

    def signature(self) -> str:
        """Equal while the file has not changed: its place, size and time of change."""
        return file_signature(self.root)

    def read(self, files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, bytes | PhotoRefused]]:
        """The bytes of each file, in the order of the archive."""
        wanted = {file.handle: file for file in files}
        try:
            with tarfile.open(self.root, "r|gz") as archive:
                for number, member in enumerate(archive):
                    file = wanted.get(number)
                    if file is None:
                        continue
                    entry = archive.extractfile(member) if file.size <= MAX_PHOTO_BYTES else None
                    yield file, PhotoRefused(too_large(file.size)) if entry is None else read_bounded(entry)
        except _DAMAGED as error:
            raise not_an_archive(self.name) from error

    def _take(self, number: int, member: tarfile.TarInfo) -> None:
        parts, reason = split_name(member.name)
        if not parts or is_junk(parts):
            return
        if member.isdir():
            self.folders.append(parts)
            return
        if not member.isreg():
            reason = reason or "is a link or a device, not a file"
        elif is_archive(parts[-1]):
            reason = reason or NESTED
        if reason:
            self.refused.append((clean_path(parts), reason))
        else:
            self.files.append(SourceFile(parts, number, member.size))
