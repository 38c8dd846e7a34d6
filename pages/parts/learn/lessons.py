"""The five steps of the Learn page: a few sentences each, and a live picture of the person's own data beside them.

No step needs the one before. Each also says something where its figures are not there yet.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.learn.network_drawing import drawing, parts_message
from pages.shared import chrome, drawn, gallery, settings, state, widgets
from pages.shared import recommendation as recommendations
from pages.shared.widgets import plain
from tlcore.advice.rule import Recommendation
from tlcore.charts import curves as curve_charts
from tlcore.charts import learn as charts_learn
from tlcore.config import STRATEGIES, TrainConfig, short_name
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.evaluation.overfitting import best_epoch, measure_gap
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run
from tlcore.messages.overfitting import gap_message
from tlcore.messages.recommendation import recommendation_reason
from tlcore.models.parts import network_parts
from tlcore.models.registry import BUILT_IN, find_backbone
from tlcore.models.spec import BackboneSpec

TITLES = (
    "What the network already sees",
    "What is frozen and what learns",
    "Why few photos are enough",
    "How the quadrants come about",
    "What over-fitting looks like",
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


def pretrained(material: Material) -> None:
    """Step 1: nine photos with the names that ImageNet has for them."""
    with step(1) as (words, picture):
        words.markdown(
            "A network that was taught with 1.3 million photos of 1,000 kinds of things (ImageNet) has learned to see: "
            "edges first, then fur and wheels, then whole things.\n\n"
            "It has never seen these photos, nor your classes. Yet it says something about each of them. Where its "
            "names come close, it already sees what matters. Where they are far off, it may still see what tells your "
            "classes apart, such as shapes and colours: only the names are wrong."
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
                "A network is a stack. The photo enters at the top of the drawing, and each part makes something "
                "simpler of what the part before found. The last step turns it into your classes; it is always new.\n\n"
                "Frozen parts stay as they are. Parts that learn change with each of your photos, which takes time and "
                "photos."
            )
            names = list(STRATEGIES)
            strategy = st.radio(
                "What may learn (strategy)",
                names,
                index=names.index(base.strategy),
                format_func=short_name,
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
            return run.config, find_backbone(run.config.backbone)
        except UserError:  # a network that another version knew
            return TrainConfig(strategy=run.config.strategy), BUILT_IN
    return settings.proposed(), settings.backbone()


def few_shot(material: Material) -> None:
    """Step 3: how many photos it takes, with what the network saw and with the bare pixels."""
    with step(3) as (words, picture):
        words.markdown(
            "To a computer a photo is a list of pixels. Two photos of one cat have hardly a pixel in common, so by "
            "pixels it needs very many examples.\n\n"
            "The network turns each photo into what it saw in it: fur, ears, wheels (features). Photos of one class "
            "then lie close together, and a few of each are enough to know where, as long as it knows such things."
        )
        with picture:
            found = material.recommendation
            if found and found.few_shot:
                finding = charts_learn.few_shot_alt_text(found.few_shot, found.num_classes)
                frame = charts_learn.few_shot_frame(found.few_shot)
                number, dark = found.num_classes, chrome.is_dark()
                drawn.chart(charts_learn.few_shot_chart, frame, number, dark, key="few", description=finding)
                st.caption(f"Each photo was given the class whose examples it is nearest to on average. {finding}")
            elif found:
                widgets.note(
                    "Too few photos of each class were looked at to try it out: some must be left to check with."
                )
            else:
                _not_yet(material)


def quadrants(material: Material) -> None:
    """Step 4: the four quadrants, and where the photos stand."""
    with step(4) as (words, picture):
        words.markdown(
            "Two questions decide how much of a network should learn.\n\n"
            "**How many photos are there?** Few photos cannot teach many weights: they would be learned by heart.\n\n"
            "**Do they look like ImageNet's?** Where they do, the network sees what matters already and can stay as it "
            "is. Where they do not, its upper parts should adapt.\n\n"
            "The first is counted, the second measured: by how sure the network is of what it sees in them."
        )
        with picture:
            found = material.recommendation
            recommendations.quadrants(found, material.name)
            if found:
                st.caption(plain(charts_learn.quadrants_alt_text(found, material.name)))
                st.markdown(plain(recommendation_reason(found)))
                recommendations.compare_button(found)
            else:
                _not_yet(material)


def overfitting(material: Material) -> None:
    """Step 5: the curves of the latest run, with the round that was kept."""
    with step(5) as (words, picture):
        words.markdown(
            "With each round over the photos the network does better on those it learns from (training). What counts "
            "is how it does on photos it does not learn from (validation).\n\n"
            "When training goes on getting better and validation does not, it learns its photos by heart "
            "(over-fitting). That is why a run checks each round on validation, and does not blindly keep the last. "
            "More photos help, photos that vary (augmentation), or fewer weights that learn."
        )
        with picture:
            dataset, run = material.dataset, material.run
            status = job_status(run) if run else None
            if dataset is None or run is None or status is None or not status.epochs:
                widgets.empty(
                    "There are no curves of your own yet: a network must learn first.",
                    "pages/train.py",
                    "Train",
                    state.link(run=None),
                )
                return
            _own_curves(dataset, run, status)


def _own_curves(dataset: Dataset, run: Run, status: JobStatus) -> None:
    """Accuracy and loss of a run, the kept round marked, and the gap in words."""
    epochs, frame = status.epochs, curve_charts.curve_frame(list(status.epochs))
    kept = best_epoch(epochs).epoch
    for metric in curve_charts.METRICS:
        figures = (frame, metric, epochs[-1].epoch, chrome.is_dark(), kept, curve_charts.lowest_accuracy(frame))
        finding = curve_charts.curve_alt_text(frame, metric, kept)
        drawn.chart(curve_charts.curve, *figures, key=f"learn_{metric}", description=finding)
    num_training, num_validation = (len(dataset.part(part)) for part in ("train", "validation"))
    st.markdown(gap_message(measure_gap(epochs, num_training, num_validation), num_validation))
    st.page_link(
        "pages/train.py",
        label=f"This run: {plain(run.name)}, {state.moment(run.created)}",
        query_params={"dataset": run.dataset_id, "run": run.id},
    )


def _not_yet(material: Material) -> None:
    """A word where a picture needs figures that are not there."""
    if material.dataset is None:
        st.caption("With photos of your own, your figures appear here.")
    else:
        st.caption("Your figures appear here as soon as the photos have been looked at.")
