"""An import of photos from start to end: queue it, watch it, open what came of it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.data import pickers
from pages.shared import follow, room, state
from tlcore.data import incoming
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.jobs.status import job_status
from tlcore.jobs.store import ImportSpec


def start_import(spec: ImportSpec) -> None:
    """Queue an import and show it."""
    if spec.kind == "folder" and not state.is_owner():  # no page offers it to others, but a browser sends what it likes
        raise UserError("Only the owner of this server can use a folder on it.", "Upload the photos.")
    room.for_files()
    job = store.create_import(state.workspace(), spec, state.maker())
    state.queue().submit(job)
    state.choose(job=job.id, more=None)
    st.rerun()


def show_import(action: DeltaGenerator) -> None:
    """The import in the URL: its progress while it is active, else its data set or what went wrong."""
    job = state.job()
    if job is None:
        return
    status = job_status(job)
    if status.active:
        follow.watch(job, lambda _: None)
    elif status.finished:
        if job.spec.get("kind") == "incoming" and not _more_came(job.spec["value"]):
            pickers.forget_incoming()
        state.choose(job=None, run=None, dataset=status.finished.result)
        st.rerun()
    else:
        follow.ended(job, status, "import", action)
        if action.button("Choose other photos"):
            state.choose(job=None)
            st.rerun()


def _more_came(area: str) -> bool:
    """Whether photos were added while the data set was made; they wait for the next one."""
    try:
        return bool(incoming.list_uploads(state.workspace(), area))
    except UserError:
        return False
