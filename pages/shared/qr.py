"""A QR code on a page, for phones: black on white in either theme, with the quiet zone that scanners need."""

import html

import segno
import streamlit as st

QUIET_MODULES = 4
"""White modules around the code: what ISO/IEC 18004 asks for."""


def show(address: str, alt: str, width: int = 240) -> None:
    """Draw the QR code of an address.

    Args:
        address: what a phone opens.
        alt: what the code is for, for those who don't see it.
        width: pixels, quiet zone included; less where the screen is narrower.
    """
    st.html(markup(address, alt, width))


def markup(address: str, alt: str, width: int = 240) -> str:
    """The HTML of a QR code, for a page that has a place of its own for it; the arguments of `show`.

    It is a picture in a data address, which the pages' policy allows, so that it needs no route and no file.
    """
    code = segno.make(address, error="m", micro=False)  # many phones read no Micro QR code
    source = code.svg_data_uri(border=QUIET_MODULES, dark="#000", light="#fff", omitsize=True)
    return f'<img class="tl-qr" src="{source}" alt="{html.escape(alt)}" style="width:{width}px">'
