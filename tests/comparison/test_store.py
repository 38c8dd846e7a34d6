"""A race: its note on disk, what is read off its runs, the names, the times that are told honestly."""

import json

import pytest

from tests.conftest import QUICK
from tlcore.comparison.store import (
    LOOKS,
    Result,
    create_comparison,
    list_comparisons,
    load_comparison,
    results,
    run_names,
    runs_of,
    say_ready,
    verdicts,
)
from tlcore.config import TrainConfig, defaults_for
from tlcore.errors import UserError
from tlcore.events import EpochEnd, Progress, Started, encode
from tlcore.jobs.store import create_run, load_run, reset, resume
from tlcore.worker.runner import run_job

TWO = (TrainConfig(), defaults_for("hybrid"))


def test_a_race_is_a_note_about_ordinary_runs(workspace):
    race = create_comparison(workspace, "data-1", TWO, "leaves")
    assert load_comparison(workspace, race.id) == race
    assert [load_run(workspace, run_id).config for run_id in race.run_ids] == list(TWO)
    assert json.loads((race.folder / "race.json").read_text())["runs"] == list(race.run_ids)
    assert [run.dataset_id for run in runs_of(workspace, race)] == ["data-1", "data-1"]


@pytest.mark.parametrize(("number", "reason"), [(0, "nothing"), (1, "nobody to race against"), (13, "too many lines")])
def test_too_few_or_too_many_make_no_race_and_no_runs(workspace, number, reason):
    with pytest.raises(UserError):
        create_comparison(workspace, "data-1", [TrainConfig()] * number, "x")
    assert not list(workspace.runs.iterdir()) and not list_comparisons(workspace), reason


@pytest.mark.parametrize("race_id", ["", "..", "../runs", "a/b", "A" * 500, "none-of-these", "\x00"])
def test_ids_out_of_a_url_reach_no_other_folder(workspace, race_id):
    with pytest.raises(UserError, match="There is no race"):
        load_comparison(workspace, race_id)


def test_half_made_and_foreign_folders_are_passed_over_and_the_newest_comes_first(workspace):
    first, second = (create_comparison(workspace, "data-1", TWO, name) for name in ("first", "second"))
    (workspace.root / "races" / "half").mkdir()
    (workspace.root / "races" / "foreign").mkdir()
    (workspace.root / "races" / "foreign" / "race.json").write_text("[]")
    assert list_comparisons(workspace) == [second, first]


def test_a_deleted_run_is_left_out_and_a_race_without_any_is_told(workspace):
    race = create_comparison(workspace, "data-1", TWO, "x")
    for run, left in zip(runs_of(workspace, race), (1, 0)):
        (run.folder / "job.json").unlink()
        if left:
            assert [run.id for run in runs_of(workspace, race)] == [race.run_ids[1]]
    with pytest.raises(UserError, match="were deleted"):
        runs_of(workspace, race)


@pytest.mark.parametrize(
    ("configs", "names", "reason"),
    [
        (TWO, ["feature extraction", "hybrid"], "the strategy is what differs"),
        ([TrainConfig(), TrainConfig(backbone="vgg16")], ["EfficientNet-Lite0", "VGG16"], "the network is"),
        (
            [TrainConfig(), TrainConfig(strategy="scratch", backbone="vgg16")],
            ["EfficientNet-Lite0, feature extraction", "VGG16, from scratch"],
            "both are",
        ),
        (
            [TrainConfig(), TrainConfig(seed=1), TrainConfig(strategy="hybrid")],
            ["feature extraction 1", "feature extraction 2", "hybrid"],
            "twice the same",
        ),
        (
            [TrainConfig(), TrainConfig(backbone="of-the-future")],
            ["EfficientNet-Lite0", "of-the-future"],
            "a network that only a newer version knows",
        ),
    ],
)
def test_runs_are_called_by_what_differs(workspace, configs, names, reason):
    race = create_comparison(workspace, "data-1", configs, "x")
    assert list(run_names(runs_of(workspace, race)).values()) == names, reason


@pytest.fixture(scope="module")
def two_runs(trained):
    """A race's worth: the finished run, and one that found all it needed on disk and learned something else."""
    workspace, dataset, first = trained
    second = create_run(workspace, dataset.id, TrainConfig(image_size=96, epochs=1, seed=2, learning_rate=1.0), "x")
    assert run_job(workspace, second).type == "finished"
    return dataset, [first, second]


