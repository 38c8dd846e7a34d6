"""The pieces pages are made of, other than photos: tables, long lists, empty states, and safe words.

What a user named (labels, files, data sets) is hostile until shown otherwise: `plain` before it goes into Markdown.
"""

import html
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pandas as pd
import streamlit as st

MOST_ROWS = 40  # a longer table scrolls in a frame of its own
MOST_LINES, MORE_LINES = 8, 20  # of a long list at first, and with each "Show more"

_LONG_WORD = re.compile(r"\S{20,}")

Item = TypeVar("Item")


def plain(text: str) -> str:
    """The text as it is, wherever Streamlit would read Markdown: links, images, colours and formulas stay letters."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-!|$~:^=])", r"\\\1", " ".join(text.split()))


def empty(sentence: str, page: str, label: str, query_params: dict[str, str]) -> None:
    """An empty state: what is missing, and the way to the page that mends it."""
    with st.container(border=True):
        st.markdown(sentence)
        st.page_link(page, label=f"**{label}**", query_params=query_params)


def note(sentence: str) -> None:
    """A quiet box with something one should know; `sentence` is Markdown."""
    with st.container(border=True):
        st.markdown(sentence)


def paged(found: Sequence[Item], key: str) -> Iterator[Item]:
    """The first of a list for a loop that draws them, and below them a button for more; only those are looked at.

    Args:
        key: names the list; it stays as long as this visit shows it.
    """
    name = f"lines_{key}"
    number: int = st.session_state.get(name, MOST_LINES)
    yield from found[:number]
    left = len(found) - number
    if left > 0:
        more = min(left, MORE_LINES)
        label = f"Show {more} more" if left == more else f"Show {more} more (of {left:,})"
        st.button(label, key=f"more_{key}", type="tertiary", on_click=_show, args=(name, number + more))


def searched(found: Sequence[Item], key: str, words: Callable[[Item], str]) -> Sequence[Item]:
    """The part of a long list that holds what is typed into a field above it; all of a short one, without a field.

    Args:
        key: names the list. words: what is searched of an item.
    """
    if len(found) <= MOST_LINES:
        return found
    typed = st.text_input("Search", key=f"search_{key}", placeholder="Search by name", label_visibility="collapsed")
    wanted = typed.casefold().split()
    if not wanted:
        return found
    matching = [each for each in found if all(word in words(each).casefold() for word in wanted)]
    if not matching:
        st.caption(f"Nothing matches “{plain(typed)}”.")
    return matching


def _show(name: str, number: int) -> None:
    st.session_state[name] = number


def table(frame: pd.DataFrame, description: str) -> None:
    """A table that wraps on a small screen; a long one becomes a scrolling frame instead.

    Args:
        frame: column names as they are shown; text, or numbers as text in columns that end up right-aligned.
        description: what the table shows, for those who do not see it.
    """
    if len(frame) > MOST_ROWS:
        st.dataframe(frame, hide_index=True, alt=description)
        return
    aligned = [' class="tl-number"' if is_numeric(frame[name]) else "" for name in frame.columns]
    head = "".join(f'<th scope="col"{style}>{html.escape(name)}</th>' for name, style in zip(frame.columns, aligned))
    body = "".join(
        "<tr>" + "".join(f"<td{style}>{breakable(str(value))}</td>" for value, style in zip(row, aligned)) + "</tr>"
        for row in frame.itertuples(index=False, name=None)
    )
    st.html(
        f'<table class="tl-table" aria-label="{html.escape(description)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def breakable(text: str) -> str:
    """The text as escaped HTML in which long words, as names of files, may break where a person would break them."""
    return _LONG_WORD.sub(lambda word: re.sub(r"([/_.-]+)", r"\1<wbr>", word[0]), html.escape(text))


def is_numeric(values: pd.Series) -> bool:
    """Whether a column holds numbers, percentages or probabilities, also as text."""
    return all(re.fullmatch(r"(<\u00a0?)?[\d.,]+%?", str(value)) for value in values)
