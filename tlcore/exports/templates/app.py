"""A page that says what is on a photo: streamlit run app.py

The model lies beside this file. When the page starts it runs the pictures in samples/, and predicts only where their
answers are those that were expected.
"""

from __future__ import annotations

import re
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from predict import Classifier, check  # type: ignore[import-not-found]  # noqa: E402

MOST_PHOTOS = 50
SHOWN = 5  # classes with a bar
DRAWINGS = sorted(path.name for path in (HERE / "samples").glob("sample-*"))


@st.cache_resource(show_spinner="Loading the model…")
def load() -> tuple[Classifier | None, str]:
    """The model, or None and what its samples showed."""
    told = StringIO()
    try:
        with redirect_stdout(told):
            check(HERE)
    except SystemExit as problem:
        return None, f"{told.getvalue()} {problem}"
    return Classifier(HERE), told.getvalue()


def plain(text: str) -> str:
    """A text that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~:$&])", r"\\\1", text)


def percent(share: float) -> str:
    """A probability in words; never "100%" sure."""
    return "<1%" if 0 < share < 0.01 else f"{min(share, 0.999):.0%}" if share < 0.995 else "99.9%"


def show(model: Classifier, name: str, photo: bytes) -> None:
    """One photo with its answer."""
    left, right = st.columns([1, 2], gap="medium")
    try:
        answer: dict[str, Any] = model.predict(photo)
    except (OSError, ValueError, SyntaxError):  # Pillow raises the last one for some damaged PNGs
        right.warning(f"{plain(name)} is no photo that can be read, or it is too large.")
        return
    left.image(photo, caption=plain(name), width="stretch")
    if answer["known"]:
        right.subheader(f"{plain(answer['label'])} · {percent(answer['probability'])}", anchor=False)
    else:
        right.subheader("None of these", anchor=False)
        right.caption(f"It looks like none of the classes. Closest: {plain(answer['label'])}")
    for label, share in list(answer["probabilities"].items())[:SHOWN]:
        right.progress(share, f"{plain(label)} · {percent(share)}")


def ask() -> list[tuple[str, bytes]]:
    """The photos that somebody gave, each with its name."""
    files, camera, drawings = st.tabs(["Photos", "Camera", "Samples"])
    given = files.file_uploader("Photos to predict", ["jpg", "jpeg", "png", "webp", "gif", "bmp"], True)
    found = [(file.name, file.getvalue()) for file in (given or [])[:MOST_PHOTOS]]
    if camera.toggle("Use the camera"):
        taken = camera.camera_input("Take a photo")
        found += [("Camera", taken.getvalue())] if taken else []
    if chosen := drawings.selectbox("Pictures that came with the model", DRAWINGS, None, placeholder="Choose one"):
        found.append((chosen, (HERE / "samples" / chosen).read_bytes()))
    return found


st.set_page_config(page_title="What is on this photo?", page_icon="🔎")
st.title("What is on this photo?", anchor=False)
classifier, checked = load()
if classifier is None:
    st.error("The model answers differently here than where it was trained, so it predicts nothing.")
    st.code(checked, language=None)
    st.stop()
st.write(f"It knows {len(classifier.labels)} classes: {plain(', '.join(classifier.labels[:20]))}")
for title, content in ask():
    show(classifier, title, content)
st.caption(f"Photos are not kept. {plain(checked.strip())}")
