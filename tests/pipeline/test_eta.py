"""How long a whole run still takes: known from its beginning, from what was measured or remembered."""

from dataclasses import replace

import pytest

from tlcore.config import defaults_for
from tlcore.events import EpochEnd, Finished, Progress, decode, encode
from tlcore.pipeline import eta as module
from tlcore.pipeline.eta import STARTING, TRAINED, Amount, Eta, Series, say_whole
from tlcore.pipeline.timings import (
    BELOW,
    BOTH,
    END,
    HEAD,
    LEARN,
    LOOK,
    MEASURE,
    READ,
    START,
    load_timings,
    names_of,
    save_timings,
)

HYBRID = defaults_for("hybrid", epochs=10, fine_tune_epochs=20, unfreeze_from="block6a", patience=0)
NAMES = names_of(HYBRID)
SERIES = (Series(LOOK, 100, 400), Series(LOOK, 50, 50), Series(BELOW, 100, 400), Series(BELOW, 50, 50))
MEASURED = {LOOK: 0.01, BELOW: 0.005, HEAD: 0.0, LEARN: 0.1, START: 5.0, END: 0.0}
ALL = {NAMES[kind]: seconds for kind, seconds in MEASURED.items()}


def follow(events, remembered=None, config=HYBRID, series=SERIES, rounds=20, work_below=0.5):
    """What the last of the events is told."""
    followed = Eta(config, names_of(config), remembered or {}, Amount(series, 100, rounds, work_below))
    return [followed.tell(event) for event in events][-1].left, followed


def test_a_first_run_gives_two_ends_as_soon_as_the_photos_have_a_pace():
    begin = Progress("features", 0, 100)
    assert follow([begin])[0] is None, "nothing was measured"
    assert follow([begin, Progress("features", 2, 100, 400.0)])[0] is None, "the first photos are no pace: models load"
    low, high = follow([begin, Progress("features", 50, 100, 2.0)])[0]
    look = 2.0 / 50 / 4  # of a photo in one of its four views
    learn = [look * 0.5 * trained * 100 * 20 for trained in TRAINED]
    assert learn[0] < low < high and learn[1] < high, "the rounds are most of it"
    others = 2.0 + 50 * look + 450 * look + STARTING[1] + 10
    assert high < learn[1] + others, "nothing is counted twice"


def test_what_was_remembered_is_told_at_once_and_as_one_figure():
    left, _ = follow([Progress("features", 0, 100)], ALL)
    real = 450 * 0.01 + 450 * 0.005 + 5 + 20 * 100 * 0.1
    assert left[0] < real < left[1] < module.CLOSE * left[0]
    assert say_whole(left) == "about 4 minutes left in all"


@pytest.mark.parametrize(
    ("known", "per_look", "reason"),
    [
        ({BOTH: 0.012}, (0.9 * 0.012, 1.15 * 0.012), "such a look was remembered"),
        (
            {LOOK: 0.01},
            (0.9 * 0.01, 1.15 * 1.2 * 0.01),
            "a look for the head alone; keeping more takes a little longer",
        ),
    ],
)
def test_one_look_for_head_and_open_part_is_counted_once(known, per_look, reason):
    series = (Series(BOTH, 100, 400), Series(BOTH, 50, 50))
    remembered = {name: seconds for name, seconds in ALL.items() if name != NAMES[LOOK]}
    remembered |= {NAMES[kind]: seconds for kind, seconds in known.items()}
    low, high = follow([Progress("both", 0, 100)], remembered, series=series)[0]
    rest = 5 + 20 * 100 * 0.1
    assert low == pytest.approx(450 * per_look[0] + 0.9 * rest), reason
    assert high == pytest.approx(450 * per_look[1] + 1.15 * rest), reason
    events = [Progress("both", 0, 100), EpochEnd(10, 30, 1, 1, 1, 1, 0.0)]
    low, high = follow(events, remembered, series=series)[0]
    assert low <= rest <= high <= 1.3 * low, "the head learned: all looking is done"


