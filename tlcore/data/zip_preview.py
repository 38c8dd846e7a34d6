"""Which classes a zip will give, by its table of contents alone, before anybody imports it. No file in it is read."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tlcore.data.archive import ZipSource
from tlcore.data.layout import SourceFile, propose
from tlcore.errors import LayoutChoice, UserError

MOST_CONTENTS_BYTES = 5_000_000
"""Of a table of contents that is looked at while a page is made: some 50,000 files, a third of a second."""

_END, _END_BYTES, _MOST_COMMENT = b"PK\x05\x06", 22, 65_535


def preview_zip(path: Path, name: str) -> LayoutChoice | None:
    """What an import will most likely make of a zip; None where a look at its names does not tell, or takes too long.

    Args:
        name: of the zip, as its sender called it.
    """
    try:
        if not 0 < _contents_bytes(path) <= MOST_CONTENTS_BYTES:
            return None
        source = ZipSource(path, name)
        likeliest = propose(name, source.files, source.folders, _unread, least_classes=1)[0]
    except (UserError, OSError):  # the import will say why
        return None
    return likeliest.choice() if likeliest.is_clear else None


def _unread(files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, object]]:
    return ((file, None) for file in files)


def _contents_bytes(path: Path) -> int:
    """How long a zip's table of contents is; 0 where it has none."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _END_BYTES - _MOST_COMMENT))
        tail = file.read()
    at = len(tail) - _END_BYTES if tail[-_END_BYTES:].startswith(_END) else tail.rfind(_END)
    return int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
