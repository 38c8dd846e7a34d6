"""Charts that explain: the four quadrants with a data set as a dot, and how few photos are enough.

As in results.py: data in, Altair out, a sentence with the finding for each, and nothing shown by colour alone.
"""

import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import altair as alt
import pandas as pd

from tlcore.advice.rule import LARGE_FROM, SIMILAR_FROM, FewShotAccuracy, Recommendation
from tlcore.charts.comparison import spread
from tlcore.charts.theme import dressed, percent_axis
from tlcore.charts.tokens import ACCENT, INK, MUTED, PAPER, TRAINING
from tlcore.shares import percent

QUADRANT_HEIGHT, FEW_HEIGHT = 350, 365
LEAST_PHOTOS, MOST_PHOTOS = 1, 300_000  # the ends of the axis; below 20 photos there is room for names only
OWN_SIZE, KNOWN_SIZE = 170, 45  # square pixels of a dot
ROOM_FROM = 30  # an own dot with fewer photos gets room below it for the names along the lower edge
LINE, LINE_HEIGHT = "\n", 17
PHONE = (265, 240)  # pixels of the quadrants' plot, wide and high, on a narrow phone: where names must find room
LETTER, LONGEST = 8, 150  # pixels of a letter at most, and of a name
FEW_PLOT, FEW_STEP = 240, 18  # pixels of the few photos' plot, and from one share at its right to the next
QUADRANTS = {
    "large-different": "many,\ndifferent",
    "large-similar": "many,\nsimilar",
    "small-different": "few,\ndifferent",
    "small-similar": "few,\nsimilar",
}
"""What the quadrants are called, in two lines."""
FEATURES, PIXELS, GUESSING = "features", "raw pixels", "guessing"

Align = Literal["left", "center", "right"]
Box = tuple[float, float, float, float]  # left, right, bottom, top in pixels


class Known(NamedTuple):
    """A data set shown for comparison: its name, similarity 0–1 and photos to learn from."""

    name: str
    similarity: float
    num_photos: int


def quadrant_frame(recommendation: Recommendation | None, name: str, known: Sequence[Known]) -> pd.DataFrame:
    """The dots: `name, similarity, photos, own`; known ones so near to the person's own are left out."""
    rows = [(*each, False) for each in known]
    if recommendation is not None:
        own = (name, recommendation.similarity, max(1, recommendation.num_photos), True)
        taken = _boxes(*own)
        rows = [*(row for row in rows if not _meet(_boxes(*row), taken)), own]
    return pd.DataFrame(rows, columns=["name", "similarity", "photos", "own"])


def _boxes(name: str, similarity: float, photos: int, own: bool) -> list[Box]:
    """What a dot and its name cover on a phone, in pixels from the lower left corner: left, right, bottom, top."""
    wide, tall = PHONE
    x, y = similarity * wide, math.log10(photos) / math.log10(MOST_PHOTOS) * tall
    reach = 5 + (OWN_SIZE if own else KNOWN_SIZE) ** 0.5 / 2
    left, right = _span(name, similarity)[_align(name, similarity)]
    low, high = (y + reach, y + reach + 14) if own else (y - reach - 14, y - reach)
    return [(x - reach, x + reach, y - reach, y + reach), (left * wide, right * wide, low, high)]


def _meet(some: list[Box], others: list[Box]) -> bool:
    return any(a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3] for a in some for b in others)


def _span(name: str, at: float) -> dict[Align, tuple[float, float]]:
    """From where to where the name of a dot goes on a phone, as similarities, for each way to align it."""
    long, over = min(LONGEST, LETTER * len(name)) / PHONE[0], 5 / PHONE[0]
    return {
        "center": (at - long / 2, at + long / 2),
        "left": (at - over, at - over + long),
        "right": (at + over - long, at + over),
    }


def _align(name: str, at: float) -> Align:
    """How to align the name of a dot: within the plot, and off the border between the halves where it can be."""
    inside = {way: ends for way, ends in _span(name, at).items() if ends[0] >= -0.02 and ends[1] <= 1.02}
    clear = [way for way, (left, right) in inside.items() if not left < SIMILAR_FROM < right]
    return next(iter([*clear, *inside]), "left" if at < 0.5 else "right")


