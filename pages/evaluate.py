"""Step 3: how good is it, and where does it fail, on photos it has never seen."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.evaluate import before_after, check_line, figures, photo_lists, photos, planning, retraining, tray
from pages.parts.evaluate.photo_filter import PhotoFilter
from pages.shared import chrome, model_download, packing, run_list, share, state, widgets
from pages.shared import score as score_card
from tlcore.data.manifest import Dataset
from tlcore.evaluation.report import Report, load_report
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run


def score(report: Report) -> None:
    """The test accuracy, never a number alone."""
    score_card.show(report.correct, report.total, report.low, report.high)
    st.caption(
        "Test accuracy, counted on photos the model never trained on. With other photos of the same kind, expect a "
        "result within the likely range (95% confidence interval)."
    )


def show(run: Run, dataset: Dataset) -> None:
    """Everything there is to know about a run that can be used."""
    report, plan = load_report(run.folder), planning.planning_of(run, dataset)
    lists = photo_lists.load_lists(plan, report)
    choice = PhotoFilter(run.id, tuple(report.labels), not lists.suspects.empty, lists.every is not None)
    before_after.show(plan, report)
    shown = choice.chosen(has_mistakes=report.correct < report.total)
    if len(report.labels) <= figures.MOST_BESIDE:
        left, right = st.columns(2, gap="large")
        with left:
            score(report)
            figures.classes(report, choice, shown)
        with right, st.container(key="tl_mixed_up"):
            figures.mixed_up(report, choice, shown)
    else:
        score(report)
        figures.mixed_up(report, choice, shown)
        figures.classes(report, choice, shown)
    check_line.show()
    photos.show(plan, lists, choice, shown)
    tray.show(plan)
    chrome.mark_done(3, run.id)


def buttons(action: DeltaGenerator, run: Run) -> None:
    """On to new photos; and the model to take away, once it is packed."""
    status = job_status(run)
    if status.state == "tested":
        packing.offer(action, run, status)
        return
    if action.button("Try it on new photos", type="primary"):
        st.switch_page("pages/predict.py", query_params=state.link())
    with action:
        model_download.show(run)
    share.show(action, "run", run)


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
        show(run, dataset)
