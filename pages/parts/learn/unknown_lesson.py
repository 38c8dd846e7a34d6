"""A step of the Learn page: the model is shown pictures of something else, and says that it does not know them."""

from dataclasses import dataclass

import streamlit as st

from pages.parts.learn.lessons import Material, step, without_its_model
from pages.shared import gallery, predictions, state, widgets
from pages.shared.decoding import decoder, picture_address
from pages.shared.gallery import GalleryPhoto
from tlcore.data import samples
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages import unknown as messages
from tlcore.messages.quantities import percent

MOST_DIGITS = 8


@dataclass(frozen=True)
class _Answer:
    """A picture, and what a model made of it."""

    picture: bytes
    known: bool
    label: str
    probability: float


def it_does_not_know(material: Material) -> None:
    """Step 6: pictures of something else, with the answers of the latest model."""
    with step(6) as (words, picture):
        words.markdown(
            "A model knows only its classes. Show it anything else, and one of them is still the most probable: the "
            "probabilities always add up to 100%.\n\n"
            "So it also compares the photo with typical photos of each class, by what the network sees in them "
            "(features). Where nothing is similar enough, the answer is “None of these”. How similar is enough was "
            "set so that 95% of photos of your classes still get an answer: a few unusual ones don’t, and a few "
            "strange ones do."
        )
        with picture:
            run = material.run
            if material.dataset is None or run is None or not job_status(run).predicts:
                widgets.empty(
                    "Train a model first to see what it doesn’t know.", "pages/train.py", "Train", state.link(run=None)
                )
                return
            is_emoji = material.dataset.source == samples.find_sample("emoji").source
            with without_its_model():
                _answers(run, "digits" if is_emoji else "emoji")


def _answers(run: Run, sample: str) -> None:
    model = predictions.model_of(run)
    if model.rejection is None:
        st.markdown(messages.NEVER)
        return
    found = _ask(run.id, run.created, sample)
    rejected = sum(not each.known for each in found)
    st.markdown(f"**{messages.unknown_message(rejected, len(found))}**")
    gallery.grid([_photo(each) for each in found], 4)
    st.caption("Below each is what its answer would be if it had to choose.")
    st.page_link(
        "pages/predict.py",
        label="Show it something else with the camera",
        query_params=state.link(run=run.id, dataset=run.dataset_id),
    )


@st.cache_data(max_entries=16, show_spinner=False)
def _ask(run_id: str, created: float, sample: str) -> list[_Answer]:
    """What a run's model makes of some pictures of a sample; `created` changes with the run."""
    del created  # of the cache's key
    run = next(each for each in state.runs() if each.id == run_id)
    model, answers = predictions.model_of(run), []
    for picture in samples.sample_pictures(sample)[:MOST_DIGITS]:
        decoded = decoder().decode(picture, model.bundle.wanted)
        assert decoded.input is not None  # it was asked for
        found = model.predict_input(decoded.input)
        answers.append(_Answer(picture, found.known, found.label, found.probability))
    return answers


def _photo(each: _Answer) -> GalleryPhoto:
    nearest = f"{each.label} {percent(each.probability)}"
    return GalleryPhoto(
        picture_address(each.picture),
        nearest if each.known else messages.NONE,
        "A picture of something else",
        nearest,
        detail="" if each.known else messages.closest_message(each.label, each.probability),
    )
