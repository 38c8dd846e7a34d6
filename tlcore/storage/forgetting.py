"""Photos that nobody has any more are forgotten by the caches too: a list on disk, worked off until nothing is left.

    forget/<id>.json    the hashes of photos of data sets that go, written before these do

A kill at any moment leaves the list, and a photo that somebody has again by then is kept.
"""

import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pandas as pd

from tlcore.data.edit_log import read_log
from tlcore.data.thumbnails import BROUGHT
from tlcore.data.wanted import PIXELS_VERSION
from tlcore.errors import UserError
from tlcore.features.activations import evict
from tlcore.features.forget import forget_photos
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.storage.belongings import ANALYSIS, CHECK, DATASET, RECOMMENDATION, RUN, belongings
from tlcore.workspace import Workspace, last_used, read_json, write_json

FOLDER = "forget"


def note_photos(workspace: Workspace, datasets: Iterable[Path]) -> None:
    """Before these data sets go: note which photos they have.

    On a full disk the activations make room for the note, since they can be computed again. Where even that is not
    enough nothing is noted: that the photos go matters more than the numbers that were computed of them.
    """
    note_hashes(workspace, sorted(set().union(*map(_photos, datasets))))


def note_hashes(workspace: Workspace, sha256s: list[str]) -> None:
    """As `note_photos`, for single photos by their hashes."""
    if not sha256s:
        return
    with suppress(UserError, OSError):
        try:
            _write_note(workspace, sha256s)
        except (UserError, OSError):
            evict(workspace, (), 0)
            _write_note(workspace, sha256s)


def _write_note(workspace: Workspace, sha256s: list[str]) -> None:
    folder = workspace.root / FOLDER
    folder.mkdir(exist_ok=True)
    write_json(folder / f"{secrets.token_hex(8)}.json", sha256s)


def work_off(workspace: Workspace) -> None:
    """Have the caches forget the photos that were noted and that no data set has; what is in use waits."""
    folder = workspace.root / FOLDER
    notes = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not notes:
        return
    kept: set[str] = set().union(*(_photos(each.folder) for each in belongings(workspace, (DATASET,))))
    for path in notes:
        try:
            gone = set(map(str, read_json(path))) - kept
            if not gone or forget_photos(workspace, gone):
                path.unlink(missing_ok=True)
        except (OSError, ValueError, TypeError, UserError):
            continue  # next time


def unused_features(workspace: Workspace, seconds: float, now: float) -> list[Path]:
    """The feature stores that nobody has opened for so long, and those of pixels as earlier versions of the program
    read them, which nobody will open any more; none while anybody computes with one.

    Args:
        seconds: 0 for no limit.
    """
    if any(is_locked(each.folder / LOCK) for each in belongings(workspace, (RUN, RECOMMENDATION, CHECK, ANALYSIS))):
        return []
    folders = [folder for folder in workspace.features.iterdir() if folder.is_dir()]
    current = f"-pixels{PIXELS_VERSION}"
    return [each for each in folders if current not in each.name or (seconds and now - last_used(each) > seconds)]


def _photos(dataset: Path) -> set[str]:
    """The hashes of a data set's photos in all its versions; none of one that cannot be read."""
    found, purged = set[str](), read_log(dataset).purged
    for table in (dataset / "photos.parquet", *dataset.glob(f"{BROUGHT}/*/photos.parquet")):
        with suppress(OSError, ValueError, KeyError):
            rows = pd.read_parquet(table, columns=["path", "sha256"])
            found |= set(rows["sha256"][~rows["path"].isin(purged)])
    return found
