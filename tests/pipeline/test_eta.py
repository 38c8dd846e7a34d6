"""How long a whole run still takes: known from its beginning, from what was measured or remembered."""

import json
from dataclasses import replace

import pytest

from tlcore.config import defaults_for
from tlcore.events import EpochEnd, Finished, Progress, StageKey, decode, encode
from tlcore.jobs.pace import FULLEST, likely
from tlcore.messages.durations import whole_time_left_message
from tlcore.models.registry import BUILT_IN, TABLE
from tlcore.pipeline.eta import Eta
from tlcore.pipeline.rates import ADAPTED, SECONDS_PER_PRODUCT, SLOWER, TRAINED, Rates, num_products
from tlcore.pipeline.stage import Stage
from tlcore.pipeline.timings import load_timings, save_timings, timing_names

ADAPT, FEATURES, JOINT = (
    StageKey.ADAPT_BATCH_NORM,
    StageKey.EXTRACT_FEATURES,
    StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS,
)
HEAD, ACTIVATIONS, DECODE, TUNE = (
    StageKey.TRAIN_HEAD,
    StageKey.CACHE_ACTIVATIONS,
    StageKey.DECODE_PHOTOS,
    StageKey.FINE_TUNE,
)
HYBRID = defaults_for("hybrid", epochs=10, fine_tune_epochs=20, unfreeze_from="block6a", patience=0)
NAMES = timing_names(HYBRID, BUILT_IN)
ONCE = {"compile": 5.0, "evaluate": 0.0, "trace": 0.0, "pack": 0.0}
KNOWN = {FEATURES: 0.01, ACTIVATIONS: 0.005, HEAD: 0.0, TUNE: 0.1, **ONCE}
ALL = {NAMES[rate]: seconds for rate, seconds in KNOWN.items()}
TUNING = 20 * 100 * 0.1  # seconds of all epochs of 100 photos at that rate


def stage(key: StageKey, total: int, cached: int = 0, **values) -> Stage:
    return Stage(key, total, cached, run=lambda context: iter(()), **values)


EXTRACT, CACHE = stage(FEATURES, 450), stage(ACTIVATIONS, 450)
TRAIN_HEAD = stage(HEAD, 10, least=10, epoch_units=1, epoch_samples=100)
FINE_TUNE = stage(TUNE, 20 * 4, least=20 * 4, epoch_units=4, epoch_samples=100)
PLAN = [EXTRACT, TRAIN_HEAD, CACHE, FINE_TUNE]


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def new_eta(remembered=None, num_test=0, clock=None) -> Eta:
    return Eta(Rates(NAMES, remembered or {}, num_products(BUILT_IN, 224)), num_test, clock=clock or Clock())


def follow(*events, plan=PLAN, remembered=None, share_below=0.5):
    """What the last of the events is told, and the estimate that told it; `plan` begins with the stage in work."""
    eta = new_eta(remembered)
    eta.expect(plan, share_below)
    return [eta.update(event) for event in events][-1].left, eta


def test_a_first_run_gives_two_ends_which_come_closer_as_soon_as_the_photos_have_a_rate():
    begin = Progress(FEATURES, 0, 450)
    first = follow(begin)[0]
    early = follow(begin, Progress(FEATURES, 4, 450, 400.0))[0]
    assert early[0] == pytest.approx(first[0], rel=0.05), "the first photos are no pace: models load"
    low, high = follow(begin, Progress(FEATURES, 250, 450, 2.0))[0]
    rate = 2.0 / 200
    tuning = [rate * 0.5 * trained * 100 * 20 for trained in TRAINED]
    assert tuning[0] < low < tuning[0] + 10 and tuning[1] < high < tuning[1] + 20, "the epochs are most of it"
    assert high / low < first[1] / first[0], "it is known better than before"


def test_what_was_remembered_is_told_at_once_and_as_one_figure():
    left, _ = follow(Progress(FEATURES, 0, 450), remembered=ALL)
    real = 450 * 0.01 + 450 * 0.005 + 5 + TUNING
    assert left[0] < real < left[1] < 1.5 * left[0]
    assert whole_time_left_message(left) == "about 3.5 min left"


