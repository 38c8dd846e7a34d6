"""The chart of a hidden test: places in words, ranges that chance gives, nothing by colour alone."""

import pytest

from tlcore.charts.podium import NARROW, PodiumRow, podium_alt_text, podium_chart, podium_frame
from tlcore.charts.tokens import HEADING, SMALL

ROWS = [
    PodiumRow(1, "1st", "Foxes", 38, 40, 0.83, 0.99),
    PodiumRow(1, "1st", "Owls", 36, 40, 0.77, 0.96),
    PodiumRow(3, "3rd", "The very long named group of table nine", 10, 40, 0.14, 0.40),
]


def test_each_group_is_told_by_its_place_its_name_and_its_range():
    frame = podium_frame(ROWS)
    assert list(frame["words"]) == ["1st · Foxes", "1st · Owls", "3rd · The very long named group of table nine"]
    assert list(frame["score"]) == ["95% (83–99%)", "90% (77–96%)", "25% (14–40%)"]
    assert list(frame["name"]) == [row.name for row in ROWS], "rows are told apart by whole names"


@pytest.mark.parametrize(("rows", "begin"), [(ROWS, 0.1), (ROWS[:2], 0.7)], ids=["low scores", "high scores"])
def test_the_axis_begins_below_the_lowest_range(rows, begin):
    spec = podium_chart(podium_frame(rows)).to_dict()
    (low, high) = next(layer for layer in spec["layer"] if "scale" in layer["encoding"]["x"])["encoding"]["x"]["scale"][
        "domain"
    ]
    assert low == pytest.approx(begin) and high == 1


def test_on_the_wall_letters_and_rows_are_larger():
    small, large = (podium_chart(podium_frame(ROWS), large=each).to_dict() for each in (False, True))
    sizes = [
        {layer["mark"]["fontSize"]["expr"] for layer in spec["layer"] if "fontSize" in layer["mark"]}
        for spec in (small, large)
    ]
    assert sizes == [{str(SMALL)}, {f"(width < {NARROW} ? {SMALL} : {HEADING})"}] and large["height"] > small["height"]


@pytest.mark.parametrize("large", [False, True])
def test_a_long_name_leaves_room_for_the_score(large):
    marks = [layer["mark"] for layer in podium_chart(podium_frame(ROWS), large=large).to_dict()["layer"]]
    limits = [mark["limit"]["expr"] for mark in marks if mark["type"] == "text" and mark["align"] == "left"]
    assert len(limits) == 2 and all(limit.startswith("width - ") for limit in limits)


def test_who_does_not_see_it_hears_the_places():
    assert podium_alt_text(ROWS).startswith("Place 1: Foxes 95% (83–99%); place 1: Owls")
    assert podium_alt_text([]) == "No group has a score."
