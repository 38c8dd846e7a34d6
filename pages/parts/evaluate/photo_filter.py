"""Which of the test photos are shown: all or the mistakes, of any class or of one, and in which order."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from pages.shared import address
from tlcore.messages.quantities import count

MISTAKES, ALL = "Mistakes", "All photos"
ANY_CLASS = "Any class"
_ANY = ""  # its value in the widgets; None would be shown as "Choose an option"


@dataclass(frozen=True)
class Shown:
    """What is to be seen: mistakes alone or all, of an actual and a predicted class, None for any."""

    mistakes: bool
    actual: str | None = None
    predicted: str | None = None

    @property
    def cell(self) -> tuple[str, str] | None:
        """The one cell of the matrix whose photos these are, if it is one."""
        whole = not self.mistakes or self.actual != self.predicted
        return (self.actual, self.predicted) if self.actual and self.predicted and whole else None


@dataclass(frozen=True)
class PhotoFilter:
    """The filter of a run's photos; what is chosen stays while this visit lasts, and stands in the address.

    Attributes:
        run_id: names the widgets, so that each run has its own. labels: the classes that can be chosen.
    """

    run_id: str
    labels: tuple[str, ...]

    def chosen(self, has_mistakes: bool) -> Shown:
        """What is chosen; the mistakes at first, where there are any."""
        kinds, first = {"mistakes": MISTAKES, "all": ALL}, MISTAKES if has_mistakes else ALL
        kind = address.remembered(self._key("kind"), "show", kinds, first)
        actual, predicted = (
            address.remembered(self._key(part), part, {label: label for label in self.labels}, _ANY)
            for part in ("actual", "predicted")
        )
        return Shown(kind == MISTAKES, actual or None, predicted or None)

    def page(self, num_pages: int) -> int:
        """Draw the numbers of the pages, where there are several; the one that is chosen, from 1."""
        if num_pages < 2:
            return 1
        address.remembered(self._page_key, "page", {str(page): page for page in range(1, num_pages + 1)}, 1)
        return st.pagination(num_pages, key=self._page_key)

    def choose(self, shown: Shown) -> None:
        """Set the filter from elsewhere, in a callback: a cell of the matrix, a row of a table."""
        st.session_state[self._key("kind")] = MISTAKES if shown.mistakes else ALL
        st.session_state[self._key("actual")] = shown.actual or _ANY
        st.session_state[self._key("predicted")] = shown.predicted or _ANY
        st.session_state[self._page_key] = 1

    def draw(self) -> None:
        """The filter's three controls in one line."""
        with st.container(horizontal=True, vertical_alignment="bottom", key="photo_filter"):
            st.segmented_control("Show", (MISTAKES, ALL), key=self._key("kind"), required=True, persist_state="session")
            for part, label in (("actual", "Actual class"), ("predicted", "Predicted class")):
                st.selectbox(
                    label,
                    [_ANY, *self.labels],
                    format_func=lambda name: name or ANY_CLASS,
                    key=self._key(part),
                    persist_state="session",
                    width=220,
                )

    @property
    def _page_key(self) -> str:
        return self._key("page")

    def _key(self, part: str) -> str:
        return f"photos_{part}_{self.run_id}"


def select(predictions: pd.DataFrame, shown: Shown) -> pd.DataFrame:
    """The rows to show: mistakes first, the most confident of them first; then the others, the least certain first."""
    wanted = pd.Series(True, index=predictions.index)
    if shown.mistakes:
        wanted &= ~predictions["correct"]
    for column, label in (("label", shown.actual), ("predicted", shown.predicted)):
        if label is not None:
            wanted &= predictions[column].astype(str) == label
    found = predictions[wanted]
    worst = found["probability"].where(~found["correct"], -found["probability"])
    return found.loc[worst.sort_values(ascending=False, kind="stable").index]


def shown_message(rows: pd.DataFrame, shown: Shown) -> str:
    """What is to be seen, in words: "17 mistakes, most confident first".

    Args:
        rows: from `select`.
    """
    words = count(len(rows), "mistake" if shown.mistakes else "photo")
    if shown.actual and shown.actual == shown.predicted:
        return f"{words}: {shown.actual}, predicted correctly"
    parts = [f"predicted {shown.predicted}"] if shown.predicted else []
    parts += [f"actually {shown.actual}"] if shown.actual else []
    of = f": {', '.join(parts)}" if parts else ""
    return words + of + (f" ({_order(rows)})" if of and len(rows) > 1 else f", {_order(rows)}" if len(rows) > 1 else "")


def _order(rows: pd.DataFrame) -> str:
    wrong = int((~rows["correct"]).sum())
    return "most confident first" if wrong == len(rows) else "mistakes first" if wrong else "least certain first"
