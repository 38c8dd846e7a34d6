"""A step of the Learn page: where in the person's own test photos the model found its answer."""

from contextlib import suppress
from functools import partial
from pathlib import PurePath

import streamlit as st

from pages.parts.learn.lessons import Material, step, without_its_model
from pages.shared import gallery, predictions, state, why, widgets
from pages.shared.decoding import dataset_thumbnail
from pages.shared.gallery import GalleryPhoto
from pages.shared.why import Question
from tlcore.data.manifest import Dataset
from tlcore.evaluation.report import load_report
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run, load_run
from tlcore.messages.explanation import HOW_TO_READ, SLOW

MOST_PHOTOS, SIZE = 4, 240


def why_it_said_that(material: Material) -> None:
    """Step 7: a few test photos with the heat map of the class that was predicted; wrong answers first."""
    with step(7) as (words, picture):
        words.markdown(
            "A network looks at a photo in small patches, and each patch adds a little to each class. Colour every "
            "patch by what it adds, and you see where the answer came from (a heat map).\n\n"
            "Is it the animal, or the sofa it likes to sit on? A model that looks at the background will fail on "
            "another background. Such a shortcut doesn’t show in the score, but it does here.\n\n"
            "“Show why” does the same for any photo that you open, and shows which training photos are most alike."
        )
        with picture:
            dataset, run = material.dataset, material.run
            if dataset is None or run is None or not job_status(run).predicts:
                widgets.empty(
                    "Train a model first to see where it looks.", "pages/train.py", "Train", state.link(run=None)
                )
                return
            with without_its_model():
                _photos(dataset, run)


def _photos(dataset: Dataset, run: Run) -> None:
    """The photos with their heat maps, in words too."""
    shown = _explained(dataset, run.id, predictions.packed(run))
    if not shown:
        st.caption(SLOW)
        return
    gallery.grid(shown, MOST_PHOTOS)
    st.caption(HOW_TO_READ)


@st.cache_data(max_entries=16, show_spinner=False)
def _explained(_dataset: Dataset, run_id: str, packed: int) -> list[GalleryPhoto]:
    """Of the test photos of a run, those that were wrong first; none where its network shows nothing."""
    del packed  # of the cache's key
    run = load_run(state.workspace(), run_id)
    rows = load_report(run.folder).predictions.sort_values("correct", kind="stable").head(MOST_PHOTOS)
    sizes, found = _dataset.photos.set_index("path")[["width", "height"]], []
    for row in rows.itertuples():
        with suppress(*why.REFUSED):  # a photo that is gone
            answer = why.explain(Question(run, row.path, partial(_dataset.read, row.path), row.predicted, row.path))
            if answer is not None:
                photo = GalleryPhoto(
                    dataset_thumbnail(_dataset, row.path, row.sha256, SIZE),
                    row.label if row.correct else f"Predicted {row.predicted}, actually {row.label}",
                    f"Test photo of the class {row.label}, predicted {row.predicted}",
                    PurePath(row.path).name,
                    mark=bool(row.correct),
                    pixels=gallery.own_pixels(*sizes.loc[row.path]),
                )
                found.append(why.over_tile(photo, answer, 1, 1))
    return found
