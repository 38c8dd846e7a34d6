"""The card of a data set on the Train page: its photos, what they need and why, and the button that takes it."""

import streamlit as st

from pages.shared import gallery, settings, state
from pages.shared import recommendation as recommendations
from pages.shared.widgets import plain
from tlcore.advice.rule import Recommendation
from tlcore.config import STRATEGIES, short_name
from tlcore.data.manifest import Dataset
from tlcore.messages.recommendation import recommendation_reason


def show(dataset: Dataset) -> None:
    """The photos of a data set and what they need; without that, as long as it is being found out."""
    found = recommendations.find(dataset)
    recommendation = found.recommendation
    if recommendation is None:
        gallery.strip(gallery.from_dataset(dataset, gallery.three_by_three(dataset.part("train")).head(8), size=160))
        recommendations.wait(found)
        return
    with st.expander(f"What your photos need: {short_name(recommendation.strategy)} (advice)", expanded=True):
        words, picture = st.columns(2, gap="large", vertical_alignment="center")
        with words:
            _reason(recommendation)
        with picture:
            recommendations.quadrants(recommendation, dataset.name)
        gallery.strip(recommendations.examined_gallery(dataset, recommendation, most=1, size=160))
        st.caption(
            "“Looks like” is what a network says of the photo that knows only ImageNet: 1.3 million photos of "
            "1,000 kinds of things."
        )


def _reason(recommendation: Recommendation) -> None:
    """The strategy, the reason, and the button that takes it."""
    st.markdown(f"**{STRATEGIES[recommendation.strategy]}**")
    st.markdown(plain(recommendation_reason(recommendation)))
    with st.container(horizontal=True, vertical_alignment="center"):
        if settings.proposed().strategy == recommendation.strategy:
            st.markdown("✓ This is what is chosen below.", width="content")
        else:
            st.button("Use this advice", on_click=use, args=(recommendation,), key="use_advice")
        recommendations.compare_button(recommendation)
        st.page_link("pages/learn.py", label="How this comes about", query_params=state.link())
    if not recommendation.close_strategies:
        st.caption(
            "This is a rule of thumb. A race (“Compare strategies on your photos”) shows whether it holds for yours."
        )


def use(recommendation: Recommendation) -> None:
    """Choose the recommended strategy, as if the person had."""
    settings.own()["strategy"] = recommendation.strategy
