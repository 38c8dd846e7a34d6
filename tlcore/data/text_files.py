"""Reading the texts that lie beside photos: tables, lists of names, annotations. They are as hostile as any input.

Nothing here is ever run or followed: sizes are bounded, and what is no text is None.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from charset_normalizer import from_bytes

from tlcore.data.placed import SourceFile

MAX_BYTES = 50_000_000
"""Bytes of a table or a JSON file; larger ones are not read."""
MAX_JSON = 25_000_000
"""Characters of a JSON text: its values take ten times as much memory."""
MAX_SMALL_BYTES = 1_000_000
"""Bytes of the annotations of one photo."""
MAX_TOTAL_BYTES = 200_000_000
_SAMPLE_BYTES = 100_000  # so much of a text shows its encoding

Read = Callable[[Iterable[SourceFile]], Iterator[tuple[SourceFile, object]]]
"""The `read` of a source: the bytes of each file, or anything else where it cannot be read."""


def read_texts(
    read: Read, files: Sequence[SourceFile], max_bytes: int = MAX_BYTES
) -> Iterator[tuple[SourceFile, str | None]]:
    """The text of each file in their order, None of one that is too large, cannot be read or is no text.

    At most `MAX_TOTAL_BYTES` are read in all; of the rest the text is None.
    """
    total = 0
    wanted = []
    for file in files:
        total += file.size
        if file.size > max_bytes or total > MAX_TOTAL_BYTES:
            yield file, None
        else:
            wanted.append(file)
    for file, data in read(wanted) if wanted else ():
        yield file, decode_text(data) if isinstance(data, bytes) and len(data) <= max_bytes else None


def decode_text(data: bytes) -> str | None:
    """The text of a file, whatever its encoding; None where it is none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _try(data, "utf-16")
    if b"\0" in data[:_SAMPLE_BYTES]:
        return None
    text = _try(data, "utf-8-sig")
    if text is not None:
        return text
    return data.decode(_encoding(data[:_SAMPLE_BYTES]), errors="replace")


def _encoding(sample: bytes) -> str:
    """The encoding of a text that is no Unicode. Of single letters with accents in plain text no detector is sure: that
    is how Western programs write."""
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", sample)]
    if sum(length > 1 for length in runs) * 2 < len(runs):
        return "cp1252"
    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"


def parse_json(text: str) -> Any:
    """The values of a JSON text; None where it is none, too long, or nested too deep."""
    try:
        return json.loads(text) if len(text) <= MAX_JSON else None
    except (ValueError, RecursionError):
        return None


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeError:
        return None
