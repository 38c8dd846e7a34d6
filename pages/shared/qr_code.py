"""A link as a QR code, for phones: black on white with its quiet zone, in the dark theme too, or no camera reads it."""

import html

import segno
import streamlit as st

QUIET_ZONE = 4  # modules around the code, as ISO/IEC 18004 asks for


def show(text: str, alt: str, pixels: int = 240) -> None:
    """Draw a QR code.

    Args:
        text: what a phone reads, an address. alt: what the code leads to. pixels: its side; less where there is no room.
    """
    st.html(drawing(text, alt, pixels), width="content")


def drawing(text: str, alt: str, pixels: int = 240) -> str:
    """The code as HTML."""
    source = segno.make(text, error="m", micro=False).svg_data_uri(
        dark="#000", light="#fff", border=QUIET_ZONE, scale=10, omitsize=True
    )
    style = f"width:{pixels}px" if pixels else ""
    return f'<img class="tl-qr" src="{html.escape(source)}" alt="{html.escape(alt)}" style="{style}">'
