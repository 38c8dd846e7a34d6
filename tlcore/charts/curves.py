"""Accuracy and loss over the epochs: events in, frames and Altair charts out."""

from collections.abc import Sequence
from typing import Any, Literal

import altair as alt
import pandas as pd

from tlcore.charts.theme import dressed, lowest, percent_axis
from tlcore.charts.tokens import ACCENT, INK, PAPER, TRAINING, VALIDATION
from tlcore.events import EpochEnd
from tlcore.shares import percent

CURVE_HEIGHT = 400  # pixels of the whole chart: LEAST_PLOT_HEIGHT and the words around it, at every width
VALUE_ROOM = 44  # pixels beside the plot for the newest value
MARK_LINE = 18  # pixels above the plot for a line with the name of what is marked: inside it would lie on the curves
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


def lowest_accuracy(frame: pd.DataFrame) -> float:
    """Where the axis of accuracies begins; see `theme.lowest`."""
    return lowest(float(share) for share in frame["accuracy"])


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
        kept: the epoch to mark as the one that was kept, for a training that is over; its values are written, as they
            are in the sentences beside the chart, instead of the newest ones.
        low: where the axis of accuracies begins, from `lowest_accuracy`.
    """
    as_share = metric == "accuracy"
    legend = alt.Legend(  # samples of lines, also where points share their colours; below it room for the marks' names
        title=METRICS[metric],
        titleOrient="left",
        titlePadding=16,
        symbolType="stroke",
        symbolFillColor="transparent",
        offset=8 + 2 * MARK_LINE,
    )
    base = alt.Chart(frame).encode(
        x=alt.X(
            "epoch:Q",
            title="Epoch",
            scale=alt.Scale(domain=[0, num_epochs] if num_epochs > 1 else [0, 2], nice=False),
            axis=alt.Axis(tickMinStep=1, format="d", grid=False, tickCount=6),
        ),
        y=alt.Y(
            f"{metric}:Q",
            title=None,  # it stands above: sideways it would take a phone a tenth of its width
            axis=percent_axis() if as_share else alt.Axis(labelExpr="format(datum.value, '.2f')", tickCount=5),
            scale=alt.Scale(domain=[low, 1], nice=False) if as_share else alt.Scale(domainMin=0),
        ),
        color=alt.Color(
            "part:N", legend=legend, scale=alt.Scale(domain=list(PARTS), range=[TRAINING[dark], VALIDATION[dark]])
        ),
    )
    line = base.mark_line(strokeWidth=2, clip=True).encode(
        strokeDash=alt.StrokeDash("part:N", legend=legend, scale=alt.Scale(domain=list(PARTS), range=[[5, 4], [1, 0]]))
    )
    touch = base.mark_circle(size=160, opacity=0).encode(
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
    marks = _opening(frame, num_epochs, INK[dark]) + ([] if kept is None else _kept(frame, kept, num_epochs, dark))
    layers = [line, newest.mark_circle(size=50, opacity=1), *_newest_values(newest, metric, dark), *marks, touch]
    chart = alt.LayerChart(layer=layers).properties(
        height=CURVE_HEIGHT,
        padding={"left": 4, "right": VALUE_ROOM, "top": 4},  # as sides: Streamlit's browser part fails on a number
    )
    return dressed(chart, dark)


def _newest_values(newest: alt.Chart, metric: str, dark: bool) -> list[alt.Chart]:
    """The newest values, or those kept, beside their points: the higher one above its point, the lower one below.

    The training grey is too pale for words (4.1 : 1 on paper), so its value is in ink.
    """
    ranked = newest.transform_window(rank="row_number()", sort=[alt.SortField(metric, order="descending")])
    baselines: tuple[tuple[int, Literal["bottom", "top"]], ...] = ((1, "bottom"), (2, "top"))
    inks = {"training": INK[dark], "validation": VALIDATION[dark]}
    layers = []
    for rank, baseline in baselines:
        for part, ink in inks.items():
            value = ranked.transform_filter(f"datum.rank == {rank} && datum.part == '{part}'").encode(
                text=f"{metric}_text:N"
            )
            style: dict[str, Any] = {"align": "left", "dx": 7, "baseline": baseline, "fontWeight": 600, "clip": False}
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
        .mark_text(align=align, dx=dx, dy=-8 - MARK_LINE, text="fine-tuning starts")
        .encode(y=alt.value(0))
        for sign, align, dx in sides
    ]
    return [at.mark_rule(strokeWidth=1, opacity=0.6), *names]


def _kept(frame: pd.DataFrame, epoch: int, num_epochs: int, dark: bool) -> list[alt.Chart]:
    """A dashed rule with its name at the epoch that was kept."""
    at = (
        alt.Chart(frame)
        .transform_filter(f"datum.part == 'validation' && datum.epoch == {epoch}")
        .encode(x="epoch:Q", color=alt.value(ACCENT[dark]))
    )
    # On the other side of the rule than the values, unless that is outside of the plot.
    align: Literal["left", "right"] = "right" if epoch > num_epochs / 10 else "left"
    name = at.mark_text(align=align, dx=-4 if align == "right" else 4, dy=-8, fontWeight=600, text="kept")
    return [at.mark_rule(strokeWidth=2, strokeDash=[2, 3]), name.encode(y=alt.value(0))]


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
