"""Where photos of a job come from: a folder or zip that is dropped, or one on this computer that its owner names."""

import streamlit as st

from pages.shared import drop_zone, state


def ask(
    prefix: str, key: str, words: drop_zone.Words, caption: str, button: str, example: str
) -> dict[str, str] | None:
    """Draw the ways in; the job's options once photos are there: "area" or "path", and "name".

    Args:
        prefix: begins the keys of what is drawn, and is the name of the drop zone. key: of the zone; another one is
            empty. caption: below the zone, "" for nothing. button: starts with a path. example: of a path.
    """
    order = drop_zone.ask(prefix, key, words)
    if caption:
        st.caption(caption)
    if order is not None:
        return {"area": order.area, "name": order.name}
    if not state.is_owner():
        return None
    with st.expander("Use a folder or zip on this computer"):
        path = st.text_input("Folder path", placeholder=example, key=f"{prefix}_path").strip()
        if st.button(button, key=f"{prefix}_path_go", disabled=not path):
            return {"path": path, "name": path.replace("\\", "/").rstrip("/").split("/")[-1]}
    return None
