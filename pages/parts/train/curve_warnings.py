"""What the curves of a run warn of, shown below them while it learns and after."""

import streamlit as st

from pages.shared import widgets
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.evaluation.curve_warnings import find_curve_warnings
from tlcore.jobs.status import JobStatus
from tlcore.jobs.store import Run
from tlcore.messages.curve_warnings import curve_warning_message


def show(status: JobStatus, run: Run, dataset: Dataset) -> None:
    """A quiet box for each warning: what the figures show, and what to do about it."""
    counts = _validation_counts(dataset, dataset.id)
    for warning in find_curve_warnings(status.epochs, run.config, counts, dataset.labels, status.usable):
        message = curve_warning_message(warning)
        widgets.note(f"**{plain(message.title + ':')}** {plain(message.finding)} {plain(message.fix)}")


@st.cache_data(max_entries=16, show_spinner=False)
def _validation_counts(_dataset: Dataset, dataset_id: str) -> tuple[int, ...]:
    """How many validation photos each class has, in the order of the labels."""
    counts = _dataset.part("validation")["label"].value_counts()
    return tuple(int(counts.get(label, 0)) for label in _dataset.labels)
