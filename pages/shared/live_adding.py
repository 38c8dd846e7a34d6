"""Photos of the live camera that go into the data set of the run: sent by the browser, added as one change, with undo.

The browser keeps them until "Save" is pressed (live_adding.js) and sends them to the upload route; the import that adds
them is the one of the Data page.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.shared import actions, chrome, state, undo
from pages.shared.sending import request_bytes
from pages.shared.widgets import plain
from tlcore.data import incoming, receive
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job
from tlcore.settings import load_limits

AREA, DONE, JOB = "live_area", "live_order", "live_adding_job"
"""In the session: the upload area, the last order that was followed, and the import under way or failed."""
POLL_SECONDS = 0.5


def offered(key: str) -> tuple[Dataset | None, dict[str, Any] | None]:
    """The data set that photos can be added to, and what the browser needs for it; None where this visitor may not.

    Args:
        key: of the camera's component.
    """
    dataset = _dataset()
    if dataset is None:
        return None, None
    said = _said(key)
    area = _known_area()
    if area is None and said.get("busy") is True:
        area = st.session_state[AREA] = incoming.new_incoming(state.workspace(), state.maker())
    return dataset, {
        "labels": list(dataset.labels),
        "name": dataset.name,
        "area": area,
        "key": receive.upload_key(state.workspace(), area) if area else None,
        "request_bytes": request_bytes(load_limits(state.workspace())),
    }


def follow(key: str, dataset: Dataset | None) -> None:
    """Add what the browser has sent, and say how far that is. `key`: of the camera's component."""
    said, area = _said(key), st.session_state.get(AREA)
    order = str(said.get("order") or "")[:64]
    if dataset is not None and order and order != _done() and area and said.get("area") == area:
        st.session_state[DONE] = order
        st.session_state.pop(AREA, None)  # the next photos go to a new one
        made = actions.add_uploads(dataset, area)
        st.session_state[JOB] = made.id if made else None
    job_id = st.session_state.get(JOB)
    if job_id:
        _watch(store.load_import(state.workspace(), job_id))


def _watch(job: Job) -> None:
    """What an import does, until the photos are there; then the banner says so and offers the way back."""

    @chrome.errors_shown()
    def progress() -> None:
        status = job_status(job)
        if status.active:
            st.caption("Adding your photos…")
        elif status.finished:
            st.session_state.pop(JOB, None)
            undo.edited(state.dataset_of(status.finished.result))
            st.rerun()
        elif status.error:
            chrome.show_failure(status.error)
            if status.error.reasons:
                st.markdown("\n".join(f"- {plain(reason)}" for reason in status.error.reasons))
        else:
            st.caption("Your photos weren’t added. Add them again.")

    st.fragment(progress, run_every=POLL_SECONDS if job_status(job).active else None, key="live_adding")()


def _dataset() -> Dataset | None:
    """The newest version of the run's data set, where it is their own: an import into another's makes a copy."""
    try:
        dataset = state.current_dataset()
    except UserError:  # it was deleted
        return None
    return dataset if dataset is not None and dataset.visitor == state.maker() and state.may_act(dataset) else None


def _known_area() -> str | None:
    """The area that this visit sends to, None where there is none any more."""
    area = st.session_state.get(AREA)
    try:
        return incoming.area_folder(state.workspace(), area).name if area else None
    except UserError:  # cleaned away meanwhile
        st.session_state.pop(AREA, None)
        return None


def _done() -> str:
    return str(st.session_state.get(DONE) or "")


def _said(key: str) -> Mapping[str, Any]:
    """What the browser said last; it may say anything."""
    kept = st.session_state.get(key)
    status = kept.get("status") if isinstance(kept, Mapping) else None
    return status if isinstance(status, Mapping) else {}
