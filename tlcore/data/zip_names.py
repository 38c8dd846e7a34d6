"""The names of a zip's entries as bytes, and as they were meant where the zip says so."""

import struct
import zipfile
import zlib

UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075  # Info-ZIP's extra field: version, CRC-32 of the name in the header, the name in UTF-8


def raw_name(entry: zipfile.ZipInfo) -> bytes:
    """The bytes of a name without the UTF-8 flag: zipfile reads them as cp437, which has a character for each."""
    return entry.orig_filename.encode("cp437").split(b"\0")[0]


def said_name(entry: zipfile.ZipInfo) -> str | None:
    """The name of an entry that says how it is written; None for one that does not."""
    if entry.flag_bits & UTF8_FLAG:
        return entry.orig_filename.split("\0")[0]
    found = _unicode_path(entry)
    name = raw_name(entry)
    return name.decode("ascii") if found is None and name.isascii() else found


def _unicode_path(entry: zipfile.ZipInfo) -> str | None:
    """What the Unicode path field says; None where there is none, or it belongs to an earlier name."""
    rest = entry.extra
    while len(rest) >= 4:
        kind, size = struct.unpack_from("<HH", rest)
        field, rest = rest[4 : 4 + size], rest[4 + size :]
        if kind != _UNICODE_PATH or len(field) < 6 or len(field) < size or field[0] != 1:
            continue
        if struct.unpack_from("<L", field, 1)[0] != zlib.crc32(entry.orig_filename.encode("cp437")):
            return None
        try:
            return field[5:].decode("utf-8").split("\0")[0] or None
        except UnicodeDecodeError:
            return None
    return None
