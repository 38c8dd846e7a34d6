"""The photos that a model learned from and that are most like one on a page: of its answer and of the runner-up."""

from collections.abc import Sequence
from pathlib import PurePath

import streamlit as st

from pages.shared import gallery, predictions, state
from pages.shared.decoding import dataset_thumbnail
from pages.shared.gallery import GalleryPhoto
from pages.shared.why import Answer, Question
from tlcore.data.manifest import Dataset
from tlcore.data.versions import current_version
from tlcore.errors import UserError
from tlcore.evaluation.embedding import Embedding, Neighbour, load_embedding
from tlcore.messages.explanation import NO_NEIGHBOURS, alike
from tlcore.serving.neighbours import learned_photos, mark_same, nearest_photos

MOST_CLASSES = 2  # the answer and the runner-up
SIZE = 160


def find(question: Question, answer: Answer) -> tuple[Dataset, list[Neighbour]] | None:
    """The data set as it is now, and its photos that are most like the one that is asked about.

    They are those that the run learned from, and whoever may see a run may see those. None where the run did not keep
    where they lie, or its photos are gone.
    """
    run, features = question.run, answer.explanation.features
    embedding = _embedding(run.id, predictions.packed(run))
    if embedding is None or features is None or len(features) != len(embedding.projection):
        return None
    try:
        newest = state.dataset_of(current_version(state.workspace(), run.dataset_id))
        photo = question.read()
    except UserError:
        return None
    info = predictions.model_of(run).bundle.info
    among = learned_photos(embedding, newest, info, without=question.path)
    return newest, mark_same(nearest_photos(embedding, features, answer.labels[:MOST_CLASSES], among), photo)


@st.cache_resource(show_spinner=False, max_entries=8)
def _embedding(run_id: str, packed: int) -> Embedding | None:
    """`packed`: a run that is started again gets another one."""
    del packed  # of the cache's key
    return load_embedding(state.workspace().runs / run_id)


def pictures(dataset: Dataset, found: Sequence[Neighbour], labels: Sequence[str]) -> list[GalleryPhoto]:
    """The neighbours for a grid. `labels`: of the model, in its order, which their hues go by."""
    sizes = dataset.photos.set_index("path")[["width", "height"]]
    return [
        GalleryPhoto(
            source=dataset_thumbnail(dataset, each.path, each.sha256, SIZE),
            caption=each.label,
            detail=alike(each),
            alt=f"Training photo of the class {each.label}, {alike(each)}",
            more=PurePath(each.path).name,
            hue=labels.index(each.label) if each.label in labels else None,
            pixels=gallery.own_pixels(*sizes.loc[each.path]),
        )
        for each in found
    ]


def heading(found: Sequence[Neighbour] | None, level: str = "h2") -> None:
    """What the photos below are, as a heading of that level; or why there are none."""
    if found:
        st.html(f'<{level} class="tl-beside">Most alike training photos</{level}>')
    else:
        st.caption(NO_NEIGHBOURS if found is None else "No training photo of these classes is there any more.")
