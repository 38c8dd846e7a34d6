"""The Map view: all photos of a run in two dimensions, and those of them that were drawn around."""

from pathlib import Path

import streamlit as st

from pages.parts.evaluate import analysis_job, map_canvas
from pages.parts.evaluate.map_canvas import MapPoints
from pages.parts.evaluate.photo_lists import of_paths
from pages.parts.evaluate.photos import show_list
from pages.parts.evaluate.planning import planning_of, viewer_actions
from pages.server.thumbnails import thumbnail_folder
from pages.shared import photo_viewer, state
from pages.shared.widgets import plain
from tlcore.analysis.photo_map import WHAT, PhotoMap, estimate_seconds, load_map, map_of_embedding, with_answers
from tlcore.analysis.results import analysis_folder
from tlcore.data.manifest import Dataset
from tlcore.evaluation.cross_validation import load_cross_validation
from tlcore.evaluation.embedding import load_embedding
from tlcore.evaluation.report import Report
from tlcore.jobs.store import Run
from tlcore.messages import photo_maps as messages


def show(run: Run, dataset: Dataset, report: Report) -> None:
    """The map, the offer to arrange it, and the photos that were selected."""
    folder = analysis_folder(state.workspace(), run.id, WHAT)
    found = load_map(folder) or _quick(str(run.folder), dataset.labels)
    st.subheader(messages.TITLE, anchor=False)
    if found is not None:
        st.markdown(f"**{plain(messages.map_message(found))}** {messages.ABOUT}")
    if found is None or not found.is_arranged:
        _offer(run, dataset, found)
    if found is not None:
        _map(run, dataset, report, found)


@st.cache_data(max_entries=8, show_spinner=False)
def _quick(run_folder: str, labels: tuple[str, ...]) -> PhotoMap | None:
    """The map by PCA of the embedding that the run keeps; it is never changed."""
    embedding = load_embedding(Path(run_folder))
    return map_of_embedding(embedding, labels) if embedding is not None else None


def _offer(run: Run, dataset: Dataset, found: PhotoMap | None) -> None:
    def offer() -> None:
        st.caption(messages.offer_message(found is not None, estimate_seconds(len(dataset.photos))))

    analysis_job.show(run, WHAT, "Arrange the photos", offer)


def _map(run: Run, dataset: Dataset, report: Report, found: PhotoMap) -> None:
    folds = load_cross_validation(run.folder)
    photos = with_answers(found.photos, report.predictions, folds.report.predictions if folds else None)
    mistakes = int((photos["correct"] == False).sum())  # noqa: E712
    name = f"{run.id} {found.method}"
    thumbnails = thumbnail_folder(state.workspace(), dataset.id)
    points = MapPoints(photos, dataset.labels, messages.map_alt_text(found, mistakes), name, thumbnails)
    chosen, plan = f"map_chosen_{run.id}", planning_of(run, dataset)

    def enlarge(place: int) -> None:
        rows = of_paths(dataset, [photos["path"].iat[place]], photos)
        photo_viewer.show(photo_viewer.from_predictions(dataset, rows), 0, viewer_actions(plan, rows))

    def select(rows: list[int]) -> None:
        st.session_state[chosen] = photos["path"].iloc[rows].tolist()

    map_canvas.show(points, f"map_{run.id}", enlarge, select)
    if not found.own:
        st.caption(messages.BEFORE_FINE_TUNING)
    if paths := st.session_state.get(chosen):
        with st.container(key="photos"):
            st.subheader(messages.SELECTED, anchor=False)
            show_list(plan, paths, photos, chosen)