def quadrants(frame: pd.DataFrame, strategies: dict[str, str], dark: bool = False) -> alt.LayerChart:
    """Similarity across, photos to learn from upward (logarithmic), and the data sets as dots.

    Args:
        frame: from `quadrant_frame`. strategies: what is right in each quadrant, in a word or two.
    """
    low = 0.05 if (frame["photos"] < ROOM_FROM).any() else LEAST_PHOTOS
    large = frame.loc[frame["photos"] >= LARGE_FROM, "photos"]
    high = max(
        [float(MOST_PHOTOS), *(float(photos) * 300 for photos in large)]
    )  # so far above a dot that the names along the upper edge stay free
    x: dict[str, Any] = {
        "scale": alt.Scale(domain=[0, 1], nice=False),
        "title": "Similarity to ImageNet",
        "axis": alt.Axis(values=[0, SIMILAR_FROM, 1], format=".2~f", grid=False),
    }
    y: dict[str, Any] = {
        "scale": alt.Scale(type="log", domain=[low, high], nice=False),
        "title": None,
        "axis": alt.Axis(values=[10**power for power in range(9)], format="~s", grid=False),
    }
    own, others = frame[frame["own"]], frame[~frame["own"]]
    dots: dict[bool, dict[str, Any]] = {
        True: {"color": ACCENT[dark], "size": OWN_SIZE},
        False: {"color": TRAINING[dark], "size": KNOWN_SIZE},
    }
    line: dict[str, Any] = {"color": TRAINING[dark], "strokeWidth": 1, "strokeDash": [4, 3]}
    layers: list[alt.Chart] = [
        *_fields(own, low, high, strategies, x, y, dark),
        alt.Chart(pd.DataFrame({"at": [SIMILAR_FROM]})).mark_rule(**line).encode(x=alt.X("at:Q", **x)),
        alt.Chart(pd.DataFrame({"at": [LARGE_FROM]})).mark_rule(**line).encode(y=alt.Y("at:Q", **y)),
        *_dots(others, x, y, dots[False], {"color": INK[dark]}, PAPER[dark]),
        *_dots(own, x, y, dots[True], {"color": INK[dark], "fontWeight": 700}, PAPER[dark]),
    ]
    chart = alt.LayerChart(layer=layers).properties(
        height=QUADRANT_HEIGHT,
        title="Training photos",
        padding={"left": 4, "right": 10, "top": 4},  # half of the last label of the axis
    )
    return dressed(chart, dark)


def _fields(
    own: pd.DataFrame,
    low: float,
    high: float,
    strategies: dict[str, str],
    x: dict[str, Any],
    y: dict[str, Any],
    dark: bool,
) -> list[alt.Chart]:
    """The quadrants: a tint where the person's own set stands, and the names along the upper and the lower edge."""
    layers: list[alt.Chart] = []
    for key, quadrant in QUADRANTS.items():
        strategy = strategies[key].replace(" ", LINE)
        left, right = (SIMILAR_FROM, 1.0) if key.endswith("similar") else (0.0, SIMILAR_FROM)
        bottom, top = (LARGE_FROM, high) if key.startswith("large") else (low, LARGE_FROM)
        frame = pd.DataFrame(
            [
                {
                    "left": left,
                    "right": right,
                    "bottom": bottom,
                    "top": top,
                    "x": (left + right) / 2,
                    "name": quadrant,
                    "strategy": strategy,
                }
            ]
        )
        if _holds(own, key):
            layers.append(
                alt.Chart(frame)
                .mark_rect(color=ACCENT[dark], opacity=0.14)
                .encode(x=alt.X("left:Q", **x), x2="right:Q", y=alt.Y("bottom:Q", **y), y2="top:Q")
            )
        lines = [words.count(LINE) + 1 for words in (quadrant, strategy)]
        first = 6 if top == high else -4 - LINE_HEIGHT * sum(lines)
        base = alt.Chart(frame).encode(x=alt.X("x:Q", **x), y=alt.Y("top:Q" if top == high else "bottom:Q", **y))
        text: dict[str, Any] = {
            "baseline": "top",
            "color": INK[dark],
            "lineBreak": LINE,
            "lineHeight": LINE_HEIGHT,
        }
        layers += [
            base.mark_text(dy=first, fontWeight=600, **text).encode(text="name:N"),
            base.mark_text(dy=first + LINE_HEIGHT * lines[0], **text).encode(text="strategy:N"),
        ]
    return layers


def _holds(own: pd.DataFrame, quadrant: str) -> bool:
    """Whether the person's own set stands in a quadrant."""
    inside = ((own["similarity"] >= SIMILAR_FROM) == quadrant.endswith("similar")) & (
        (own["photos"] >= LARGE_FROM) == quadrant.startswith("large")
    )
    return bool(inside.any())


def _dots(
    frame: pd.DataFrame, x: dict[str, Any], y: dict[str, Any], dot: dict[str, Any], name: dict[str, Any], paper: str
) -> list[alt.Chart]:
    """Dots, each with its name: the person's own above, others below, so that the own one stands free.

    Args:
        paper: the colour around the letters, for a name that is too long to stay off the lines.
    """
    if frame.empty:
        return []
    across, upward = alt.X("similarity:Q", **x), alt.Y("photos:Q", **y)
    tooltip = [
        alt.Tooltip("name:N", title="Data set"),
        alt.Tooltip("similarity:Q", title="Similarity (0–1)", format=".2f"),
        alt.Tooltip("photos:Q", title="Training photos", format=","),
    ]
    layers = [alt.Chart(frame).mark_circle(opacity=1, **dot).encode(x=across, y=upward, tooltip=tooltip)]
    reach = 5 + dot["size"] ** 0.5 / 2
    for row in range(len(frame)):
        each = frame.iloc[row : row + 1]
        above, at = bool(each["own"].iat[0]), float(each["similarity"].to_numpy()[0])
        align = _align(str(each["name"].iat[0]), at)
        words: dict[str, Any] = {
            "align": align,
            "baseline": "bottom" if above else "top",
            "dy": -reach if above else reach,
            "dx": {"left": -5, "right": 5, "center": 0}[align],
            "limit": LONGEST,
            **name,
        }
        label = alt.Chart(each).encode(x=across, y=upward, text="name:N")
        layers += [
            label.mark_text(stroke=paper, strokeWidth=4, strokeJoin="round", opacity=0.8, **words),
            label.mark_text(**words),
        ]
    return layers


