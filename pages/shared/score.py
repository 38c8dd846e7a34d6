"""A test score as the number that it is: large, with what was counted under it and how far chance reaches as a bar."""

import html

import streamlit as st

from tlcore.messages.quantities import percent
from tlcore.messages.scores import score_detail, score_interval_alt_text


def show(correct: int, total: int, low: float, high: float, label: str = "test photos") -> None:
    """Draw the score: "93%", then "14 of 15 test photos correct · likely range 70–99%" and the range as a bar.

    Args:
        correct, total: photos. low, high: the 95% interval of their share, 0–1.
        label: what was counted, in the plural.
    """
    st.html(drawing(correct, total, low, high, label))


def drawing(correct: int, total: int, low: float, high: float, label: str = "test photos") -> str:
    """The score as escaped HTML. Its number counts up where motion is welcome, and is there as text at once."""
    detail = html.escape(score_detail(correct, total, low, high, label))
    if not total:
        return f'<div class="tl-result"><p>{detail}</p></div>'
    share = correct / total
    number = percent(share)
    finding = html.escape(score_interval_alt_text(correct, total, low, high))
    counted = f' style="--tl-count:{number[:-1]}"' if number[:-1].isdigit() else ""  # it counts whole numbers
    places = f"--tl-at:{share:.2%};--tl-low:{low:.2%};--tl-high:{high:.2%}"
    ends = "".join(f'<span aria-hidden="true">{end}%</span>' for end in (0, 50, 100))
    return (
        f'<div class="tl-result"><p class="tl-score"{counted}><span>{html.escape(number)}</span></p>'
        f'<p class="tl-small">{detail}</p>'
        f'<div class="tl-interval" role="img" aria-label="{finding}" style="{places}">'
        f'<i class="tl-track"></i><i class="tl-band"></i><i class="tl-mark"></i>{ends}</div></div>'
    )
