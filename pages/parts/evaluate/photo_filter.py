"""Which photos of a run are shown: mistakes, doubted labels or all, of any class or of one, and in which order."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from pages.shared import address
from tlcore.messages.quantities import count

MISTAKES, SUSPECTS, ALL = "Mistakes", "Doubtful labels", "All photos"
TESTED, EVERY = "Test photos", "Every photo"
EVERY_MEANS = "Each was predicted by a model that had not seen it (cross-validation)."
ANY_CLASS = "Any class"
_ANY = ""  # its value in the widgets; None would be shown as "Choose an option"


@dataclass(frozen=True)
class Shown:
    """What is to be seen: mistakes alone or all, of an actual and a predicted class, None for any.

    `suspects`: the photos whose label a check doubts, instead; "predicted" is then the class that they are more like.
    `every`: of all photos, each predicted by a model that had not seen it, not of the test photos alone.
    """

    mistakes: bool
    actual: str | None = None
    predicted: str | None = None
    suspects: bool = False
    every: bool = False

    @property
    def cell(self) -> tuple[str, str] | None:
        """The one cell of the matrix whose photos these are, if it is one."""
        whole = not self.mistakes or self.actual != self.predicted
        tested = not self.suspects and not self.every
        return (self.actual, self.predicted) if self.actual and self.predicted and whole and tested else None


@dataclass(frozen=True)
class PhotoFilter:
    """The filter of a run's photos; what is chosen stays while this visit lasts, and stands in the address.

    Attributes:
        run_id: names the widgets, so that each run has its own. labels: the classes that can be chosen.
        has_suspects: whether a check doubts labels. has_every: whether there is a prediction for all photos.
    """

    run_id: str
    labels: tuple[str, ...]
    has_suspects: bool = False
    has_every: bool = False

    def chosen(self, has_mistakes: bool) -> Shown:
        """What is chosen; the mistakes at first, where there are any."""
        kinds, first = {"mistakes": MISTAKES, "all": ALL}, MISTAKES if has_mistakes else ALL
        if self.has_suspects:
            kinds["suspects"] = SUSPECTS
        kind = address.remembered(self._key("kind"), "show", kinds, first)
        of = address.remembered(self._key("of"), "of", {"every": EVERY} if self.has_every else {}, TESTED)
        actual, predicted = (
            address.remembered(self._key(part), part, {label: label for label in self.labels}, _ANY)
            for part in ("actual", "predicted")
        )
        suspects = kind == SUSPECTS
        return Shown(kind == MISTAKES, actual or None, predicted or None, suspects, of == EVERY and not suspects)

    def page(self, num_pages: int) -> int:
        """Draw the numbers of the pages, where there are several; the one that is chosen, from 1."""
        wanted = st.session_state.pop(self._key("turned"), None)
        if num_pages < 2:
            return 1
        if wanted is not None:
            st.session_state[self._page_key] = min(max(1, wanted), num_pages)
        address.remembered(self._page_key, "page", {str(page): page for page in range(1, num_pages + 1)}, 1)
        return st.pagination(num_pages, key=self._page_key)

    def turn(self, page: int) -> None:
        """Let the next run show another page."""
        st.session_state[self._key("turned")] = page

    def choose(self, shown: Shown) -> None:
        """Set the filter from elsewhere, in a callback: a cell of the matrix, a row of a table."""
        st.session_state[self._key("kind")] = SUSPECTS if shown.suspects else MISTAKES if shown.mistakes else ALL
        st.session_state[self._key("of")] = EVERY if shown.every else TESTED
        st.session_state[self._key("actual")] = shown.actual or _ANY
        st.session_state[self._key("predicted")] = shown.predicted or _ANY
        st.session_state[self._page_key] = 1

    def draw(self) -> None:
        """The filter's controls in one line."""
        kinds = (MISTAKES, SUSPECTS, ALL) if self.has_suspects else (MISTAKES, ALL)
        with st.container(horizontal=True, vertical_alignment="bottom", key="photo_filter"):
            if self.has_every:
                st.segmented_control(
                    "Of",
                    (TESTED, EVERY),
                    key=self._key("of"),
                    required=True,
                    persist_state="session",
                    disabled=st.session_state.get(self._key("kind")) == SUSPECTS,
                )
            st.segmented_control("Show", kinds, key=self._key("kind"), required=True, persist_state="session")
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
    if shown.suspects:  # in the order of the check
        return found
    worst = found["probability"].where(~found["correct"], -found["probability"])
    return found.loc[worst.sort_values(ascending=False, kind="stable").index]


def shown_message(rows: pd.DataFrame, shown: Shown) -> str:
    """What is to be seen, in words: "17 mistakes, most confident first".

    Args:
        rows: from `select`.
    """
    if shown.suspects:
        return suspects_message(rows, shown)
    words = count(len(rows), "mistake" if shown.mistakes else "photo")
    if shown.actual and shown.actual == shown.predicted:
        return f"{words}: {shown.actual}, predicted correctly"
    parts = [f"predicted {shown.predicted}"] if shown.predicted else []
    parts += [f"actually {shown.actual}"] if shown.actual else []
    of = f": {', '.join(parts)}" if parts else ""
    return words + of + (f" ({_order(rows)})" if of and len(rows) > 1 else f", {_order(rows)}" if len(rows) > 1 else "")


def suspects_message(rows: pd.DataFrame, shown: Shown) -> str:
    """How many labels are doubted: "3 labels may be wrong: actually cats, most doubtful first"."""
    words = f"{count(len(rows), 'label')} may be wrong"
    parts = [f"labelled {shown.actual}"] if shown.actual else []
    parts += [f"more like {shown.predicted}"] if shown.predicted else []
    parts += ["most doubtful first"] if len(rows) > 1 else []
    return words + (f": {', '.join(parts)}" if parts else "")


def _order(rows: pd.DataFrame) -> str:
    wrong = int((~rows["correct"]).sum())
    return "most confident first" if wrong == len(rows) else "mistakes first" if wrong else "least certain first"