@pytest.mark.parametrize(
    ("first", "done", "left", "reason"),
    [
        (stage(FEATURES, 450, 150), 150, 300 * 0.01 + 450 * 0.005 + 5 + TUNING, "a third was on disk"),
        (
            stage(FEATURES, 450, 447),
            447,
            3 * 0.01 + 450 * 0.005 + 5 + TUNING,
            "all but three: still minutes, for the rest",
        ),
        (stage(FEATURES, 450, 3), 3, 447 * 0.01 + 450 * 0.005 + 5 + TUNING, "three of them: hardly anything changes"),
    ],
)
def test_what_is_on_disk_already_takes_no_time_and_nothing_else_changes(first, done, left, reason):
    """A stage is known by its key, never by a number of photos: somebody else may have computed some of them."""
    event = Progress(FEATURES, done, 450, cached=first.cached)
    low, high = follow(event, plan=[first, *PLAN[1:]], remembered=ALL)[0]
    assert 0.89 * left < low < left < high < 1.16 * left, reason


def test_what_others_compute_meanwhile_is_not_waited_for():
    """The plan said 450; when the stage begins, 100 are left (the recommendation runs beside the training)."""
    told = [
        follow(Progress(FEATURES, 450 - lacking, 450, cached=450 - lacking), remembered=ALL)[0]
        for lacking in (450, 100)
    ]
    assert told[0][0] - told[1][0] == pytest.approx(0.9 * 350 * 0.01)
    assert told[0][1] - told[1][1] == pytest.approx(1.15 * 350 * 0.01)


@pytest.mark.parametrize(
    ("known", "per_row", "reason"),
    [
        ({JOINT: 0.012}, (0.9 * 0.012, 1.15 * 0.012), "such a pass was remembered"),
        (
            {FEATURES: 0.01},
            (0.9 * 0.01, 1.15 * 1.2 * 0.01),
            "one for the head alone; keeping more takes a little longer",
        ),
    ],
)
def test_one_pass_for_head_and_fine_tuning_is_counted_once(known, per_row, reason):
    remembered = {name: seconds for name, seconds in ALL.items() if name != NAMES[FEATURES]}
    remembered |= {NAMES[rate]: seconds for rate, seconds in known.items()}
    plan = [stage(JOINT, 450), TRAIN_HEAD, FINE_TUNE]
    low, high = follow(Progress(JOINT, 0, 450), plan=plan, remembered=remembered)[0]
    assert low == pytest.approx(450 * per_row[0] + 0.9 * (5 + TUNING)), reason
    assert high == pytest.approx(450 * per_row[1] + 1.15 * (5 + TUNING)), reason


def test_a_joint_pass_tells_how_long_one_for_the_head_takes():
    plan = [stage(JOINT, 400), stage(FEATURES, 50), TRAIN_HEAD, FINE_TUNE]
    left, eta = follow(Progress(JOINT, 0, 400), Progress(JOINT, 200, 400, 6.0), plan=plan)
    rate = pytest.approx(6.0 / 200)
    assert left is not None and eta.measured() == {NAMES[JOINT]: rate, NAMES[FEATURES]: rate}, (
        "for other strategies too"
    )


def test_while_batch_norm_is_adapted_all_that_follows_is_told():
    plan, remembered = [stage(ADAPT, 64), *PLAN], ALL | {NAMES[ADAPT]: 0.5}
    after = 450 * 0.01 + 450 * 0.005 + 5 + TUNING
    begin = Progress(ADAPT, 0, 64)
    first = Progress(ADAPT, 16, 64)
    low, high = follow(begin, plan=plan, remembered=remembered)[0]
    assert low < 64 * 0.5 + after + 2 < high < 1.4 * low, "it was remembered, but for the conversion after it"
    left = follow(begin, first, plan=plan, remembered=remembered)[0]
    assert left == pytest.approx((low - 0.9 * 16 * 0.5, high - 1.15 * 16 * 0.5)), "the first batch compiles: no pace"
    (low, high), eta = follow(begin, Progress(ADAPT, 32, 64, 16.0), plan=plan, remembered=remembered)
    assert low < 16.0 + after + 2 < high and eta.measured()[NAMES[ADAPT]] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("seconds", "factor", "reason"),
    [
        (2.0, 1.0, "as it was"),
        (4.0, 2.0, "other programs take half of the machine today"),
        (200.0, 3.0, "but not for ever"),
    ],
)
def test_what_was_remembered_follows_how_fast_the_machine_is_today(seconds, factor, reason):
    left, _ = follow(Progress(FEATURES, 0, 450), Progress(FEATURES, 250, 450, seconds), remembered=ALL)
    rest = 450 * 0.005 + 5 + TUNING
    assert left == pytest.approx((seconds + 0.9 * factor * rest, seconds + 1.15 * factor * rest)), reason


def test_what_is_converted_between_two_stages_is_measured_and_counted():
    plan, clock = [stage(ADAPT, 64), *PLAN], Clock()
    eta = new_eta(ALL, clock=clock)
    eta.expect(plan, 0.5)
    before = eta.update(Progress(ADAPT, 64, 64)).left
    assert eta.update(Progress(StageKey.PREPARE, 0, 1)).left == before, "it still lies ahead"
    clock.now += 3.0
    eta.expect(PLAN, 0.5)
    after = eta.update(Progress(FEATURES, 0, 450)).left
    assert after[0] < before[0] and after[1] < before[1] and eta.measured()[NAMES["convert"]] == 3.0


@pytest.mark.parametrize(
    ("plan", "events", "left", "reason"),
    [
        (
            PLAN[1:],
            [EpochEnd(3, 30, 1, 1, 1, 1, 0.0)],
            450 * 0.005 + 5 + TUNING,
            "the head trains: all is extracted for it",
        ),
        (PLAN[2:], [Progress(ACTIVATIONS, 0, 450)], 450 * 0.005 + 5 + TUNING, "then activations"),
        (PLAN[2:], [Progress(ACTIVATIONS, 400, 450, cached=400)], 50 * 0.005 + 5 + TUNING, "most are there"),
        (PLAN[3:], [Progress(TUNE, 5, 80, 42.0)], 42.0, "the steps tell it themselves"),
        (
            PLAN[3:],
            [EpochEnd(11, 30, 1, 1, 1, 1, 30.0, "fine_tune"), EpochEnd(12, 30, 1, 1, 1, 1, 9.0, "fine_tune")],
            18 * 9.0,
            "whole epochs; the first one compiles",
        ),
        (
            [replace(FINE_TUNE, cached=40)],
            [EpochEnd(21, 30, 1, 1, 1, 1, 9.0, "fine_tune")],
            9 * 9.0,
            "half of them were done by an earlier attempt",
        ),
    ],
)
def test_what_is_left_is_what_is_still_to_come(plan, events, left, reason):
    low, high = follow(*events, plan=plan, remembered=ALL)[0]
    assert low <= left <= high and high <= 1.3 * low, reason


def test_early_stopping_gives_a_lower_end():
    patient = replace(FINE_TUNE, least=5 * 4)
    low, high = follow(Progress(ACTIVATIONS, 450, 450), plan=[CACHE, patient], remembered=ALL)[0]
    assert low == pytest.approx(0.9 * (5 + TUNING / 4)) and high == pytest.approx(1.15 * (5 + TUNING))


@pytest.mark.parametrize(
    ("best", "least", "reason"),
    [
        (10, 0, "nothing got better since the head, so the patience of five epochs is over"),
        (13, 3, "the third epoch of fine-tuning was better: five more at least"),
        (15, 5, "the last one was the best"),
    ],
)
def test_the_lower_end_moves_with_the_best_epoch(best, least, reason):
    plan = [replace(FINE_TUNE, least=5 * 4)]
    ends = [
        EpochEnd(10 + number, 30, 1, 1, 1, 1, 2.0, "fine_tune", best_epoch_so_far=min(best, 10 + number))
        for number in range(1, 6)
    ]
    left = follow(*ends, plan=plan, remembered=ALL)[0]
    assert left == pytest.approx((least * 2.0, 15 * 2.0)), reason


def test_a_run_that_is_packed_tells_what_is_left_of_that():
    remembered = ALL | {NAMES["pack"]: 4.0, NAMES[StageKey.VERIFY]: 0.01}
    clock = Clock()
    eta = new_eta(remembered, num_test=100, clock=clock)
    assert eta.update(Progress(StageKey.PACK, 0, 1)).left == pytest.approx((0.9 * 5, 1.15 * 5))
    clock.now += 2.0
    assert eta.update(Progress(StageKey.VERIFY, 0, 100)).left == pytest.approx((0.9, 1.15))
    assert eta.update(Progress(StageKey.VERIFY, 50, 100, 0.7)).left == (0.7, 0.7)
    assert eta.measured()[NAMES["pack"]] == 2.0


