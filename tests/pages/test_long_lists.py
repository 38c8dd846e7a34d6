"""Long lists show their first lines, and more when asked for."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared.widgets import MORE_LINES, MOST_LINES


def page(number: int) -> None:
    import streamlit as st

    from pages.shared.widgets import paged

    for each in paged([f"line {place}" for place in range(number)], "lines"):
        st.markdown(each)


def lines(at: AppTest) -> list[str]:
    return [each.value for each in at.markdown]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, [0]),
        (MOST_LINES, [MOST_LINES]),
        (MOST_LINES + 1, [MOST_LINES, MOST_LINES + 1]),
        (3000, [MOST_LINES, MOST_LINES + MORE_LINES, MOST_LINES + 2 * MORE_LINES]),
    ],
    ids=["none", "as many as fit", "one more", "thousands"],
)
def test_more_lines_come_when_asked_for(number, shown):
    at = AppTest.from_function(page, kwargs={"number": number}).run()
    for place, expected in enumerate(shown):
        if place:
            at.button(key="more_lines").click().run()
        assert lines(at) == [f"line {place}" for place in range(expected)]
    assert len(at.button) == (number > shown[-1]), "a button only where there is more"
