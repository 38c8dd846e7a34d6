"""Photos that may need something, each as a card: the photo, or two side by side, the reason, and what can be done.

One component draws a page of them (check_cards.js), since sixty buttons of Streamlit's would make each press slow.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared import chrome
from pages.shared.component_script import component_script

_FOLDER = Path(__file__).parent
_MOUNT = st.components.v2.component(
    "transferlab_check_cards",
    css=(_FOLDER / "check_cards.css").read_text(encoding="utf-8"),
    js=component_script(_FOLDER / "check_cards.js"),
    isolate_styles=False,  # a photo lies on the same square as in every other grid
)


@dataclass(frozen=True)
class CardPhoto:
    """A photo of a card. `source`: a data address; `hue`: CSS, of its class; `tile`, `pixels`: as in gallery.py."""

    source: str
    alt: str
    caption: str
    detail: str
    hue: str
    tile: str
    pixels: int


@dataclass(frozen=True)
class CardButton:
    """What can be done. `name`: what the browser sends; `spoken`: the whole of it, for who does not see the photo."""

    name: str
    label: str
    spoken: str


@dataclass(frozen=True)
class Card:
    """One card. `id`: names what it is about, so that a press never hits what has taken its place meanwhile."""

    id: str
    reason: str
    photos: tuple[CardPhoto, ...]
    buttons: tuple[CardButton, ...]


def card_id(*parts: str) -> str:
    """An id for what these words name."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def show(cards: Sequence[Card], key: str, act: Callable[[int, str], None], enlarge: Callable[[int, int], None]) -> None:
    """Draw the cards.

    Args:
        act: what to do with the place of a card and the name of its button that was pressed; the page runs again.
        enlarge: what to do with the place of a card and of its photo that was pressed.
    """

    @chrome.errors_shown()
    def draw() -> None:
        data = {"cards": [asdict(card) for card in cards]}
        result = _MOUNT(key=key, data=data, on_pressed_change=lambda: None, on_opened_change=lambda: None)
        if (pressed := _pressed(result, cards)) is not None:
            act(*pressed)
            st.rerun()
        if (opened := _opened(result, cards)) is not None:
            enlarge(*opened)

    st.fragment(draw, key=f"{key}_fragment")()


def _pressed(result: Any, cards: Sequence[Card]) -> tuple[int, str] | None:
    """The card and the button that were pressed just now. The browser may have said anything."""
    place, name = _message(result, "pressed", cards)
    if place is None or all(button.name != name for button in cards[place].buttons):
        return None
    return place, str(name)


def _opened(result: Any, cards: Sequence[Card]) -> tuple[int, int] | None:
    place, photo = _message(result, "opened", cards)
    if place is None or type(photo) is not int or not 0 <= photo < len(cards[place].photos):
        return None
    return place, photo


def _message(result: Any, trigger: str, cards: Sequence[Card]) -> tuple[int | None, object]:
    """The place of the card that a message names by its id, None where there is none, and what else it says."""
    message = result.get(trigger) if hasattr(result, "get") else None
    if not hasattr(message, "get"):
        return None, None
    places = {card.id: place for place, card in enumerate(cards)}
    an_id = message.get("card")
    return (places.get(an_id) if isinstance(an_id, str) else None), message.get("value")
