"""Corrections that wait beside a run: what is planned twice, taken back, applied by one while another plans."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tlcore.cleaning.planned import PLANNED, plan, read_planned, settle, take_back
from tlcore.data.corrections import Correction
from tlcore.errors import UserError

A, B = Correction("a.jpg", "cats", "dogs"), Correction("b.jpg", "dogs")


@pytest.mark.parametrize(
    ("then", "left", "reason"),
    [
        (
            lambda f: plan(f, [Correction("a.jpg", "cats", "birds")]),
            [B, Correction("a.jpg", "cats", "birds")],
            "planned again",
        ),
        (lambda f: plan(f, [Correction("a.jpg", "cats", "cats")]), [B], "back to its class is no change"),
        (lambda f: plan(f, [Correction("a.jpg", "dogs", "cats")]), [B], "seen as it is planned by another tab"),
        (lambda f: take_back(f, ["b.jpg", "unknown.jpg"]), [A], "taken back"),
        (lambda f: settle(f, [A, B]), [], "applied"),
        (lambda f: settle(f, [Correction("a.jpg", "cats", "birds"), B]), [A], "planned otherwise while it was applied"),
    ],
)
def test_what_waits(tmp_path, then, left, reason):
    plan(tmp_path, [A, B])
    then(tmp_path)
    assert list(read_planned(tmp_path)) == left, reason


def test_two_people_plan_at_once_and_none_is_lost(tmp_path):
    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda number: plan(tmp_path, [Correction(f"{number}.jpg", "cats")]), range(16)))
    assert sorted(each.path for each in read_planned(tmp_path)) == sorted(f"{number}.jpg" for number in range(16))


def test_a_damaged_file_is_an_empty_tray_and_a_run_that_is_gone_is_said(tmp_path):
    (tmp_path / PLANNED).write_text('{"corrections": [{"path": 1}]}')
    assert read_planned(tmp_path) == ()
    with pytest.raises(UserError, match="no longer exists"):
        plan(tmp_path / "gone", [A])
    assert not (tmp_path / "gone").exists()
