"""Accuracy and loss over the epochs: events in, frames and Altair charts out."""

from collections.abc import Sequence
from itertools import product
from typing import Any, Literal

import altair as alt
import pandas as pd

from tlcore.charts.theme import dressed, lowest, percent_axis
from tlcore.charts.tokens import ACCENT, INK, MUTED, PAPER, TRAINING, VALIDATION
from tlcore.events import EpochEnd
from tlcore.shares import percent

CURVE_HEIGHT = 400  # pixels of the whole chart: LEAST_PLOT_HEIGHT and the words around it, at every width
AXIS_WIDTH = 48  # pixels of the labels at the left: the same for both metrics, so that their plots are as wide
MARK_LINE = 18  # pixels above the plot for a line with the name of what is marked: inside it would lie on the curves
MARK_LINES = 3  # from the plot up: training as it was kept, validation as it was kept, where fine-tuning starts
VALUE_GAP = 5  # pixels between a point and its value, which stand above and below each other where two points are one
VALUE_SIDE = 0.8  # of the axis: the values of later epochs stand on the left of their points, where there is room
FIRST_EPOCHS = 3  # at most, and a quarter of all at most: what they jump from is not what the axis is for
METRICS = {"accuracy": "Accuracy", "loss": "Loss (0 is best)"}
PARTS = ("training", "validation")


def curve_frame(epochs: Sequence[EpochEnd]) -> pd.DataFrame:
    """EpochEnd events as a row an epoch and part (training, validation).

    Columns: `epoch, phase, part, accuracy, loss`, and both as they are written, `accuracy_text, loss_text`: chart and
    sentence round in one place.
    """
    rows = [
        (end.epoch, end.phase, part, accuracy, loss, percent(accuracy), f"{loss:.2f}")
        for end in epochs
        for part, accuracy, loss in (
            ("training", end.accuracy, end.loss),
            ("validation", end.val_accuracy, end.val_loss),
        )
    ]
    return pd.DataFrame(rows, columns=["epoch", "phase", "part", "accuracy", "loss", "accuracy_text", "loss_text"])


def lowest_accuracy(frame: pd.DataFrame, kept: int | None = None) -> float:
    """Where the axis of accuracies begins, by the curves after their first epochs; see `theme.lowest`.

    Args:
        frame: from `curve_frame`. kept: an epoch that has to be seen, also if it is one of the first.
    """
    first = min(FIRST_EPOCHS, frame["epoch"].nunique() // 4)
    seen = frame[(frame["epoch"] > first) | (frame["epoch"] == kept)]
    return lowest(float(share) for share in seen["accuracy"])


def curve(
    frame: pd.DataFrame,
    metric: str,
    num_epochs: int,
    dark: bool = False,
    kept: int | None = None,
    low: float = 0.0,
) -> alt.LayerChart:
    """Training and validation over the epochs; the axis is as long as the planned number of epochs from the start.

    Where fine-tuning follows the training of the head, a thin rule marks it.

    Args:
        frame: from `curve_frame`; may be empty. metric: "accuracy" or "loss".
        kept: the epoch to mark as the one that was kept, for a training that is over; its values are written above the
            plot, as they are in the sentences beside the chart, instead of the newest ones.
        low: where the axis of accuracies begins, from `lowest_accuracy`.
    """
    as_share = metric == "accuracy"
    legend = alt.Legend(  # samples of lines, also where points share their colours; below it room for the marks' names
        title=METRICS[metric],
        titleOrient="left",
        titlePadding=16,
        symbolType="stroke",
        symbolFillColor="transparent",
        offset=8 + MARK_LINES * MARK_LINE,
    )
    base = alt.Chart(frame).encode(
        x=alt.X(
            "epoch:Q",
            title="Epoch",
            scale=alt.Scale(domain=[0, num_epochs] if num_epochs > 1 else [0, 2], nice=False),
            axis=alt.Axis(tickMinStep=1, format="d", grid=False, tickCount=6, labelPadding=6 + MARK_LINE),
        ),
        y=alt.Y(
            f"{metric}:Q",
            title=None,  # it stands above: sideways it would take a phone a tenth of its width
            axis=_value_axis(as_share),
            scale=alt.Scale(domain=[low, 1], nice=False) if as_share else alt.Scale(domainMin=0),
        ),
        color=alt.Color(
            "part:N", legend=legend, scale=alt.Scale(domain=list(PARTS), range=[TRAINING[dark], VALIDATION[dark]])
        ),
    )
    line = base.mark_line(strokeWidth=2, clip=True).encode(
        strokeDash=alt.StrokeDash("part:N", legend=legend, scale=alt.Scale(domain=list(PARTS), range=[[5, 4], [1, 0]]))
    )
    touch = base.mark_circle(size=160, opacity=0, clip=True).encode(
        tooltip=[
            alt.Tooltip("part:N", title="Photos for"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip(f"{metric}_text:N", title=metric.capitalize()),
        ]
    )
    newest = (
        base.transform_joinaggregate(last="max(epoch)").transform_filter("datum.epoch == datum.last")
        if kept is None
        else base.transform_filter(f"datum.epoch == {kept}")
    )
    if kept is None:
        values = _newest_values(newest, metric, num_epochs, dark)
    else:
        values = _kept(newest, metric, kept > num_epochs / 2, dark)
    marks = _opening(frame, num_epochs, INK[dark])
    layers = [line, newest.mark_circle(size=50, opacity=1), *values, *marks, touch]
    chart = alt.LayerChart(layer=layers).properties(
        height=CURVE_HEIGHT,
        padding={"left": 0, "right": 10, "top": 4},  # as sides: Streamlit's browser part fails on a number
    )
    return dressed(chart, dark)


def _value_axis(as_share: bool) -> alt.Axis:
    """The axis of a metric, as wide as that of the other."""
    axis = percent_axis() if as_share else alt.Axis(labelExpr="format(datum.value, '.2f')", tickCount=5)
    axis.minExtent = axis.maxExtent = AXIS_WIDTH
    return axis


def _newest_values(newest: alt.Chart, metric: str, num_epochs: int, dark: bool) -> list[alt.Chart]:
    """The newest values beside their points: the higher one above its point, the lower one below.

    The training grey is too pale for words (4.1 : 1 on paper), so its value is in the grey of words.
    """
    ranked = newest.transform_window(rank="row_number()", sort=[alt.SortField(metric, order="descending")])
    baselines = ((1, "bottom", -VALUE_GAP), (2, "top", VALUE_GAP))
    inks = {"training": MUTED[dark], "validation": VALIDATION[dark]}
    sides = (("<=", "left", 7), (">", "right", -7))
    layers = []
    for (rank, baseline, dy), (part, ink), (sign, align, dx) in product(baselines, inks.items(), sides):
        value = ranked.transform_filter(
            f"datum.rank == {rank} && datum.part == '{part}' && datum.epoch {sign} {VALUE_SIDE * num_epochs}"
        ).encode(text=f"{metric}_text:N")
        style: dict[str, Any] = {
            "align": align,
            "dx": dx,
            "baseline": baseline,
            "dy": dy,
            "fontWeight": 600,
            "clip": False,
        }
        ground: dict[str, Any] = {"stroke": PAPER[dark], "strokeWidth": 4, "strokeJoin": "round"}
        layers += [
            value.mark_text(**style, **ground).encode(color=alt.value(PAPER[dark])),  # no curve crosses the digits
            value.mark_text(**style).encode(color=alt.value(ink)),
        ]
    return layers


def _opening(frame: pd.DataFrame, num_epochs: int, ink: str) -> list[alt.Chart]:
    """A thin rule with its name between the last epoch of the head and the first one of fine-tuning."""
    at = (
        alt.Chart(frame)
        .transform_filter("datum.part == 'training' && datum.phase == 'fine_tune'")
        .transform_joinaggregate(first="min(epoch)")
        .transform_filter("datum.epoch == datum.first && datum.first > 1")
        .transform_calculate(between="datum.first - 0.5")
        .encode(x="between:Q", color=alt.value(ink))
    )
    # Leftwards from the rule where there is room for it: on the right it would come near the curves' own names.
    sides: tuple[tuple[str, Literal["left", "right"], int], ...] = ((">", "right", 3), ("<=", "left", -3))
    names = [
        at.transform_filter(f"datum.first {sign} {num_epochs * 0.4}")
        .mark_text(align=align, dx=dx, dy=-8 - 2 * MARK_LINE, text="fine-tuning starts")
        .encode(y=alt.value(0))
        for sign, align, dx in sides
    ]
    return [at.mark_rule(strokeWidth=1, opacity=0.6), *names]


def _kept(kept: alt.Chart, metric: str, leftwards: bool, dark: bool) -> list[alt.Chart]:
    """A dashed rule at the epoch that was kept, with its values above the plot: beside their points they lie on curves.

    Args:
        kept: the rows of that epoch. leftwards: there is no room for words on the right of the rule.
    """
    align: Literal["left", "right"] = "right" if leftwards else "left"
    rule = kept.transform_filter("datum.part == 'validation'").mark_rule(strokeWidth=2, strokeDash=[2, 3])
    layers = [rule.encode(y=alt.value(0), y2=alt.value("height"), color=alt.value(ACCENT[dark]))]
    lines = (("validation", "kept: validation ", MARK_LINE, VALIDATION), ("training", "training ", 0, MUTED))
    for part, words, above, ink in lines:
        value = kept.transform_filter(f"datum.part == '{part}'").transform_calculate(
            kept_text=f"'{words}' + datum.{metric}_text"
        )
        text = value.mark_text(align=align, dx=-4 if leftwards else 4, dy=-8 - above, fontWeight=600, clip=False)
        layers.append(text.encode(y=alt.value(0), text="kept_text:N", color=alt.value(ink[dark])))
    return layers


def curve_alt_text(frame: pd.DataFrame, metric: str, kept: int | None = None) -> str:
    """What the validation curve does, in a sentence; when fine-tuning begins, and what is kept.

    Args:
        frame: from `curve_frame`. kept: the epoch that was kept, for a training that is over.
    """
    words = [_values_alt_text(frame, metric)]
    head = frame.loc[frame["phase"] == "head", "epoch"]
    if not head.empty and (frame["phase"] == "fine_tune").any():
        words.append(f"Fine-tuning starts after epoch {head.max()}.")
    value = frame.loc[(frame["part"] == "validation") & (frame["epoch"] == kept), f"{metric}_text"]
    if not value.empty:
        words.append(f"Epoch {kept} was kept, with {value.iloc[0]}.")
    return " ".join(words)


def _values_alt_text(frame: pd.DataFrame, metric: str) -> str:
    values = frame.loc[frame["part"] == "validation", metric].tolist()
    if not values:
        return f"No {metric} yet: the first epoch is still to come."
    show = percent if metric == "accuracy" else (lambda value: f"{value:.2f}")
    first, last = values[0], values[-1]
    subject = f"Validation {metric}"
    if len(values) == 1:
        return f"{subject} is {show(last)} after the first epoch."
    best = max(values) if metric == "accuracy" else min(values)
    small = 0.02 if metric == "accuracy" else 0.05 * max(values)
    moved = last - first
    if abs(best - last) > small:
        turn = "falls back" if metric == "accuracy" else "climbs again"
        return f"{subject} reaches {show(best)} and then {turn} to {show(last)} after {len(values)} epochs."
    if abs(moved) <= small:
        return f"{subject} stays at about {show(last)} over {len(values)} epochs."
    verb = "rises" if moved > 0 else "falls"
    tail = values[len(values) // 2 :]
    rest = " and stays there" if max(tail) - min(tail) <= small else f" within {len(values)} epochs"
    return f"{subject} {verb} to {show(last)}{rest}."
