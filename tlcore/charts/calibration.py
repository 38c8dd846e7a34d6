"""The reliability diagram: how often predictions are correct, by the confidence that they were made with."""

from typing import Any

import altair as alt
import pandas as pd

from tlcore.charts.theme import dressed, percent_axis
from tlcore.charts.tokens import ACCENT, LEAST_PLOT_HEIGHT, MUTED
from tlcore.evaluation.calibration import Reliability
from tlcore.shares import percent

HEIGHT = LEAST_PLOT_HEIGHT + 60  # pixels of the whole chart


def reliability_frame(reliability: Reliability) -> pd.DataFrame:
    """A row a bin: confidence, share, low, high (all 0–1), and what was counted in words."""
    rows = [
        (
            each.confidence,
            each.correct / each.total,
            each.low,
            each.high,
            f"{percent(each.correct / each.total)}: {each.correct:,} of {each.total:,}",
            percent(each.confidence),
        )
        for each in reliability.bins
    ]
    return pd.DataFrame(rows, columns=["confidence", "share", "low", "high", "counted", "stated"])


def reliability_chart(frame: pd.DataFrame, dark: bool = False) -> alt.LayerChart:
    """Points with their ranges on the line where confidence and correctness are equal.

    Args:
        frame: from `reliability_frame`.
    """
    start = min(0.9, float(frame[["confidence", "low"]].to_numpy().min()) // 0.1 * 0.1) if len(frame) else 0.0
    scale: dict[str, Any] = {"scale": alt.Scale(domain=[start, 1], nice=False, zero=False), "axis": percent_axis()}
    across = alt.X("confidence:Q", title="Confidence (probability of the predicted class)", **scale)
    upward = alt.Y("share:Q", title=None, **scale)
    ideal = (
        alt.Chart(pd.DataFrame({"confidence": [start, 1.0], "share": [start, 1.0]}))
        .mark_line(strokeDash=[4, 4], strokeWidth=1.5, color=MUTED[dark])
        .encode(x=across, y=upward)
    )
    base = alt.Chart(frame).encode(x=across)
    ranges = base.mark_rule(strokeWidth=2, opacity=0.5, color=ACCENT[dark]).encode(
        y=alt.Y("low:Q", title=None, **scale), y2="high:Q"
    )
    points = base.mark_point(size=90, filled=True, opacity=1, color=ACCENT[dark]).encode(
        y=upward,
        tooltip=[alt.Tooltip("stated:N", title="Confidence"), alt.Tooltip("counted:N", title="Correct")],
    )
    chart = alt.LayerChart(layer=[ideal, ranges, points]).properties(
        height=HEIGHT,
        title=alt.TitleParams("Share of photos that are correct", offset=14),
        padding={"left": 4, "right": 14, "top": 4},
    )
    return dressed(chart, dark)
