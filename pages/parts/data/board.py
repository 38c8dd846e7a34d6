"""The board: a card a class, where photos are dropped, chosen or taken, which the browser sends to the upload route.

What it looks like and how it sends stands in the scripts beside this file; the route is pages/server/uploads.py. The
page learns when an upload begins, so that there is an area to send it to, and what the classes are called. What has
arrived is read off the area.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared.camera import CAMERA_SCRIPTS, CAMERA_STYLES
from pages.shared.component_script import component_script
from pages.shared.sending import CLASSES_SCRIPT, SENDING_SCRIPTS, limit_message, request_bytes
from tlcore.data.unsent import Unsent, unsent_from
from tlcore.data.upload_classes import UploadClasses, classes_from
from tlcore.settings import Limits

KEY = "board"

FOLDER = Path(__file__).parent
SCRIPTS = (
    "photo_check.js",
    "thumbnails.js",
    "card.js",
    "checks.js",
    "board.js",
)
"""One script in the browser, in this order, after those of the camera and of sending."""

_MOUNT = st.components.v2.component(
    "transferlab_board",
    css=CAMERA_STYLES + (FOLDER / "board.css").read_text(encoding="utf-8"),
    js=component_script(*CAMERA_SCRIPTS, *SENDING_SCRIPTS, CLASSES_SCRIPT, *(FOLDER / name for name in SCRIPTS)),
)


@dataclass(frozen=True)
class Target:
    """Where photos go: an area with its key, None while there is none, and the limits it is under."""

    area: str | None
    key: str | None
    limits: Limits


NOTHING = UploadClasses()
NOTHING_UNSENT = Unsent()


@dataclass(frozen=True)
class Told:
    """What the browser says of its cards. It may say anything.

    Attributes:
        area: the upload area that it knows. busy: whether photos are being sent. dropped: the ids of single photos that
            were taken out again. without: names of classes to leave out. unsent: files that were not sent.
        order: another text each time somebody wants the import, "" before.
        said: whether it said anything yet.
        restore: the id of a board that was drawn from scratch and has to be told what stood there before, or "".
        board: the mark of all that this board sends, or "".
    """

    area: str | None = None
    busy: bool = False
    classes: UploadClasses = NOTHING
    dropped: frozenset[str] = frozenset()
    without: tuple[str, ...] = ()
    unsent: Unsent = NOTHING_UNSENT
    order: str = ""
    said: bool = False
    restore: str = ""
    board: str = ""


def told(values: Any) -> Told:
    """What a browser sent, as far as it can be used."""
    if not isinstance(values, Mapping):
        return Told()
    if isinstance(values.get("restore"), str):
        return Told(restore=values["restore"][:64])
    area = values.get("area")
    dropped, without = (_texts(values.get(name)) for name in ("dropped", "without"))
    return Told(
        area=area if isinstance(area, str) else None,
        busy=values.get("busy") is True,
        classes=classes_from(dict(values)),
        dropped=frozenset(dropped),
        without=tuple(dict.fromkeys(without)),
        unsent=unsent_from(values.get("unsent"), values.get("unsent_more")),
        order=str(values.get("order") or ""),
        said=True,
        board=str(values.get("board") or "")[:64],
    )


def last_told() -> Told:
    """What the browser said last, before the board is drawn in this run."""
    kept = st.session_state.get(KEY)
    return told(kept.get("status") if isinstance(kept, Mapping) else None)


def mount(target: Target, shown: Mapping[str, Any]) -> None:
    """Draw the board.

    Args:
        shown: what stands on it at first and beside the cards (collecting.py).
    """
    data = {
        **shown,
        "area": target.area,
        "key": target.key,
        "limit": limit_message(target.limits),
        "request_bytes": request_bytes(target.limits),
    }
    _MOUNT(key=KEY, data=data, on_status_change=lambda: None)


def _texts(values: Any) -> list[str]:
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []
