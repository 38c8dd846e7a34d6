"""The places of a classroom's groups on the hidden test: the chart, and in words who is level with whom."""

from collections.abc import Mapping

import streamlit as st

from pages.shared import chrome, drawn
from pages.shared.widgets import plain
from tlcore.charts import podium as charts
from tlcore.charts.podium import PodiumRow
from tlcore.classroom.podium import Place, Podium
from tlcore.messages.classroom import learned_message, level_messages, ordinal
from tlcore.messages.quantities import count


def show(podium: Podium, names: Mapping[str, str], large: bool = False) -> None:
    """Draw the places; nothing where no group has a score.

    Args:
        names: of the groups, by their ids. large: for a projector.
    """
    rows = [
        _row(each, names[each.group_id])
        for each in podium.places
        if each.group_id in names  # not one that was removed just now
    ]
    if not rows:
        return
    with st.container(key="card_podium"):
        st.caption(f"Place, and accuracy on the same {count(rows[0].total, 'photo')} with its likely range (95%)")
        finding = charts.podium_alt_text(rows)
        frame = charts.podium_frame(rows)
        drawn.chart(charts.podium_chart, frame, chrome.is_dark(), large, key="podium", description=finding)
        if sentences := level_messages(podium, names):
            st.markdown("\n".join(f"- {plain(each)}" for each in sentences))
    for place in podium.places:
        if words := learned_message(place.score):
            st.warning(f"**{plain(names.get(place.group_id, ''))}**: {plain(words)}")


def _row(place: Place, name: str) -> PodiumRow:
    score = place.score
    return PodiumRow(place.place, ordinal(place.place), name, score.correct, score.total, *score.interval)
