"""The charts of runs beside each other: accuracy over seconds of work, a line a run; and the scores with their ranges.

Runs differ in hue, dash and sign, so that nobody has to tell one colour from another; the page's legend above the lines
(`run_marks`) and the scores use the same. See results.py for the rest.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from tlcore.charts.theme import dressed, lowest, percent_axis
from tlcore.charts.tokens import FAINT, INK, LEAST_PLOT_HEIGHT, SURFACE, class_hue
from tlcore.events import EpochEnd
from tlcore.shares import percent, percent_range

DASHES = ((1, 0), (7, 3), (2, 3), (9, 3, 2, 3), (14, 4))
SIGNS = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
HEIGHT = LEAST_PLOT_HEIGHT + 20  # pixels of the place for the lines, without the axes
AXIS_ROOM = 104  # pixels for the axis of time and the title
SHARE_STEP = 18  # pixels from one share beside the plot to the next
PADDING = {"left": 4, "right": 4, "top": 4}  # as sides, not as one number: Streamlit adds a bottom to it
BEND = 10  # pixels beside the plot in which a run's line goes up or down to its share
ROW = 62  # pixels of a run among the scores
SCORES_ROOM = 40  # pixels for the axis below the scores


class RunMark(NamedTuple):
    """What a run is told by: the place of its hue (tokens.class_hue), the dash of its line, and the sign at its end."""

    hue: int
    dash: tuple[int, ...]
    sign: str


def run_marks(names: Sequence[str]) -> dict[str, RunMark]:
    """The marks of each run; hues, dashes and signs repeat after different numbers of runs."""
    return {
        name: RunMark(place, DASHES[place % len(DASHES)], SIGNS[place % len(SIGNS)]) for place, name in enumerate(names)
    }


def comparison_frame(runs: Mapping[str, Sequence[EpochEnd]]) -> pd.DataFrame:
    """A row an epoch of each run: `run, epoch, seconds, accuracy` (on the validation photos), `text, label, at`.

    `text` is the accuracy as it is written. `label` is the same in the last row of each run only, "" in the others;
    `at` is the height at which it is readable, as an accuracy.

    Args:
        runs: EpochEnd events by the names of the runs. Those without any have no row.
    """
    rows = [
        (name, end.epoch, end.elapsed, end.val_accuracy, percent(end.val_accuracy), "", 0.0)
        for name, ends in runs.items()
        for end in ends
    ]
    frame = pd.DataFrame(rows, columns=["run", "epoch", "seconds", "accuracy", "text", "label", "at"])
    last = frame.groupby("run", sort=False).tail(1)
    accuracies = [float(accuracy) for accuracy in last["accuracy"]]
    places = spread(accuracies, lowest_accuracy(frame), SHARE_STEP, _plot_height(len(runs)))
    for row, accuracy, place in zip(last.index, accuracies, places, strict=True):
        frame.loc[row, "label"] = percent(accuracy)
        frame.loc[row, "at"] = place
    return frame


def lowest_accuracy(frame: pd.DataFrame) -> float:
    """Where the axis of accuracies begins; see `theme.lowest`."""
    return lowest(float(share) for share in frame["accuracy"])


def height(num_runs: int) -> int:
    """The chart's height in pixels: the same from the first epoch to the last."""
    return _plot_height(num_runs) + AXIS_ROOM


def _plot_height(num_runs: int) -> int:
    """The height of the place for the lines and the shares beside them, in pixels."""
    return max(HEIGHT, SHARE_STEP * (num_runs + 1))


def spread(accuracies: Sequence[float], low: float, step: float, tall: float) -> list[float]:
    """Heights for words, as accuracies, near their own and `step` pixels apart, in a chart `tall` pixels high.

    Args:
        accuracies: 0–1, in any order. low: where the axis begins; it ends at 1.
    """
    pixels = [(1 - accuracy) / (1 - low) * tall for accuracy in accuracies]
    order = sorted(range(len(pixels)), key=lambda place: pixels[place])
    for before, place in zip(order, order[1:]):
        pixels[place] = max(pixels[place], pixels[before] + step)
    floor = tall - step / 2
    for place in reversed(order):
        pixels[place] = min(pixels[place], floor)
        floor = pixels[place] - step
    return [1 - pixel / tall * (1 - low) for pixel in pixels]


