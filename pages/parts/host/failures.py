"""What could not be done of late, in the sentences that people were shown."""

import pandas as pd
import streamlit as st

from pages.shared import state
from pages.shared.widgets import table
from tlcore.classroom.store import group_names
from tlcore.messages.host import job_title, visitor_title
from tlcore.storage.overview import Failure, list_failures


def show() -> None:
    """The failures of the last seven days."""
    st.subheader("Failures of the last 7 days", anchor=False)
    found = list_failures(state.workspace())
    if not found:
        st.caption("None.")
        return
    groups = group_names(state.workspace())
    rows = [_row(each, visitor_title(each.visitor, groups)) for each in found]
    table(pd.DataFrame(rows), "Failures, the latest first")


def _row(each: Failure, who: str) -> dict[str, str]:
    bug = f"Bug {each.number}: see the log." if each.number else ""
    return {
        "When": state.moment(each.at),
        "What": job_title(each.kind),
        "Who": who,
        "Why": bug or f"{each.what} {each.fix}".strip(),
    }
