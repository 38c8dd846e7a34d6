"""What the photos need: examining them is a job that begins by itself, and the pieces that show what came of it.

The page is never held up: while the job works, its progress stands where the recommendation will be.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.shared import actions, chrome, drawn, state
from pages.shared.decoding import dataset_thumbnail
from pages.shared.gallery import GalleryPhoto
from tlcore.advice.recommend import load_recommendation
from tlcore.advice.rule import RULES, ExaminedPhoto, Recommendation
from tlcore.charts import learn as charts_learn
from tlcore.charts.learn import Known
from tlcore.config import STRATEGIES, short_name
from tlcore.data.manifest import Dataset
from tlcore.jobs import store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Job
from tlcore.messages.progress import progress_message
from tlcore.messages.quantities import percent

POLL_SECONDS = 1.0
LEAST_PROBABILITY = 0.1  # of a second guess; below it is no more than noise
KNOWN = (
    Known("digits", 0.14, 1259),
    Known("emoji", 0.55, 610),
    Known("cats, dogs", 0.86, 1000),
)
"""Data sets that many know, with the figures that docs/recommendation.md has of them."""


@dataclass(frozen=True)
class RecommendationState:
    """The job that examines a data set's photos, how it stands, and what came of it, None as long as nothing did."""

    job: Job
    status: JobStatus
    recommendation: Recommendation | None


def load(dataset: Dataset) -> Recommendation | None:
    """What is known already of what the photos need. Raises UserError where the disk is full."""
    return load_recommendation(store.recommendation_job(state.workspace(), dataset.id))


def find(dataset: Dataset) -> RecommendationState:
    """What the photos need; the first visit starts the job, once a visit even where it fails."""
    job = store.recommendation_job(state.workspace(), dataset.id)
    found = load_recommendation(job)
    asked = st.session_state.setdefault("advice_asked", set())
    if found is None and job.id not in asked:
        asked.add(job.id)
        _start(job)
    return RecommendationState(job, job_status(job), found)


def _start_again(job: Job) -> None:
    with actions.refusals_kept():
        _start(job)


def _start(job: Job) -> None:
    """Queue the job, unless somebody else's visit did already."""
    status = job_status(job)
    if not status.active:
        state.queue().restart(job)


def wait(pending: RecommendationState) -> None:
    """While there is no recommendation: how far the job is, or why it ended, and the way to do it once more."""
    if pending.status.active:
        _watch(pending.job)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        bad = "There is no recommendation: your photos could not be checked."
        st.markdown(bad if pending.status.error else "Checking your photos was interrupted.", width="content")
        st.button("Try again", on_click=_start_again, args=(pending.job,), key="recommend_again")
    if pending.status.error:
        chrome.show_failure(pending.status.error)


def _watch(job: Job) -> None:
    @chrome.errors_shown()
    def live() -> None:
        status = job_status(job)
        if not status.active:
            st.rerun()
        share, words = progress_message(status, state.queue().position(job))
        if status.state != "queued":
            words = percent(share)
        st.progress(share, text=f"Finding the best strategy for your photos · {words}")

    st.fragment(live, run_every=POLL_SECONDS, key="advice")()


def compare_button(recommendation: Recommendation) -> None:
    """Where the photos are close to the border: the way to a comparison of the strategies that meet there."""
    if not recommendation.close_strategies:
        return
    names = " against ".join(map(short_name, recommendation.close_strategies))
    chosen = recommendation.close_strategies
    if st.button(f"Race {names}", key="race_rivals", on_click=prefer_in_comparison, args=(chosen,)):
        st.switch_page("pages/compare.py", query_params=state.link(run=None))


def quadrants(recommendation: Recommendation | None, name: str) -> None:
    """The four quadrants, with the data set as a dot where it has a recommendation."""
    frame = charts_learn.quadrant_frame(recommendation, name, KNOWN)
    strategies = {key: short_name(strategy) for key, strategy in RULES.items()}
    alt_text = charts_learn.quadrants_alt_text(recommendation, name)
    drawn.chart(charts_learn.quadrants, frame, strategies, chrome.is_dark(), key="quadrants", description=alt_text)


def examined_gallery(
    dataset: Dataset, recommendation: Recommendation, most: int, size: int = 240
) -> list[GalleryPhoto]:
    """The nine photos that were examined, each with what it looks like to ImageNet.

    Args:
        most: how many of the guesses are shown.
    """
    shown = []
    for photo in recommendation.examined:
        guesses = [photo.guesses[0], *(each for each in photo.guesses[1:most] if each[1] >= LEAST_PROBABILITY)]
        words = ", ".join(f"{name} {percent(probability)}" for name, probability in guesses)
        source = dataset_thumbnail(dataset, photo.path, photo.sha256, size)
        name = photo.path.rsplit("/", 1)[-1]
        shown.append(GalleryPhoto(source, photo.label, _alt(photo), name, detail=f"looks like: {words}"))
    return shown


def _alt(photo: ExaminedPhoto) -> str:
    name, probability = photo.guesses[0]
    return f"Photo of the class {photo.label}; to the network it looks like {name}, {percent(probability)} sure"


def prefer_in_comparison(strategies: Sequence[str]) -> None:
    """Tick these strategies and no others for the next comparison."""
    for strategy in STRATEGIES:
        st.session_state[f"race_{strategy}"] = strategy in strategies
