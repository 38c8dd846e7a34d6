"""Photos that were deleted out of a data set go for good when that cannot be undone any more and no run needs them.

What was only left out stays. Versions that had such a photo are there without it. The files go first and are noted
after that, so that a kill in between has the next cleaning do it once more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tlcore.comparison.store import list_comparisons
from tlcore.data.changes import DELETED
from tlcore.data.dataset_list import list_versions
from tlcore.data.edit_log import Log, append_purged, locked, point, read_head, read_log
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.thumbnails import BROUGHT, blank_thumbnails
from tlcore.errors import UserError
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.store import list_runs
from tlcore.settings import Limits
from tlcore.storage.belongings import IMPORT, belongings
from tlcore.storage.forgetting import note_hashes
from tlcore.storage.put_aside import HOUR, list_deletions
from tlcore.workspace import Workspace, split_version, version_id


@dataclass(frozen=True)
class Purged:
    """What went, or would: how many photos of the data set in a folder, and the bytes of their files."""

    id: str
    photos: int
    bytes: int


def purge_deleted_photos(workspace: Workspace, limits: Limits, now: float, dry_run: bool = False) -> Iterator[Purged]:
    """Delete for good the photos that were deleted longer ago than they can be brought back. `now`: Unix seconds."""
    if not limits.undo_hours:
        return
    before = now - limits.undo_hours * HOUR
    for each in list_versions(workspace):
        folder = workspace.datasets / each.folder_id
        if not _old_deletions(folder, before) or _may_come_back(workspace, each.folder_id):
            continue
        try:
            with locked(folder):
                gone = _purge(workspace, folder, before, dry_run)
        except UserError:  # damaged, or the disk says no: next time
            continue
        if gone is not None:
            yield gone


def _old_deletions(folder: Path, before: float) -> bool:
    """Whether anything was deleted long ago of which something may still be there."""
    return any(
        entry.change.kind in DELETED and entry.made < before and set(entry.paths) - log.purged
        for log in (read_log(folder),)
        for entry in log.entries.values()
    )


def _may_come_back(workspace: Workspace, dataset: str) -> bool:
    """Whether a run that was deleted, or an import, may still ask for any version of a data set."""
    imports = [each for each in belongings(workspace, (IMPORT,)) if is_locked(each.folder / LOCK)]
    if any(dataset in each.needs for each in imports):
        return True
    return any(dataset in each.needs for each in list_deletions(workspace))


def _purge(workspace: Workspace, folder: Path, before: float, dry_run: bool) -> Purged | None:
    log, head = read_log(folder), read_head(folder)
    current = load_dataset(workspace, version_id(folder.name, head.version))
    paths = _deleted_paths(log, head.version, before) & set(current.left_out["path"])
    for an_id in _used_versions(workspace, folder.name):
        paths -= set(load_dataset(workspace, an_id).photos["path"])
    if not paths:
        return None
    rows = _all_rows(folder)
    chosen = rows["path"].isin(paths)
    gone_for_good = rows["path"].isin(log.purged)
    kept = set(rows["sha256"][~chosen & ~gone_for_good])
    going = rows[chosen & ~rows["sha256"].isin(kept)].drop_duplicates("sha256")
    files = [path for path in map(_own_file, [current] * len(going), going["file"]) if path is not None]
    size = sum(path.stat().st_size for path in files if path.exists())
    if not dry_run:
        note_hashes(workspace, sorted(going["sha256"]))
        for path in files:
            path.unlink(missing_ok=True)
        blank_thumbnails(folder, set(going["sha256"]))
        for strip in folder.glob("strip*.jpg"):
            strip.unlink(missing_ok=True)
        append_purged(folder, tuple(sorted(paths)), size)
        point(folder, head)
    return Purged(folder.name, len(paths), size)


def _deleted_paths(log: Log, version: int, before: float) -> set[str]:
    """The photos that a version is without because they were deleted, and not left out, long ago."""
    found: dict[str, bool] = {}
    for entry in log.chain(version):
        for each in entry.rows:
            if each.column == "left_out":
                old = bool(each.value) and entry.change.kind in DELETED and entry.made < before
                found |= dict.fromkeys(entry.paths if each.paths is None else each.paths, old)
    return {path for path, old in found.items() if old} - log.purged


def _used_versions(workspace: Workspace, folder: str) -> set[str]:
    """The versions that runs and races learned from."""
    ids = {run.dataset_id for run in list_runs(workspace)} | {race.dataset_id for race in list_comparisons(workspace)}
    return {an_id for an_id in ids if split_version(an_id)[0] == folder}


def _all_rows(folder: Path) -> pd.DataFrame:
    """Path, hash and file of every photo that a data set ever had, in each of its turns."""
    tables = (folder / "photos.parquet", *folder.glob(f"{BROUGHT}/*/photos.parquet"))
    return pd.concat([pd.read_parquet(each, columns=["path", "sha256", "file"]) for each in tables], ignore_index=True)


def _own_file(dataset: Dataset, file: str) -> Path | None:
    """Where a photo's copy lies in the data set's folder; None for one in a folder of the person."""
    own = dataset.folder / "photos"
    if Path(file).is_absolute():
        return None
    brought = own / file  # of an edit, whichever root the data set has: named by its hash
    return brought if dataset.root == own or file == f"{Path(file).name[:2]}/{Path(file).name}" else None
