"""Check photos: a job looks for what may need correcting, and what it found stays here, also after a change."""

import streamlit as st

from pages.parts.data import check_results, check_split
from pages.shared import actions, follow, state
from pages.shared.asked_jobs import why_it_ended
from tlcore.cleaning.results import Check, check_folder, is_current, load_check
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, open_job

WHAT = "Find wrong labels, copies, blurred and dark photos, and photos that belong together."
STOPPED = "The check was stopped."
CHANGED = "Checked before your last change; what is shown still holds."


def show(dataset: Dataset) -> None:
    """The button, the progress of the job, or what it found."""
    with st.container(key="tl_check"):
        st.subheader("Check photos", anchor=False)
        job, check = _job(dataset), load_check(state.workspace(), dataset)
        if job is not None and job_status(job).active:
            follow.watch(job, lambda status: None)
        elif check is None:
            _offer(dataset, job)
        if check is not None:
            _again(dataset, check, job)
            check_results.show(dataset)
            check_split.show(dataset, check)


def _job(dataset: Dataset) -> Job | None:
    """The job that checks this data set, None where nobody asked for one."""
    try:
        return open_job(check_folder(state.workspace(), dataset))
    except UserError:
        return None


def _offer(dataset: Dataset, job: Job | None) -> None:
    """Before anything was found: the button, and why an earlier attempt found nothing."""
    if job is not None:
        why_it_ended(job, STOPPED)
    if not state.may_act(dataset):
        st.caption("These photos have not been checked.")
        return
    st.markdown(WHAT)
    st.button("Check photos", key="check_photos", on_click=actions.check, args=(dataset,))


def _again(dataset: Dataset, check: Check, job: Job | None) -> None:
    """Where the photos have changed since, or the last attempt failed: that, and the button to check once more."""
    status = job_status(job) if job is not None else None
    failed = job is not None and status is not None and not (status.active or status.finished)
    if job is not None and failed:
        why_it_ended(job, STOPPED)
    if is_current(check, dataset) and not failed:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if not is_current(check, dataset):
            st.caption(CHANGED, width="content")
        if state.may_act(dataset) and not (status and status.active):
            st.button("Check again", key="check_again", type="tertiary", on_click=actions.check, args=(dataset,))
