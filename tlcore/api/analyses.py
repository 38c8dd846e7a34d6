"""Finding out more about a finished run, in this process: what its pages offer as jobs."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tlcore.api.progress_bars import showing
from tlcore.errors import UserError
from tlcore.events import Event, Failed, Stopped
from tlcore.jobs.attempts import reset
from tlcore.jobs.places import has_begun
from tlcore.jobs.status import job_status
from tlcore.jobs.store import analysis_job, load_run
from tlcore.worker.interrupt import stopping_listener, stopping_on_signals
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace, open_workspace

Found = TypeVar("Found")


def analyse(
    run_folder: Path,
    what: str,
    load: Callable[[Path], Found | None],
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Found:
    """What an analysis finds; what was found before is given at once.

    Args:
        run_folder: of the run. what: a key of `worker.handlers.ANALYSES`.
        load: reads what was found from the job's folder, None where it is not (all) there.
        progress, on_event: as for `load_dataset`.

    Raises:
        UserError: it is no run of a workspace, the analysis cannot be done, or is under way elsewhere.
        KeyboardInterrupt: it was stopped.
    """
    workspace = workspace_of(run_folder)
    run = load_run(workspace, run_folder.name)
    job = analysis_job(workspace, run, what)
    found = load(job.folder)
    if found is not None:
        return found
    if job_status(job).active:
        raise UserError("This analysis is waiting or in progress.", "Wait until it has ended, or stop it.")
    if has_begun(job):
        reset(job)
    bugs: list[Exception] = []
    with showing(progress, on_event) as show, stopping_on_signals(job):
        last = run_job(workspace, job, stopping_listener(job, show), bugs.append)
    if isinstance(last, Stopped):
        raise KeyboardInterrupt(last.kept)
    if isinstance(last, Failed) and bugs:
        raise bugs[0]
    if isinstance(last, Failed):
        raise UserError(last.what, last.fix)
    found = load(job.folder)
    assert found is not None  # it was saved just now
    return found


def workspace_of(run_folder: Path) -> Workspace:
    """The workspace that a run is in; raises UserError where this is no run's folder."""
    folder = run_folder.absolute()
    if folder.parent.name != "runs" or not (folder / "job.json").exists():
        raise UserError(
            "This model was loaded from a file, which contains no photos.",
            "Load it by the id of its run, where its photos are.",
        )
    return open_workspace(folder.parent.parent)
