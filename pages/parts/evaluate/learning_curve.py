"""Would more photos help? The score with fewer photos, what to expect of more, and which class gains most."""

import streamlit as st

from pages.parts.evaluate import analysis_job
from pages.shared import chrome, drawn, state, widgets
from pages.shared.widgets import plain
from tlcore.analysis.learning_curve import WHAT, LearningCurve, estimate_seconds, load_curve
from tlcore.analysis.results import analysis_folder
from tlcore.charts import learning_curve as charts
from tlcore.data.manifest import Dataset
from tlcore.jobs.store import Run
from tlcore.messages import learning_curves as messages
from tlcore.pipeline.folding import fold_photos


def show(run: Run, dataset: Dataset) -> None:
    """The curve with its sentences, or the offer to find out; while it is being made, what is known by then."""
    with st.container(key="tl_more_photos"):
        st.subheader(messages.TITLE, anchor=False)
        folder = analysis_folder(state.workspace(), run.id, WHAT)
        curve = load_curve(folder)
        if curve is not None and curve.is_whole:
            _whole(run, curve)
            return

        def offer() -> None:
            st.markdown(messages.WHAT_FOR)
            st.caption(messages.offer_message(estimate_seconds(run, fold_photos(dataset).num_folds)))

        def so_far() -> None:
            known = load_curve(folder)
            if known is not None:
                _chart(run, known)

        if not run.config.pretrained:
            st.caption(messages.FROM_SCRATCH)
            return
        analysis_job.show(run, WHAT, "Measure the learning curve", offer, draw=so_far)


def _whole(run: Run, curve: LearningCurve) -> None:
    st.markdown(f"**{plain(messages.forecast_message(curve))}** {plain(messages.gain_message(curve))}")
    _chart(run, curve)
    st.caption(plain(messages.basis_message(curve)))
    if len(curve.gains) > 1:
        with st.expander("Gain by class"):
            description = "For each class: by how much its recall grows when the photos double"
            widgets.table(messages.gain_frame(curve), description)


def _chart(run: Run, curve: LearningCurve) -> None:
    frame, dark = charts.curve_frame(curve), chrome.is_dark()
    description = charts.learning_curve_alt_text(curve)
    drawn.chart(charts.learning_curve, frame, dark, key=f"learning_curve_{run.id}", description=description)
