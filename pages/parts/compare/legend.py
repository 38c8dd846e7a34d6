"""What tells the runs of a comparison apart, as HTML: the line with its hue, dash and sign, as the charts draw it."""

import html
from collections.abc import Sequence

from tlcore.charts.comparison import RunMark, run_marks
from tlcore.charts.tokens import CLASS_HUES


def swatch(mark: RunMark) -> str:
    """A run's sample of line and sign; it says nothing that its name beside it does not. (st.html drops SVG.)"""
    style = f"--tl-hue:var(--tl-class-{mark.hue % len(CLASS_HUES[False])});--tl-dashes:{dashes(mark.dash)}"
    return f'<i class="tl-swatch tl-{mark.sign}" aria-hidden="true" style="{style}"></i>'


def dashes(dash: Sequence[int]) -> str:
    """A dash pattern (pixels drawn, left out, drawn …) as a CSS background."""
    stops, at = [], 0
    for place, length in enumerate(dash):
        colour = "transparent" if place % 2 else "var(--tl-hue)"
        stops.append(f"{colour} {at}px {at + length}px")
        at += length
    return f"repeating-linear-gradient(90deg,{','.join(stops)})"


def legend(names: Sequence[str]) -> str:
    """All runs with their samples, in lines that fit the page, as escaped HTML."""
    each = "".join(f"<li>{swatch(mark)}{html.escape(name)}</li>" for name, mark in run_marks(names).items())
    return f'<ul class="tl-runs" role="list">{each}</ul>'
