"""Charts on a page: what Altair makes of the same figures is made once, and sent as Vega-Lite from then on.

Altair checks and copies a chart for 10 to 50 ms each time it is drawn; a ready description takes 1 to 4 ms. With fifty
visitors that is most of what they wait for.
"""

from collections.abc import Callable
from typing import Any

import altair as alt
import streamlit as st

from tlcore.charts import theme

AnyChart = alt.Chart | alt.LayerChart


def chart(make: Callable[..., AnyChart], *figures: Any, key: str, description: str) -> None:
    """Draw the chart that a function of tlcore.charts makes of these figures.

    Args:
        figures: its arguments: data frames and plain values.
        description: what the chart shows, for those who do not see it.
    """
    spec = _described(f"{make.__module__}.{make.__qualname__}", figures, make)
    st.vega_lite_chart(spec=spec, key=key, alt=description)


@st.cache_data(max_entries=128, show_spinner=False)
def _described(name: str, figures: tuple[Any, ...], _make: Callable[..., AnyChart]) -> dict[str, Any]:
    return theme.described(_make(*figures))
