"""An import of photos from start to end: queue it, watch it, go on with what came of it."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.data import collecting
from pages.shared import follow, reading_question, room, state
from pages.shared.widgets import plain
from tlcore.data import incoming
from tlcore.data.report import KNOWN
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import ImportSpec, Job
from tlcore.workspace import split_version

ON_TO_TRAIN = "on_to_train"  # in the session: the imports that lead on to the Train page


def start_import(spec: ImportSpec) -> None:
    """Queue an import and show it."""
    if spec.kind == "folder" and not state.is_owner():  # no page offers it to others, but a browser sends what it likes
        raise UserError("Only the owner of this server can use a folder on it.", "Upload the photos.")
    room.for_files()
    job = store.create_import(state.workspace(), spec, state.maker())
    state.queue().submit(job)
    if spec.kind == "incoming":
        st.session_state[ON_TO_TRAIN] = job.id
    state.choose(job=job.id, more=None)
    st.rerun()


def heading() -> tuple[str, str]:
    """The title and the sentence of the page for the import in the URL."""
    try:
        job = state.job()
    except UserError:  # the page itself will say so
        job = None
    status = job_status(job) if job else None
    if job is None or status is None or status.active or status.finished:
        return "Importing your photos", "We check every file and list any we can’t use."
    if status.error and reading_question.is_question(status.error):
        return reading_question.heading(status.error)
    kept = " Your uploads are still here." if job.spec.get("kind") == "incoming" else ""
    return "Import failed", f"Nothing was saved.{kept}"


def show_import(action: DeltaGenerator) -> None:
    """The import in the URL: its progress while it is active, else what came of it."""
    job = state.job()
    if job is None:
        return
    status = job_status(job)
    if status.active:
        follow.watch(job, lambda _: None)
    elif status.finished:
        _go_on(job, status.finished.result)
    elif status.error and reading_question.is_question(status.error):
        _offer_way_back(job, action, primary=False)
        if answer := reading_question.ask(job, status.error, job.spec):  # which has the answers for other uploads
            start_import(ImportSpec(**{**job.spec, **answer}))
    else:
        _show_end(job, status, action)


def _show_end(job: Job, status: JobStatus, action: DeltaGenerator) -> None:
    """Why nothing came of an import, all of it at once, and what can be done."""
    small = status.error.small_classes if status.error else ()
    if small:
        _offer_without(job, small, action)
    is_refused = status.error is not None and not status.error.bug and job.spec["kind"] != "sample"
    _offer_way_back(job, action, primary=is_refused and not small)
    follow.ended(job, status, "import", action, primary=not is_refused)  # the same files would fail once more
    reasons = status.error.reasons if status.error else ()
    if reasons:
        st.markdown("\n".join(f"- {plain(reason)}" for reason in reasons))


def _go_on(job: Job, dataset_id: str) -> None:
    """On to Train, where somebody pressed "Import and continue" and every other file was taken; else to the photos."""
    if job.spec.get("kind") == "incoming" and not _more_came(job.spec["value"]):
        collecting.forget()
    reasons = state.dataset_of(dataset_id).refused["reason"]
    wanted = st.session_state.pop(ON_TO_TRAIN, None) == job.id
    leads_on = wanted and bool(reasons.isin(KNOWN).all()) and not _has_runs(dataset_id)
    state.choose(job=None, run=None, dataset=dataset_id)
    if leads_on:
        st.switch_page("pages/train.py", query_params={"dataset": dataset_id})
    st.rerun()


def _has_runs(dataset_id: str) -> bool:
    """Whether runs came along: it is a project that was opened, and one sees first what is in it."""
    folder = split_version(dataset_id)[0]
    return any(split_version(run.dataset_id)[0] == folder for run in store.list_runs(state.workspace()))


def _offer_without(job: Job, small: tuple[str, ...], action: DeltaGenerator) -> None:
    """The import once more, without the classes that have too few photos."""
    shown = small[0] if len(small) == 1 else f"{len(small)} classes"
    if state.may_act(job) and action.button(f"Continue without {shown}", type="primary", key="without"):
        spec = ImportSpec(**job.spec)
        start_import(replace(spec, without=(*spec.without, *small)))


def _offer_way_back(job: Job, action: DeltaGenerator, primary: bool) -> None:
    """Back to the board: its cards with what was dropped, or the other ways to bring photos in."""
    if action.button("Back to your photos", type="primary" if primary else "secondary", key="back_to_photos"):
        if job.spec["kind"] == "incoming":
            state.choose(incoming=job.spec["value"])
        state.choose(job=None, more=state.ADD if job.spec.get("base") else "1")
        st.rerun()


def _more_came(area: str) -> bool:
    """Whether photos were added while the data set was made; they wait for the next one."""
    try:
        return bool(incoming.list_uploads(state.workspace(), area))
    except UserError:
        return False