def test_a_look_for_both_tells_how_long_one_for_the_head_takes():
    begun = [Progress("both", 0, 100), Progress("both", 50, 100, 6.0)]
    left, run = follow(begun, series=(Series(BOTH, 100, 400), Series(LOOK, 50, 50)))
    pace = pytest.approx(6.0 / 50 / 4)
    assert left is not None and run.measured() == {NAMES[BOTH]: pace, NAMES[LOOK]: pace}, "for other strategies too"


def test_while_statistics_are_measured_all_that_follows_is_told():
    series, remembered = (Series(MEASURE, 64, 64), *SERIES), ALL | {NAMES[MEASURE]: 0.5}
    after = 450 * 0.01 + 450 * 0.005 + 5 + 20 * 100 * 0.1
    assert follow([Progress("statistics", 0, 64)], ALL, series=series)[0] is None, "it was never measured how long"
    low, high = follow([Progress("statistics", 0, 64)], remembered, series=series)[0]
    assert low < 64 * 0.5 + after < high < 1.3 * low
    begun = [Progress("statistics", 0, 64), Progress("statistics", 16, 64)]
    assert follow(begun, remembered, series=series)[0] == (low, high), "the first batch compiles: it is no pace"
    unsure = (series[0], *(replace(each, sure=False) for each in SERIES))
    left = follow([Progress("statistics", 0, 64)], remembered, series=unsure)[0]
    assert left[1] == high and left[0] == pytest.approx(low - 0.9 * (450 * 0.01 + 450 * 0.005)), "or nothing to look at"
    begun = [Progress("statistics", 0, 64), Progress("statistics", 32, 64, 8.0)]
    (low, high), run = follow(begun, remembered, series=series)
    assert low < 8.0 + after < high and run.measured()[NAMES[MEASURE]] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("events", "left", "reason"),
    [
        ([Progress("features", 0, 50)], (50 * 0.01 + 450 * 0.005 + 205) * 1.0, "the training photos were seen before"),
        ([EpochEnd(3, 30, 1, 1, 1, 1, 0.0)], 450 * 0.005 + 205, "the head learns: all looking for it is done"),
        ([EpochEnd(10, 30, 1, 1, 1, 1, 0.0), Progress("features", 0, 100)], 450 * 0.005 + 205, "the second look"),
        ([EpochEnd(10, 30, 1, 1, 1, 1, 0.0), Progress("features", 0, 50)], 50 * 0.005 + 205, "half of it is there"),
        ([Progress("learn", 5, 100, 42.0)], 42.0, "the corrections tell it themselves"),
        (
            [EpochEnd(11, 30, 1, 1, 1, 1, 30.0, "fine_tune"), EpochEnd(12, 30, 1, 1, 1, 1, 9.0, "fine_tune")],
            18 * 9.0,
            "whole rounds; the first one compiles",
        ),
    ],
)
def test_what_is_left_is_what_is_still_to_come(events, left, reason):
    low, high = follow(events, ALL)[0]
    assert low <= left <= high and high <= 1.3 * low, reason


def test_a_pace_is_that_of_all_photos_so_far_and_never_that_of_the_first_few():
    """Photos that are looked at once cost more a look than those with views: each is decoded for it."""
    first = [Progress("features", 0, 100), Progress("features", 50, 100, 2.0), Progress("features", 90, 100, 0.4)]
    begun = [*first, Progress("features", 0, 50)]
    before, young = follow(begun)[0], follow([*begun, Progress("features", 2, 50, 90.0)])[0]
    assert young == before, "the first photos are no pace"
    _, run = follow([*begun, Progress("features", 40, 50, 0.5)])
    assert run.measured()[NAMES[LOOK]] == pytest.approx((90 * 0.04 + 40 * 0.05) / (90 * 4 + 40))


