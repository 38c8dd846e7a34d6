"""Whether the confidence of a run's predictions is honest: the finding, the diagram, and the error before and after."""

import streamlit as st

from pages.shared import chrome, drawn
from tlcore.charts.calibration import reliability_chart, reliability_frame
from tlcore.evaluation.calibration import load_calibration
from tlcore.evaluation.report import Report
from tlcore.jobs.store import Run
from tlcore.messages import calibration as messages


def show(run: Run, report: Report) -> None:
    """The section of the Trust view."""
    with st.container(key="tl_calibration"):
        st.subheader(messages.TITLE, anchor=False)
        found = load_calibration(run.folder)
        if found is None:
            st.markdown(messages.NEVER)
            return
        st.markdown(f"**{messages.calibration_finding(found)}** {messages.WHAT}")
        if found.after is None:
            return
        left, right = st.columns((3, 2), gap="large")
        with left:
            frame, words = reliability_frame(found.after), messages.reliability_alt_text(found.after)
            drawn.chart(reliability_chart, frame, chrome.is_dark(), key="reliability", description=words)
        with right:
            st.markdown(messages.error_message(found))
            st.caption(messages.temperature_message(found))
            st.caption(messages.DIAGRAM)
