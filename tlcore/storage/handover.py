"""What somebody made without an account becomes his account's: other names in small files, one after the other.

    visitors/<name>-moving.json   `to`: the name that takes over; there until all of it has
    visitors/<name>-stays.json    who works under this name was asked, and wants it to stay as it is

A kill in between loses nothing: each thing is the one's or the other's, and whoever finds the note goes on.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore import grants
from tlcore.access import VISITORS, is_visitor_name
from tlcore.errors import UserError
from tlcore.jobs.line import KINDS, Line
from tlcore.listing import MOVED, tell_of_change
from tlcore.storage.belongings import (
    COMPARISON,
    DATASET,
    NETWORK,
    RUN,
    UPLOADS,
    belongings,
    belongings_of,
    note_of,
)
from tlcore.storage.deletion import forget_signatures
from tlcore.storage.put_aside import FOLDER as DELETED
from tlcore.storage.put_aside import NOTE as DELETION
from tlcore.storage.put_aside import list_deletions, place_of
from tlcore.storage.visits import LastUsed, forget_visit, last_visit, note_visit
from tlcore.workspace import Workspace, disk_error, read_json, write_json

LOCK_SECONDS = 30.0


@dataclass(frozen=True)
class Handover:
    """What somebody made without an account. `shared`: what others have shared with him."""

    datasets: int = 0
    photos: int = 0
    runs: int = 0
    comparisons: int = 0
    networks: int = 0
    uploads: int = 0
    shared: int = 0

    def __bool__(self) -> bool:
        return any((self.datasets, self.runs, self.comparisons, self.networks, self.uploads, self.shared))


def plan_handover(workspace: Workspace, old: str) -> Handover:
    """What would come along; nothing where he was asked before and wanted it to stay."""
    if not is_visitor_name(old) or _note(workspace, old, "stays").exists():
        return Handover()
    found = belongings_of(workspace, old)
    number = Counter(each.kind for each in found)
    return Handover(
        number[DATASET],
        sum(each.photos for each in found if each.kind == DATASET),
        number[RUN],
        number[COMPARISON],
        number[NETWORK],
        number[UPLOADS],
        len(grants.rights_given(workspace, old)),
    )


def is_busy(workspace: Workspace, visitor: str) -> bool:
    """Whether a job of this visitor waits or is at work: it has his name in memory."""
    line = Line(workspace)
    return any(job.visitor == visitor for kind in KINDS for job in line.jobs(kind))


def leave_behind(workspace: Workspace, old: str) -> None:
    """Remember that what was made under this name is to stay as it is, so that nobody is asked again."""
    path = _note(workspace, old, "stays")
    _make_folder(path)
    write_json(path, {})


def hand_over(workspace: Workspace, old: str, new: str) -> None:
    """Let all that one visitor made, deleted and was given be another's.

    Args:
        old: the name of a browser. new: that of an account; "" for the owner.

    Raises:
        UserError: a job of his is under way, or the disk says no; then the rest follows with the next cleaning.
    """
    if not (is_visitor_name(old) and (not new or is_visitor_name(new)) and old != new):
        raise ValueError(f"from {old!r} to {new!r}")
    if is_busy(workspace, old):
        raise UserError("Something you started is still running.", "Wait until it is done, or stop it.")
    path = _note(workspace, old, "moving")
    _make_folder(path)
    write_json(path, {"to": new})
    finish_handovers(workspace)


def finish_handovers(workspace: Workspace) -> None:
    """Go on with what was begun, here or in a process that was killed. Raises UserError where the disk says no."""
    notes = sorted((workspace.root / VISITORS).glob("*-moving.json"))
    if not notes:
        return
    try:
        with FileLock(workspace.root / VISITORS / ".moving.lock", timeout=LOCK_SECONDS):
            for path in notes:
                _finish(workspace, path)
    except Timeout:  # somebody else is at it
        return
    except OSError as error:
        raise disk_error(workspace.root / VISITORS, error) from error


def _finish(workspace: Workspace, note: Path) -> None:
    old = note.stem.removesuffix("-moving")
    try:
        new = str(read_json(note)["to"])
    except FileNotFoundError:  # done while we waited
        return
    except (ValueError, KeyError, TypeError):
        new = old
    if is_visitor_name(old) and old != new and (not new or is_visitor_name(new)):
        _move_things(workspace, old, new)
        grants.move_rights(workspace, old, new)
        if new and last_visit(workspace, new) == LastUsed():
            note_visit(workspace, new, last_visit(workspace, old))
        forget_visit(workspace, old)
    note.unlink(missing_ok=True)


def _move_things(workspace: Workspace, old: str, new: str) -> None:
    moved = []
    for each in belongings(workspace):
        if each.visitor == old:
            _rename(each.folder, note_of(each.kind), old, new)
            moved.append(each.id)
    forget_signatures(workspace, moved)  # else the same photos would lead the browser to what is the account's
    for gone in list_deletions(workspace):
        if old in (gone.visitor, gone.deleted_by):
            folder = workspace.root / DELETED / gone.id
            for kind, an_id in gone.parts:
                _rename(folder / place_of(workspace, kind).name / an_id, note_of(kind), old, new)
            _rename(folder, DELETION, old, new)


def _rename(folder: Path, note: str, old: str, new: str) -> None:
    """Put the other name into the note of a folder, and let every process that knows it read it again."""
    try:
        values = read_json(folder / note)
    except (OSError, ValueError):  # it went meanwhile, or nobody can read it
        return
    names = {key: new for key in ("visitor", "deleted_by") if values.get(key) == old}
    if names:
        write_json(folder / note, values | names)
        (folder / MOVED).touch()
        tell_of_change(folder)


def _note(workspace: Workspace, visitor: str, what: str) -> Path:
    return workspace.root / VISITORS / f"{visitor}-{what}.json"


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise disk_error(path, error) from error
