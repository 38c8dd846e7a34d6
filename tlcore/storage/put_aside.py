"""What was deleted and can still be brought back: put aside on the disk for a day, and then gone for good.

    deleted/<id>/deletion.json      what it was, who deleted it and when, and what went along
    deleted/<id>/<kind>/<id>/       the folders as they were

`<id>` is that of what was deleted. What goes along with what is decided in trash.py.
"""

from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from filelock import FileLock

from tlcore.comparison.store import FOLDER as RACES
from tlcore.errors import UserError
from tlcore.features.activations import evict
from tlcore.jobs.locks import LOCK
from tlcore.listing import FolderList, unmark_deleted
from tlcore.settings import Limits
from tlcore.storage.belongings import ANALYSIS, CHECK, COMPARISON, DATASET, JOBS, NETWORK, RECOMMENDATION, RUN
from tlcore.workspace import Workspace, discard, disk_error, is_id, read_json, touch_used, write_json

FOLDER, NOTE = "deleted", "deletion.json"
ORDER = (COMPARISON, ANALYSIS, RUN, RECOMMENDATION, CHECK, DATASET, NETWORK)
"""What needs something else goes before that, and comes back after it."""

HOUR = 3600.0
LOCK_SECONDS = 30.0


@dataclass(frozen=True)
class Deletion:
    """Something that was deleted, or would be.

    Attributes:
        id, kind, name: of what was deleted; `kind` is "data set", "run", "race" or "network".
        visitor: the public name of whose it is. deleted_by: of who deleted it. Each "" for nobody in a browser.
        deleted: Unix seconds.
        parts: the kind and id of each folder that went, itself included.
        needs: the ids of what stayed and these are of no use without.
        bytes: what they take on the disk.
        undone: whether nobody deleted it: it is a newer version of a data set whose change was undone.
    """

    id: str
    kind: str
    name: str
    visitor: str
    deleted_by: str
    deleted: float
    parts: tuple[tuple[str, str], ...]
    needs: tuple[str, ...]
    bytes: int
    undone: bool = False

    def along(self, kind: str) -> int:
        """How many things of a kind go along with it."""
        return sum(part == kind and an_id != self.id for part, an_id in self.parts)


def list_deletions(workspace: Workspace) -> list[Deletion]:
    """What was deleted and can be brought back, the latest first."""
    return list(_listed(workspace.root / FOLDER).values())


def purge(workspace: Workspace, deletion: Deletion) -> bool:
    """Delete for good what was put aside; False where that cannot be done now."""
    return discard(workspace, workspace.root / FOLDER / deletion.id)


def purge_outdated(workspace: Workspace, limits: Limits, now: float, dry_run: bool = False) -> list[Deletion]:
    """Delete for good what was put aside longer ago than it can be brought back; returns what went, or would."""
    if not limits.undo_hours:
        return []
    old = [each for each in list_deletions(workspace) if now - each.deleted > limits.undo_hours * HOUR]
    return [each for each in old if dry_run or purge(workspace, each)]


def make_room(workspace: Workspace, num_bytes: int, visitor: str | None = None) -> int:
    """Delete for good what was put aside, the oldest first, until so many bytes are free; returns how many are.

    Args:
        visitor: only what belongs to this one; None: anybody's.
    """
    freed = 0
    for each in reversed(list_deletions(workspace)):
        if freed >= num_bytes:
            break
        if visitor is None or each.visitor == visitor:
            freed += each.bytes if purge(workspace, each) else 0
    return freed


def write_note(workspace: Workspace, deletion: Deletion) -> None:
    """Write down what goes; on a full disk what can be computed again makes room, then what was deleted before."""
    folder = workspace.root / FOLDER / deletion.id
    for attempt in (0, 1, 2):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_json(folder / NOTE, asdict(deletion))
            return
        except (OSError, UserError) as error:
            if attempt == 2:
                raise disk_error(folder, error) if isinstance(error, OSError) else error from error
            if attempt == 0:
                evict(workspace, (), 0)
            else:
                make_room(workspace, deletion.bytes or 1)


def move_out(workspace: Workspace, deletion_id: str, kind: str, an_id: str) -> None:
    """Put one folder aside; raises OSError, or Timeout where a process works in it."""
    source = place_of(workspace, kind) / an_id
    target = workspace.root / FOLDER / deletion_id / place_of(workspace, kind).name / an_id
    target.parent.mkdir(parents=True, exist_ok=True)
    if kind in JOBS:
        with FileLock(source / LOCK, timeout=0):  # nothing goes from under a process
            source.rename(target)
    else:
        source.rename(target)
    unmark_deleted(target)


def move_back(workspace: Workspace, deletion_id: str, kind: str, an_id: str) -> None:
    """Bring one folder back; raises UserError where the disk says no."""
    source = workspace.root / FOLDER / deletion_id / place_of(workspace, kind).name / an_id
    target = place_of(workspace, kind) / an_id
    if source.is_dir():  # else somebody is at work in it, or a kill came in between, and it is in its place
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
        except OSError as error:
            raise disk_error(target, error) from error
    unmark_deleted(target)
    touch_used(target)


def locked(workspace: Workspace) -> FileLock:
    """The lock under which things are put aside and brought back."""
    return FileLock(workspace.root / f".{FOLDER}.lock", timeout=LOCK_SECONDS)


def place_of(workspace: Workspace, kind: str) -> Path:
    """The folder around those of a kind."""
    return {
        DATASET: workspace.datasets,
        RUN: workspace.runs,
        RECOMMENDATION: workspace.recommendations,
        CHECK: workspace.checks,
        ANALYSIS: workspace.analyses,
        COMPARISON: workspace.root / RACES,
        NETWORK: workspace.networks,
    }[kind]


@lru_cache(maxsize=8)
def _listed(parent: Path) -> FolderList[Deletion]:
    return FolderList(parent, _read, lambda deletion: deletion.deleted)


def _read(folder: Path) -> Deletion | None:
    try:
        values = read_json(folder / NOTE)
        parts = tuple((str(kind), str(an_id)) for kind, an_id in values["parts"])
        if not all(kind in ORDER and is_id(an_id) for kind, an_id in parts):
            return None
        return Deletion(**(values | {"id": folder.name, "parts": parts, "needs": tuple(values["needs"])}))
    except (OSError, ValueError, KeyError, TypeError):
        return None
