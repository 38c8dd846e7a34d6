"""What the curves of a run warn of, shown below them while it learns and after."""

import streamlit as st

from pages.shared import widgets
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.evaluation.curve_warnings import warn
from tlcore.jobs.status import JobStatus
from tlcore.jobs.store import Run


def show(status: JobStatus, run: Run, dataset: Dataset) -> None:
    """A quiet box for each warning: what the figures show, and what to do about it."""
    for found in warn(status.epochs, run.config, _validation_counts(dataset, dataset.id), dataset.labels):
        name, end_of_term, seen = found.what.partition("):")
        widgets.note(f"**{plain(name + end_of_term)}** {plain(seen)} {plain(found.fix)}")


@st.cache_data(max_entries=16, show_spinner=False)
def _validation_counts(_dataset: Dataset, dataset_id: str) -> tuple[int, ...]:
    """How many validation photos each class has, in the order of the labels."""
    counts = _dataset.part("validation")["label"].value_counts()
    return tuple(int(counts.get(label, 0)) for label in _dataset.labels)
