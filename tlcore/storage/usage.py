"""How much of the disk something takes: what one visitor keeps, and the whole workspace."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tlcore.storage.belongings import (
    ADDITION,
    ANALYSIS,
    CHECK,
    COMPARISON,
    DATASET,
    NETWORK,
    RUN,
    UPLOADS,
    Belonging,
    belongings_of,
)
from tlcore.storage.put_aside import list_deletions
from tlcore.workspace import Workspace, read_json, write_json

EXPORT = "export"  # the analysis that makes one, as exports/export_job.py calls it
MEASURED_KINDS = (RUN, CHECK, ANALYSIS, ADDITION, NETWORK)
"""The folders of which nothing says how large they are."""
MEASURED = "disk.json"
MEASURED_SECONDS = 60  # until the whole is measured again: it means looking at every file


@dataclass(frozen=True)
class Usage:
    """What a visitor keeps here. `photos`: of data sets and uploads, those of samples left out; `bytes`: of all.

    `put_aside`: what he deleted and can bring back; it counts for neither, since it makes room when room is needed.
    """

    datasets: int = 0
    uploads: int = 0
    runs: int = 0
    comparisons: int = 0
    photos: int = 0
    bytes: int = 0
    put_aside: int = 0
    networks: int = 0

    def __bool__(self) -> bool:
        return any((self.datasets, self.uploads, self.runs, self.comparisons, self.put_aside, self.networks))


def usage(workspace: Workspace, visitor: str, without: str = "") -> Usage:
    """What one visitor keeps.

    Photos that were brought along from an earlier data set of the visitor's count once, as they lie on the disk once;
    those of a sample do not count, since all visitors share them.

    Args:
        without: the id of uploads that do not count, as when they are about to become a data set.
    """
    found = [each for each in belongings_of(workspace, visitor) if each.id != without]
    return add_up(found, sum(each.visitor == visitor for each in list_deletions(workspace)))


def add_up(found: Sequence[Belonging], put_aside: int, size_of: Callable[[Path], int] | None = None) -> Usage:
    """What the belongings of one visitor come to.

    Args:
        put_aside: how much of what he deleted can be brought back. size_of: the bytes of a folder; None: those of now.
    """
    size_of = size_of or folder_bytes
    by_id = {each.id: each for each in found if each.kind == DATASET}  # a recommendation has its data set's id
    photos, size = 0, 0
    for each in found:
        if each.kind == DATASET and not each.sample:
            base = next((by_id[need] for need in each.needs if need in by_id), None)
            photos += max(0, each.photos - (base.photos if base else 0))  # they may be fewer by now
            size += max(0, each.bytes - (base.bytes if base else 0))
        elif each.kind == UPLOADS:
            count, in_area = uploaded(each.folder)
            photos += count
            size += in_area
        elif each.kind == ANALYSIS and each.what == EXPORT:
            continue  # it can be made again, and goes when the disk is short (made_exports.py)
        elif each.kind in MEASURED_KINDS:
            size += size_of(each.folder)
    kinds = [each.kind for each in found]
    return Usage(
        kinds.count(DATASET),
        kinds.count(UPLOADS),
        kinds.count(RUN),
        kinds.count(COMPARISON),
        photos,
        size,
        put_aside,
        kinds.count(NETWORK),
    )


def uploaded(folder: Path) -> tuple[int, int]:
    """The number of files in an upload area and their bytes, those on their way included."""
    found = [_status(entry) for entry in _entries(folder) if entry.name[:1].isdigit()]
    sizes = [status.st_size for status in found if status]
    return len(sizes), sum(sizes)


def folder_bytes(folder: Path) -> int:
    """The bytes of all files below a folder. A file that lies in several places counts once, and only its share."""
    total = 0
    pending = [folder]
    while pending:
        for entry in _entries(pending.pop()):
            if entry.is_dir(follow_symlinks=False):
                pending.append(Path(entry.path))
            else:
                status = _status(entry)
                total += status.st_size // max(1, status.st_nlink) if status else 0
    return total


def disk_used(workspace: Workspace, now: float | None = None, seconds: float = MEASURED_SECONDS) -> int:
    """The bytes of the whole workspace, as measured at most so many seconds ago."""
    path, now = workspace.root / MEASURED, time.time() if now is None else now
    try:
        values = read_json(path)
        if 0 <= now - values["time"] < seconds:
            return int(values["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return measure_disk(workspace, now)


def measure_disk(workspace: Workspace, now: float | None = None) -> int:
    """Measure the whole workspace, and note it for a minute."""
    size = folder_bytes(workspace.root)
    write_json(workspace.root / MEASURED, {"bytes": size, "time": time.time() if now is None else now})
    return size


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder; nothing where it has gone meanwhile."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:
        return None
