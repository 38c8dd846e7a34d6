"""Small drawings as SVG: curves, intervals and a reliability diagram. They need no script and print sharply."""

from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.charts.tokens import ACCENT, LINE, MUTED, TRAINING, VALIDATION
from tlcore.documents.markup import Markup, element, join, text
from tlcore.shares import percent

WIDTH, HEIGHT = 340, 180  # of a chart, in pixels
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 8, 26  # around its plot
NUM_TICKS = 4


@dataclass(frozen=True)
class Curve:
    """A line of a chart: its name, its values, one each epoch, and how it is drawn."""

    name: str
    values: Sequence[float]
    colour: str
    dash: str | None = None


def training_curve(values: Sequence[float]) -> Curve:
    """How the training photos went."""
    return Curve("Training photos", values, TRAINING[False], "5 3")


def validation_curve(values: Sequence[float]) -> Curve:
    """How the validation photos went."""
    return Curve("Validation photos", values, VALIDATION[False])


def curves(title: str, drawn: Sequence[Curve], kept: int, as_share: bool) -> Markup:
    """Curves over the epochs, with a mark at the one that was kept.

    Args:
        title: what they show, the name of the drawing too. kept: the epoch, from 1; 0 for none.
        as_share: whether the values are shares (0–1).
    """
    low, high = _range([value for curve in drawn for value in curve.values], as_share)
    length = max(len(curve.values) for curve in drawn)

    def place(epoch: float, value: float) -> tuple[float, float]:
        across = (epoch - 1) / max(1, length - 1)
        up = (value - low) / (high - low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    parts = [_axis(low, high, as_share, lambda value: place(1, value)[1])]
    if kept:
        at = place(kept, low)[0]
        parts.append(_line((at, TOP), (at, HEIGHT - BOTTOM), MUTED[False], "1 3"))
    for curve in drawn:
        points = " ".join("{:.1f},{:.1f}".format(*place(epoch, value)) for epoch, value in enumerate(curve.values, 1))
        parts.append(
            element(
                "polyline", points=points, fill="none", stroke=curve.colour, stroke_width=2, stroke_dasharray=curve.dash
            )
        )
    parts += [_words(LEFT, HEIGHT - 6, "Epoch 1", "start"), _words(WIDTH - RIGHT, HEIGHT - 6, f"{length}", "end")]
    described = f"{title}: " + "; ".join(_from_to(curve, as_share) for curve in drawn)
    caption = join([element("b", title), *(_key(curve) for curve in drawn)], " ")
    return element("figure", join([_svg(described, parts, WIDTH, HEIGHT), element("figcaption", caption)]))


def interval(share: float, low: float, high: float) -> Markup:
    """A share on a line from 0 to 100%, with its likely range; the figures stand beside it."""
    width, height = 160, 16
    middle = height / 2
    parts = [
        _line((0, middle), (width, middle), LINE[False], None, 2),
        _line((width * low, middle), (width * high, middle), ACCENT[False], None, 6),
        element("circle", cx=f"{width * share:.1f}", cy=middle, r=5, fill=ACCENT[False]),
    ]
    return _svg("", parts, width, height)


def reliability(points: Sequence[tuple[float, float, float, float]], described: str) -> Markup:
    """How often predictions of a confidence are correct.

    Args:
        points: confidence, share correct, and the 95% interval of that, each 0–1. described: the same in words.
    """
    side, margin = 228, 42

    def at(x: float, y: float) -> tuple[float, float]:
        return margin + x * (side - margin - 8), side - margin - y * (side - margin - 8)

    parts = [_line(at(0, 0), at(1, 1), MUTED[False], "4 4"), _line(at(0, 0), at(1, 0)), _line(at(0, 0), at(0, 1))]
    for confidence, share, low, high in points:
        x, y = at(confidence, share)
        parts += [
            _line(at(confidence, low), at(confidence, high), ACCENT[False], None, 2),
            element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=4, fill=ACCENT[False]),
        ]
    parts += [
        _words(side - 8, side - 18, "100%", "end"),
        _words(margin, side - 18, "0%", "start"),
        _words(margin - 4, 14, "100%", "end"),
        _words((side + margin) / 2, side - 4, "Confidence", "middle"),
        _words(margin + 6, 14, "Correct", "start"),
    ]
    return element("figure", _svg(described, parts, side, side))


def _range(values: Sequence[float], as_share: bool) -> tuple[float, float]:
    """From where to where an axis goes: shares end at 100%, and begin where something is to be seen."""
    least, most = min(values), max(values)
    room = max(0.02 if as_share else 1e-6, 0.08 * (most - least))
    return max(0.0, least - room), min(1.0, most + room) if as_share else most + room


def _axis(low: float, high: float, as_share: bool, up: object) -> Markup:
    lines = []
    for tick in range(NUM_TICKS + 1):
        value = low + (high - low) * tick / NUM_TICKS
        y = up(value)  # type: ignore[operator]
        lines += [
            _line((LEFT, y), (WIDTH - RIGHT, y)),
            _words(LEFT - 6, y + 4, percent(value) if as_share else f"{value:.2f}", "end"),
        ]
    return join(lines)


def _line(
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str = LINE[False],
    dash: str | None = None,
    width: int = 1,
) -> Markup:
    (x1, y1), (x2, y2) = start, end
    places = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    return element("line", stroke=colour, stroke_width=width, stroke_dasharray=dash, stroke_linecap="round", **places)


def _words(x: float, y: float, words: str, anchor: str) -> Markup:
    return element("text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)


def _svg(described: str, parts: Sequence[Markup], width: float, height: float) -> Markup:
    """A drawing with its name; one without a name says nothing that does not stand beside it."""
    title = [element("title", described)] if described else []
    said = {"role": "img"} if described else {"aria_hidden": "true"}
    return element(
        "svg", join([*title, *parts], ""), viewBox=f"0 0 {width} {height}", width=width, height=height, **said
    )


def _key(curve: Curve) -> Markup:
    """Its line and its name, for the caption."""
    sample = _svg("", [_line((0, 5), (24, 5), curve.colour, curve.dash, 2)], 24, 10)
    return join([sample, text(curve.name)], " ")


def _from_to(curve: Curve, as_share: bool) -> str:
    first, last = (percent(value) if as_share else f"{value:.2f}" for value in (curve.values[0], curve.values[-1]))
    return f"{curve.name} from {first} to {last}"
