"""How true the told time left is, over runs whose events were recorded on a machine that eight others used meanwhile.

They are replayed as `python -m benchmarks.eta --workspace FOLDER` does it, second by second, so nothing here depends on
how fast the tests run.
"""

from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from benchmarks.eta import Told, later, num_backwards, num_jumps, replay, rows_of
from tlcore.config import TrainConfig, defaults_for
from tlcore.events import Event, Packed, Progress, Started, decode

RECORDED = {
    name: [decode(line) for line in (Path(__file__).parent / "recorded" / f"{name}.jsonl").read_text().splitlines()]
    for name in ("feature-extraction", "hybrid")
}


@pytest.mark.parametrize("name", RECORDED)
def test_the_bar_of_a_recorded_run_said_what_happened(name):
    looks = replay(RECORDED[name], defaults_for(name))
    errors = [look.error for look in later(looks) if look.error is not None]
    assert len(looks) > 30 and median(errors) < 0.3, "the median of what a person reads, from a quarter on"
    assert not num_backwards(looks) and not num_jumps(looks)
    assert max(look.share for look in looks) < 0.99, "never full while work remains"
    assert looks[len(looks) // 2].share == pytest.approx(0.5, abs=0.2), "half of the time is about half of the bar"
    assert all(row.met for row in rows_of([(name, looks)]))


def test_time_goes_on_between_two_events():
    """Without the clock between events a look tells what was true when the last one came."""
    events = [
        Started(100.0, 1, at=100.0),
        Progress("extract_features", 0, 10, None, (30.0, 30.0), share=0.0, at=100.0),
        Packed(at=130.0),
    ]
    looks = replay(events, TrainConfig())
    assert len(looks) == 30 and looks[20].figure == 10 and 0.4 < looks[20].share < 0.7


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([Started(100.0, 1), Packed()], "an older program did not write when"),
        ([Started(100.0, 1, at=100.0)], "it has no end"),
        ([], "nothing was told"),
    ],
)
def test_what_cannot_be_replayed_is_left_out(events: list[Event], reason):
    assert replay(events) == [], reason


@pytest.mark.parametrize(
    ("words", "figure", "left", "error", "reason"),
    [
        ("about 20 s left", 20.0, 25.0, 0.2, "a share of what was really left"),
        ("a few seconds left", 5.0, 6.0, 0.0, "true up to seven"),
        ("a few seconds left", 5.0, 14.0, 1.0, "and not with fourteen to go"),
        ("Starting…", None, 30.0, None, "no figure is no error, but counted"),
    ],
)
def test_the_error_is_that_of_what_a_person_reads(words, figure, left, error, reason):
    assert Told(0.5, words, figure, left).error == pytest.approx(error) if error is not None else True, reason
    assert (Told(0.5, words, figure, left).error is None) == (error is None), reason


def test_a_bar_that_goes_back_or_a_figure_that_falls_is_counted():
    look = Told(0.5, "about 3 min left", 180.0, 100.0)
    assert num_backwards([look, replace(look, share=0.4)]) == 1 and num_backwards([look, look]) == 0
    assert num_jumps([look, replace(look, figure=5.0)]) == 1 and num_jumps([look, replace(look, figure=150.0)]) == 0
