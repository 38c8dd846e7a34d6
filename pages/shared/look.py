"""How every page looks: the one stylesheet, which is the design tokens and style.css.

Streamlit's browser part (DOMPurify) drops a whole stylesheet with anything in it that could open a tag, so "<" stands
in style.css only as an escape (tests/test_theme.py).
"""

from functools import lru_cache
from pathlib import Path

import streamlit as st

from tlcore.charts import tokens

_STYLE = Path(__file__).with_name("style.css")


def dress() -> None:
    """Put the stylesheet into the page; it takes no room there."""
    st.html(_sheet(st.context.theme.type or "light dark"))


@lru_cache(maxsize=3)
def _sheet(scheme: str) -> str:
    """The stylesheet. `scheme`: for what lies outside of the app's element, as dialogs and menus do."""
    body = f"body {{ color-scheme: {scheme}; }}"
    return f"<style>{tokens.css_variables()}\n{body}\n{_STYLE.read_text(encoding='utf-8')}</style>"
