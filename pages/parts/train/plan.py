"""What the button will do, before it is pressed: a sentence with the time it takes, and which photos are for what."""

import html

import streamlit as st

from pages.shared import doubts, gallery, settings, state
from pages.shared.decoding import dataset_thumbnail
from pages.shared.memory import memory_refusal
from pages.shared.widgets import plain
from tlcore.config import TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.documents.facts import find_torn_groups
from tlcore.messages.plans import plan_message
from tlcore.messages.quantities import count
from tlcore.models.backbones import find_backbone
from tlcore.pipeline.estimate import estimate_seconds

NUM_THUMBNAILS, THUMBNAIL_SIZE = 7, 160  # so many fit beside each other on a phone; pixels


def sentence(dataset: Dataset, config: TrainConfig) -> str:
    """What a training with these settings does: "Trains a new head on … with 68 photos, about 10 s."."""
    workspace, num_photos = state.workspace(), len(dataset.part("train"))
    spec = find_backbone(config.backbone, workspace)
    return plan_message(config, spec, num_photos, estimate_seconds(workspace, dataset, config))


def remember(dataset: Dataset) -> str:
    """The sentence for the settings of now, kept for `is_stale`."""
    config = settings.proposed()
    said = sentence(dataset, config)
    st.session_state["plan_shown"] = config, said
    return said


def is_stale(dataset: Dataset, config: TrainConfig) -> bool:
    """Whether these settings need another sentence than the page shows, or change whether they fit at all."""
    shown, said = st.session_state.get("plan_shown", (config, ""))
    if shown == config:
        return False
    return memory_refusal([shown]) != memory_refusal([config]) or said != sentence(dataset, config)


def photos_line(dataset: Dataset) -> None:
    """Some of the photos, and which are for what, in one quiet line."""
    shown = gallery.three_by_three(dataset.part("train")).head(NUM_THUMBNAILS)
    sources = [dataset_thumbnail(dataset, row.path, row.sha256, THUMBNAIL_SIZE) for row in shown.itertuples()]
    images = "".join(f'<img src="{html.escape(source)}" alt="">' for source in sources)
    st.html(f'<p class="tl-few" aria-hidden="true">{images}</p>')
    sizes = [len(dataset.part(part)) for part in ("train", "validation", "test")]
    st.caption(
        f"{plain(dataset.name)} · {count(sizes[0], 'photo')} to train on · {sizes[1]:,} for validation · "
        f"{sizes[2]:,} held back for testing"
    )
    torn = find_torn_groups(state.workspace(), dataset)
    if torn is not None:
        with st.container(key="tl_doubts"):
            doubts.listed([torn])
            with st.container(horizontal=True):
                doubts.remedies(dataset, [torn])