def test_the_bar_moves_evenly_and_is_not_full_before_the_end():
    """20 s of extraction were reckoned and 40 came: it is slower then, and never goes back or stands full."""
    clock, shares = Clock(), []
    eta = new_eta({NAMES[FEATURES]: 20 / 450, NAMES[HEAD]: 0.0} | {NAMES[rate]: 0.0 for rate in ONCE}, clock=clock)
    eta.expect([EXTRACT, TRAIN_HEAD], 0.0)
    for second in range(41):
        done = 450 * second // 40
        left = (40 - second) if second else None
        shares.append(eta.update(Progress(FEATURES, done, 450, left)).share)
        clock.now += 1.0
    assert shares[0] == 0.0 and all(one < two for one, two in zip(shares[:30], shares[1:30])), "it always moves"
    assert 0.4 < shares[20] < 0.65 and 0.75 < shares[32] < 0.95, "half of the time is half of the bar"
    assert max(shares) <= FULLEST


def test_what_follows_a_download_is_not_known():
    plan = [stage(StageKey.DOWNLOAD, 1000, open_ended=True)]
    assert follow(Progress(StageKey.DOWNLOAD, 500, 1000, 3.0), plan=plan, remembered=ALL)[0] is None


@pytest.mark.parametrize(
    ("config", "spec", "low", "high", "reason"),
    [
        (defaults_for("feature-extraction"), BUILT_IN, 0.05, 0.5, "a head is written into a ready file"),
        (HYBRID, BUILT_IN, 0.4, 1.8, "the built-in network's weights are written into its file"),
        (
            replace(HYBRID, backbone="vgg16", unfreeze_from="block5"),
            TABLE["vgg16"],
            1.0,
            5.0,
            "other networks are converted",
        ),
    ],
)
def test_after_the_features_a_head_and_the_model_file_follow(config, spec, low, high, reason):
    names = timing_names(config, spec)
    remembered = {names[rate]: 0.0 for rate in (HEAD, "trace")}
    eta = Eta(Rates(names, remembered, num_products(BUILT_IN, 224)), clock=Clock())
    eta.expect([EXTRACT, TRAIN_HEAD], 0.0)
    left = eta.update(Progress(FEATURES, 250, 450, 2.0)).left
    rate = 2.0 / 200
    slower = min(max(rate / likely(SECONDS_PER_PRODUCT) / num_products(BUILT_IN, 224), SLOWER[0]), SLOWER[1])
    assert left == pytest.approx((2.0 + low * slower, 2.0 + high * slower)), reason


def test_the_file_of_an_adapted_network_is_foretold_as_that_of_a_trained_one():
    """Measured at 224 px on two cores: 0.9 s to write the built-in network's, and 4.5 s to convert the same network."""
    written, converted = (
        Rates(replace(NAMES, converts=converts), {}, num_products(BUILT_IN, 224)) for converts in (False, True)
    )
    for rate in ("convert", "pack"):
        assert likely(written[rate]) == pytest.approx(0.9, abs=0.1)
        assert written[rate][1] < 4.5 < converted[rate][1]


def test_a_run_measures_what_the_next_one_remembers(workspace):
    clock = Clock()
    eta = new_eta(clock=clock)
    for plan, events in (
        (PLAN, [Progress(FEATURES, 0, 450), Progress(FEATURES, 250, 450, 2.0), Progress(FEATURES, 450, 450, 0.0)]),
        (PLAN[1:], [EpochEnd(1, 30, 1, 1, 1, 1, 0.5), EpochEnd(2, 30, 1, 1, 1, 1, 0.1)]),
        (PLAN[3:], [Progress(TUNE, 2, 80, 60.0)]),
        (
            PLAN[3:],
            [EpochEnd(11 + n, 30, 1, 1, 1, 1, seconds, "fine_tune") for n, seconds in enumerate((40.0, 9, 11, 10))],
        ),
    ):
        eta.expect(plan, 0.5)
        for event in events:
            eta.update(event)
    save_timings(workspace, eta.measured())
    kept = load_timings(workspace)
    assert kept[NAMES[FEATURES]] == pytest.approx(2 / 200) and kept[NAMES[HEAD]] == pytest.approx(0.001)
    assert kept[NAMES[TUNE]] == pytest.approx(0.1) and kept[NAMES["compile"]] >= 0
    other = timing_names(replace(HYBRID, image_size=96), BUILT_IN)
    assert other[TUNE] not in kept, "another size has another rate"
    save_timings(workspace, {NAMES[TUNE]: 0.2})
    assert load_timings(workspace) == kept | {NAMES[TUNE]: 0.2}


