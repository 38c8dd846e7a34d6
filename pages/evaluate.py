"""Step 3: how good is it, and where does it fail, on photos it has never seen."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.evaluate import hand_in, photo_map, planning, report_download, results, retraining, tray, trust, views
from pages.shared import chrome, model_download, packing, run_list, share, state, widgets
from tlcore.evaluation.report import load_report
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run


def buttons(action: DeltaGenerator, run: Run) -> None:
    """On to new photos; and the model to take away, once it is packed."""
    status = job_status(run)
    if status.state == "tested":
        packing.offer(action, run, status)
        return
    if action.button("Try it on new photos", type="primary"):
        st.switch_page("pages/predict.py", query_params=state.link())
    with action:
        report_download.show(run)
        model_download.show(run)  # last, since its fragment takes what is left of the line
    share.show(action, "run", run)
    hand_in.show(action, run)


with chrome.page("Evaluate", "See how well your model does on photos it has never seen.", step=3) as action:
    run, dataset = state.run(), state.dataset()
    if run is None or dataset is None:
        widgets.empty("Train a model first, then see its results here.", "pages/train.py", "Train", state.link())
        run_list.show(state.runs())
    elif retraining.is_shown(run, job_status(run)):
        retraining.show(run)
    elif not job_status(run).usable:
        widgets.empty("This run has no test results yet.", "pages/train.py", "View its progress", state.link())
    else:
        buttons(action, run)
        view, report = views.chosen(), load_report(run.folder)
        if view == views.TRUST:
            trust.show(run, dataset, report)
        elif view == views.MAP:
            photo_map.show(run, dataset, report)
        else:
            results.show(run, dataset, report)
        tray.show(planning.planning_of(run, dataset))
        chrome.mark_done(3, run.id)
