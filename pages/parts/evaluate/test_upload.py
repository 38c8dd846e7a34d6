"""The way in for photos that a model is tested on: dropped or chosen, and sent by the browser to the upload route.

What it looks like and how it sends stands in the script beside this file and in sending.js; the route is
pages/server/uploads.py. The test begins by itself when all have arrived, as part of the component's state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared import chrome, state
from pages.shared.component_script import component_script
from pages.shared.sending import SENDING_SCRIPTS, limit_message, request_bytes
from tlcore.data import incoming, receive
from tlcore.data.names import clean_text
from tlcore.errors import UserError
from tlcore.settings import load_limits

AREA, DONE = "test_area", "test_order"  # in the session: the upload area, and the last order that a test began for
MOST_NAME = 80  # characters

_FOLDER, _SHARED = Path(__file__).parent, Path(chrome.__file__).parent
_SCRIPTS = (_SHARED / "button.js", _SHARED / "random_id.js", *SENDING_SCRIPTS, _FOLDER / "test_upload.js")
_STYLES = (_SHARED / "controls.css", _FOLDER / "test_upload.css")
_MOUNT = st.components.v2.component(
    "transferlab_test_upload",
    css="\n".join(path.read_text(encoding="utf-8") for path in _STYLES),
    js=component_script(*_SCRIPTS),
)


@dataclass(frozen=True)
class Order:
    """Photos that are to be tested: the upload area they lie in, and what they are called."""

    area: str
    name: str


def ask(key: str) -> Order | None:
    """Draw the place for photos; what to test once all have arrived.

    Args:
        key: of the component. Another one is an empty place.
    """
    workspace, said = state.workspace(), _said(key)
    area = _known_area()
    if area is None and (said.get("busy") is True or said.get("order")):
        area = st.session_state[AREA] = incoming.new_incoming(workspace, state.maker())
    limits = load_limits(workspace)
    data = {
        "area": area,
        "key": receive.upload_key(workspace, area) if area else None,
        "limit": limit_message(limits),
        "request_bytes": request_bytes(limits),
    }
    _MOUNT(key=key, data=data, on_status_change=lambda: None)
    order = str(said.get("order") or "")[:64]
    if not order or order == st.session_state.get(DONE) or area is None or said.get("area") != area:
        return None
    st.session_state[DONE] = order
    st.session_state.pop(AREA, None)  # the next photos go to a new one
    name = said.get("name")
    return Order(area, clean_text(name)[:MOST_NAME] if isinstance(name, str) else "")


def _known_area() -> str | None:
    """The area that this visit sends to, None where there is none any more."""
    area = st.session_state.get(AREA)
    try:
        return incoming.area_folder(state.workspace(), area).name if area else None
    except UserError:  # cleaned away meanwhile
        st.session_state.pop(AREA, None)
        return None


def _said(key: str) -> Mapping[str, Any]:
    """What the browser said last; it may say anything."""
    kept = st.session_state.get(key)
    status = kept.get("status") if isinstance(kept, Mapping) else None
    return status if isinstance(status, Mapping) else {}
