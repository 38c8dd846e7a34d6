"""How many new photos fit on a page at once: Streamlit's uploader takes any number, and shows nothing until all came.

The script beside this file refuses too many before they are sent, and shows how far those are that are sent.
"""

from pathlib import Path

import streamlit as st

from pages.shared import state
from pages.shared.component_script import component_script
from tlcore.jobs.store import Run
from tlcore.settings import load_limits

MOST_PHOTOS = 500
MOST_BYTES = 1_000_000_000  # the server holds them in its memory as long as the tab is open

_MOUNT = st.components.v2.component(
    "transferlab_photo_limit",
    js=component_script(Path(__file__).with_name("photo_limit.js")),
    isolate_styles=False,  # style.css gives it no room while it has nothing to say
)


def watch(run: Run, uploader: str, given: int) -> None:
    """Put it below an uploader.

    Args:
        uploader: the key of the uploader. given: how many photos it has already.
    """
    limit = load_limits(state.workspace()).tab_mb * 1e6
    command = f"python -m tlcore predict {run.id} FOLDER --csv predictions.csv"
    data = {
        "uploader": f".st-key-{uploader}",
        "given": given,
        "most": MOST_PHOTOS,
        "most_bytes": min(MOST_BYTES, limit or MOST_BYTES),
        "instead": "For a whole folder, use the terminal:" if state.is_owner() else "For more, download the model.",
        "command": command if state.is_owner() else "",
    }
    _MOUNT(key="tl_photo_limit", data=data)
