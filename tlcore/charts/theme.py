"""What all charts share: colours, the frame around a chart, shares in words.

Colours follow the page (`dark`), and no chart shows anything by colour alone. Charts know nothing of the page they
stand on. Each has a function beside it that puts its finding into a sentence, its alt text.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

import altair as alt

from tlcore.charts.tokens import FAINT, FONT, INK, LINE, MUTED, SMALL

AnyChart = TypeVar("AnyChart", alt.Chart, alt.LayerChart)

AXIS_STARTS = (0.0, 0.5, 0.8, 0.9)
"""Where an axis of accuracies may begin."""


def dressed(chart: AnyChart, dark: bool) -> AnyChart:
    """The chart in the app's type and colours, with labels on their gridlines and the legend above."""
    words: dict[str, Any] = {
        "labelColor": MUTED[dark],
        "labelFont": FONT,
        "labelFontSize": SMALL,
        "titleColor": MUTED[dark],
        "titleFont": FONT,
        "titleFontWeight": "normal",
        "titleFontSize": SMALL,
    }
    inked: AnyChart = (
        chart.configure(font=FONT, background="transparent")
        .configure_axis(
            gridColor=FAINT[dark],
            domainColor=LINE[dark],
            tickColor=LINE[dark],
            labelFlush=False,  # else the outermost labels leave the line or the column that they belong to
            labelPadding=6,
            **words,
        )
        .configure_legend(
            orient="top",
            direction="horizontal",
            titleAnchor="middle",  # of a title that stands at its left
            title=None,
            offset=10,
            padding=0,  # Streamlit's own would move it off the plot's left edge
            symbolSize=300,  # of a line's sample: long enough for its dashes
            symbolStrokeWidth=2,
            columnPadding=12,
            **(words | {"labelColor": INK[dark], "labelLimit": 260}),
        )
        .configure_title(
            anchor="start",
            frame="bounds",
            color=MUTED[dark],
            font=FONT,
            fontSize=SMALL,
            fontWeight="normal",
            offset=8,
        )
        .configure_text(font=FONT, fontSize=SMALL)
        .configure_mark(aria=False)  # the chart's alt text tells the finding; its marks would be read one by one
        .configure_view(strokeWidth=0)
    )
    return inked


def percent_axis() -> alt.Axis:
    """Five marks or so as people write them: 80%."""
    return alt.Axis(labelExpr="format(datum.value * 100, '.0f') + '%'", tickCount=5)


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


def lowest(shares: Iterable[float]) -> float:
    """Where an axis of accuracies begins: at 0, or so far up that what is near 100% can be told apart.

    Few steps, so that the axis seldom moves while a curve grows.
    """
    least = min(shares, default=0.0)
    return max((step for step in AXIS_STARTS if step <= least), default=0.0)
