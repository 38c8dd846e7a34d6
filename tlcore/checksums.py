"""Checksums: how a stored file tells whether it is still what was written, so that a flipped bit changes no answer.

A JSON file carries one over its content, an event one over its line, and what is no JSON has its own in the JSON beside
it. What version 0.1.0 wrote has none of them, and is read as it is.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHECKSUM = "checksum"
"""The key of a JSON file's own checksum, which readers of its content do not see."""

_ALGORITHM = "blake2b:"
_CHECKSUM = re.compile(re.escape(_ALGORITHM) + "[0-9a-f]{32}")
_LINE = re.compile(r'(.*), "crc": "([0-9a-f]{8})"\}', re.DOTALL)


class DamagedFile(ValueError):
    """A stored file is not what was written. Whoever reads it tells a person which one, and what to do."""


def dump_json(value: Any) -> bytes:
    """`value` as readable JSON; an object gets a checksum of its content."""
    if isinstance(value, dict):
        value = value | {CHECKSUM: _content_checksum(value)}
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False) + "\n"
    return text.encode("utf-8", "backslashreplace")  # halves of characters, which names of files may have


def parse_json(data: bytes) -> Any:
    """The value that `dump_json` wrote; the content of an object is held against its checksum, where it has one.

    Raises:
        DamagedFile: it is no JSON, nested absurdly deep, or not what was written.
    """
    try:
        value = json.loads(data.decode("utf-8"))
        if isinstance(value, dict):
            expected = value.pop(CHECKSUM, None)
            lost = expected is None and any(map(_is_checksum, value.values()))
            if lost or expected not in (None, _content_checksum(value)):
                raise DamagedFile("The content is not what was written")
    except (ValueError, RecursionError) as error:
        raise DamagedFile(str(error)) from error
    return value


def _content_checksum(value: dict[str, Any]) -> str:
    """Of what is said, not of how it is laid out: an editor that reindents changes nothing."""
    plain = json.loads(json.dumps(value))  # keys as they will be read
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return _ALGORITHM + hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def _is_checksum(value: Any) -> bool:
    """Whether a value is a checksum, which under any other key than its own is one whose key was damaged."""
    return isinstance(value, str) and _CHECKSUM.fullmatch(value) is not None


def with_line_checksum(line: str) -> str:
    """A line with one JSON object in it, which must not be empty, with a checksum as the object's last field."""
    return f'{line[:-1]}, "crc": "{_line_checksum(line[:-1])}"}}'


def check_line(line: str) -> None:
    """Raise DamagedFile where a line has a checksum and is not the line that it was made of."""
    found = _LINE.fullmatch(line)
    if found and _line_checksum(found[1]) != found[2]:
        raise DamagedFile(f"Not what was written: {line[:80]!r}")


def _line_checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def file_checksum(data: bytes) -> dict[str, Any]:
    """What a JSON file keeps of a file beside it: its number of bytes and its SHA-256."""
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def path_checksum(path: Path) -> dict[str, Any]:
    """`file_checksum` of a file that is too large to be held in memory for this."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": file.tell(), "sha256": digest}


def check_file(data: bytes, name: str, values: Mapping[str, Any]) -> bytes:
    """The bytes of a file, held against what the JSON beside it says under `files`, where it says anything.

    Raises:
        DamagedFile: they are not those that were written.
    """
    if "files" in values:  # version 0.1.0 wrote none
        _compare(name, file_checksum(data), values)
    return data


def check_path(path: Path, values: Mapping[str, Any]) -> None:
    """`check_file` of a file that is too large to be held in memory for this; raises OSError where there is none."""
    if "files" in values:
        _compare(path.name, path_checksum(path), values)


def _compare(name: str, found: dict[str, Any], values: Mapping[str, Any]) -> None:
    files = values["files"]
    if not isinstance(files, dict) or files.get(name) != found:
        raise DamagedFile(f"{name} is not what was written")
