"""Step 4: use it on new photos. They stay in this visit and are written nowhere."""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.predict import predictions
from pages.parts.predict.predictions import PhotoPrediction
from pages.shared import chrome, packing, run_list, share, state, widgets
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.quantities import count, format_seconds, percent


def new_photos() -> list[tuple[str, bytes]]:
    """Photos dropped in or taken with the camera: name and file content."""
    files = st.file_uploader("Photos", accept_multiple_files=True, help="They stay in this visit and are not kept.")
    found = [(file.name, file.getvalue()) for file in files]
    if st.toggle("Use the camera", key="camera_on"):
        shot = st.camera_input("Take a photo")
        if shot is not None:
            found.append(("camera.jpg", shot.getvalue()))
    return found


def show(action: DeltaGenerator, run: Run) -> None:
    """The predictions for all photos: bars each, a table, and the table as a file."""
    predictor = predictions.predictor(run)
    given = new_photos()
    if not given:
        names = ", ".join(widgets.plain(label) for label in predictor.bundle.labels[:12])
        st.markdown(f"It knows {count(len(predictor.bundle.labels), 'class', 'classes')}: {names}.")
        return
    found = predictions.predict(run, predictor, given)
    predictions.refused(found)
    good = [each for each in found if each.reason is None]
    if not good:
        return
    chrome.mark_done(4, run.id)
    took = sum(each.milliseconds for each in good) / 1000
    one = f", {format_seconds(took / len(good))} a photo" if len(good) > 1 else ""
    st.markdown(f"{count(len(good), 'photo')} answered in {format_seconds(took)}{one}.")
    predictions.bars(good, chrome.is_dark())
    table(action, run, good)


def table(action: DeltaGenerator, run: Run, good: list[PhotoPrediction]) -> None:
    """All predictions as a table and as a CSV file."""
    st.subheader("All answers", anchor=False)
    frame = predictions.frame(good)
    shown = pd.DataFrame(
        {
            "Photo": frame["photo"],
            "The network says": frame["class"],
            "How sure (probability)": [percent(share, 1) for share in frame["probability"]],
        }
    )
    widgets.table(shown, "The answer for each photo")
    action.download_button(
        "Download the answers (CSV)",
        predictions.csv(frame),
        f"answers-{run.id}.csv",
        "text/csv",
        type="primary",
        on_click="ignore",
    )


with chrome.page("Predict", "Give it new photos: it says what they show, and how sure it is.", step=4) as action:
    run = state.run()
    status = job_status(run) if run else None
    if run is None or status is None:
        widgets.empty("There is no trained network in use yet.", "pages/train.py", "Go to Train", state.link())
        run_list.show(state.runs())
    elif not status.usable:
        widgets.empty("This run has learned nothing to use yet.", "pages/train.py", "See how far it is", state.link())
    elif status.active and not status.predicts:
        packing.watch(run, status)
    elif not status.predicts:
        packing.offer(action, run, status)
    else:
        show(action, run)
        share.show(action, "run", run)
