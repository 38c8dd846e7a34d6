"""The report of a run to take away: a quiet link beside that of the model, for everybody who sees the run."""

import streamlit as st

from pages.shared import state
from tlcore.data.names import slug
from tlcore.documents.facts import gather_facts
from tlcore.documents.report import report_html
from tlcore.jobs.store import Run


def show(run: Run) -> None:
    """The link; the report is made when it is pressed, so that it has what was found out until then."""
    workspace = state.workspace()  # the file is made outside of this visit
    st.download_button(
        "Download report",
        lambda: report_html(gather_facts(workspace, run)).encode("utf-8", "backslashreplace"),
        f"{slug(state.run_name(run))}-report.html",
        "text/html",
        type="tertiary",
        key="download_report",
        on_click="ignore",
    )
