"""What all charts share: colours, the frame around a chart, shares in words.

Colours follow the page (`dark`), and no chart shows anything by colour alone. Charts know nothing of the page they
stand on. Each has a function beside it that puts its finding into a sentence, its alt text.
"""

from typing import Any, TypeVar

import altair as alt

AnyChart = TypeVar("AnyChart", alt.Chart, alt.LayerChart)
TRAINING = {False: "#80797C", True: "#B8B0B4"}
VALIDATION = {False: "#981220", True: "#F0657A"}
ACCENT = {False: "#0F766E", True: "#2DD4BF"}
INK = {False: "#1F2328", True: "#ECEAE4"}
PAPER = {False: "#FBFAF7", True: "#16181B"}


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


def described(chart: alt.Chart | alt.LayerChart) -> dict[str, Any]:
    """The chart as Vega-Lite, with its data as rows; sizes that it does not give itself are the page's to choose."""
    spec: dict[str, Any] = chart.to_dict()
    for name in ("continuousWidth", "continuousHeight"):
        spec.get("config", {}).get("view", {}).pop(name, None)
    return spec


def live(chart: alt.LayerChart) -> dict[str, Any]:
    """The chart's Vega-Lite description without its data, for a page that sends the data alone."""
    spec = described(chart)
    spec.pop("datasets", None)
    spec.pop("data", None)
    return spec


def percent(share: float) -> str:
    """A share as people write it: "92 %"."""
    return f"{share:.0%}".replace("%", " %")
