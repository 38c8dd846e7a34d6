"""Opening an archive, whichever kind it is and whatever it is called."""

from pathlib import Path

from tlcore.data.archive import ZipSource
from tlcore.data.archive_kinds import SHOWN, ZIP, file_kind, not_taken
from tlcore.data.listing_archives import Went
from tlcore.data.tarball import TarSource
from tlcore.errors import UserError

ArchiveSource = ZipSource | TarSource


_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"II*\0", b"MM\0*")


def open_archive(
    path: Path, name: str = "", encoding: str = "", went: Went = lambda done, total: None
) -> ArchiveSource:
    """A zip or a tar as a source of photos.

    Args:
        name: of the archive, for sentences; by default that of its path.
        encoding: of the names in it, "" to find out. went: is told how far listing its files is.

    Raises:
        UndecidedEncoding: its folders read differently in several encodings, and a person has to choose.
        UserError: it is another kind of archive, none at all, damaged, locked, or out of every proportion.
    """
    kind = file_kind(path)
    if kind in SHOWN:
        raise not_taken(name or path.name, kind)
    if not kind and _is_picture(path):
        raise UserError(
            f"{name or path.name} is a single photo, not a folder or an archive.", "Use its folder instead."
        )
    if kind in ("", ZIP):  # a zip may have something before it
        return ZipSource(path, name, encoding)
    return TarSource(path, name, encoding, went)


def _is_picture(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(8).startswith(_PICTURES)
    except OSError:
        return False
