"""A tar as a source of photos: plain, or packed with gzip, bzip2 or xz. Nothing that it claims is trusted."""

import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from tlcore.data.archive import check_proportions, file_signature, not_an_archive, read_bounded, split_name
from tlcore.data.archive_kinds import COMPRESSED, HEAD_BYTES, NESTED, archive_kind, file_kind, named_like_archive
from tlcore.data.folder import MAX_PHOTO_BYTES, path_not_found, too_large
from tlcore.data.images import PhotoRefused
from tlcore.data.layout import SourceFile
from tlcore.data.listing_archives import Went
from tlcore.data.name_encodings import choose_encoding, guessed_reason
from tlcore.data.names import HIDDEN, clean_path, is_hidden_photo, is_junk
from tlcore.data.tar_stream import DAMAGED, TarStream
from tlcore.errors import UserError


class TarSource:
    """The ordinary files of a tar. It has no table of contents, so it is gone through twice.

    Args:
        name: of the tar, for sentences; by default that of its path.
        encoding: of names that are not in UTF-8, "" to find out. went: is told how far listing its files is.

    Raises:
        UndecidedEncoding: its folders read differently in several encodings, and a person has to choose.
        UserError: the file is no tar, is cut off, or out of every proportion.
    """

    keeps_photos = False

    def __init__(self, path: Path, name: str = "", encoding: str = "", went: Went = lambda done, total: None) -> None:
        self.root = path
        self.name = name or path.name
        self.files: list[SourceFile] = []
        self.folders: list[tuple[str, ...]] = []
        self.refused: list[tuple[str, str]] = []
        self.guessed: list[tuple[str, str]] = []
        self._encoding = encoding
        found: list[tuple[bytes, int, str]] = []
        try:
            with self._members() as (stream, members):
                total, size = 0, path.stat().st_size
                for number, member in enumerate(members):
                    total += max(0, member.size)
                    went(min(stream.packed, size), size)
                    check_proportions(self.name, number + 1, total, path)
                    raw = member.name.encode("utf-8", "surrogateescape").split(b"\0")[0]
                    found.append((raw, member.size if member.isreg() else -1, _why_not(stream, members, member)))
        except FileNotFoundError as error:
            raise path_not_found(path) from error
        except DAMAGED as error:
            raise self._damaged() from error
        if not found:
            raise self._damaged()
        self._take_all(found)

    def signature(self) -> str:
        """Equal while the file has not changed (its place, size and time of change) and is read in the same way."""
        return file_signature(self.root, self._encoding)

    def read(self, files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, bytes | PhotoRefused]]:
        """The bytes of each file, in the order of the archive."""
        wanted = {file.handle: file for file in files}
        try:
            with self._members() as (stream, members):
                for number, member in enumerate(members):
                    file = wanted.pop(number, None)
                    if file is not None:
                        yield file, _read(stream, members, member)
                    if not wanted:
                        return
        except DAMAGED as error:
            raise self._damaged() from error

    @contextmanager
    def _members(self) -> Iterator[tuple[TarStream, "_Members"]]:
        kind = file_kind(self.root)
        stream = TarStream(self.root, kind, lambda total: check_proportions(self.name, 0, total, self.root))
        try:
            yield stream, _Members(stream)
        finally:
            stream.close()

    def _damaged(self) -> UserError:
        if file_kind(self.root) in COMPRESSED:
            return UserError(
                f"{self.name} can’t be opened: it is damaged, or what is packed in it is not a tar archive.",
                "Make or download it again, or add a folder or a zip instead.",
            )
        return not_an_archive(self.name)

    def _take_all(self, found: list[tuple[bytes, int, str]]) -> None:
        encoding = choose_encoding([raw for raw, _, _ in found], self.name, self._encoding)
        if encoding not in ("utf-8", self._encoding):
            self.guessed.append((self.name, guessed_reason(encoding)))
        for number, (raw, size, why_not) in enumerate(found):
            parts, reason = split_name(raw.decode(encoding), separators="/")
            reason = reason or why_not
            if not parts or is_junk(parts):
                if is_hidden_photo(parts):
                    self.refused.append((clean_path(parts), HIDDEN))
                continue
            if why_not == _FOLDER:
                if reason == _FOLDER:
                    self.folders.append(parts)
            elif reason:
                self.refused.append((clean_path(parts), reason))
            else:
                self.files.append(SourceFile(parts, number, size))


_FOLDER = "is a folder"


class _Members:
    """The members of a tar one after the other; keeps none of them, nor what headers say of all that follow.

    Raises one of `DAMAGED` where it is no tar, or no whole one.
    """

    def __init__(self, stream: TarStream) -> None:
        self._stream = stream
        file = cast(IO[bytes], stream)
        self._tar = tarfile.open(fileobj=file, mode="r:", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        while True:
            self._stream.allow()
            member = self._tar.next()
            if member is None:
                if any(self._stream.last):  # tarfile takes a header that it cannot read for the end
                    raise ValueError("a damaged header")
                return
            if member.size < 0:
                raise ValueError("a file of less than no bytes")
            self._tar.pax_headers = {}  # a tar of nothing but headers would fill the memory
            self._tar.members = []  # type: ignore[attr-defined]
            yield member

    def open(self, member: tarfile.TarInfo) -> IO[bytes]:
        """The bytes of an ordinary file, at most `MAX_PHOTO_BYTES` and one of them; it has to be the current one."""
        self._stream.allow(min(member.size, MAX_PHOTO_BYTES + 1) + tarfile.BLOCKSIZE)
        entry = self._tar.extractfile(member)
        assert entry is not None  # it is an ordinary file
        return entry


def _why_not(stream: TarStream, members: _Members, member: tarfile.TarInfo) -> str:
    """Why a member is no photo, told without knowing its name; "" for an ordinary file."""
    if member.isdir():
        return _FOLDER
    if not member.isreg() or member.issparse():
        return "is a link or a device, not a file"
    if not named_like_archive(member.name):
        return ""
    return NESTED if archive_kind(members.open(member).read(HEAD_BYTES)) else ""


def _read(stream: TarStream, members: _Members, member: tarfile.TarInfo) -> bytes | PhotoRefused:
    if member.size > MAX_PHOTO_BYTES:
        return PhotoRefused(too_large(member.size))
    return read_bounded(members.open(member))
