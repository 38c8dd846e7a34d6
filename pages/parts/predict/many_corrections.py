"""Photos with a wrong prediction join the data set of the run, under the class that a person gave them."""

from collections.abc import Sequence

import streamlit as st

from pages.shared import actions, adding, state
from tlcore.analysis.predicted_photos import chosen_files, open_photos
from tlcore.analysis.prediction_results import PredictedPhotos
from tlcore.jobs.store import Job, Run


def add(run: Run, job: Job, found: PredictedPhotos, paths: Sequence[str], label: str) -> None:
    """Add photos of these paths to the data set; the page follows it."""
    with actions.refusals_kept():
        actions.check_number_added(len(paths))
        photos = open_photos(state.workspace(), job.spec["options"])
        adding.begin(job.id, run, chosen_files(photos, found, paths), label)
    st.rerun()


def delete_button(run: Run, job: Job) -> None:
    """Deletes the predictions, with the photos that were uploaded for them."""
    st.button("Delete these predictions", key=f"delete_{job.id}", on_click=actions.delete_new_photos, args=(run, job))
