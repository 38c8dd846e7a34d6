"""Step 4: use it on new photos. They stay in this visit and are written nowhere."""

import streamlit as st

from pages.parts.predict import many
from pages.shared import chrome, model_download, packing, predict_panel, run_list, share, state, widgets
from tlcore.jobs.status import job_status

with chrome.page("Predict", "Try your model on new photos.", step=4) as action:
    run = state.run()
    status = job_status(run) if run else None
    if run is None or status is None:
        widgets.empty("You have no trained model yet.", "pages/train.py", "Go to Train", state.link())
        run_list.show(state.runs())
    elif not status.usable:
        widgets.empty("This run has no model to use yet.", "pages/train.py", "See its progress", state.link())
    elif status.active and not status.predicts:
        packing.watch(run, status)
    elif not status.predicts:
        packing.offer(action, run, status)
    else:
        has_dial = predict_panel.show(run)
        many.show(run, has_dial)
        with st.container(horizontal=True):
            model_download.show(run)
        share.show(action, "run", run)
