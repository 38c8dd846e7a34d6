"""What came of the runs of a comparison: figures, verdicts, and how much each found ready on disk."""

import pytest

from tests.conftest import QUICK
from tlcore.comparison.results import _share_ready, load_results, load_verdicts
from tlcore.config import TrainConfig
from tlcore.events import EpochEnd, Planned, PlannedStage, Progress, StageKey, Started, encode
from tlcore.jobs.attempts import reset, resume
from tlcore.jobs.store import create_run
from tlcore.worker.runner import run_job


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
    found = load_results([*runs, unfinished])
    assert sorted(result.run_id for result in found) == sorted(run.id for run in runs)
    assert found[0].correct >= found[1].correct
    for result in found:
        assert result.total == len(dataset.part("test")) and 0 <= result.low < result.high <= 1
        assert result.seconds == pytest.approx(result.seconds_features + result.seconds_training)
        assert result.model_bytes == (runs[0].folder / "bundle" / "model.tflite").stat().st_size
    assert {result.run_id: result.ready for result in found} == {runs[0].id: 0.0, runs[1].id: 1.0}


def test_the_verdict_counts_the_photos_that_only_one_got_right(two_runs):
    dataset, runs = two_runs
    [verdict] = load_verdicts(runs)
    best, other = load_results(runs)
    assert (verdict.best, verdict.other) == (best.run_id, other.run_id)
    assert verdict.only_best - verdict.only_other == best.correct - other.correct


EXTRACT, JOINT, CACHE, DECODE, TUNE = (
    StageKey.EXTRACT_FEATURES,
    StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS,
    StageKey.CACHE_ACTIVATIONS,
    StageKey.DECODE_PHOTOS,
    StageKey.FINE_TUNE,
)


def planned(*stages: tuple[StageKey, int, int], certain: bool = True) -> Planned:
    """A plan of (stage, cached, total), and steps of fine-tuning, of which nothing is ever cached."""
    outputs = {JOINT: 2, TUNE: 0}
    described = [PlannedStage(key, total, cached, outputs.get(key, 1), certain) for key, cached, total in stages]
    return Planned((*described, PlannedStage(TUNE, 100, 0)))


def with_events(run, *events):
    """Give a run these events after its start."""
    (run.folder / "events.jsonl").write_text("".join(encode(event) + "\n" for event in (Started(0.0, 1), *events)))
    return run


@pytest.mark.parametrize(
    ("events", "ready", "reason"),
    [
        ([planned((EXTRACT, 0, 36), (CACHE, 0, 36))], 0.0, "all 36 photos twice: for the head, and for fine-tuning"),
        ([planned((JOINT, 0, 36))], 0.0, "all of them once, for both"),
        ([planned((EXTRACT, 36, 36), (CACHE, 0, 36))], 0.5, "one of the two was there"),
        ([planned((JOINT, 0, 12), (EXTRACT, 24, 24), (CACHE, 24, 24))], 48 / 72, "twelve new photos, missing in both"),
        ([planned((EXTRACT, 36, 36), (DECODE, 0, 36))], 0.5, "the features were there, the decoded photos not"),
        ([planned((EXTRACT, 36, 36), (DECODE, 36, 36))], 1.0, "all was there"),
        (
            [planned((JOINT, 0, 36), certain=False), planned((EXTRACT, 36, 36), (CACHE, 36, 36))],
            1.0,
            "only after batch norm was adapted was it known",
        ),
        ([planned((JOINT, 0, 36), certain=False)], None, "stopped before it was known"),
        ([planned((EXTRACT, 0, 36)), planned((EXTRACT, 36, 36))], 0.0, "a later plan counts what it computed itself"),
        (
            [Planned((PlannedStage(StageKey.DOWNLOAD, 9_000, 0),)), planned((EXTRACT, 0, 36))],
            0.0,
            "the plan before a download knows of no photos",
        ),
        ([Planned((PlannedStage(StageKey.DOWNLOAD, 9_000, 0),))], None, "stopped while it downloaded"),
        ([Progress("features", 0, 36), EpochEnd(1, 1, 1, 1, 1, 1, 0.1)], None, "an earlier version did not tell"),
    ],
)
def test_what_was_ready_on_disk_is_read_off_the_plan(workspace, events, ready, reason):
    run = with_events(create_run(workspace, "x", TrainConfig(), "x"), *events)
    assert _share_ready(run) == (ready if ready is None else pytest.approx(ready)), reason


@pytest.mark.parametrize(
    ("again", "ready", "reason"),
    [
        (resume, 0.0, "it goes on: its seconds count from the first attempt"),
        (reset, 1.0, "it begins again, and now all is there: its seconds count from here"),
    ],
)
def test_what_an_earlier_attempt_extracted_counts_where_its_seconds_do(workspace, again, ready, reason):
    first = [planned((DECODE, 0, 36)), EpochEnd(1, 1, 1, 1, 1, 1, 0.1, "fine_tune")]
    run = with_events(create_run(workspace, "x", TrainConfig(), "x"), *first)
    again(run)
    again(run)
    with open(run.folder / "events.jsonl", "a") as file:
        for event in (Started(1.0, 2), planned((DECODE, 36, 36)), EpochEnd(2, 2, 1, 1, 1, 1, 0.1, "fine_tune")):
            file.write(encode(event) + "\n")
    assert _share_ready(run) == ready, reason
