"""Nine variants of one photo, beside the settings that vary it, and what mirroring would do to what a photo means.

They are drawn at random as training draws them: views 1 to 9 of the photo, with the seed of the settings. So a change
of one setting changes only what that setting changes.
"""

from collections.abc import Callable
from dataclasses import fields
from io import BytesIO
from pathlib import PurePath

import numpy as np
import streamlit as st
from PIL import Image

from pages.shared import gallery, state, widgets
from pages.shared.decoding import decoder, jpeg_address
from pages.shared.gallery import GalleryPhoto
from pages.shared.widgets import plain
from tlcore.advice.recommend import load_recommendation
from tlcore.config import TrainConfig
from tlcore.data.augment import Augmentation, Views, draw, view_random
from tlcore.data.images import PhotoRefused
from tlcore.data.manifest import Dataset
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.messages.flip_hints import flip_hints
from tlcore.messages.quantities import count

VARIANTS = 9
SIDE = 144  # pixels, at most: as sharp as a third of a column shows, and made in a few milliseconds


def show(config: TrainConfig, dataset: Dataset, widgets_beside: Callable[[], None]) -> None:
    """What the network gets of such variants, the button that takes another photo, and the nine beside the widgets."""
    label, path, sha256 = _photo(dataset, dataset.id, st.session_state.get("preview_photo", 0))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"{views_message(config)} Here it is {plain(PurePath(path).name)} ({plain(label)}).", width="content"
        )
        st.button("Try another photo", key="another_photo", on_click=_next_photo)
    with st.container(key="tl_variations"):
        left, right = st.columns([2, 3], gap="large")
    with left:
        try:
            image = _decoded(dataset, path, sha256, min(SIDE, config.image_size))
            made = "".join(map(gallery.figure, variants(image, config, label, sha256)))
            st.html(f'<ul class="tl-grid tl-variants" role="list">{made}</ul>')
        except (UserError, PhotoRefused):
            st.markdown("This photo cannot be read any more.")
    with right:
        widgets_beside()


def _next_photo() -> None:
    st.session_state["preview_photo"] = st.session_state.get("preview_photo", 0) + 1


@st.cache_data(max_entries=256, show_spinner=False)
def _photo(_dataset: Dataset, dataset_id: str, number: int) -> tuple[str, str, str]:
    """Label, path and hash of the training photo with this number: nine of different classes, then nine others, …"""
    turn, place = divmod(number, 9)
    rows = gallery.three_by_three(_dataset.part("train"), seed=turn)
    row = rows.iloc[place % len(rows)]
    return str(row["label"]), row["path"], row["sha256"]


@st.cache_data(max_entries=64, show_spinner=False)
def _decoded(_dataset: Dataset, _path: str, sha256: str, side: int) -> np.ndarray:
    """The photo as the network sees it, uint8 (side, side, 3)."""
    return decoder().input(_dataset.read(_path), side, RESIZE_POLICY)


def variants(image: np.ndarray, config: TrainConfig, label: str, sha256: str) -> list[GalleryPhoto]:
    """The nine variants of a photo, with what was done to each in words.

    Args:
        image: uint8 (side, side, 3), as the network sees the photo. sha256: of the photo, for its random state.
    """
    changes = augmentation(config)
    views = Views(changes, VARIANTS + 1, config.seed)
    made = []
    for number in range(1, VARIANTS + 1):
        words = amounts_message(draw(changes, view_random(config.seed, sha256, number)))
        alt = f"Variant {number} of a photo of the class {label}: {words}"
        made.append(GalleryPhoto(_address(views.image(image, sha256, number)), caption="", alt=alt, more=words))
    return made


def augmentation(config: TrainConfig) -> Augmentation:
    """The changes of the settings."""
    return Augmentation(**{change.name: getattr(config, change.name) for change in fields(Augmentation)})


def _address(image: np.ndarray) -> str:
    target = BytesIO()
    Image.fromarray(image).save(target, "JPEG", quality=85)
    return jpeg_address(target.getvalue())


def amounts_message(amounts: Augmentation) -> str:
    """What was done to a variant, in words: "mirrored, turned 8° to the left, 5% closer"."""
    words = [word for on, word in ((amounts.horizontal_flip, "mirrored"), (amounts.vertical_flip, "turned over")) if on]
    for value, unit, more, less in (
        (amounts.rotation, "°", "turned {} to the left", "turned {} to the right"),
        (amounts.zoom * 100, "%", "{} closer", "{} farther away"),
        (amounts.width_shift * 100, "%", "{} to the right", "{} to the left"),
        (amounts.height_shift * 100, "%", "{} down", "{} up"),
        (amounts.shear, "°", "slanted by {}", "slanted by {}"),
        (amounts.brightness * 100, "%", "{} brighter", "{} darker"),
        (amounts.contrast * 100, "%", "{} more contrast", "{} less contrast"),
    ):
        if round(abs(value)):
            words.append((more if value > 0 else less).format(f"{abs(value):.0f}{unit}"))
    return ", ".join(words) or "unchanged"


def views_message(config: TrainConfig) -> str:
    """What the network gets to see of such variants."""
    if augmentation(config).is_off:
        return "Nothing varies yet, so all nine are alike."
    if config.strategy in ("feature-extraction", "hybrid"):
        others = config.views - 1
        return f"The network trains on each photo itself and on {count(others, 'such variant')}."
    return "In every epoch the network sees another such variant of each photo."


def hints(dataset: Dataset) -> dict[str, str]:
    """What mirroring would do to the meaning of these photos: a sentence for each setting that would change it."""
    found = load_recommendation(store.recommendation_job(state.workspace(), dataset.id))
    return dict(flip_hints(dataset.labels, found.label_changing_flips if found else ()))


def hint(sentence: str, is_on: bool) -> None:
    """One of the `hints`: quiet before the setting is on, plain to see while it is on."""
    if is_on:
        widgets.note(plain(sentence))
    else:
        st.caption(plain(sentence))
