"""Active jobs as banners on every page, each with the way back to it: trainings, comparisons, imports, checks.

They are found in the folders of the jobs, so a new tab knows them too. What ended while the visitor looked at other
pages keeps its banner until he has been there. chrome.py puts them below the top line.
"""

from dataclasses import dataclass

import streamlit as st

from pages.shared import state
from pages.shared.widgets import plain
from tlcore.classroom.rules import group_by_visitor
from tlcore.comparison import store as comparisons
from tlcore.comparison.store import Comparison, load_comparison
from tlcore.data.versions import current_version
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Job, Run
from tlcore.messages.endings import state_message
from tlcore.messages.progress import progress_message
from tlcore.workspace import split_version

POLL_SECONDS = 3.0
MOST = 3  # banners
ENDED = "View results"
_KNOWN = "active_jobs"  # in the session: the kind and id of what this visit saw active and has not yet come back to


@dataclass(frozen=True)
class JobBanner:
    """A banner: its words, and the link with the page and the ids it leads to."""

    words: str
    label: str
    page: str
    ids: dict[str, str]


def find(step: int) -> list[tuple[str, str]]:
    """The kind and id of each job that gets a banner on this page, those in work first; not what the page itself shows.

    Args:
        step: of the page, as in `chrome.page`.
    """
    now = _active()
    known: list[tuple[str, str]] = st.session_state.get(_KNOWN, [])
    every = [*now, *(each for each in known if each not in now)]
    elsewhere = [(kind, an_id) for kind, an_id in every if not _is_shown(kind, an_id, step)]
    st.session_state[_KNOWN] = elsewhere
    return elsewhere[:MOST]


def _active() -> list[tuple[str, str]]:
    """What is in work, then what waits; a run that is part of a comparison stands for that.

    The teacher sees what groups do on the Classroom page, and no banner of theirs above what he projects.
    """
    jobs = [job for job in state.active_jobs() if not _is_of_group(job)]
    comparison_of = (
        {run_id: each.id for each in reversed(state.comparisons()) for run_id in each.run_ids} if jobs else {}
    )
    found = [("race", comparison_of[job.id]) if job.id in comparison_of else (job.kind, job.id) for job in jobs]
    return list(dict.fromkeys(found))


def _is_of_group(job: Job) -> bool:
    """Whether it is a group's of the classroom that the owner, who looks at this, has open."""
    return state.is_owner() and group_by_visitor(state.workspace(), job.visitor) is not None


def _is_shown(kind: str, an_id: str, step: int) -> bool:
    """Whether the page itself shows it or leads to it; then it needs no banner, now or later."""
    if kind == "import":
        return step == 1 and st.query_params.get("job") == an_id
    if kind == "check":
        used = split_version(st.query_params.get("dataset", ""))[0]
        return step == 1 and used == an_id and not set(st.query_params) & {"show", "more", "job"}
    if kind == "train":
        return step in (2, 3, 4) and st.query_params.get("run") == an_id
    return st.query_params.get("race") == an_id


def show(found: list[tuple[str, str]]) -> None:
    """A banner for each of these, as it stands now."""
    for kind, an_id in found:
        try:
            banner = job_banner(kind, an_id)
        except UserError:  # it was deleted meanwhile
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(banner.words, width="content")
            st.page_link(f"pages/{banner.page}.py", label=banner.label, query_params=banner.ids)


def job_banner(kind: str, an_id: str) -> JobBanner:
    """How something stands, and the way to it. Raises UserError when it is there no longer."""
    workspace = state.workspace()
    if kind == "race":
        return _comparison_banner(load_comparison(workspace, an_id))
    if kind == "check":
        return _check_banner(store.load_job(workspace.checks, an_id))
    job = store.load_run(workspace, an_id) if kind == "train" else store.load_import(workspace, an_id)
    return _run_banner(job) if isinstance(job, Run) else _import_banner(job)


def _comparison_banner(comparison: Comparison) -> JobBanner:
    runs = comparisons.runs_of(state.workspace(), comparison)
    statuses = [job_status(run) for run in runs]
    ids = {"race": comparison.id, "dataset": comparison.dataset_id}
    open_places = [place for place, status in enumerate(statuses) if status.active and not status.usable]
    if not open_places:
        return JobBanner(f"**{plain(comparison.name)}** · race finished", ENDED, "compare", ids)
    place = next((place for place in open_places if statuses[place].state == "running"), open_places[0])
    progress = _progress(runs[place], statuses[place])
    words = f"**{plain(comparison.name)}** · race, run {place + 1} of {len(runs)} · {progress}"
    return JobBanner(words, "Open race", "compare", ids)


def _run_banner(run: Run) -> JobBanner:
    status, ids, name = job_status(run), {"dataset": run.dataset_id, "run": run.id}, state.run_name(run)
    noun = "training" if run.ensemble is None else "ensemble"
    if status.usable:
        return JobBanner(f"**{plain(name)}** · {noun} finished", ENDED, "evaluate", ids)
    if status.active:
        return JobBanner(f"**{plain(name)}** · {_progress(run, status)}", f"Open {noun}", "train", ids)
    return JobBanner(f"**{plain(name)}** · {noun} {state_message(run, status)}", ENDED, "train", ids)


def _import_banner(job: Job) -> JobBanner:
    status = job_status(job)
    if status.active:
        return JobBanner(f"**{plain(job.name)}** · {_progress(job, status)}", "Open import", "data", {"job": job.id})
    return JobBanner(f"**{plain(job.name)}** · import {state_message(job, status)}", ENDED, "data", {"job": job.id})


def _check_banner(job: Job) -> JobBanner:
    status, dataset_id = job_status(job), current_version(state.workspace(), job.id)
    ids, name = {"dataset": dataset_id}, state.dataset_of(dataset_id).name
    if status.active:
        return JobBanner(f"**{plain(name)}** · check · {_progress(job, status)}", "Open check", "data", ids)
    return JobBanner(f"**{plain(name)}** · check {state_message(job, status)}", ENDED, "data", ids)


def _progress(job: Job, status: JobStatus) -> str:
    """The words of the progress bar."""
    config = job.config if isinstance(job, Run) else None
    return progress_message(status, state.queue().position(job), config)[1]
