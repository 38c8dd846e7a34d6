"""What the photos need: the look at them is a job that begins by itself, and the card that shows what came of it.

The page is never held up: while the job works, its progress stands where the advice will be.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.shared import chrome, photos, settings, state, widgets
from pages.shared.widgets import percent, plain
from tlcore.advice.recommend import load_recommendation
from tlcore.advice.rule import RULES, Recommendation, Seen
from tlcore.charts import learn as charts_learn
from tlcore.charts.learn import Known
from tlcore.config import STRATEGIES, short_name
from tlcore.data.manifest import Dataset
from tlcore.jobs import store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Job

POLL_SECONDS = 1.0
WORTH_TELLING = 0.1  # a second guess below it is no more than noise
KNOWN = (
    Known("digits", 0.14, 1259),
    Known("emoji", 0.55, 610),
    Known("cats, dogs", 0.86, 1000),
)
"""Data sets that many know, with the figures that docs/recommendation.md tells of them."""


@dataclass(frozen=True)
class Look:
    """The look at a data set's photos: its job, how that stands, and what came of it, None as long as nothing did."""

    job: Job
    status: JobStatus
    advice: Recommendation | None


def look(dataset: Dataset) -> Look:
    """The look at the photos; the first visit starts it, once a visit even where it fails."""
    job = store.recommendation_job(state.workspace(), dataset.id)
    found = load_recommendation(job)
    asked = st.session_state.setdefault("advice_asked", set())
    if found is None and job.id not in asked:
        asked.add(job.id)
        _start(job)
    return Look(job, job_status(job), found)


def _start(job: Job) -> None:
    """Queue the look, unless somebody else's visit did already."""
    status = job_status(job)
    if not status.active:
        state.queue().restart(job)


def wait(looking: Look) -> None:
    """While there is no advice: how far the look is, or why it ended, and the way to do it once more."""
    if looking.status.active:
        _watch(looking.job)
        return
    with st.container(border=True):
        if looking.status.error:
            st.markdown("**There is no advice on these photos.**")
            chrome.show_failure(looking.status.error)
        else:
            st.markdown("**There is no advice on these photos yet:** the look at them was interrupted.")
        st.button("Look at them again", on_click=_start, args=(looking.job,), key="advice_again")


def _watch(job: Job) -> None:
    @chrome.errors_shown()
    def live() -> None:
        status = job_status(job)
        if not status.active:
            st.rerun()
        share, words = widgets.say_progress(status, state.queue().position(job))
        st.progress(share, text=f"Finding out what your photos need (advice) · {words}")

    st.fragment(live, run_every=POLL_SECONDS, key="advice")()


def card(dataset: Dataset) -> None:
    """The photos of a data set and what they need; without the advice, as long as it is being found out."""
    looking = look(dataset)
    if looking.advice is None:
        photos.strip(photos.from_dataset(dataset, photos.three_by_three(dataset.part("train")).head(8), size=160))
        wait(looking)
        return
    advice = looking.advice
    with st.expander(f"What your photos need: {short_name(advice.strategy)} (advice)", expanded=True):
        words, picture = st.columns(2, gap="large", vertical_alignment="center")
        with words:
            _say(advice)
        with picture:
            quadrants(advice, dataset.name)
        photos.strip(seen(dataset, advice, most=1, size=160))
        st.caption(
            "“Looks like” is what a network says of the photo that knows only ImageNet: 1.3 million photos of "
            "1,000 kinds of things."
        )


def _say(advice: Recommendation) -> None:
    """The strategy, the reason, and the button that takes it."""
    st.markdown(f"**{STRATEGIES[advice.strategy]}**")
    st.markdown(plain(advice.reason))
    with st.container(horizontal=True, vertical_alignment="center"):
        if settings.proposed().strategy == advice.strategy:
            st.markdown("✓ This is what is chosen below.", width="content")
        else:
            st.button("Use this advice", on_click=use, args=(advice,), key="use_advice")
        race_rivals(advice)
        st.page_link("pages/learn.py", label="How this comes about", query_params=state.link())
    if not advice.rivals:
        st.caption(
            "This is a rule of thumb. A race (“Compare strategies on your photos”) shows whether it holds for yours."
        )


def race_rivals(advice: Recommendation) -> None:
    """Where the photos are close to the border: the way to a race of the strategies that meet there."""
    if not advice.rivals:
        return
    names = " against ".join(map(short_name, advice.rivals))
    if st.button(f"Race {names}", key="race_rivals", on_click=prefer_in_race, args=(advice.rivals,)):
        st.switch_page("pages/compare.py", query_params=state.link(run=None))


def use(advice: Recommendation) -> None:
    """Choose the strategy of the advice, as if the person had."""
    settings.own()["strategy"] = advice.strategy


def quadrants(advice: Recommendation | None, name: str) -> None:
    """The four quadrants, with the data set as a dot where there is advice on it."""
    frame = charts_learn.quadrant_frame(advice, name, KNOWN)
    strategies = {key: short_name(strategy) for key, strategy in RULES.items()}
    chart = charts_learn.quadrants(frame, strategies, chrome.is_dark())
    st.altair_chart(chart, key="quadrants", alt=charts_learn.say_quadrants(advice, name))


def seen(dataset: Dataset, advice: Recommendation, most: int, size: int = 240) -> list[photos.Photo]:
    """The nine photos that the network was asked about, each with what it takes them for.

    Args:
        most: how many of its guesses are told.
    """
    shown = []
    for each in advice.seen:
        told = [each.guesses[0], *(guess for guess in each.guesses[1:most] if guess[1] >= WORTH_TELLING)]
        said = ", ".join(f"{name} {percent(chance)}" for name, chance in told)
        source = photos.dataset_thumbnail(dataset, each.path, each.sha256, size)
        name = each.path.rsplit("/", 1)[-1]
        shown.append(photos.Photo(source, each.label, _alt(each), name, detail=f"looks like: {said}"))
    return shown


def _alt(each: Seen) -> str:
    name, chance = each.guesses[0]
    return f"Photo of the class {each.label}; to the network it looks like {name}, {percent(chance)} sure"


def prefer_in_race(strategies: Sequence[str]) -> None:
    """Tick these strategies and no others for the next race."""
    for strategy in STRATEGIES:
        st.session_state[f"race_{strategy}"] = strategy in strategies