def quadrants_alt_text(recommendation: Recommendation | None, name: str) -> str:
    """Where the data set stands: "Emoji: 617 training photos count as few, and a similarity of 0.53 (of 1) …"."""
    if recommendation is None:
        return "Four quadrants: few or many photos, similar to ImageNet or different from it."
    one = recommendation.num_photos == 1
    photos = "1 training photo" if one else f"{recommendation.num_photos:,} training photos"
    amount = "few" if recommendation.size == "small" else "many"
    kind = "similar to ImageNet" if recommendation.similar else "different from ImageNet"
    return (
        f"{name}: {photos} {'counts' if one else 'count'} as {amount}, and a similarity of "
        f"{recommendation.similarity:.2f} (of 1) counts as {kind}."
    )


def few_shot_frame(few: Sequence[FewShotAccuracy], num_classes: int) -> pd.DataFrame:
    """A row for each number of photos and way to compare them, and for guessing: `photos, way, right, text`."""
    rows = [
        (each.per_class, way, right, percent(right))
        for each in few
        for way, right in ((FEATURES, each.features), (PIXELS, each.pixels), (GUESSING, 1 / num_classes))
    ]
    return pd.DataFrame(rows, columns=["photos", "way", "right", "text"])


def few_shot_chart(frame: pd.DataFrame, dark: bool = False) -> alt.LayerChart:
    """Share that is correct against example photos a class (logarithmic) for both ways, and what guessing would give.

    Args:
        frame: from `few_shot_frame`, at least one number of photos.
    """
    counts = sorted(int(number) for number in frame["photos"].unique())
    domain = [counts[0], counts[-1]] if len(counts) > 1 else [counts[0] / 2, counts[0] * 2]
    ways = [FEATURES, PIXELS, GUESSING]
    legend = alt.Legend(symbolType="stroke", symbolFillColor="transparent")
    base = alt.Chart(frame).encode(
        x=alt.X(
            "photos:Q",
            title="Photos per class",
            scale=alt.Scale(type="log", domain=domain, nice=False),
            axis=alt.Axis(values=counts, format="d", grid=False),
        ),
        y=alt.Y("right:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=percent_axis()),
        color=alt.Color(
            "way:N",
            legend=legend,
            scale=alt.Scale(domain=ways, range=[ACCENT[dark], TRAINING[dark], MUTED[dark]]),
        ),
        tooltip=[
            alt.Tooltip("way:N", title="Compared by"),
            alt.Tooltip("photos:Q", title="Photos per class"),
            alt.Tooltip("text:N", title="Correct"),
        ],
    )
    dashes = alt.Scale(domain=ways, range=[[1, 0], [6, 4], [1, 3]])
    lines = base.mark_line(strokeWidth=2).encode(strokeDash=alt.StrokeDash("way:N", legend=legend, scale=dashes))
    points = base.transform_filter(f"datum.way != '{GUESSING}'").mark_circle(size=50, opacity=1)
    chart = alt.LayerChart(layer=[lines, points, *_last_shares(frame, counts[-1], dark)]).properties(
        height=FEW_HEIGHT, padding={"right": 44, "left": 4, "top": 4}
    )
    return dressed(chart, dark)


def _last_shares(frame: pd.DataFrame, most: int, dark: bool) -> list[alt.Chart]:
    """The shares with the most photos, beside the plot and off each other."""
    last = frame[frame["photos"] == most]
    ends = [float(share) for share in last["right"]]
    layers = []
    for place, words in zip(spread(ends, 0.0, FEW_STEP, FEW_PLOT), last["text"], strict=True):
        row = pd.DataFrame({"right": [place], "label": [words]})
        text = alt.Chart(row).mark_text(align="left", baseline="middle", dx=9, fontWeight=600, color=INK[dark])
        layers.append(text.encode(x=alt.value("width"), y="right:Q", text="label:N"))
    return layers


def few_shot_alt_text(few: Sequence[FewShotAccuracy], num_classes: int) -> str:
    """What a few photos bring: "With one photo per class, 72% are correct by features, 31% by raw pixels; …"."""
    least, most = few[0], few[-1]
    end = f"; with {_photos(most.per_class)}, {_shares(most)}" if most != least else ""
    start = (
        f"With {_photos(least.per_class)} per class, {_shares(least)}{end}. Guessing gives {percent(1 / num_classes)}."
    )
    if most.pixels < most.features:
        return start
    return f"{start} Here, raw pixels do no worse."


def _shares(each: FewShotAccuracy) -> str:
    return f"{percent(each.features)} are correct by {FEATURES} and {percent(each.pixels)} by {PIXELS}"


def _photos(number: int) -> str:
    return "one photo" if number == 1 else f"{number} photos"
