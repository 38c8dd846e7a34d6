"""Steps of the Learn page: a few sentences each, and a live picture of the person's own data beside them.

No step needs the one before. Each begins with what was found, and says something where nothing was found yet.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.learn.network_drawing import drawing, parts_message
from pages.shared import chrome, drawn, gallery, settings, state, strategies, widgets
from pages.shared import recommendation as recommendations
from pages.shared.widgets import plain
from tlcore.advice.rule import Recommendation
from tlcore.charts import curves as curve_charts
from tlcore.charts import learn as charts_learn
from tlcore.config import STRATEGIES, TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.evaluation.overfitting import best_epoch, measure_gap
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run
from tlcore.messages.overfitting import gap_message
from tlcore.messages.recommendation import recommendation_reason
from tlcore.models.backbones import find_backbone
from tlcore.models.parts import network_parts
from tlcore.models.registry import BUILT_IN
from tlcore.models.spec import BackboneSpec

TITLES = (
    "What the backbone already sees",
    "What is frozen and what is trained",
    "Why a few photos are enough",
    "Where the recommendation comes from",
    "What overfitting looks like",
    "It can say that it doesn’t know",
    "It can show why it said so",
    "Every photo tests once",
)
NO_CLASSES = 2  # for the drawing, while there are no photos


@dataclass(frozen=True)
class Material:
    """What the pictures are made of. `name`: what the data set is called; `run`: the latest that has learned."""

    dataset: Dataset | None
    recommendation: Recommendation | None
    run: Run | None

    @property
    def name(self) -> str:
        return self.dataset.name if self.dataset else "your photos"


@contextmanager
def step(number: int) -> Iterator[tuple[DeltaGenerator, DeltaGenerator]]:
    """The frame of a step: its heading, then a column for the words and one for the picture."""
    with st.container(key=f"lesson_{number}", gap="small"):
        st.subheader(f"{number} · {TITLES[number - 1]}", anchor=f"step-{number}")
        words, picture = st.columns((2, 3), gap="large")
        yield words, picture


@contextmanager
def without_its_model() -> Iterator[None]:
    """Around a picture that a run's model makes: where its files are gone or damaged, that is said in its place."""
    try:
        yield
    except UserError as error:
        st.caption(plain(f"{error.what} {error.fix}"))


def pretrained(material: Material) -> None:
    """Step 1: nine photos with the names that ImageNet has for them."""
    with step(1) as (words, picture):
        words.markdown(
            "The backbone was trained on 1.3 million photos of 1,000 kinds of things (ImageNet). It learned to see "
            "edges first, then fur and wheels, then whole objects.\n\n"
            "It has never seen your photos or your classes, yet it has a guess for each photo. Where its guesses "
            "come close, it already sees what matters. Where they are far off, it may still see the shapes and "
            "colours that tell your classes apart: only the names are wrong."
        )
        with picture:
            if material.dataset and material.recommendation:
                gallery.grid(recommendations.examined_gallery(material.dataset, material.recommendation, most=2))
            elif material.dataset is None:
                gallery.sample_strip()
            else:
                nine = gallery.three_by_three(material.dataset.part("train"))
                gallery.grid(gallery.from_dataset(material.dataset, nine))


def frozen_parts(material: Material) -> None:
    """Step 2: the network in use as a drawing, with the parts that learn."""
    base, spec = _plan(material)
    with step(2) as (words, picture):
        with words:
            st.markdown(
                "A network is a stack of parts. Your photo enters at the top of the drawing, and each part "
                "summarises what the part before it found. The last one, the head, turns that into your classes; it "
                "is always new.\n\n"
                "Frozen parts stay as they are. Trained parts change with each of your photos, which takes time and "
                "photos."
            )
            names = list(STRATEGIES)
            strategy = st.radio(
                "Strategy",
                names,
                index=names.index(base.strategy),
                format_func=strategies.name,
                horizontal=True,
                key="drawn_strategy",
            )
            st.caption(STRATEGIES[strategy])
        parts = network_parts(spec, replace(base, strategy=strategy), _num_classes(material))
        with picture:
            st.markdown(f"**{plain(spec.title)}**: {parts_message(parts)}")
            st.html(drawing(parts))


def _num_classes(material: Material) -> int:
    return len(material.dataset.labels) if material.dataset else NO_CLASSES


