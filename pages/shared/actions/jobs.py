"""What changes a job: stop it, continue it, restart it, move it in the queue; and jobs about what is there already."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pages.shared import room, state
from pages.shared.actions.guard import is_allowed, is_maker, may_change, refusals_kept
from tlcore.cleaning.results import lineage_id
from tlcore.comparison.ensembles import create_ensemble
from tlcore.data.manifest import Dataset
from tlcore.exports.export_job import WHAT as EXPORT
from tlcore.exports.exporter import KINDS
from tlcore.jobs import store
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run


def stop(job: Job) -> None:
    """Take a job out of the line, or ask the one in work to stop and keep what there is."""
    if is_allowed(job):
        status = job_status(job)
        if status.active and not status.usable:  # one with figures is being packed and checked, which must be whole
            store.request_stop(job, _who_stops(job))  # before it leaves the line: its maker reads who stopped it
        state.queue().cancel(job)


def _who_stops(job: Job) -> str:
    """The reason that is kept for a stop."""
    if job.visitor == state.maker():
        return ""
    return store.BY_OWNER if state.is_owner() else store.BY_ANOTHER


def skip_tests(run: Run) -> None:
    """Leave out what a run that has its test figures does beside its model: testing every photo once, and the refit."""
    status = job_status(run)
    if is_allowed(run) and status.active and status.usable and not status.predicts:
        store.request_stop(run)


def resume(job: Job) -> None:
    """Continue a training from its last epoch."""
    _do(lambda run: (room.for_runs(1), state.queue().resume(run, state.is_owner())), job)


def restart(job: Job) -> None:
    """Do a job once more from the beginning."""
    _do(lambda job: (isinstance(job, Run) and room.for_runs(1), state.queue().restart(job, state.is_owner())), job)


def leave_line(job: Job) -> None:
    """Take a job that waits out of the line."""
    _do(state.queue().cancel, job)


def go_first(job: Job) -> None:
    """Let a job that waits go before others."""
    _do(state.queue().move_to_front, job)


def check(dataset: Dataset) -> None:
    """Look for photos of a data set to correct or leave out, in a job; nothing happens where one is under way."""
    if may_change(dataset):
        with refusals_kept():
            job = store.check_job(state.workspace(), lineage_id(dataset), dataset.visitor)
            state.queue().restart(job, state.is_owner())


def analyse(run: Run, what: str, options: Mapping[str, Any] | None = None) -> None:
    """Find out more about a finished run, in a job; nothing happens where that is under way."""
    if is_allowed(run) and (is_maker(run) or not takes_more(what, options)):
        with refusals_kept():
            state.queue().restart(store.analysis_job(state.workspace(), run, what, options), state.is_owner())


def takes_more(what: str, options: Mapping[str, Any] | None) -> bool:
    """Whether more goes with an export than the model: then a right to change the run is not enough."""
    kind = KINDS.get(str((options or {}).get("kind"))) if what == EXPORT else None
    return kind is not None and kind.of_maker


def combine(runs: Sequence[Run], method: str) -> Run | None:
    """Put the combination of finished runs into the line; None where this visitor may not see one of them. It changes
    none of them. Raises UserError where they cannot be combined, or this visitor has too many runs waiting."""
    if not all(state.may_see(run) for run in runs):
        return None
    room.for_runs(1)
    made = create_ensemble(state.workspace(), [run.id for run in runs], method, visitor=state.maker())
    state.queue().submit(made)
    return made


def _do(act: Callable[[Job], object], job: Job) -> None:
    if is_allowed(job):
        with refusals_kept():
            act(job)
