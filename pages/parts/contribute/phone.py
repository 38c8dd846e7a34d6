"""The part of the page that runs on the phone: classes to choose from, the ways to take photos, and what arrived.

What it looks like and how it sends stands in the script beside this file; the route is pages/server/uploads.py. The
page learns of which classes photos wait to be sent, so that there is a place for them, and what is taken back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared.camera import CAMERA_SCRIPTS, CAMERA_STYLES
from pages.shared.component_script import component_script
from pages.shared.sending import CLASSES_SCRIPT, SENDING_SCRIPTS, limit_message, request_bytes
from tlcore.classroom.contributions import OfferedClass
from tlcore.data.names import MAX_LABEL, clean_text, shorten
from tlcore.settings import Limits

KEY = "phone"
MOST_NAMES, MOST_DROPPED = 50, 500

FOLDER = Path(__file__).parent
_MOUNT = st.components.v2.component(
    "transferlab_phone",
    css=CAMERA_STYLES + (FOLDER / "phone.css").read_text(encoding="utf-8"),
    js=component_script(*CAMERA_SCRIPTS, *SENDING_SCRIPTS, CLASSES_SCRIPT, FOLDER / "phone.js"),
)


@dataclass(frozen=True)
class Said:
    """What the phone says. It may say anything.

    Attributes:
        wanted: names of classes of which photos wait for a place. dropped: ids of photos that are taken back.
    """

    wanted: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where photos go: the area with its key, "" while there is none, and the limits it is under."""

    area: str
    key: str
    limits: Limits


@dataclass(frozen=True)
class Shown:
    """What stands on the phone.

    Attributes:
        can_add: whether a class may be added. most: photos that a class may have, 0 for no limit.
        mine: the ids of what this device has sent and that still waits. is_paused: nothing can be sent just now.
    """

    classes: Sequence[OfferedClass]
    can_add: bool
    most: int
    mine: Sequence[str]
    is_paused: bool


def said(values: Any) -> Said:
    """What a phone sent, as far as it can be used."""
    if not isinstance(values, Mapping):
        return Said()
    names = (shorten(clean_text(each), MAX_LABEL) for each in _texts(values.get("wanted"), MOST_NAMES))
    return Said(tuple(dict.fromkeys(filter(None, names))), tuple(_texts(values.get("dropped"), MOST_DROPPED)))


def last_said() -> Said:
    """What the phone said last, before it is drawn in this run."""
    kept = st.session_state.get(KEY)
    return said(kept.get("status") if isinstance(kept, Mapping) else None)


def mount(place: Place, device: str, shown: Shown) -> None:
    """Draw it.

    Args:
        device: the mark of all that this device sends.
    """
    data = {
        **asdict(shown),
        "area": place.area or None,
        "key": place.key,
        "device": device,
        "limit": limit_message(place.limits),
        "request_bytes": request_bytes(place.limits),
    }
    _MOUNT(key=KEY, data=data, on_status_change=lambda: None)


def _texts(values: Any, most: int) -> list[str]:
    return [each for each in values if isinstance(each, str)][-most:] if isinstance(values, list) else []
