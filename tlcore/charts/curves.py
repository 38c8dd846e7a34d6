"""Accuracy and loss over the epochs: events in, frames and Altair charts out."""

from collections.abc import Sequence
from typing import Literal

import altair as alt
import pandas as pd

from tlcore.charts.theme import dressed, percent, percent_axis
from tlcore.charts.tokens import ACCENT, INK, TRAINING, VALIDATION
from tlcore.events import EpochEnd

CURVE_HEIGHT = 296
MARKS_ROOM = 32  # pixels above the plot for the names of what is marked in it: inside they would lie on the rules
LONGEST_NAME = "validation 100%"  # drawn unseen, so that the plot keeps its width while the names move along it
METRICS = {"accuracy": "Accuracy (share that is right)", "loss": "Loss (how wrong, 0 is best)"}


def curve_frame(epochs: Sequence[EpochEnd]) -> pd.DataFrame:
    """EpochEnd events as a row an epoch and part (training, validation): `epoch, phase, part, accuracy, loss`."""
    rows = [
        row
        for end in epochs
        for row in (
            (end.epoch, end.phase, "training", end.accuracy, end.loss),
            (end.epoch, end.phase, "validation", end.val_accuracy, end.val_loss),
        )
    ]
    return pd.DataFrame(rows, columns=["epoch", "phase", "part", "accuracy", "loss"])


def curve(
    frame: pd.DataFrame, metric: str, num_epochs: int, dark: bool = False, kept: int | None = None
) -> alt.LayerChart:
    """Training and validation over the epochs; the axis is as long as the planned number of epochs from the start.

    Where fine-tuning follows the training of the head, a thin rule marks it.

    Args:
        frame: from `curve_frame`; may be empty. metric: "accuracy" or "loss".
        kept: the epoch to mark as the one that was kept, for a training that is over.
    """
    domain = [0, num_epochs] if num_epochs > 1 else [0, 2]
    as_share = metric == "accuracy"
    shown = ".0%" if as_share else ".2f"
    base = alt.Chart(frame).encode(
        x=alt.X(
            "epoch:Q",
            title="Rounds over all photos (epochs)",
            scale=alt.Scale(domain=domain, nice=False),
            axis=alt.Axis(tickMinStep=1, format="d", grid=False, tickCount=6),
        ),
        y=alt.Y(
            f"{metric}:Q",
            title=METRICS[metric],
            axis=_axis_in_words(as_share),
            scale=alt.Scale(domain=[0, 1]) if as_share else alt.Scale(domainMin=0),
        ),
        color=alt.Color(
            "part:N",
            legend=None,
            scale=alt.Scale(domain=["training", "validation"], range=[TRAINING[dark], VALIDATION[dark]]),
        ),
    )
    line = base.mark_line(strokeWidth=2, clip=True).encode(
        strokeDash=alt.StrokeDash(
            "part:N", legend=None, scale=alt.Scale(domain=["training", "validation"], range=[[5, 4], [1, 0]])
        )
    )
    touch = base.mark_circle(size=160, opacity=0).encode(
        tooltip=[
            alt.Tooltip("part:N", title="Photos for"),
            alt.Tooltip("epoch:Q", title="Round"),
            alt.Tooltip(f"{metric}:Q", title=metric.capitalize(), format=".1%" if as_share else ".3f"),
        ]
    )
    newest = base.transform_joinaggregate(last="max(epoch)").transform_filter("datum.epoch == datum.last")
    names = _end_labels(newest, metric, shown, {"training": INK[dark], "validation": VALIDATION[dark]})
    marks = _opening(frame, num_epochs, INK[dark]) + ([] if kept is None else _kept(frame, kept, num_epochs, dark))
    room = (
        []
        if kept
        else [
            base.mark_text(align="left", dx=8, fontWeight=600, fontSize=12, opacity=0, text=LONGEST_NAME).encode(
                x=alt.value("width"), y=alt.value(0)
            )
        ]
    )
    layers = [line, newest.mark_circle(size=50, opacity=1), *names, *marks, *room, touch]
    chart = alt.LayerChart(layer=layers).properties(
        height=CURVE_HEIGHT, padding={"right": 4, "left": 4, "top": MARKS_ROOM}
    )
    return dressed(chart, dark)


def _axis_in_words(as_share: bool) -> alt.Axis:
    """Marks as people write them: 80% or 0.40."""
    return percent_axis() if as_share else alt.Axis(labelExpr="format(datum.value, '.2f')", tickCount=5)


def _end_labels(newest: alt.Chart, metric: str, shown: str, inks: dict[str, str]) -> list[alt.Chart]:
    """The curves' names at their newest points: the higher one above its point, the lower one below.

    The training grey is too pale for words (4.1 : 1 on paper), so its name is in ink.
    """
    ranked = newest.transform_window(
        rank="row_number()", sort=[alt.SortField(metric, order="descending")]
    ).transform_calculate(label=f"datum.part + ' ' + format(datum.{metric}, '{shown}')")
    baselines: tuple[tuple[int, Literal["line-bottom", "line-top"]], ...] = ((1, "line-bottom"), (2, "line-top"))
    return [
        ranked.transform_filter(f"datum.rank == {rank} && datum.part == '{part}'")
        .mark_text(align="left", dx=8, baseline=baseline, fontWeight=600, fontSize=12, clip=False)
        .encode(text="label:N", color=alt.value(ink))
        for rank, baseline in baselines
        for part, ink in inks.items()
    ]


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
        .mark_text(align=align, dx=dx, dy=-22, fontSize=12, text="the network opens")
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
    left = epoch > num_epochs / 2
    name = at.mark_text(
        align="right" if left else "left", dx=3 if left else -3, dy=-8, fontSize=12, fontWeight=600, text="kept"
    )
    return [at.mark_rule(strokeWidth=2, strokeDash=[2, 3]), name.encode(y=alt.value(0))]


def curve_alt_text(frame: pd.DataFrame, metric: str) -> str:
    """What the validation curve does: "Validation accuracy rises to 98% and stays."; and when fine-tuning begins."""
    head = frame.loc[frame["phase"] == "head", "epoch"]
    fine_tuned = not head.empty and (frame["phase"] == "fine_tune").any()
    return _values_alt_text(frame, metric) + (f" The network opens after round {head.max()}." if fine_tuned else "")


def _values_alt_text(frame: pd.DataFrame, metric: str) -> str:
    values = frame.loc[frame["part"] == "validation", metric].tolist()
    if not values:
        return f"No {metric} yet: the first round is still to come."
    show = percent if metric == "accuracy" else (lambda value: f"{value:.2f}")
    first, last = values[0], values[-1]
    subject = f"Validation {metric}"
    if len(values) == 1:
        return f"{subject} is {show(last)} after the first round."
    best = max(values) if metric == "accuracy" else min(values)
    small = 0.02 if metric == "accuracy" else 0.05 * max(values)
    moved = last - first
    if abs(best - last) > small:
        turn = "falls back" if metric == "accuracy" else "climbs again"
        return f"{subject} reaches {show(best)} and then {turn} to {show(last)} after {len(values)} rounds."
    if abs(moved) <= small:
        return f"{subject} stays at about {show(last)} over {len(values)} rounds."
    verb = "rises" if moved > 0 else "falls"
    tail = values[len(values) // 2 :]
    rest = " and stays there" if max(tail) - min(tail) <= small else f" within {len(values)} rounds"
    return f"{subject} {verb} to {show(last)}{rest}."
