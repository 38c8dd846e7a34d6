"""What a button's callback is refused is said on the page, by its fragment too, and never as a bug."""

import pytest
from streamlit.testing.v1 import AppTest


def page(in_fragment: bool) -> None:
    import streamlit as st

    from pages.shared import actions, chrome
    from tlcore.errors import UserError

    def refused() -> None:
        with actions.refusals_kept():
            raise UserError("3 runs of yours wait, as many as are allowed here.", "Wait until one has ended.")

    @chrome.errors_shown()
    def part() -> None:
        st.button("Restart", on_click=refused)

    st.fragment(part)() if in_fragment else part()


@pytest.mark.parametrize("in_fragment", [False, True])
def test_a_refusal_in_a_callback_is_said_once(in_fragment):
    at = AppTest.from_function(page, args=(in_fragment,)).run()
    at.button[0].click().run()
    assert not at.exception and "as many as are allowed" in at.error[0].value
    assert not at.run().error
