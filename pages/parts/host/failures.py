"""What could not be done of late, in the sentences that people were shown."""

import pandas as pd
import streamlit as st

from pages.shared import state
from pages.shared.widgets import table
from tlcore.messages.host import job_title, visitor_title
from tlcore.storage.overview import Failure, list_failures


def show() -> None:
    """The failures of the last seven days."""
    st.subheader("Failures of the last 7 days", anchor=False)
    found = list_failures(state.workspace())
    if not found:
        st.caption("None.")
        return
    table(pd.DataFrame([_row(each) for each in found]), "Failures, the latest first")


def _row(each: Failure) -> dict[str, str]:
    bug = f"Bug {each.number}: see the log." if each.number else ""
    return {
        "When": state.moment(each.at),
        "What": job_title(each.kind),
        "Who": visitor_title(each.visitor),
        "Why": bug or f"{each.what} {each.fix}".strip(),
    }
