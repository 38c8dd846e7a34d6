"""The five steps of the Learn page: a few sentences each, and a live picture of the person's own data beside them.

No step needs the one before. Each also says something where its figures are not there yet.
"""

import html
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import chrome, photos, recommendation, settings, state, widgets
from pages.shared.widgets import count, percent, plain
from tlcore.advice.rule import Recommendation
from tlcore.charts import learn as charts_learn
from tlcore.charts import results as charts
from tlcore.config import STRATEGIES, TrainConfig, short_name
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.evaluation.overfitting import Gap, best_epoch, measure_gap
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run
from tlcore.models.parts import Part, network_parts
from tlcore.models.registry import BUILT_IN, BackboneSpec, find_backbone

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
    advice: Recommendation | None
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


def sees(material: Material) -> None:
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
            if material.advice:
                photos.grid(recommendation.seen(material.dataset, material.advice, most=2))
            elif material.dataset is None:
                photos.sample_strip()
            else:
                nine = photos.three_by_three(material.dataset.part("train"))
                photos.grid(photos.from_dataset(material.dataset, nine))


def learns(material: Material) -> None:
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
            st.markdown(f"**{plain(spec.title)}**: {say_parts(parts)}")
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
    return settings.proposed(), settings.network()


def say_parts(parts: list[Part]) -> str:
    """How many weights learn: "8,967 of about 3.3 million weights learn (0.3 %)."."""
    last = parts[-1]
    if last.num_weights is None:
        opened = sum(part.num_weights for part in parts[:-1] if part.learns)
        return (
            f"the last step learns, and {say_weights(opened)} of the {say_weights(_sum(parts[:-1]))} weights below "
            "it. The last step grows with the image size here."
        )
    total, learning = _sum(parts), sum(part.num_weights for part in parts if part.learns)
    return f"{say_weights(learning)} of {say_weights(total)} weights learn ({percent(learning / total, 1)})."


def _sum(parts: list[Part]) -> int:
    return sum(part.num_weights for part in parts)


def say_weights(number: int) -> str:
    """A number of weights: "8,967", "3.3 million"."""
    return f"{number / 1e6:.1f} million" if number >= 1e6 else f"{number:,}"


def drawing(parts: list[Part]) -> str:
    """The parts as escaped HTML from the photo down to the classes: a bar each, as long as it has weights."""
    most = max((part.num_weights or 0) for part in parts)
    rows = ['<li class="tl-end">a photo</li>']
    for part in parts:
        share = 100 if part.num_weights is None else 100 * part.num_weights / most
        kind, word = ("tl-open", "learns") if part.learns else ("tl-frozen", "frozen")
        number = "" if part.num_weights is None else f"{part.num_weights:,}"
        rows.append(
            f'<li class="{kind}"><span class="tl-part">{html.escape(part.name)}</span>'
            f'<span class="tl-room"><span class="tl-bar" style="width:{share:.1f}%"></span></span>'
            f'<span class="tl-count">{number}</span><b>{word}</b></li>'
        )
    rows.append('<li class="tl-end">your classes</li>')
    return f'<ol class="tl-net" aria-label="The parts of the network, with their weights">{"".join(rows)}</ol>'


def few(material: Material) -> None:
    """Step 3: how many photos it takes, with what the network saw and with the bare pixels."""
    with step(3) as (words, picture):
        words.markdown(
            "To a computer a photo is a list of pixels. Two photos of one cat have hardly a pixel in common, so by "
            "pixels it needs very many examples.\n\n"
            "The network turns each photo into what it saw in it: fur, ears, wheels (features). Photos of one class "
            "then lie close together, and a few of each are enough to know where, as long as it knows such things."
        )
        with picture:
            if material.advice and material.advice.few:
                told = charts_learn.say_few_shot(material.advice.few, material.advice.num_classes)
                frame = charts_learn.few_shot_frame(material.advice.few)
                st.altair_chart(
                    charts_learn.few_shot_chart(frame, material.advice.num_classes, chrome.is_dark()),
                    key="few",
                    alt=told,
                )
                st.caption(f"Each photo was given the class whose examples it is nearest to on average. {told}")
            elif material.advice:
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
            recommendation.quadrants(material.advice, material.name)
            if material.advice:
                st.caption(plain(charts_learn.say_quadrants(material.advice, material.name)))
                st.markdown(plain(material.advice.reason))
                recommendation.race_rivals(material.advice)
            else:
                _not_yet(material)


def overfits(material: Material) -> None:
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
            status = job_status(material.run) if material.run else None
            if status is None or not status.epochs:
                widgets.empty(
                    "There are no curves of your own yet: a network must learn first.",
                    "pages/train.py",
                    "Train",
                    state.link(run=None),
                )
                return
            _own_curves(material, status)


def _own_curves(material: Material, status: JobStatus) -> None:
    """Accuracy and loss of a run, the kept round marked, and the gap in words."""
    epochs, frame = status.epochs, charts.curve_frame(list(status.epochs))
    kept = best_epoch(epochs).epoch
    for metric in charts.METRICS:
        chart = charts.curve(frame, metric, epochs[-1].epoch, chrome.is_dark(), kept)
        st.altair_chart(chart, key=f"learn_{metric}", alt=f"{charts.say_curve(frame, metric)} Round {kept} was kept.")
    num_training, num_validation = (len(material.dataset.part(part)) for part in ("train", "validation"))
    st.markdown(say_gap(measure_gap(epochs, num_training, num_validation), num_validation))
    st.page_link(
        "pages/train.py",
        label=f"This run: {plain(material.run.name)}, {state.moment(material.run.created)}",
        query_params={"dataset": material.run.dataset_id, "run": material.run.id},
    )


def say_gap(gap: Gap, num_validation: int) -> str:
    """How much better it knows its own photos, and whether that is more than chance."""
    right = round(gap.validation * num_validation)
    points = round(100 * gap.training) - round(100 * gap.validation)
    wide = count(points, "point") if points > 0 else "less than a point"
    start = (
        f"In round {gap.epoch}, the one that was kept, {percent(gap.training)} of the training photos were right and "
        f"{right:,} of {num_validation:,} validation photos ({percent(gap.validation)}; plausibly "
        f"{gap.low * 100:.0f}–{percent(gap.high)})."
    )
    if gap.beyond_chance:
        verdict = f"The gap of {wide} is larger than chance: some of it was learned by heart."
    elif points > 0:
        verdict = f"The gap of {count(points, 'point')} may be chance."
    else:
        verdict = (
            "There is no gap. While it learns, photos are varied and some of what it saw is hidden, so that "
            "training is the harder task."
        )
    later = (
        " After that round its validation loss rose again while the training loss went on falling: this is what "
        "over-fitting looks like."
    )
    return f"{start} {verdict}{later if gap.climbs else ''}"


def _not_yet(material: Material) -> None:
    """A word where a picture needs figures that are not there."""
    if material.dataset is None:
        st.caption("With photos of your own, your figures appear here.")
    else:
        st.caption("Your figures appear here as soon as the photos have been looked at.")
