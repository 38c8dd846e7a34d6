"""What a person has set on a page, in its address too: a reload, a bookmark and the Back button bring it back.

The value lives in the session under the key of its widget, where Streamlit has it, and outlasts the page as long as its
widget does. An address may come from anybody, so what stands in it counts only where the page offers it.
"""

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

from pages.shared import state

WRITTEN = "address_{}"  # in the session: what this visit wrote into the address last, by the key of the widget
ENTERED = "page_entered"  # in the session: whether this run is the first one after another page

T = TypeVar("T")


def remembered(key: str, name: str, offered: Mapping[str, T], default: T) -> T:
    """The value of a widget, ready for it to be drawn: what was set in this visit, else what the address says.

    Args:
        key: of the widget. name: of the value in the address.
        offered: each value that can be set, by its word in the address; `default` has none and stands nowhere.
    """
    told, written = st.query_params.get(name, ""), st.session_state.get(WRITTEN.format(key))
    words = {default: ""} | {value: word for word, value in offered.items() if value != default}
    # Set by somebody just now: his browser may still have sent the address of before.
    is_set = written is not None and words.get(st.session_state.get(key), written) != written
    # A link from another page says nothing; any other difference is Back, or somebody's own address.
    is_news = told != (written or "") and not is_set and not (st.session_state.get(ENTERED) and not told)
    if key not in st.session_state or is_news:
        st.session_state[key] = offered.get(told, default)
    value: T = st.session_state[key]
    if value not in words:  # of another list than the one that is there now
        value = st.session_state[key] = default
    word = words[value]
    st.session_state[WRITTEN.format(key)] = word
    if word != told:
        state.choose(**{name: word or None})
    return value
