"""The chart of a classroom's hidden test: a row a group, its place, and its accuracy as a dot on its likely range.

Groups share a place where chance could explain their difference, so a place is a number in words beside the name and
no height: a taller step would show a difference that nobody has measured. Who is level with whom, the page says.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from tlcore.charts.theme import dressed, percent_axis
from tlcore.charts.tokens import ACCENT, FAINT, HEADING, INK, MUTED, SMALL, SURFACE
from tlcore.shares import percent, percent_range

ROW, LARGE_ROW = 58, 92  # pixels of a group
AXIS_ROOM = 40  # pixels below the last of them
NARROW = 480  # pixels of a plot on a phone
SCORE_ROOM = 8.5  # letters' heights at the right, which a long name leaves to the score
STEP = 0.1  # of the accuracy at which the axis may begin


class PodiumRow(NamedTuple):
    """A group's place, also in words ("1st"), and its score on the hidden test: photos, and the 95% interval, 0–1."""

    place: int
    ordinal: str
    name: str
    correct: int
    total: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.correct / self.total if self.total else 0.0


def podium_frame(rows: Sequence[PodiumRow]) -> pd.DataFrame:
    """A row a group, in the order given: `place, name, words, share, low, high, score, first`."""
    return pd.DataFrame(
        [
            (
                each.place,
                each.name,
                f"{each.ordinal} · {each.name}",
                each.share,
                each.low,
                each.high,
                f"{percent(each.share)} ({percent_range(each.low, each.high)})",
                each.place == 1,
            )
            for each in rows
        ],
        columns=["place", "name", "words", "share", "low", "high", "score", "first"],
    )


def podium_chart(frame: pd.DataFrame, dark: bool = False, large: bool = False) -> alt.LayerChart:
    """The chart of `podium_frame`, at least a row of it.

    Args:
        large: for a projector.
    """
    # Somebody may open on a phone what is meant for the wall.
    letters = f"(width < {NARROW} ? {SMALL} : {HEADING})" if large else str(SMALL)
    size: Any = alt.ExprRef(letters)
    row = LARGE_ROW if large else ROW
    low = max(0.0, int(float(frame["low"].min()) / STEP) * STEP)
    base = alt.Chart(frame).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0)),
        color=alt.condition("datum.first", alt.value(ACCENT[dark]), alt.value(MUTED[dark])),
        tooltip=[
            alt.Tooltip("name:N", title="Group"),
            alt.Tooltip("place:Q", title="Place"),
            alt.Tooltip("score:N", title="Correct (likely range)"),
        ],
    )
    across = alt.X(
        "low:Q",
        title=None,
        scale=alt.Scale(domain=[low, 1], nice=False, zero=False),
        axis=percent_axis() if not large else alt.Axis(**percent_axis().to_dict(), labelFontSize=size),
    )
    level: dict[str, Any] = {"yOffset": row * 0.2}
    thick = row / 7
    track = base.mark_rule(strokeWidth=thick, strokeCap="round", **level).encode(
        x=alt.value(0), x2=alt.value("width"), color=alt.value(FAINT[dark])
    )
    ranges = base.mark_rule(strokeWidth=thick, strokeCap="round", opacity=0.45, **level).encode(x=across, x2="high:Q")
    dots = base.mark_point(size=row * 3, filled=True, opacity=1, **level).encode(x=alt.X("share:Q"))
    halo = {"stroke": SURFACE[dark], "color": SURFACE[dark], "strokeWidth": 6, "strokeJoin": "round"}
    texts = []
    for field, align, at in (("words:N", "left", alt.value(0)), ("score:N", "right", alt.value("width"))):
        style: dict[str, Any] = {"align": align, "baseline": "middle", "dy": -row * 0.2, "fontWeight": 600}
        for look in (halo, {"color": INK[dark]}):  # a ground on which no gridline crosses the letters; then they
            room = alt.ExprRef(f"width - {SCORE_ROOM} * {letters}") if align == "left" else alt.Undefined
            marked = base.mark_text(fontSize=size, limit=room, **style, **look)
            texts.append(marked.encode(x=at, text=field, color=alt.value(look["color"])))
    chart = alt.LayerChart(layer=[track, ranges, dots, *texts]).properties(
        height=row * len(frame) + AXIS_ROOM, padding={"left": 8, "right": 20, "top": 0}
    )
    return dressed(chart, dark)


def podium_alt_text(rows: Sequence[PodiumRow]) -> str:
    """The chart in words: "Place 1: Foxes 93% (70–99%); place 3: Owls 80% (60–90%)."."""
    each = "; ".join(
        f"place {one.place}: {one.name} {percent(one.share)} ({percent_range(one.low, one.high)})" for one in rows
    )
    return f"{each[:1].upper()}{each[1:]}." if each else "No group has a score."
