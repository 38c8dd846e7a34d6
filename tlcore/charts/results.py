"""Counts of photos, and what is mixed up: data frames in, Altair charts and sentences out."""

from typing import Any

import altair as alt
import pandas as pd

from tlcore.charts.theme import dressed
from tlcore.charts.tokens import LEAST_PLOT_HEIGHT, MUTED, class_hues
from tlcore.data.manifest import SPLITS
from tlcore.evaluation.metrics import most_confused as most_confused

SPLIT_WORDS = {"train": "Training", "validation": "Validation", "test": "Test"}
SPLIT_FILLS = (1.0, 0.2)  # how full a bar is of its class's hue, from the first part to the last
MOST_BARS = 40  # more classes than this are drawn without names, which would need a page of their own


def count_frame(photos: pd.DataFrame) -> pd.DataFrame:
    """Photos per class and split: `label, split, photos`, from a manifest's rows."""
    counts = photos.groupby(["label", "split"], observed=True).size()
    return counts.rename("photos").reset_index().assign(label=lambda frame: frame["label"].astype(str))


def class_counts(counts: pd.DataFrame, dark: bool = False) -> alt.LayerChart:
    """Photos per class as stacked bars, largest class first; above 40 classes, thin bars whose names are tooltips.

    Each class has its hue (tokens.class_hues), each part its fill, so that parts are told apart without colours.

    Args:
        counts: from `count_frame`, classes in the order of the data set.
    """
    hues = class_hues(list(dict.fromkeys(counts["label"])), dark)
    order = counts.groupby("label")["photos"].sum().sort_values(ascending=False, kind="stable").index.tolist()
    frame = counts.assign(
        part=counts["split"].map(SPLIT_WORDS).fillna(counts["split"]),
        turn=counts["split"].map({name: turn for turn, name in enumerate(SPLITS)}),
    )
    many = len(order) > MOST_BARS
    classes: dict[str, Any] = {"sort": order, "title": f"{len(order)} classes, largest first" if many else None}
    amount: dict[str, Any] = {"title": "Photos", "stack": "zero"}
    across = (
        alt.X("label:N", axis=alt.Axis(labels=False, ticks=False), **classes)
        if many
        else (alt.X("photos:Q", axis=alt.Axis(tickMinStep=1, format=",d", tickCount=5), **amount))
    )
    upward = (
        alt.Y("photos:Q", axis=alt.Axis(tickMinStep=1, format=",d"), **amount)
        if many
        else (alt.Y("label:N", axis=alt.Axis(labelLimit=140, ticks=False, domain=False), **classes))
    )
    base = alt.Chart(frame).encode(
        x=across,
        y=upward,
        order=alt.Order("turn:Q"),
        tooltip=[
            alt.Tooltip("label:N", title="Class"),
            alt.Tooltip("part:N", title="Part"),
            alt.Tooltip("photos:Q", title="Photos", format=","),
        ],
    )
    fills = base.mark_bar().encode(color=_by_class(alt.Color, hues), opacity=_by_part(MUTED[dark]))
    outlines = base.mark_bar(filled=False, strokeWidth=0 if many else 1.5).encode(stroke=_by_class(alt.Stroke, hues))
    chart = alt.LayerChart(layer=[fills, outlines])
    tall = LEAST_PLOT_HEIGHT + 90 if many else alt.Step(max(30, min(64, LEAST_PLOT_HEIGHT // max(1, len(order)))))
    return dressed(chart.properties(height=tall, padding={"left": 4, "right": 14, "top": 4}), dark)


def _by_class(channel: Any, hues: dict[str, str]) -> Any:
    return channel("label:N", legend=None, scale=alt.Scale(domain=list(hues), range=list(hues.values())))


def _by_part(grey: str) -> alt.Opacity:
    """Parts in steps of opacity, with a legend that is of no class's hue."""
    legend = alt.Legend(symbolType="square", symbolSize=160, symbolFillColor=grey, symbolStrokeColor=grey)
    return alt.Opacity(
        "part:N", legend=legend, scale=alt.Scale(domain=list(SPLIT_WORDS.values()), range=list(SPLIT_FILLS))
    )


def class_counts_alt_text(counts: pd.DataFrame) -> str:
    """How even the classes are: "6 classes with 40 to 52 photos each; fewest in “cat”."."""
    totals = counts.groupby("label")["photos"].sum()
    if totals.empty:
        return "No photos."
    low, high = int(totals.min()), int(totals.max())
    if low == high:
        return f"{len(totals)} classes with {low:,} photos each."
    return (
        f"{len(totals)} classes with {low:,} to {high:,} photos each; "
        f"fewest in “{totals.idxmin()}”, most in “{totals.idxmax()}”."
    )


def confusion_alt_text(confusion: pd.DataFrame) -> str:
    """What is mixed up most: "Most often, “cat” is predicted as “dog”: 3 of 17 mistakes."."""
    counts = confusion.to_numpy()
    mistakes = int(counts.sum() - counts.diagonal().sum())
    if not mistakes:
        return "No classes get mixed up on the test photos."
    pair = most_confused(confusion, 1).iloc[0]
    if mistakes == 1:
        return f"The only mistake: a photo of “{pair['truth']}” is predicted as “{pair['predicted']}”."
    number = f"{pair['photos']:,} of {mistakes:,} mistakes"
    return f"Most often, “{pair['truth']}” is predicted as “{pair['predicted']}”: {number}."
