"""Data frames in, Altair charts out; each chart has a function that puts its finding into a sentence (its alt text).

Colours follow the page (`dark`), and no chart shows anything by colour alone. Charts know nothing of the page they
stand on. `live` gives a chart's description without its data, so that a page sends only the new figures.
"""

from collections.abc import Sequence
from typing import Any, Literal, TypeVar

import altair as alt
import pandas as pd

from tlcore.data.manifest import SPLITS
from tlcore.events import EpochEnd

AnyChart = TypeVar("AnyChart", alt.Chart, alt.LayerChart)

TRAINING = {False: "#80797C", True: "#B8B0B4"}
VALIDATION = {False: "#981220", True: "#F0657A"}
ACCENT = {False: "#0F766E", True: "#2DD4BF"}
INK = {False: "#1F2328", True: "#ECEAE4"}
PAPER = {False: "#FBFAF7", True: "#16181B"}
CELL = {False: "#519B94", True: "#21726A"}  # the fullest cell of a matrix: accent, so far that ink stays readable on it
SPLIT_WORDS = {"train": "learn from", "validation": "check with", "test": "test with"}
SPLIT_COLOURS = {False: ("#0F766E", "#63A8A1", "#B5651D"), True: ("#2DD4BF", "#1B8478", "#E0A15E")}
MOST_BARS = 40  # more classes than this are drawn without names, which would need a page of their own
MOST_CELLS = 20  # a confusion matrix with more classes has numbers too small to read
CURVE_HEIGHT = 296
MARKS_ROOM = 32  # pixels above the plot for the names of what is marked in it: inside they would lie on the rules
LONGEST_NAME = "validation 100 %"  # drawn unseen, so that the plot keeps its width while the names move along it
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


def dressed(chart: AnyChart, dark: bool) -> AnyChart:
    """The chart with its words in ink: the page's own greys are too pale for small letters."""
    words: dict[str, Any] = {
        "labelColor": INK[dark],
        "titleColor": INK[dark],
        "titleFontWeight": "normal",
        "titleFontSize": 12,
    }
    inked: AnyChart = chart.configure_axis(labelFontSize=12, **words).configure_legend(labelFontSize=12, **words)
    return inked


def percent_axis() -> alt.Axis:
    """Five marks or so as people write them: 80 %."""
    return alt.Axis(labelExpr="format(datum.value * 100, '.0f') + ' %'", tickCount=5)


def _axis_in_words(as_share: bool) -> alt.Axis:
    """Marks as people write them: 80 % or 0.40."""
    return percent_axis() if as_share else alt.Axis(labelExpr="format(datum.value, '.2f')", tickCount=5)


def _end_labels(newest: alt.Chart, metric: str, shown: str, inks: dict[str, str]) -> list[alt.Chart]:
    """The curves' names at their newest points: the higher one above its point, the lower one below.

    The training grey is too pale for words (4.1 : 1 on paper), so its name is in ink.
    """
    ranked = newest.transform_window(
        rank="row_number()", sort=[alt.SortField(metric, order="descending")]
    ).transform_calculate(label=f"datum.part + ' ' + replace(format(datum.{metric}, '{shown}'), '%', ' %')")
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


def live(chart: alt.LayerChart) -> dict[str, Any]:
    """The chart's Vega-Lite description without its data, for a page that sends the data alone."""
    spec = chart.to_dict()
    spec.pop("datasets", None)
    spec.pop("data", None)
    return spec


def curve_alt_text(frame: pd.DataFrame, metric: str) -> str:
    """What the validation curve does: "Validation accuracy rises to 98 % and stays."; and when fine-tuning begins."""
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


def percent(share: float) -> str:
    """A share as people write it: "92 %"."""
    return f"{share:.0%}".replace("%", " %")


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
    """What is mixed up most: "46 of 50 right. Most often, “cat” is taken for “dog”: 3 times."."""
    counts = confusion.to_numpy()
    right, total = int(counts.diagonal().sum()), int(counts.sum())
    worst = most_confused(confusion, 1)
    if worst.empty:
        return f"{right:,} of {total:,} right; nothing is mixed up."
    pair = worst.iloc[0]
    times = "once" if pair["photos"] == 1 else f"{pair['photos']:,} times"
    return f"{right:,} of {total:,} right. Most often, “{pair['truth']}” is taken for “{pair['predicted']}”: {times}."


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
        base.transform_calculate(shown="replace(format(datum.probability, '.1%'), '%', ' %')")
        .mark_text(align="left", dx=5, color=INK[dark])
        .encode(text="shown:N")
    )
    return dressed(
        alt.LayerChart(layer=[bars, shares]).properties(height=alt.Step(24), padding={"right": 52, "left": 0}), dark
    )


def top_alt_text(top: pd.DataFrame) -> str:
    """The answer in words: "The network says “cat” and is 97.0 % sure; next comes “dog” with 2.1 %."."""
    share = [f"{value:.1%}".replace("%", " %") for value in top["probability"]]
    answer = f"The network says “{top['label'].iloc[0]}” and is {share[0]} sure"
    return answer + (f"; next comes “{top['label'].iloc[1]}” with {share[1]}." if len(top) > 1 else ".")
