"""How much of the disk the folders of jobs take, as measured of late: to measure one means to look at all its files.

The note `sizes.json` in the workspace has them. A server measures all of them whenever it cleans; who looks in between
measures what is missing or old, as far as he has time for it.
"""

import time
from collections.abc import Iterable
from pathlib import Path

from tlcore.errors import UserError
from tlcore.storage.usage import folder_bytes
from tlcore.workspace import Workspace, read_json, write_json

NOTE = "sizes.json"
OLD_SECONDS = 15 * 60.0


def measure_folders(
    workspace: Workspace, folders: Iterable[Path], seconds: float | None = None, now: float | None = None
) -> dict[Path, int]:
    """The bytes of these folders; those that nobody has measured yet, and that there was no time for, are left out.

    Args:
        seconds: the time that may be spent on measuring; None: as long as it takes, and everything anew.
    """
    now = time.time() if now is None else now
    end = None if seconds is None else time.monotonic() + seconds
    before = _load(workspace)
    places = {_key(folder): folder for folder in folders}
    known = {key: before[key] for key in places if key in before}
    for key in sorted(places, key=lambda key: known[key][1] if key in known else 0.0):
        is_old = key not in known or end is None or not 0 <= now - known[key][1] < OLD_SECONDS
        if is_old and (end is None or time.monotonic() < end):
            known[key] = (folder_bytes(places[key]), now)
    if known != before:
        _save(workspace, known)
    return {places[key]: size for key, (size, _) in known.items()}


def _key(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def _load(workspace: Workspace) -> dict[str, tuple[int, float]]:
    try:
        values = read_json(workspace.root / NOTE)["sizes"]
        return {str(key): (int(size), float(at)) for key, (size, at) in values.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _save(workspace: Workspace, sizes: dict[str, tuple[int, float]]) -> None:
    try:
        write_json(workspace.root / NOTE, {"sizes": sizes})
    except (OSError, UserError):  # a full disk: the next one measures again
        return
