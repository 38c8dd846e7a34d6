"""Archives for tests: zips whose names are written in any encoding, and tars with headers that lie."""

import io
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path


def write_raw_zip(path: Path, files: dict[bytes, bytes], extra: dict[bytes, bytes] | None = None) -> Path:
    """A zip with names of these very bytes and without the flag that says UTF-8.

    Args:
        extra: extra fields by name.
    """
    with zipfile.ZipFile(path, "w") as target:
        for number, (name, data) in enumerate(files.items()):
            entry = zipfile.ZipInfo(_stand_in(number, name))
            entry.extra = (extra or {}).get(name, b"")
            target.writestr(entry, data)
    content = path.read_bytes()
    for number, name in enumerate(files):
        content = content.replace(_stand_in(number, name).encode("ascii"), name)
    path.write_bytes(content)
    return path


def _stand_in(number: int, name: bytes) -> str:
    """An ASCII name of the same length that occurs nowhere else."""
    return f"~{number:03d}".ljust(len(name), "~")


def unicode_path(name: bytes, text: str, crc: int | None = None) -> bytes:
    """Info-ZIP's Unicode path field of an entry, by default with the right checksum."""
    data = struct.pack("<BL", 1, zlib.crc32(name) if crc is None else crc) + text.encode("utf-8")
    return struct.pack("<HH", 0x7075, len(data)) + data


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w", encoding: str = "utf-8") -> Path:
    """A tar; `mode` as for tarfile ("w:gz"). The names are written in GNU's format in `encoding`."""
    with tarfile.open(path, mode, format=tarfile.GNU_FORMAT, encoding=encoding) as target:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            target.addfile(member, io.BytesIO(data))
    return path
