"""Forgetting photos: what was computed of them can no longer be found, and no pixel of them is left in a cache.

Feature vectors stay as numbers that belong to nothing: their keys are wiped out where they stand, which every reader
bears, since it looks for other keys. Activations and decoded photos may show what a photo showed; a kind that holds any
goes as a whole, as when space is short, and is recomputed.
"""

from collections.abc import Collection
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.data.augment import view_key
from tlcore.features.activations import remove_kinds
from tlcore.features.store import KEY_BYTES, LOCK_SECONDS
from tlcore.workspace import Workspace, disk_error

MOST_VIEWS = 16  # of a photo, as the setting allows
WIPED = bytes(KEY_BYTES)


def forget_photos(workspace: Workspace, sha256s: Collection[str]) -> bool:
    """Forget what was computed of these photos; False where a cache is in use, so that it has to be tried again.

    Raises:
        UserError: the disk cannot be written.
    """
    keys = {bytes.fromhex(view_key(sha256, view)) for sha256 in sha256s for view in range(MOST_VIEWS)}
    wiped = [_wipe(folder, keys) for folder in workspace.features.iterdir() if folder.is_dir()]
    return remove_kinds(workspace, lambda folder: not keys.isdisjoint(_keys(folder))) and all(wiped)


def _wipe(folder: Path, keys: set[bytes]) -> bool:
    """Wipe these keys out of a store; False where another process writes into it for long."""
    path = folder / "keys.bin"
    try:
        with FileLock(folder / "write.lock", timeout=LOCK_SECONDS):
            rows = [row for row, key in enumerate(_keys(folder)) if key in keys]
            if rows:
                with open(path, "r+b") as file:
                    for row in rows:
                        file.seek(row * KEY_BYTES)
                        file.write(WIPED)
    except Timeout:
        return False
    except OSError as error:
        raise disk_error(path, error) from error
    return True


def _keys(folder: Path) -> list[bytes]:
    try:
        data = (folder / "keys.bin").read_bytes()
    except OSError:
        return []
    return [data[start : start + KEY_BYTES] for start in range(0, len(data) - KEY_BYTES + 1, KEY_BYTES)]
