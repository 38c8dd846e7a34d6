"""What goes on in other processes, told in a line on every page with the way back to it: trainings, races, imports.

It is found in the folders of the jobs, so a new tab knows it too. What ended while the visitor looked at other pages
stays told until he has been there. chrome.py puts it below the top line.
"""

from dataclasses import dataclass

import streamlit as st

from pages.shared import lists, state, widgets
from pages.shared.widgets import plain
from tlcore.comparison import store as comparisons
from tlcore.comparison.store import Comparison, load_comparison
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Job, Run

POLL_SECONDS = 3.0
MOST = 3  # lines
ENDED = "See what came of it"
_KNOWN = "going_on"  # in the session: the kind and id of what this visit has seen going on and not yet come back to


@dataclass(frozen=True)
class Told:
    """A line: its words, and the link with the page and the ids it leads to."""

    words: str
    label: str
    page: str
    ids: dict[str, str]


def find(step: int) -> list[tuple[str, str]]:
    """The kind and id of each thing to tell on this page, those in work first; what the page shows itself is left out.

    Args:
        step: of the page, as in `chrome.page`.
    """
    now = _active()
    known = st.session_state.get(_KNOWN, [])
    every = [*now, *(each for each in known if each not in now)]
    st.session_state[_KNOWN] = [each for each in every if not _is_shown(*each, step)]
    return st.session_state[_KNOWN][:MOST]


def _active() -> list[tuple[str, str]]:
    """What is in work, then what waits; a run that is part of a race stands for its race."""
    working = state.at_work()
    race_of = {run_id: race.id for race in reversed(state.races()) for run_id in race.run_ids} if working else {}
    told = [("race", race_of[job.id]) if job.id in race_of else (job.kind, job.id) for job in working]
    return list(dict.fromkeys(told))


def _is_shown(kind: str, an_id: str, step: int) -> bool:
    """Whether the page itself shows it or leads to it; then nothing has to be told, now or later."""
    if kind == "import":
        return step == 1 and st.query_params.get("job") == an_id
    if kind == "train":
        return step in (2, 3, 4) and st.query_params.get("run") == an_id
    return st.query_params.get("race") == an_id


def show(found: list[tuple[str, str]]) -> None:
    """A line for each of these, as it stands now."""
    for kind, an_id in found:
        try:
            told = tell(kind, an_id)
        except UserError:  # it was deleted meanwhile
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(told.words, width="content")
            st.page_link(f"pages/{told.page}.py", label=told.label, query_params=told.ids)


def tell(kind: str, an_id: str) -> Told:
    """How something stands, and the way to it. Raises UserError when it is there no longer."""
    workspace = state.workspace()
    if kind == "race":
        return _tell_race(load_comparison(workspace, an_id))
    job = store.load_run(workspace, an_id) if kind == "train" else store.load_import(workspace, an_id)
    return _tell_run(job) if isinstance(job, Run) else _tell_import(job)


def _tell_race(race: Comparison) -> Told:
    runs = comparisons.runs_of(state.workspace(), race)
    stands = [job_status(run) for run in runs]
    ids = {"race": race.id, "dataset": race.dataset_id}
    open_places = [place for place, status in enumerate(stands) if status.active and not status.usable]
    if not open_places:
        return Told(f"**{plain(race.name)}** · the race has ended", ENDED, "compare", ids)
    place = next((place for place in open_places if stands[place].state == "running"), open_places[0])
    words = f"**{plain(race.name)}** · race, run {place + 1} of {len(runs)} · {_progress(runs[place], stands[place])}"
    return Told(words, "Go to the race", "compare", ids)


def _tell_run(run: Run) -> Told:
    status, ids = job_status(run), {"dataset": run.dataset_id, "run": run.id}
    if status.usable:
        return Told(f"**{plain(run.name)}** · it has learned", ENDED, "evaluate", ids)
    if status.active:
        return Told(f"**{plain(run.name)}** · {_progress(run, status)}", "Go to the training", "train", ids)
    return Told(f"**{plain(run.name)}** · training {lists.STATES[status.state]}", ENDED, "train", ids)


def _tell_import(job: Job) -> Told:
    status = job_status(job)
    if status.active:
        return Told(f"**{plain(job.name)}** · {_progress(job, status)}", "Go to the photos", "data", {"job": job.id})
    return Told(f"**{plain(job.name)}** · import {lists.STATES[status.state]}", ENDED, "data", {"job": job.id})


def _progress(job: Job, status: JobStatus) -> str:
    """The words of the progress bar."""
    config = {"config": job.config} if isinstance(job, Run) else {}
    return widgets.say_progress(status, state.queue().position(job), **config)[1]