def test_without_any_pace_nothing_is_said_until_the_corrections_tell_it():
    assert follow([EpochEnd(3, 30, 1, 1, 1, 1, 0.0)], series=())[0] is None, "all is on disk, no look was measured"


@pytest.mark.parametrize(
    ("strategy", "series", "event", "left", "reason"),
    [
        ("feature-extraction", SERIES[:2], Progress("features", 50, 100, 2.0), 2.5, "only a head comes after"),
        ("scratch", (Series(READ, 100, 100),), Progress("read", 50, 100, 2.0), None, "no network was measured"),
    ],
)
def test_other_strategies_have_other_parts(strategy, series, event, left, reason):
    config = defaults_for(strategy, epochs=10)
    told, _ = follow([replace(event, done=0, seconds_left=None), event], config=config, series=series)
    assert told == left or told[0] <= left <= told[1] < left + 0.1, reason


def test_a_run_measures_what_the_next_one_remembers(workspace):
    _, run = follow(
        [
            Progress("features", 0, 100),
            Progress("features", 50, 100, 2.0),
            Progress("features", 100, 100, 0.0),
            EpochEnd(1, 30, 1, 1, 1, 1, 0.5),
            EpochEnd(2, 30, 1, 1, 1, 1, 0.1),
            Progress("learn", 2, 80, 60.0),
            *(
                EpochEnd(11 + number, 30, 1, 1, 1, 1, seconds, "fine_tune")
                for number, seconds in enumerate((40.0, 9, 11, 10))
            ),
        ]
    )
    save_timings(workspace, run.measured())
    kept = load_timings(workspace)
    assert kept[NAMES[LOOK]] == pytest.approx(2 / 50 / 4) and kept[NAMES[HEAD]] == pytest.approx(0.001)
    assert kept[NAMES[LEARN]] == pytest.approx(0.1) and kept[NAMES[START]] >= 0
    other = names_of(replace(HYBRID, image_size=96))
    assert other[LEARN] not in kept, "another size has another pace"
    save_timings(workspace, {NAMES[LEARN]: 0.2})
    assert load_timings(workspace) == kept | {NAMES[LEARN]: 0.2}


@pytest.mark.parametrize("text", ["", "[1]", '{"a": "b", "c": -1, "d": null}', "{"])
def test_a_file_that_is_no_such_file_is_nothing(workspace, text):
    (workspace.root / "pace.json").write_text(text)
    assert load_timings(workspace) == {}


def test_the_open_part_is_named_by_what_opens_it():
    names = [
        names_of(replace(HYBRID, **changes)) for changes in ({}, {"unfreeze_from": "auto"}, {"num_unfrozen_layers": 5})
    ]
    assert len({each[LEARN] for each in names}) == 2, "auto is block6a of this network"
    assert names_of(defaults_for("fine-tuning"))[LEARN] != names[0][LEARN]


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (None, ""),
        ((0.0, 3.0), "a few seconds left in all"),
        ((18.0, 22.0), "about 20 seconds left in all"),
        ((21.0, 58.0), "20 to 60 seconds left in all"),
        ((80.0, 216.0), "1 to 4 minutes left in all"),
        ((200.0, 240.0), "about 4 minutes left in all"),
        ((3000.0, 9000.0), "1 to 3 hours left in all"),
    ],
)
def test_the_words_are_no_more_precise_than_the_figure(left, said):
    assert say_whole(left) == said


@pytest.mark.parametrize("event", [Progress("read", 1, 2, 3.0, (4.0, 5.0)), EpochEnd(1, 2, 1, 1, 1, 1, 1, left=(4, 5))])
def test_the_time_left_goes_through_the_file_and_old_files_lack_it(event):
    assert decode(encode(event)) == event
    old = encode(replace(event, left=None)).replace(', "left": null', "")
    assert 'left":' not in old.replace('seconds_left":', "") and decode(old).left is None


def test_other_events_pass_as_they_are():
    end = Finished("run", 1.0)
    assert Eta(HYBRID, NAMES, {}, Amount((), 1)).tell(end) is end
