"""The report of an import on the page: how many files were left out, changed or guessed, each with its reason."""

import pandas as pd
import streamlit as st

from pages.shared import widgets
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.data.report import COLUMNS
from tlcore.messages.file_report import HEADINGS, WHAT, in_order, report_counts, report_csv, report_summary

SHORT = 3  # lines that are open at first
MOST_ROWS = widgets.MOST_ROWS
ALL = "All"


def show(dataset: Dataset) -> None:
    """The counts, and behind them a table that can be searched and downloaded; nothing where all was taken as it is."""
    report = dataset.report
    if report.empty:
        return
    with st.expander(report_summary(report), expanded=len(report) <= SHORT):
        found = in_order(report)
        if len(report) > SHORT:
            found = _matching(_of_kind(found, dataset.id), dataset.id)
        if not found.empty:
            _table(found)
        st.download_button(
            "Download this list (CSV)",
            lambda: report_csv(report).encode("utf-8-sig"),
            file_name="files.csv",
            mime="text/csv",
            type="tertiary",
            on_click="ignore",
            key="report_download",
        )


def _of_kind(report: pd.DataFrame, key: str) -> pd.DataFrame:
    """The lines of one kind, where there are several and one was chosen."""
    kinds = report_counts(report)
    if len(kinds) < 2:
        return report
    words = {kind: f"{WHAT[kind]} ({number:,})" for kind, number in kinds.items()}
    wanted = st.pills(
        "What happened",
        list(kinds),
        format_func=words.__getitem__,
        key=f"report_kind_{key}",
        label_visibility="collapsed",
    )
    return report if wanted is None else report[report["what"] == wanted]


def _matching(report: pd.DataFrame, key: str) -> pd.DataFrame:
    """The lines that hold all words typed into the field above them."""
    typed = st.text_input(
        "Search files", key=f"report_search_{key}", placeholder="Search files and reasons", label_visibility="collapsed"
    )
    text = (report["path"] + " " + report["reason"]).str.casefold()
    for word in typed.casefold().split():
        report = report[text.loc[report.index].str.contains(word, regex=False)]
    if report.empty:
        st.caption(f"Nothing matches “{plain(typed)}”.")
    return report


def _table(report: pd.DataFrame) -> None:
    """The first of the lines as a table in which no name is anything but text."""
    shown = report.head(MOST_ROWS)[list(COLUMNS)]
    shown = shown.assign(what=shown["what"].map(WHAT)).rename(columns=HEADINGS)
    widgets.table(shown, "Files that were left out, changed or guessed, each with the reason")
    if len(report) > MOST_ROWS:
        st.caption(f"{MOST_ROWS} of {len(report):,}. Search for others, or download the list.")
