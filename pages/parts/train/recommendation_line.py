"""What the photos need as one line of the Train page, which opens: why, from what, and the button that takes it.

The line has a place of fixed height, so nothing moves when the recommendation arrives.
"""

import streamlit as st

from pages.shared import gallery, group_line, settings, state
from pages.shared import recommendation as recommendations
from pages.shared.widgets import plain
from tlcore.advice.rule import Recommendation
from tlcore.config import STRATEGIES, TrainConfig, short_name
from tlcore.data.manifest import Dataset
from tlcore.messages.recommendation import recommendation_reason
from tlcore.pipeline.estimate import estimate_seconds

QUICK_SECONDS = 60.0


def preselect(dataset: Dataset) -> None:
    """Let the recommended strategy be the one that a run gets, unless the person chooses another one.

    Not where that takes long: a first model comes in seconds, and a better one is for a person to choose. Nor what the
    task of a group forbids. And not while a run is being started: what could be seen when the button was pressed is
    what counts.
    """
    if not st.session_state.get(settings.START):
        found = recommendations.load(dataset)
        settings.recommend(_allowed(found.strategy if found and _is_quick(found.strategy, dataset) else None))


def _allowed(strategy: str | None) -> str | None:
    """This strategy, None for the usual one; where the group's task forbids it, the first that the task allows."""
    joined = group_line.find()
    allowed = joined[1].task.strategies if joined else ()
    if (strategy or TrainConfig().strategy) in allowed:
        return strategy
    return next((each for each in STRATEGIES if each in allowed), strategy)


def _is_quick(strategy: str, dataset: Dataset) -> bool:
    """Whether a training with this strategy takes a minute at most, as far as anybody can tell."""
    seconds = estimate_seconds(state.workspace(), dataset, settings.proposed(strategy))
    return seconds is not None and sum(seconds) / 2 <= QUICK_SECONDS


def show(dataset: Dataset) -> str | None:
    """The line, or as long as the photos are examined, how far that is; returns the recommended strategy."""
    with st.container(key="tl_recommended"):
        found = recommendations.find(dataset)
        recommendation = found.recommendation
        if recommendation is None:
            recommendations.wait(found)
            return None
        label = f"Recommended: **{short_name(recommendation.strategy)}** · Why this recommendation?"
        with st.expander(label, key="fold_recommendation"):
            _details(recommendation, dataset)
    return recommendation.strategy


def _details(recommendation: Recommendation, dataset: Dataset) -> None:
    """The reason, where the photos lie between the strategies, and nine of those that were examined."""
    words, picture = st.columns(2, gap="large", vertical_alignment="center")
    with words:
        _reason(recommendation)
    with picture:
        recommendations.quadrants(recommendation, dataset.name)
    gallery.strip(recommendations.examined_gallery(dataset, recommendation, most=1, size=160))
    st.caption(
        "“Looks like” is the guess of a network that knows only ImageNet: 1.3 million photos of 1,000 kinds of things."
    )


def _reason(recommendation: Recommendation) -> None:
    """Why this strategy, and the button that takes it."""
    st.markdown(plain(recommendation_reason(recommendation)))
    with st.container(horizontal=True, vertical_alignment="center"):
        if settings.proposed().strategy == recommendation.strategy:
            st.markdown("✓ Selected below", width="content")
        else:
            st.button("Use this recommendation", on_click=use, args=(recommendation,), key="use_recommendation")
        recommendations.compare_button(recommendation)
        st.page_link("pages/learn.py", label="How the recommendation works", query_params=state.link())
    if not recommendation.close_strategies:
        st.caption("This is a rule of thumb. Compare strategies on your photos to see whether it holds for them.")


def use(recommendation: Recommendation) -> None:
    """Choose the recommended strategy, as if the person had."""
    settings.own()["strategy"] = recommendation.strategy
