"""The run that a model is of, where it is one."""

from pathlib import Path

from tlcore.jobs.store import JOB, Run, load_run
from tlcore.workspace import Workspace


def run_at(place: Path) -> tuple[Workspace, Run] | None:
    """The workspace and the run whose folder `place` is; None for the folder or zip of a saved model."""
    workspace = Workspace(place.parent.parent)
    if not (place / JOB).is_file() or workspace.runs != place.parent:
        return None
    return workspace, load_run(workspace, place.name)
