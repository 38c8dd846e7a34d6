"""Counts of photos, the confusion matrix and predictions: data frames in, Altair charts out."""

from typing import Any

import altair as alt
import pandas as pd

from tlcore.charts.theme import dressed
from tlcore.charts.tokens import ACCENT, INK, PAPER
from tlcore.data.manifest import SPLITS

CELL = {False: "#519B94", True: "#21726A"}  # the fullest cell of a matrix: accent, so far that ink stays readable on it
SPLIT_WORDS = {"train": "learn from", "validation": "check with", "test": "test with"}
SPLIT_COLOURS = {False: ("#0F766E", "#63A8A1", "#B5651D"), True: ("#2DD4BF", "#1B8478", "#E0A15E")}
MOST_BARS = 40  # more classes than this are drawn without names, which would need a page of their own
MOST_CELLS = 20  # a confusion matrix with more classes has numbers too small to read


def count_frame(photos: pd.DataFrame) -> pd.DataFrame:
    """Photos per class and split: `label, split, photos`, from a manifest's rows."""
    counts = photos.groupby(["label", "split"], observed=True).size()
    return counts.rename("photos").reset_index().assign(label=lambda frame: frame["label"].astype(str))


def class_counts(counts: pd.DataFrame, dark: bool = False) -> alt.Chart:
    """Photos per class as stacked bars, largest class first; above 40 classes, thin bars whose names are tooltips."""
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
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=across,
            y=upward,
            order=alt.Order("turn:Q"),
            color=alt.Color(
                "part:N",
                sort=list(SPLIT_WORDS.values()),
                title=None,
                scale=alt.Scale(domain=list(SPLIT_WORDS.values()), range=list(SPLIT_COLOURS[dark])),
                legend=alt.Legend(orient="top", columns=3, labelLimit=220),
            ),
            tooltip=[
                alt.Tooltip("label:N", title="Class"),
                alt.Tooltip("part:N", title="Used"),
                alt.Tooltip("photos:Q", title="Photos", format=","),
            ],
        )
    )
    return dressed(chart.properties(height=240 if many else alt.Step(26)), dark)


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


def confusion_matrix(confusion: pd.DataFrame, dark: bool = False) -> alt.LayerChart:
    """What the photos are (rows) against what the network predicts (columns), with the number of photos in each cell.

    Args:
        confusion: counts, labels × labels. Readable up to 20 classes; beyond, show `most_confused` instead.
    """
    labels = [str(label) for label in confusion.index]
    counts = confusion.to_numpy()
    frame = pd.DataFrame(
        [
            (truth, predicted, int(counts[row, column]), counts[row, column] / max(1, counts[row].sum()))
            for row, truth in enumerate(labels)
            for column, predicted in enumerate(labels)
        ],
        columns=["truth", "predicted", "photos", "share"],
    )
    base = alt.Chart(frame).encode(
        x=alt.X(
            "predicted:N",
            sort=labels,
            title="The network says",
            axis=alt.Axis(
                labelAngle=-40 if len(labels) > 3 else 0, labelLimit=100, labelOverlap=False, ticks=False, domain=False
            ),
        ),
        y=alt.Y("truth:N", sort=labels, title="The photo is", axis=alt.Axis(labelLimit=100, ticks=False, domain=False)),
        tooltip=[
            alt.Tooltip("truth:N", title="The photo is"),
            alt.Tooltip("predicted:N", title="The network says"),
            alt.Tooltip("photos:Q", title="Photos"),
            alt.Tooltip("share:Q", title="Share of the class", format=".1%"),
        ],
    )
    cells = base.mark_rect(cornerRadius=3).encode(
        color=alt.Color("share:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[PAPER[dark], CELL[dark]]))
    )
    numbers = (
        base.transform_filter("datum.photos > 0")
        .mark_text(fontSize=13 if len(labels) <= 12 else 10, color=INK[dark])
        .encode(text=alt.Text("photos:Q", format=","))
    )
    chart = alt.LayerChart(layer=[cells, numbers]).properties(height=max(200, min(560, 44 * len(labels) + 90)))
    return dressed(chart, dark)


def most_confused(confusion: pd.DataFrame, limit: int = 15) -> pd.DataFrame:
    """The pairs of classes mixed up most often, worst first: `truth, predicted, photos`."""
    labels = [str(label) for label in confusion.index]
    counts = confusion.to_numpy()
    pairs = [
        (truth, predicted, int(counts[row, column]))
        for row, truth in enumerate(labels)
        for column, predicted in enumerate(labels)
        if row != column and counts[row, column]
    ]
    pairs.sort(key=lambda pair: -pair[2])
    return pd.DataFrame(pairs[:limit], columns=["truth", "predicted", "photos"])


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


def top_frame(labels: tuple[str, ...], probabilities: Any, k: int = 5) -> pd.DataFrame:
    """The k most probable classes of one photo, best first: `label, probability`."""
    frame = pd.DataFrame({"label": list(labels), "probability": [float(value) for value in probabilities]})
    return frame.sort_values("probability", ascending=False, kind="stable").head(k).reset_index(drop=True)


def top_bars(top: pd.DataFrame, dark: bool = False) -> alt.LayerChart:
    """How sure the network is of each of the best classes, as bars with their share beside them."""
    base = alt.Chart(top).encode(
        y=alt.Y(
            "label:N",
            sort=top["label"].tolist(),
            title=None,
            axis=alt.Axis(labelLimit=130, ticks=False, domain=False, minExtent=90),
        ),
        x=alt.X("probability:Q", title=None, axis=None, scale=alt.Scale(domain=[0, 1])),
        tooltip=[
            alt.Tooltip("label:N", title="Class"),
            alt.Tooltip("probability:Q", title="How sure (probability)", format=".1%"),
        ],
    )
    bars = base.mark_bar(cornerRadiusEnd=3, height=14, color=ACCENT[dark])
    shares = (
        base.transform_calculate(shown="format(datum.probability, '.1%')")
        .mark_text(align="left", dx=5, color=INK[dark])
        .encode(text="shown:N")
    )
    return dressed(
        alt.LayerChart(layer=[bars, shares]).properties(height=alt.Step(24), padding={"right": 52, "left": 0}), dark
    )


def top_alt_text(top: pd.DataFrame) -> str:
    """The answer in words: "The network says “cat” and is 97.0% sure; next comes “dog” with 2.1%."."""
    share = [f"{value:.1%}" for value in top["probability"]]
    answer = f"The network says “{top['label'].iloc[0]}” and is {share[0]} sure"
    return answer + (f"; next comes “{top['label'].iloc[1]}” with {share[1]}." if len(top) > 1 else ".")
