"""The curves of a run: accuracy and loss, epoch by epoch, while it learns and after."""

from typing import Any

import streamlit as st

from pages.shared import chrome
from tlcore.charts import curves as curve_charts
from tlcore.charts import theme
from tlcore.config import TrainConfig
from tlcore.evaluation.overfitting import best_epoch
from tlcore.jobs.status import JobStatus
from tlcore.messages.progress import missing_epochs_message, num_planned_epochs


def show(status: JobStatus, config: TrainConfig) -> None:
    """Accuracy and loss over the epochs; the descriptions are built once, only the figures are sent again."""
    kept = best_epoch(status.epochs).epoch if status.usable else None
    frame, num_epochs = curve_charts.curve_frame(list(status.epochs)), num_planned_epochs(status, config)
    with st.container(key="tl_curves"):  # as high as they are, while a browser still draws them
        if frame.empty:  # the place is kept, so that nothing jumps when the curves appear
            words = "Accuracy and loss appear here once training starts" if status.active else "No epochs to show"
            st.html(f'<div class="tl-no-curve"><p>{words}</p></div>')
            return
        places = st.columns(2, gap="medium")
    for place, metric in zip(places, curve_charts.METRICS):
        with place:
            spec = _spec(metric, num_epochs, chrome.is_dark(), kept, curve_charts.lowest_accuracy(frame, kept))
            finding = curve_charts.curve_alt_text(frame, metric, kept)
            st.vega_lite_chart(frame, spec, key=f"curve_{metric}", alt=finding)
    if gap := missing_epochs_message(status):
        st.caption(gap)


@st.cache_data(max_entries=64, show_spinner=False)
def _spec(metric: str, num_epochs: int, dark: bool, kept: int | None, low: float) -> dict[str, Any]:
    return theme.live(curve_charts.curve(curve_charts.curve_frame([]), metric, num_epochs, dark, kept, low))