def test_what_came_of_the_runs_is_read_off_their_folders(two_runs, workspace):
    dataset, runs = two_runs
    unfinished = create_run(workspace, dataset.id, QUICK, "not yet")
    found = results(dataset, [*runs, unfinished])
    assert sorted(result.run_id for result in found) == sorted(run.id for run in runs)
    assert found[0].correct >= found[1].correct
    for result in found:
        assert result.total == len(dataset.part("test")) and 0 <= result.low < result.high <= 1
        assert result.seconds == pytest.approx(result.seconds_features + result.seconds_training)
        assert result.model_bytes == (runs[0].folder / "bundle" / "model.tflite").stat().st_size
    assert {result.run_id: result.ready for result in found} == {runs[0].id: 0.0, runs[1].id: 1.0}


def test_the_verdict_counts_the_photos_that_only_one_got_right(two_runs):
    dataset, runs = two_runs
    [verdict] = verdicts(runs)
    best, other = results(dataset, runs)
    assert (verdict.best, verdict.other) == (best.run_id, other.run_id)
    assert verdict.only_best - verdict.only_other == best.correct - other.correct


def looked(run, *stages: tuple[str, int], opened: bool = True):
    """Give a run the events of a training that lacked so many photos in these stages."""
    events = [Started(0.0, 1)]
    for stage, total in stages:
        events += [Progress(stage, 0, total), Progress(stage, total, total)]
    events.append(EpochEnd(1, 1, 1, 1, 1, 1, 0.1, "fine_tune" if opened else "head"))
    (run.folder / "events.jsonl").write_text("".join(encode(event) + "\n" for event in events))
    return run


@pytest.mark.parametrize(
    ("strategy", "stages", "opened", "ready", "reason"),
    [
        (
            "hybrid",
            [("features", 24), ("features", 12), ("features", 24), ("features", 12)],
            True,
            0.0,
            "it looked at all 36 photos twice: for the head, and for the part that opens",
        ),
        ("hybrid", [("both", 24), ("both", 12)], True, 0.0, "it looked at all of them once, for both"),
        ("hybrid", [("features", 24), ("features", 12)], True, 0.5, "one of the two was there"),
        ("fine-tuning", [("read", 36)], True, 0.5, "the features were there, the decoded photos not"),
        ("fine-tuning", [], True, 1.0, "all was there"),
        ("hybrid", [("features", 24)], False, 0.0, "stopped before it opened: nobody can know"),
        ("scratch", [("download", 9_000_000), ("read", 36)], True, 0.0, "bytes of a download are no photos"),
    ],
)
def test_what_was_ready_on_disk_is_read_off_the_events(trained, workspace, strategy, stages, opened, ready, reason):
    from tlcore.comparison.store import _share_ready

    run = looked(create_run(workspace, "x", defaults_for(strategy), "x"), *stages, opened=opened)
    assert _share_ready(trained[1], run) == pytest.approx(ready), reason
    assert set(LOOKS) == {"feature-extraction", "hybrid", "fine-tuning", "scratch"}


@pytest.mark.parametrize(
    ("again", "ready", "reason"),
    [
        (resume, 0.0, "it goes on: its seconds count from the first attempt"),
        (reset, 1.0, "it begins anew, and now all is there: its seconds count from here"),
    ],
)
def test_what_an_earlier_attempt_looked_at_counts_where_its_seconds_do(trained, workspace, again, ready, reason):
    from tlcore.comparison.store import _share_ready

    run = looked(create_run(workspace, "x", defaults_for("scratch"), "x"), ("read", 36))
    again(run)
    again(run)
    with open(run.folder / "events.jsonl", "a") as file:
        file.write(encode(Started(1.0, 2)) + "\n" + encode(EpochEnd(2, 2, 1, 1, 1, 1, 0.1, "fine_tune")) + "\n")
    assert _share_ready(trained[1], run) == ready, reason


@pytest.mark.parametrize(
    ("ready", "said", "reason"),
    [
        ((0.0, 0.0, 0.0), "", "all looked for themselves"),
        ((0.0, 1.0, 0.0), "B found all of what", "one did not have to"),
        ((0.0, 1.0, 1.0), "B and c found all of what", "two"),
        ((0.5, 0.4, 0.6), "A, b and c found a part of what", "three, partly"),
    ],
)
def test_times_that_are_too_good_are_told(ready, said, reason):
    found = [Result(key, 1, 2, 0, 1, 3.0, 1.0, 2.0, share, None) for key, share in zip("abc", ready)]
    sentence = say_ready(found, {key: key for key in "abc"})
    assert sentence.startswith(said) and bool(sentence) == bool(said), reason
