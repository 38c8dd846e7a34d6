"""The files of a job that were left out or changed, each with the reason."""

import pandas as pd
import streamlit as st

from pages.shared import widgets
from tlcore.messages.file_report import HEADINGS, WHAT, in_order, report_csv, report_summary


def show(files: pd.DataFrame, job_id: str) -> None:
    """Draw the list, a page at a time; nothing where there is none."""
    if files.empty:
        return
    with st.expander(report_summary(files)):
        found = in_order(files)
        shown = found.iloc[list(widgets.paged(range(len(found)), f"files_{job_id}"))]
        named = shown.assign(what=shown["what"].map(WHAT)).rename(columns=HEADINGS)
        widgets.table(named, "Files that were left out, changed or guessed, each with the reason")
        st.download_button(
            "Download this list (CSV)",
            lambda: report_csv(files).encode("utf-8-sig"),
            file_name="files.csv",
            mime="text/csv",
            type="tertiary",
            on_click="ignore",
            key=f"files_csv_{job_id}",
        )
