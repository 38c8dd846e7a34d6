"""The camera on a page: its live picture, a photo at a press, a burst while the button is held.

The board of the Data page puts the same script (camera.js) into its cards.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared.component_script import component_script
from pages.shared.live_answers import SCRIPTS as LIVE_SCRIPTS
from pages.shared.predictions import NewPhoto

FOLDER = Path(__file__).parent
CAMERA_SCRIPTS = (FOLDER / "button.js", FOLDER / "random_id.js", FOLDER / "camera.js")
CAMERA_STYLES = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in ("controls.css", "camera.css"))
_SHOT = re.compile(r"camera-([0-9]{1,20})-([0-9]{1,9})\.jpg")  # the time and a number, as camera.js names what it took

_MOUNT = st.components.v2.component(
    "transferlab_camera",
    css=f"{CAMERA_STYLES}\n{(FOLDER / 'live_answers.css').read_text(encoding='utf-8')}",
    js=component_script(*CAMERA_SCRIPTS, *LIVE_SCRIPTS, FOLDER / "live_answers.js", FOLDER / "camera_feed.js"),
)


def mount(uploader: str, live: Mapping[str, Any] | None) -> None:
    """Draw the camera.

    Args:
        uploader: the key of the file uploader that gets its photos. live: what answers its pictures in the browser
            (live_answers.py); None for a model that no browser runs.
    """
    _MOUNT(key="camera_component", data={"uploader": f".st-key-{uploader}", "live": live})


def shots(photos: Sequence[NewPhoto]) -> list[NewPhoto]:
    """Those of an uploader's photos that the camera took, the latest last."""
    found = [(_SHOT.fullmatch(photo.name), photo) for photo in photos]
    taken = [(int(match[1]), int(match[2]), place) for place, (match, _) in enumerate(found) if match]
    return [photos[place] for *_, place in sorted(taken)]