def test_the_names_are_those_of_the_first_version():
    """A file of timings that version 0.1.0 wrote is still understood."""
    assert [NAMES[rate] for rate in (FEATURES, ACTIVATIONS, JOINT, HEAD, TUNE, "compile", "evaluate")] == [
        "look efficientnet-lite0 224px",
        "look below block6a efficientnet-lite0 224px",
        "look, from block6a kept, efficientnet-lite0 224px",
        "head pooling efficientnet-lite0 224px",
        "learn efficientnet-lite0 from block6a 224px",
        "start efficientnet-lite0 from block6a 224px",
        "end efficientnet-lite0 from block6a 224px",
    ]


@pytest.mark.parametrize("text", ["", "[1]", '{"a": "b", "c": -1, "d": null}', "{"])
def test_a_file_that_is_no_such_file_is_nothing(workspace, text):
    (workspace.root / "pace.json").write_text(text)
    assert load_timings(workspace) == {}


def test_what_is_unfrozen_is_named_by_what_unfreezes_it():
    changes = ({}, {"unfreeze_from": "auto"}, {"num_unfrozen_layers": 5})
    names = [timing_names(replace(HYBRID, **each), BUILT_IN) for each in changes]
    assert len({each[TUNE] for each in names}) == 2, "auto is block6a of this network"
    assert timing_names(defaults_for("fine-tuning"), BUILT_IN)[TUNE] != names[0][TUNE]


@pytest.mark.parametrize("event", [Progress("read", 1, 2, 3.0, (4.0, 5.0)), EpochEnd(1, 2, 1, 1, 1, 1, 1, left=(4, 5))])
def test_the_time_left_goes_through_the_file_and_old_files_lack_it(event):
    assert decode(encode(event)) == event
    row = json.loads(encode(event))
    old = json.dumps({name: value for name, value in row.items() if name not in ("left", "crc")})
    assert decode(old).left is None


def test_other_events_pass_as_they_are():
    end, eta = Finished("run", 1.0), new_eta()
    assert eta.update(end) is end
    eta.expect(PLAN, 0.5)
    assert eta.update(end) is end


def test_bar_and_minutes_agree_and_the_bar_never_goes_back():
    """A quarter of the time is a quarter of the bar; where it turns out to take longer, the bar waits."""
    clock = Clock()
    eta = new_eta(ALL, clock=clock)
    eta.expect([stage(FEATURES, 1000), TRAIN_HEAD], 0.5)
    shares = []
    for seconds, done, left in ((10.0, 100, 30.0), (20.0, 200, 60.0), (60.0, 800, 20.0)):
        clock.now = seconds
        event = eta.update(Progress(FEATURES, done, 1000, left))
        shares.append(event.share)
        told = (event.left[0] * event.left[1]) ** 0.5
        assert event.share >= seconds / (seconds + told) - 0.01
    assert shares == sorted(shares) and shares[0] == pytest.approx(0.25, abs=0.02) and shares[1] < 0.5
    assert shares[2] == pytest.approx(0.75, abs=0.02)


def test_what_adapting_took_tells_the_pace_of_what_comes_after():
    rates = Rates(NAMES, {}, num_products(BUILT_IN, 224))
    before = rates[FEATURES]
    rates.measured[ADAPT] = 0.3  # a slow machine
    assert rates[FEATURES] == pytest.approx((0.3 / ADAPTED[1], 0.3 / ADAPTED[0])) and rates[FEATURES][0] > before[1]


def test_what_this_run_measured_comes_before_what_an_earlier_one_did():
    rates = Rates(NAMES, {NAMES[FEATURES]: 1.0}, num_products(BUILT_IN, 224))
    rates.measured[JOINT] = 0.01  # that was a busy moment
    assert rates[TUNE][1] < 0.1
