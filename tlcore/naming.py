"""Names that people give to what they made: a small file in its folder, which may change later.

<folder>/name.json    `name`; without it a thing is called as it was when it was made
"""

import os
from pathlib import Path

from tlcore.workspace import read_json, write_json

NAME = "name.json"

Mark = tuple[int, int]
"""Which state a file is in: inode and time of the last change in nanoseconds."""


def given_name(folder: Path) -> str:
    """The name that somebody gave to what lies in a folder; "" where nobody did, or the file is damaged."""
    try:
        return str(read_json(folder / NAME)["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def give_name(folder: Path, name: str) -> None:
    """Call what lies in a folder so from now on.

    Raises:
        UserError: the disk is full or the folder cannot be written.
    """
    write_json(folder / NAME, {"name": name})


def name_mark(folder: Path | str) -> Mark | None:
    """Which state the name of what lies in a folder is in; None while nobody gave it one."""
    return file_mark(folder, NAME)


def file_mark(folder: Path | str, name: str) -> Mark | None:
    """Which state a small file in a folder is in, which is replaced whole when it changes; None where there is none."""
    try:
        seen = os.stat(os.path.join(folder, name))
    except OSError:
        return None
    return seen.st_ino, seen.st_mtime_ns
