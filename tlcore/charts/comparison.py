"""The chart of runs beside each other: validation accuracy over seconds of work, a line a run, named at the right edge.

Lines differ in colour, dash and the sign at their end, so that nobody has to tell one colour from another. See
results.py for the rest.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from tlcore.charts.theme import dressed, percent, percent_axis
from tlcore.charts.tokens import INK
from tlcore.events import EpochEnd

COLOURS = {
    False: ("#0F766E", "#981220", "#1D4ED8", "#8A5200", "#6D28D9", "#4B5563"),
    True: ("#2DD4BF", "#F0657A", "#8AB4FF", "#E0A15E", "#C4A3FF", "#B8B0B4"),
}
DASHES = ((1, 0), (7, 3), (2, 3), (9, 3, 2, 3), (14, 4))
SIGNS = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
HEIGHT = 250  # pixels of the place for the lines, without the axes
AXIS_ROOM = 106  # pixels for the axis of time and the title
PADDING = {"left": 4, "right": 4, "top": 4}  # as sides, not as one number: Streamlit adds a bottom to it
LETTER = 14  # pixels a line of a name
LONGEST_LINE = 18  # letters; what is longer goes on below where it has brackets
BEND = 10  # pixels beside the plot in which a run's line goes up or down to its name
LEAST_SPAN = 0.1  # of accuracy: less than this looks like a difference where there is none


def comparison_frame(runs: Mapping[str, Sequence[EpochEnd]]) -> pd.DataFrame:
    """A row an epoch of each run: `run, epoch, seconds, accuracy` (on the validation photos); `label, at` for its name.

    `label` stands in the last row of each run only, "" in the others; `at` is the height at which the name is readable,
    as an accuracy.

    Args:
        runs: EpochEnd events by the names of the runs. Those without any have no row.
    """
    rows = [(name, end.epoch, end.elapsed, end.val_accuracy, "", 0.0) for name, ends in runs.items() for end in ends]
    frame = pd.DataFrame(rows, columns=["run", "epoch", "seconds", "accuracy", "label", "at"])
    last = frame.groupby("run", sort=False).tail(1)
    accuracies = [float(accuracy) for accuracy in last["accuracy"]]
    places = spread(accuracies, lowest(frame), _step(list(runs)), _plot_height(list(runs)))
    for row, name, accuracy, place in zip(last.index, last["run"], accuracies, places, strict=True):
        frame.loc[row, "label"] = f"{_lines(str(name))}\n{percent(accuracy)}"
        frame.loc[row, "at"] = place
    return frame


def lowest(frame: pd.DataFrame) -> float:
    """Where the axis of accuracies begins: a tenth below all of them, so that it seldom moves while they grow."""
    if frame.empty:
        return 0.0
    tenths = int(float(frame["accuracy"].min()) * 10)
    return min(1 - LEAST_SPAN, max(0, tenths) / 10)


def height(names: Sequence[str]) -> int:
    """The chart's height in pixels: the same from the first epoch to the last, and all names find room."""
    return _plot_height(names) + AXIS_ROOM


def _plot_height(names: Sequence[str]) -> int:
    """The height of the place for the lines and their names, in pixels."""
    return max(HEIGHT, _step(names) * len(names))


def _step(names: Sequence[str]) -> int:
    """Pixels from one name to the next."""
    return LETTER * (1 + max((_lines(name).count("\n") + 1 for name in names), default=1)) + 4


def _lines(name: str) -> str:
    """Network and strategy below each other, and each in lines so short that a phone has room beside them."""
    parts = [part if len(part) <= LONGEST_LINE else part.replace(" (", "\n(") for part in name.split(", ")]
    return "\n".join(parts)


def spread(accuracies: Sequence[float], low: float, step: float, tall: float) -> list[float]:
    """Heights for names, as accuracies, near their own and `step` pixels apart, in a chart `tall` pixels high.

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
    """The drawing of a comparison without its data; `results.live` makes of it what a page sends.

    Args:
        names: of all runs, also of those that wait. low: from `lowest`.
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
        color=_by_run(alt.Color, names, COLOURS[dark]),
    )
    lines = base.mark_line(strokeWidth=2, clip=True).encode(
        strokeDash=_by_run(alt.StrokeDash, names, [list(dash) for dash in DASHES])
    )
    newest = base.transform_filter("datum.label != ''")
    signs = newest.mark_point(size=70, filled=True, opacity=1).encode(shape=_by_run(alt.Shape, names, SIGNS))
    # Level to the edge: a slanted line would look like a run that gets worse. Beside the plot it bends to its name.
    leaders = newest.mark_rule(strokeWidth=1, opacity=0.4).encode(x2=alt.value("width"))
    bends = newest.mark_rule(strokeWidth=1, opacity=0.4).encode(
        x=alt.value("width"), x2=alt.value(alt.ExprRef(f"width + {BEND}")), y2="at:Q"
    )
    labels = newest.mark_text(
        align="left", baseline="middle", dx=BEND + 3, fontSize=12, fontWeight=600, lineBreak="\n", lineHeight=LETTER
    ).encode(x=alt.value("width"), y="at:Q", text="label:N", color=alt.value(INK[dark]))
    touch = base.mark_circle(size=160, opacity=0).encode(
        tooltip=[
            alt.Tooltip("run:N", title="Run"),
            alt.Tooltip("epoch:Q", title="Round"),
            alt.Tooltip("seconds:Q", title="Seconds", format=".1f"),
            alt.Tooltip("accuracy:Q", title="Validation accuracy", format=".1%"),
        ]
    )
    title = alt.TitleParams(
        "Validation accuracy (share that is right)",
        anchor="start",
        frame="bounds",
        offset=12,
        fontSize=12,
        fontWeight="normal",
        color=INK[dark],
    )
    chart = alt.LayerChart(layer=[leaders, bends, lines, signs, labels, touch])
    return dressed(chart.properties(height=height(names), title=title, padding=PADDING), dark)


def _by_run(channel: Any, names: Sequence[str], values: Sequence[Any]) -> Any:
    """A channel that differs from run to run; colours, dashes and signs repeat at different numbers of runs."""
    repeated = [values[place % len(values)] for place in range(len(names))]
    return channel("run:N", legend=None, scale=alt.Scale(domain=list(names), range=repeated))


def comparison_alt_text(frame: pd.DataFrame, names: Sequence[str]) -> str:
    """Where each run stands: "Validation accuracy: hybrid 97% after 41 seconds; fine-tuning no round yet."."""
    rows = frame[frame["label"] != ""]
    last = {str(run): (accuracy, end) for run, accuracy, end in zip(rows["run"], rows["accuracy"], rows["seconds"])}
    stands = [
        f"{name} {percent(last[name][0])} after {last[name][1]:.0f} seconds" if name in last else f"{name} no round yet"
        for name in names
    ]
    return f"Validation accuracy: {'; '.join(stands)}."
