"""Photos of the live camera that go into the data set of the run: sent by the browser, added as one change, with undo.

The browser keeps them until "Save" is pressed (live_adding.js) and sends them to the upload route; the import that adds
them is the one of the Data page (adding.py follows it).
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.shared import actions, adding, state, undo
from pages.shared.sending import request_bytes
from tlcore.data import incoming, receive
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.settings import load_limits

AREA, DONE = "live_area", "live_order"
"""In the session: the upload area, and the last order that was followed."""
PLACE = "live"  # of what becomes of the photos, see adding.py


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
        if made is not None:
            adding.remember(PLACE, made)
    if dataset_id := adding.followed(PLACE):
        adding.forget(PLACE)
        undo.edited(state.dataset_of(dataset_id))  # the banner says so and offers the way back
        st.rerun()


def _dataset() -> Dataset | None:
    """The newest version of the run's data set, where it is their own: an import into another's makes a copy."""
    run = state.run()
    dataset = adding.dataset_of(run) if run is not None else None
    return dataset if dataset is not None and dataset.visitor == state.maker() else None


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