def _plan(material: Material) -> tuple[TrainConfig, BackboneSpec]:
    """The settings and the network to draw: those of the run in the address, else those chosen on the Train page."""
    run = state.run()
    if run is not None:
        try:
            return run.config, find_backbone(run.config.backbone, state.workspace())
        except UserError:  # a network that another version knew
            return TrainConfig(strategy=run.config.strategy), BUILT_IN
    return settings.proposed(), settings.backbone()


def few_shot(material: Material) -> None:
    """Step 3: how many photos it takes, with what the network saw and with the bare pixels."""
    with step(3) as (words, picture):
        words.markdown(
            "To a computer, a photo is a list of pixels. Two photos of the same cat hardly share one, so comparing "
            "pixels takes very many examples.\n\n"
            "The backbone turns each photo into what it sees: fur, ears, wheels (features). Photos of one class then "
            "lie close together, and a few of each are enough to tell the classes apart."
        )
        with picture:
            found = material.recommendation
            if found and found.few_shot:
                finding = charts_learn.few_shot_alt_text(found.few_shot, found.num_classes)
                frame = charts_learn.few_shot_frame(found.few_shot, found.num_classes)
                st.markdown(f"**{finding}**")
                drawn.chart(charts_learn.few_shot_chart, frame, chrome.is_dark(), key="few", description=finding)
                st.caption(
                    "Share of photos that are correct. Each gets the class whose examples are closest on average."
                )
            elif found:
                widgets.note("Too few photos per class to try this out: some must be left to check the result with.")
            else:
                _not_yet(material)


def quadrants(material: Material) -> None:
    """Step 4: the four quadrants, and where the photos stand."""
    with step(4) as (words, picture):
        words.markdown(
            "Two questions decide how much of the network to train.\n\n"
            "**How many photos do you have?** With few photos, a network that may change many weights memorises "
            "them.\n\n"
            "**Do they look like ImageNet’s?** If so, the backbone already sees what matters and can stay frozen. If "
            "not, its upper parts should adapt.\n\n"
            "The photos are counted. The similarity is measured by how confident the backbone is about them."
        )
        with picture:
            found = material.recommendation
            if found:
                st.markdown(f"**{plain(charts_learn.quadrants_alt_text(found, material.name))}**")
            recommendations.quadrants(found, material.name)
            if found:
                st.markdown(plain(recommendation_reason(found)))
                recommendations.compare_button(found)
            else:
                _not_yet(material)


def overfitting(material: Material) -> None:
    """Step 5: the curves of the latest run, with the epoch that was kept."""
    with step(5) as (words, picture):
        words.markdown(
            "With each pass over the training photos (epoch), the network gets better on them. What counts is how it "
            "does on photos it is not trained on (validation).\n\n"
            "When training keeps improving and validation doesn’t, the network is memorising its photos "
            "(overfitting). That is why a run checks every epoch on the validation photos and keeps the best one, "
            "not blindly the last. More photos help, and so do photos that vary (augmentation), or fewer trained "
            "weights."
        )
        with picture:
            dataset, run = material.dataset, material.run
            status = job_status(run) if run else None
            if dataset is None or run is None or status is None or not status.epochs:
                widgets.empty(
                    "Train a model first to see its curves here.",
                    "pages/train.py",
                    "Train",
                    state.link(run=None),
                )
                return
            _own_curves(dataset, run, status)


def _own_curves(dataset: Dataset, run: Run, status: JobStatus) -> None:
    """The gap between training and validation in words, then both curves with the kept epoch marked."""
    epochs, frame = status.epochs, curve_charts.curve_frame(list(status.epochs))
    kept = best_epoch(epochs).epoch
    num_training, num_validation = (len(dataset.part(part)) for part in ("train", "validation"))
    st.markdown(gap_message(measure_gap(epochs, num_training, num_validation), num_validation))
    for metric in curve_charts.METRICS:
        figures = (frame, metric, epochs[-1].epoch, chrome.is_dark(), kept, curve_charts.lowest_accuracy(frame))
        finding = curve_charts.curve_alt_text(frame, metric, kept)
        drawn.chart(curve_charts.curve, *figures, key=f"learn_{metric}", description=finding)
    st.page_link(
        "pages/train.py",
        label=f"This run: {plain(state.run_name(run))}, {state.moment(run.created)}",
        query_params={"dataset": run.dataset_id, "run": run.id},
    )


def _not_yet(material: Material) -> None:
    """A word where a picture needs figures that are not there."""
    if material.dataset is None:
        st.caption("Add photos of your own to see your results here.")
    else:
        st.caption("Your results appear here once the photos have been checked.")
