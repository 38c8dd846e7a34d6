"""The score as a number with its bar: one share everywhere, and nothing that anybody named becomes markup."""

import re

import pytest

from pages.shared import score
from tests.pages.test_shared import Tags


@pytest.mark.parametrize(
    ("figures", "number", "detail", "finding", "reason"),
    [
        (
            (14, 15, 0.702, 0.988),
            "93%",
            "14 of 15 test photos correct · likely range 70–99%",
            "93% correct, with a likely range from 70% to 99%",
            "the usual",
        ),
        (
            (0, 3, 0.0, 0.5615),
            "0%",
            "0 of 3 test photos correct · likely range 0–56%",
            "0% correct, with a likely range from 0% to 56%",
            "none",
        ),
    ],
)
def test_number_words_and_bar_say_the_same(figures, number, detail, finding, reason):
    drawn = score.drawing(*figures)
    assert f"<span>{number}</span>" in drawn and f"--tl-count:{number[:-1]}" in drawn, reason
    assert detail in drawn and f'aria-label="{finding}"' in drawn, reason
    places = [float(place) for place in re.findall(r"--tl-(?:at|low|high):([\d.]+)%", drawn)]
    assert places == pytest.approx([100 * share for share in (figures[0] / figures[1], *figures[2:])], abs=0.01), reason


def test_what_is_nearly_all_is_not_counted_up():
    drawn = score.drawing(999, 1000, 0.994, 1.0)
    assert "<span>99.9%</span>" in drawn and "--tl-count" not in drawn, "the counter has whole numbers only"


def test_no_photos_have_no_number():
    assert score.drawing(0, 0, 0.0, 1.0) == '<div class="tl-result"><p>No test photos</p></div>'


def test_a_label_stays_letters():
    assert "img" not in Tags(score.drawing(1, 2, 0.1, 0.9, "<img src=x>s")).tags
