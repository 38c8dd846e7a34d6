"""Step 3: how good is it, and where does it fail, on photos it has never seen."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import chrome, follow, lists, photos, state, widgets
from pages.shared.widgets import count, plain
from tlcore import charts
from tlcore.data.manifest import Dataset
from tlcore.evaluation.report import Report, load_report, say_score
from tlcore.runs import store
from tlcore.runs.store import Run

PAGE_SIZE = 12
CLASS_COLUMNS = {
    "label": "Class",
    "support": st.column_config.NumberColumn("Test photos"),
    "correct": st.column_config.NumberColumn("Right"),
    "recall": st.column_config.ProgressColumn(
        "Found (recall)", format="percent", min_value=0, max_value=1,
        help="Of the photos that show this class, the share that the network says so.",
    ),
    "precision": st.column_config.ProgressColumn(
        "To be trusted (precision)", format="percent", min_value=0, max_value=1,
        help="Of the photos that the network says show this class, the share that really do.",
    ),
    "f1": st.column_config.ProgressColumn(
        "Both in one (F1)", format="percent", min_value=0, max_value=1,
        help="The harmonic mean of found and trusted: high only when both are.",
    ),
}


def score(report: Report) -> None:
    """The test accuracy, never a number alone."""
    said = say_score(report.correct, report.total, report.low, report.high)
    st.html(f'<p class="tl-big">{said}</p>')
    st.caption(
        "Counted on test photos that it did not learn from (test accuracy). With other photos of the same kind the "
        "share would lie within the range given, in 95 of 100 cases."
    )


def mixed_up(report: Report) -> None:
    """Which classes are taken for which."""
    st.subheader("What is taken for what (confusion matrix)", anchor=False)
    finding = charts.say_confusion(report.confusion)
    if len(report.labels) <= charts.MOST_CELLS:
        chart = charts.confusion_matrix(report.confusion, chrome.is_dark())
        st.altair_chart(chart, key="confusion", alt=finding)
    else:
        st.dataframe(
            charts.most_confused(report.confusion), hide_index=True, alt=finding,
            column_config={"truth": "The photo is", "said": "The network says", "photos": "Photos"},
        )
    st.caption(plain(finding))


def classes(report: Report) -> None:
    """Figures for each class."""
    st.subheader("Class by class", anchor=False)
    st.dataframe(
        report.per_class, hide_index=True, column_config=CLASS_COLUMNS, column_order=list(CLASS_COLUMNS),
        alt="For each class: test photos, how many were right, recall, precision and F1",
    )


def mistakes(dataset: Dataset, report: Report) -> None:
    """All mistakes, those the network was surest of first, a page at a time."""
    st.subheader("Worst mistakes first", anchor=False)
    wrong = report.predictions[~report.predictions["correct"]].sort_values("probability", ascending=False, kind="stable")
    if wrong.empty:
        st.markdown("There are none among the test photos.")
        return
    st.markdown(f"{count(len(wrong), 'mistake')}; the network was surest of the first.")
    pages = -(-len(wrong) // PAGE_SIZE)
    page = st.pagination(pages, key="mistakes") if pages > 1 else 1
    shown = wrong.iloc[(page - 1) * PAGE_SIZE:page * PAGE_SIZE]
    photos.grid(photos.from_predictions(dataset, shown), columns=None)


def show(run: Run, dataset: Dataset) -> None:
    """Everything there is to know about a run that can be used."""
    report = load_report(run.folder)
    score(report)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Nine test photos", anchor=False)
        photos.grid(photos.from_predictions(dataset, photos.three_by_three(report.predictions)))
    with right:
        mixed_up(report)
    classes(report)
    mistakes(dataset, report)
    chrome.mark_done(3, run.id)


def buttons(action: DeltaGenerator, run: Run) -> None:
    """On to new photos; and the model to take away, once it is packed."""
    if action.button("Try it on new photos", type="primary"):
        st.switch_page("pages/predict.py", query_params=state.link())
    with action:
        follow.download(run)


with chrome.page("Evaluate", "Here is how it does on photos it has never seen.", step=3) as action:
    run, dataset = state.run(), state.dataset()
    if run is None:
        widgets.empty("Nothing to evaluate yet: first a network has to learn.", "pages/train.py", "Go to Train", state.link())
        lists.runs(state.runs())
    elif not store.job_status(run).usable:
        widgets.empty("This run has no test figures yet.", "pages/train.py", "See how far it is", state.link())
    else:
        buttons(action, run)
        show(run, dataset)
