"""What an archive is by its first bytes, whatever it is called, and what is said of one that is not taken."""

import re
from pathlib import Path

from tlcore.errors import UserError

HEAD_BYTES = 512
"""So many first bytes tell the kind: a tar says it late."""

ZIP, TAR, GZIP, BZIP2, XZ = "zip", "tar", "gzip", "bzip2", "xz"
COMPRESSED = (GZIP, BZIP2, XZ)
TAKEN = (ZIP, TAR, *COMPRESSED)
"""The kinds that are opened. A compressed file has to be that of a tar."""

SHOWN = {"7z": "7z", "rar": "RAR", "zstd": "Zstandard", "lha": "LHA", "cab": "CAB", "stuffit": "StuffIt"}
"""The kinds that are known and not opened, as people call them."""

UNPACK = "Unpack it and add the folder, or make a zip."
NESTED = "is an archive inside the archive; unpack it first, or add it on its own"
NESTED_IN_FOLDER = "is an archive inside a folder; unpack it first, or add it on its own"
NOT_TAKEN = "is an archive of a kind that can’t be opened here; unpack it and add the folder, or make a zip"

_BEGINNINGS = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08", ZIP),
    (b"\x1f\x8b", GZIP),
    (b"BZh", BZIP2),
    (b"\xfd7zXZ\x00", XZ),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"MSCF\0\0\0\0", "cab"),
    (b"StuffIt", "stuffit"),
    (b"SIT!", "stuffit"),
)
_ENDING = re.compile(r"\.(zip|zipx|rar|7z|tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|lzh|lha|cab|sitx?|jar)$", re.IGNORECASE)
_STEM = re.compile(r"(\.tar)?\.[a-z0-9]{1,4}$", re.IGNORECASE)


def archive_kind(head: bytes) -> str:
    """One of `TAKEN` or `SHOWN`, "" for what is no archive. `head`: the first `HEAD_BYTES`, or all there are."""
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if re.match(rb"..-lh[0-9a-z]-", head, re.DOTALL):
        return "lha"
    return TAR if _begins_tar(head) else ""


def file_kind(path: Path) -> str:
    """`archive_kind` of a file, "" for one that cannot be read; whoever opens it says why."""
    try:
        with open(path, "rb") as file:
            return archive_kind(file.read(HEAD_BYTES))
    except OSError:
        return ""


def named_like_archive(name: str) -> bool:
    """Whether a file's ending is that of an archive. Its content decides whether it is one."""
    return bool(_ENDING.search(name))


def without_ending(name: str) -> str:
    """What an archive is called, for the name of a data set: "pets" of "pets.tar.gz"."""
    return (_STEM.sub("", name) if named_like_archive(name) else Path(name).stem) or name


def not_taken(name: str, kind: str) -> UserError:
    """The error for an archive of a kind that is known and not opened."""
    article = "an" if kind == "lha" else "a"
    return UserError(f"{name} is {article} {SHOWN[kind]} archive, which can’t be opened here.", UNPACK)


def _begins_tar(head: bytes) -> bool:
    """Whether this is a header of a tar: its checksum fits, which old ones without "ustar" have too."""
    if len(head) < HEAD_BYTES or not head[0]:
        return False
    try:
        claimed = int(head[148:156].strip(b"\0 ") or b"x", 8)
    except ValueError:
        return False
    return claimed == sum(head[:148]) + 8 * ord(" ") + sum(head[156:512])
