"""The learning curve of a run: measured accuracies with their intervals, and what to expect of more photos."""

from typing import Any

import altair as alt
import pandas as pd

from tlcore.analysis.learning_curve import CurvePoint, LearningCurve
from tlcore.charts.theme import dressed, lowest, percent_axis
from tlcore.charts.tokens import ACCENT, LEAST_PLOT_HEIGHT, MUTED
from tlcore.shares import percent, percent_range

MEASURED, EXPECTED = "measured", "expected"


def curve_frame(curve: LearningCurve) -> pd.DataFrame:
    """A row a point: `kind` ("measured", "fitted", "expected"), `photos`, `accuracy`, `low`, `high`, `text`."""
    last = curve.now.num_photos
    rows = [(MEASURED, *_row(point)) for point in curve.points]
    rows += [("fitted", *_row(point)) for point in curve.fitted if point.num_photos <= last]
    rows += [(EXPECTED, *_row(point)) for point in curve.fitted if point.num_photos >= last]
    return pd.DataFrame(rows, columns=["kind", "photos", "accuracy", "low", "high", "text"])


def _row(point: CurvePoint) -> tuple[float, float, float, float, str]:
    words = f"{percent(point.accuracy)} (likely range {percent_range(point.low, point.high)})"
    return round(point.num_photos), point.accuracy, point.low, point.high, words


def learning_curve(frame: pd.DataFrame, dark: bool = False) -> alt.LayerChart:
    """The chart; what is expected is dashed with a band around it, so that it is told from what was measured.

    Args:
        frame: from `curve_frame`.
    """
    ticks = [float(each) for each in frame.loc[frame["kind"] == MEASURED, "photos"]]
    ticks += [factor * ticks[-1] for factor in (2, 4) if (frame["kind"] == EXPECTED).any()]
    axis = alt.Axis(values=ticks, format=",d", grid=False, labelOverlap="greedy")
    span = alt.Scale(type="log", domain=[min(ticks) * 0.9, max(ticks) * 1.05], nice=False)
    height = alt.Scale(domain=[lowest(frame["low"]), 1.0])
    base = alt.Chart(frame).encode(
        x=alt.X("photos:Q", title="Photos to train on", scale=span, axis=axis),
        y=alt.Y("accuracy:Q", title=None, scale=height, axis=percent_axis()),
        tooltip=[alt.Tooltip("photos:Q", title="Photos", format=","), alt.Tooltip("text:N", title="Correct")],
    )
    expected, measured = (base.transform_filter(f"datum.kind == '{kind}'") for kind in (EXPECTED, MEASURED))
    ranges: dict[str, Any] = {
        "y": alt.Y("low:Q", title=None, scale=height, axis=percent_axis()),
        "y2": alt.Y2("high:Q"),
    }
    line: dict[str, Any] = {"color": ACCENT[dark], "strokeWidth": 2}
    layers = [
        expected.mark_area(color=ACCENT[dark], opacity=0.18, clip=True).encode(**ranges),
        expected.mark_line(strokeDash=[5, 4], clip=True, **line),
        base.transform_filter("datum.kind == 'fitted'").mark_line(opacity=0.6, clip=True, **line),
        measured.mark_rule(color=MUTED[dark], strokeWidth=2).encode(**ranges),
        measured.mark_point(filled=True, size=70, color=ACCENT[dark], opacity=1),
    ]
    chart = alt.LayerChart(layer=layers)
    return dressed(chart.properties(height=LEAST_PLOT_HEIGHT + 60, padding={"left": 4, "right": 16, "top": 8}), dark)


def learning_curve_alt_text(curve: LearningCurve) -> str:
    """How the score grows, in a sentence: "From 70 to 700 photos, the score goes from 84% to 91%; …"."""
    first, now = curve.points[0], curve.now
    words = (
        f"With {round(first.num_photos):,} photos to train on, {percent(first.accuracy)} are correct; "
        f"with {round(now.num_photos):,}, {percent(now.accuracy)}"
    )
    if not curve.forecasts:
        return f"{words} so far."
    ahead = [f"{percent_range(point.low, point.high)} with {round(point.num_photos):,}" for point in curve.forecasts]
    return f"{words}. To be expected: {' and '.join(ahead)}."
