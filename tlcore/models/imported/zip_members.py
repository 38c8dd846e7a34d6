"""Taking some files out of a zip that a stranger made: by their names, within a bound, and nowhere else."""

import shutil
import zipfile
from pathlib import Path

from tlcore.errors import UserError

MOST_MEMBERS = 10_000
MAX_RATIO, SMALL = 50, 10_000_000
"""How many times its packed bytes a file may unpack to that is larger than SMALL bytes. Weights hardly shrink."""

_BLOCK = 2**20


def member_sizes(path: Path) -> dict[str, int]:
    """The names of the files in a zip and the bytes that they say they unpack to.

    Raises:
        UserError: it is damaged, or has what no network has.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise damaged(path) from error
    if len(entries) > MOST_MEMBERS or len({entry.filename for entry in entries}) < len(entries):
        raise _absurd(path)
    return {entry.filename: entry.file_size for entry in entries if not entry.is_dir()}


def extract_member(path: Path, name: str, target: Path, most_bytes: int) -> Path:
    """Write one file of a zip to `target`, however it is called in there.

    Raises:
        UserError: it is damaged, larger than `most_bytes`, encrypted, or unpacks to absurdly much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo(name)
            absurd = entry.file_size > SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size)
            if entry.file_size > most_bytes or absurd:
                raise _absurd(path)
            with archive.open(entry) as source, open(target, "wb") as file:
                shutil.copyfileobj(source, file, _BLOCK)
    except (zipfile.BadZipFile, OSError, ValueError, LookupError, RuntimeError, NotImplementedError, EOFError) as error:
        raise damaged(path) from error
    return target


def damaged(path: Path) -> UserError:
    """What to say of a file that cannot be read to its end."""
    return UserError(f"“{path.name}” is damaged or was not copied completely.", "Copy or download it again.")


def _absurd(path: Path) -> UserError:
    return UserError(f"“{path.name}” would unpack to absurdly much, so it was not opened.", "Add another file.")
