"""A place to drop files, which the browser sends to the upload route: photos to test a model on, or a network.

What it looks like and how it sends stands in the script beside this file and in sending.js; the route is
pages/server/uploads.py. What is done with the files begins by itself when all have arrived, as part of the component's
state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared import state
from pages.shared.component_script import component_script
from pages.shared.sending import SENDING_SCRIPTS, limit_message, request_bytes
from tlcore.data import incoming, receive
from tlcore.data.names import clean_text
from tlcore.errors import UserError
from tlcore.settings import load_limits

AREA, DONE = "drop_area_", "drop_order_"  # in the session, with the zone: its area, and the last order that was taken
MOST_NAME = 80  # characters

_FOLDER = Path(__file__).parent
_SCRIPTS = (_FOLDER / "button.js", _FOLDER / "random_id.js", *SENDING_SCRIPTS, _FOLDER / "drop_zone.js")
_STYLES = (_FOLDER / "controls.css", _FOLDER / "drop_zone.css")
_MOUNT = st.components.v2.component(
    "transferlab_drop_zone",
    css="\n".join(path.read_text(encoding="utf-8") for path in _STYLES),
    js=component_script(*_SCRIPTS),
)


@dataclass(frozen=True)
class Order:
    """Files that have arrived: the upload area they lie in, and what they are called."""

    area: str
    name: str


@dataclass(frozen=True)
class Words:
    """What stands in a zone: its name, what to drop, the button for files and, unless it is "", that for a folder; and
    what is said when all have arrived. `extensions`: of the files that can be chosen, as a browser wants them."""

    label: str
    drop: str
    files: str
    folder: str
    working: str
    extensions: str = ""


def ask(zone: str, key: str, words: Words) -> Order | None:
    """Draw the place for files; what has arrived, once all have.

    Args:
        zone: which of the pages' zones it is. key: of the component. Another one is an empty place.
    """
    workspace, said = state.workspace(), _said(key)
    area = _known_area(zone)
    if area is None and (said.get("busy") is True or said.get("order")):
        area = st.session_state[AREA + zone] = incoming.new_incoming(workspace, state.maker())
    limits = load_limits(workspace)
    data = {
        "words": vars(words),
        "area": area,
        "key": receive.upload_key(workspace, area) if area else None,
        "limit": limit_message(limits),
        "request_bytes": request_bytes(limits),
    }
    _MOUNT(key=key, data=data, on_status_change=lambda: None)
    order = str(said.get("order") or "")[:64]
    if not order or order == st.session_state.get(DONE + zone) or area is None or said.get("area") != area:
        return None
    st.session_state[DONE + zone] = order
    st.session_state.pop(AREA + zone, None)  # the next files go to a new one
    name = said.get("name")
    return Order(area, clean_text(name)[:MOST_NAME] if isinstance(name, str) else "")


def _known_area(zone: str) -> str | None:
    """The area that this visit sends to, None where there is none any more."""
    area = st.session_state.get(AREA + zone)
    try:
        return incoming.area_folder(state.workspace(), area).name if area else None
    except UserError:  # cleaned away meanwhile
        st.session_state.pop(AREA + zone, None)
        return None


def _said(key: str) -> Mapping[str, Any]:
    """What the browser said last; it may say anything."""
    kept = st.session_state.get(key)
    status = kept.get("status") if isinstance(kept, Mapping) else None
    return status if isinstance(status, Mapping) else {}
