"""What an import made of the files, on the page: how it read them, and which it left out, changed or guessed."""

import pandas as pd
import streamlit as st

from pages.shared import widgets
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.data.reasons import describe_reasons
from tlcore.data.report import COLUMNS
from tlcore.messages.file_report import HEADINGS, WHAT, in_order, report_counts, report_csv, report_summary
from tlcore.messages.layouts import found_message

SHORT = 3  # lines that are open at first
LONG = widgets.MOST_LINES  # more lines have the kinds of reasons above them, and are searched


def show(dataset: Dataset) -> None:
    """How the files were read, and of those that were not taken as they are the counts, a searched table and a list."""
    if dataset.layout is not None:
        st.markdown(plain(found_message(dataset.layout)) + ".")
    report = dataset.report
    if report.empty:
        return
    with st.container(key="tl_file_report"), st.expander(report_summary(report), expanded=len(report) <= SHORT):
        found = in_order(report)
        if len(report) > LONG:
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in _reasons(dataset, dataset.id)))
            found = _matching(_of_kind(found, dataset.id), dataset.id)
        if not found.empty:
            _table(found, dataset.id)
        st.download_button(
            "Download this list (CSV)",
            lambda: report_csv(report).encode("utf-8-sig"),
            file_name="files.csv",
            mime="text/csv",
            type="tertiary",
            on_click="ignore",
            key="report_download",
        )


@st.cache_data(max_entries=50, show_spinner=False)
def _reasons(_dataset: Dataset, dataset_id: str) -> tuple[str, ...]:
    """What was left out by kind of reason; read once, since a report may have a hundred thousand lines."""
    del dataset_id  # of the cache's key
    return describe_reasons(_dataset.refused.itertuples(index=False, name=None))


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
    words = typed.casefold().split()
    if words:
        text = (report["path"] + " " + report["reason"]).str.casefold()
        report = report[text.map(lambda line: all(word in line for word in words))]
    if report.empty:
        st.caption(f"Nothing matches “{plain(typed)}”.")
    return report


def _table(report: pd.DataFrame, key: str) -> None:
    """The first of the lines, and more on demand, as a table in which no name is anything but text."""
    place = st.container()
    shown = report.iloc[list(widgets.paged(range(len(report)), f"report_{key}"))][list(COLUMNS)]
    with place:
        named = shown.assign(what=shown["what"].map(WHAT)).rename(columns=HEADINGS)
        widgets.table(named, "Files that were left out, changed or guessed, each with the reason")
