"""Which trainings a group has started: `classrooms/<id>/started/<group>.json`, so that deleting one gives none back.

One that was taken out of the line before it began is given back, as long as it is there.
"""

from pathlib import Path

from tlcore.classroom.store import FOLDER
from tlcore.classroom.values import Group
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import load_run
from tlcore.workspace import Workspace, disk_error, read_json, write_json

STARTED = "started"


def started_runs(workspace: Workspace, group: Group) -> list[str]:
    """The ids of the trainings that a group has started, the first one first."""
    return [run_id for run_id in _read(_file(workspace, group)) if not _never_began(workspace, run_id)]


def note_started(workspace: Workspace, group: Group, run_id: str) -> None:
    """Count a training; the line is held, so nobody else writes. Raises UserError where the disk says no."""
    path = _file(workspace, group)
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise disk_error(path, error) from error
    write_json(path, {"runs": [*(each for each in started_runs(workspace, group) if each != run_id), run_id]})


def _file(workspace: Workspace, group: Group) -> Path:
    return workspace.root / FOLDER / group.classroom_id / STARTED / f"{group.id}.json"


def _read(path: Path) -> list[str]:
    try:
        return [str(each) for each in read_json(path)["runs"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _never_began(workspace: Workspace, run_id: str) -> bool:
    """Whether a run was taken out of the line before anybody worked on it."""
    try:
        status = job_status(load_run(workspace, run_id))
    except UserError:  # deleted
        return False
    return status.state == "stopped" and not status.started