def comparison_chart(names: Sequence[str], low: float, dark: bool = False) -> alt.LayerChart:
    """The drawing of a comparison without its data; `theme.live` makes of it what a page sends.

    Args:
        names: of all runs, also of those that wait. low: from `lowest_accuracy`.
    """
    base = alt.Chart(comparison_frame({})).encode(
        x=alt.X(
            "seconds:Q",
            title="Seconds of work (waiting not counted)",
            scale=alt.Scale(domainMin=0, nice=False),
            axis=alt.Axis(grid=False, tickCount=6),
        ),
        y=alt.Y(
            "accuracy:Q",
            title=None,  # it stands above: sideways it would take a phone a tenth of its width
            scale=alt.Scale(domain=[low, 1], nice=False, zero=False),
            axis=percent_axis(),
        ),
        color=_by_run(alt.Color, names, [class_hue(mark.hue, dark) for mark in run_marks(names).values()]),
    )
    dashes = [list(mark.dash) for mark in run_marks(names).values()]
    lines = base.mark_line(strokeWidth=2, clip=True).encode(strokeDash=_by_run(alt.StrokeDash, names, dashes))
    newest = base.transform_filter("datum.label != ''")
    signs = newest.mark_point(size=70, filled=True, opacity=1).encode(shape=_shapes(names))
    # Level to the edge: a slanted line would look like a run that gets worse. Beside the plot it bends to its share.
    leaders = newest.mark_rule(strokeWidth=1, opacity=0.4).encode(x2=alt.value("width"))
    bends = newest.mark_rule(strokeWidth=1, opacity=0.4).encode(
        x=alt.value("width"), x2=alt.value(alt.ExprRef(f"width + {BEND}")), y2="at:Q"
    )
    labels = newest.mark_text(align="left", baseline="middle", dx=BEND + 3, fontWeight=600).encode(
        x=alt.value("width"), y="at:Q", text="label:N", color=alt.value(INK[dark])
    )
    touch = base.mark_circle(size=160, opacity=0).encode(
        tooltip=[
            alt.Tooltip("run:N", title="Run"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip("seconds:Q", title="Seconds", format=".1f"),
            alt.Tooltip("text:N", title="Validation accuracy"),
        ]
    )
    chart = alt.LayerChart(layer=[leaders, bends, lines, signs, labels, touch]).properties(
        height=height(len(names)),
        title=alt.TitleParams("Validation accuracy", offset=14),
        padding=PADDING,
    )
    return dressed(chart, dark)


def _by_run(channel: Any, names: Sequence[str], values: Sequence[Any]) -> Any:
    """A channel that differs from run to run; the page has the legend, in lines that fit its width."""
    return channel("run:N", legend=None, scale=alt.Scale(domain=list(names), range=list(values)))


def _shapes(names: Sequence[str]) -> Any:
    return _by_run(alt.Shape, names, [mark.sign for mark in run_marks(names).values()])


def comparison_alt_text(frame: pd.DataFrame, names: Sequence[str]) -> str:
    """Where each run stands: "Validation accuracy: hybrid 97% after 41 seconds; fine-tuning no epoch yet."."""
    rows = frame[frame["label"] != ""]
    last = {str(run): (text, end) for run, text, end in zip(rows["run"], rows["text"], rows["seconds"])}
    stands = [
        f"{name} {last[name][0]} after {last[name][1]:.0f} seconds" if name in last else f"{name} no epoch yet"
        for name in names
    ]
    return f"Validation accuracy: {'; '.join(stands)}."


class Score(NamedTuple):
    """A run's test score: the photos it got right of all, and the 95% interval of that share, 0–1."""

    name: str
    correct: int
    total: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.correct / self.total if self.total else 0.0


def scores_frame(scores: Sequence[Score]) -> pd.DataFrame:
    """A row a run, in the order given: `run, share, low, high, words, range`."""
    rows = [
        (
            each.name,
            each.share,
            each.low,
            each.high,
            f"{each.name} · {percent(each.share)}",
            percent_range(each.low, each.high),
        )
        for each in scores
    ]
    return pd.DataFrame(rows, columns=["run", "share", "low", "high", "words", "range"])


def scores_chart(frame: pd.DataFrame, names: Sequence[str], dark: bool = False) -> alt.LayerChart:
    """The test score of each run as a dot on its likely range, one below the other, on one axis.

    Args:
        frame: from `scores_frame`, at least a row. names: of all runs of the comparison: they give the hues and signs.
    """
    low = max(0.0, int(float(frame["low"].min()) * 10) / 10)
    marks = run_marks(names)
    hues = _by_run(alt.Color, names, [class_hue(mark.hue, dark) for mark in marks.values()])
    base = alt.Chart(frame).encode(
        y=alt.Y("run:N", sort=None, title=None, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0)),
        tooltip=[alt.Tooltip("words:N", title="Run"), alt.Tooltip("range:N", title="Likely range")],
    )
    across: dict[str, Any] = {
        "title": None,
        "scale": alt.Scale(domain=[low, 1], nice=False, zero=False),
        "axis": percent_axis(),
    }
    level: dict[str, Any] = {"yOffset": 12}
    track = base.mark_rule(strokeWidth=6, strokeCap="round", color=FAINT[dark], **level).encode(
        x=alt.value(0), x2=alt.value("width")
    )
    ranges = base.mark_rule(strokeWidth=6, strokeCap="round", opacity=0.5, **level).encode(
        x=alt.X("low:Q", **across), x2="high:Q", color=hues
    )
    dots = base.mark_point(size=170, filled=True, opacity=1, **level).encode(
        x=alt.X("share:Q", **across), color=hues, shape=_shapes(names)
    )
    style: dict[str, Any] = {"align": "left", "baseline": "middle", "dy": -12, "fontWeight": 600}
    looks: tuple[dict[str, Any], ...] = (  # a ground on which no gridline crosses the letters: a card's; then they
        {"stroke": SURFACE[dark], "color": SURFACE[dark], "strokeWidth": 6, "strokeJoin": "round"},
        {"color": INK[dark]},
    )
    words = [base.mark_text(**style, **look).encode(x=alt.value(0), text="words:N") for look in looks]
    chart = alt.LayerChart(layer=[track, ranges, dots, *words]).properties(
        height=ROW * len(frame) + SCORES_ROOM,
        padding={"left": 8, "right": 20, "top": 0},  # half of a label of the axis on either side
    )
    return dressed(chart, dark)


def scores_alt_text(scores: Sequence[Score]) -> str:
    """The scores in words: "Test accuracy with its likely range: hybrid 93% (70–99%); fine-tuning 87% (62–96%)."."""
    each = "; ".join(f"{one.name} {percent(one.share)} ({percent_range(one.low, one.high)})" for one in scores)
    return f"Test accuracy with its likely range: {each}."
