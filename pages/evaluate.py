"""Step 3: how good is it, and where does it fail, on photos it has never seen."""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.evaluate.prediction_gallery import from_predictions
from pages.shared import chrome, drawn, gallery, model_download, packing, photo_viewer, run_list, share, state, widgets
from pages.shared import score as score_card
from pages.shared.widgets import plain
from tlcore.charts import results as charts
from tlcore.data.manifest import Dataset
from tlcore.evaluation.report import Report, load_report
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.quantities import count, percent

PAGE_SIZE = 12
SHARES = {"recall": "Found (recall)", "precision": "To be trusted (precision)", "f1": "Both in one (F1)"}


def score(report: Report) -> None:
    """The test accuracy, never a number alone."""
    score_card.show(report.correct, report.total, report.low, report.high)
    st.caption(
        "Test accuracy, counted on photos the model never trained on. With other photos of the same kind, expect a "
        "result within the likely range (95% confidence interval)."
    )


def mixed_up(report: Report) -> None:
    """Which classes are taken for which."""
    st.subheader("What is taken for what (confusion matrix)", anchor=False)
    finding = charts.confusion_alt_text(report.confusion)
    if len(report.labels) <= charts.MOST_CELLS:
        matrix, dark = report.confusion, chrome.is_dark()
        drawn.chart(charts.confusion_matrix, matrix, dark, key="confusion", description=finding)
    else:
        pairs = charts.most_confused(report.confusion)
        widgets.table(pairs.set_axis(["The photo is", "The network says", "Photos"], axis="columns"), finding)
    st.caption(plain(finding))


def classes(report: Report) -> None:
    """Figures for each class."""
    st.subheader("Class by class", anchor=False)
    rows = report.per_class
    table = pd.DataFrame({"Class": rows["label"], "Test photos": rows["support"], "Right": rows["correct"]})
    for name, title in SHARES.items():
        table[title] = rows[name].map(percent)
    widgets.table(table, "For each class: test photos, how many were right, recall, precision and F1")
    st.caption(
        "Found: of the photos that show the class, the share that the network says so. To be trusted: of the photos "
        "that the network says show the class, the share that really do. Both in one is high only when both are."
    )


def mistakes(dataset: Dataset, report: Report) -> None:
    """All mistakes, those the network was surest of first, a page at a time."""
    st.subheader("Worst mistakes first", anchor=False)
    predictions = report.predictions
    wrong = predictions[~predictions["correct"]].sort_values("probability", ascending=False, kind="stable")
    if wrong.empty:
        st.markdown("There are none among the test photos.")
        return
    st.markdown(f"{count(len(wrong), 'mistake')}; the network was surest of the first.")
    pages = -(-len(wrong) // PAGE_SIZE)
    page = st.pagination(pages, key="mistakes") if pages > 1 else 1
    shown = wrong.iloc[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    photos = photo_viewer.from_predictions(dataset, wrong)
    first = (page - 1) * PAGE_SIZE
    gallery.grid(
        from_predictions(dataset, shown), None, "mistakes_grid", lambda place: photo_viewer.show(photos, first + place)
    )


def show(run: Run, dataset: Dataset) -> None:
    """Everything there is to know about a run that can be used."""
    report = load_report(run.folder)
    score(report)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Nine test photos", anchor=False)
        nine = gallery.three_by_three(report.predictions)
        photos = photo_viewer.from_predictions(dataset, nine)
        gallery.grid(from_predictions(dataset, nine), key="nine", open=lambda place: photo_viewer.show(photos, place))
    with right:
        mixed_up(report)
    classes(report)
    mistakes(dataset, report)
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


with chrome.page("Evaluate", "Here is how it does on photos it has never seen.", step=3) as action:
    run, dataset = state.run(), state.dataset()
    if run is None or dataset is None:
        widgets.empty("Nothing to evaluate yet: a network must learn first.", "pages/train.py", "Train", state.link())
        run_list.show(state.runs())
    elif not job_status(run).usable:
        widgets.empty("This run has no test figures yet.", "pages/train.py", "See how far it is", state.link())
    else:
        buttons(action, run)
        show(run, dataset)
