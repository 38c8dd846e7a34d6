"""What came of the runs of a comparison: figures, verdicts, and how much each found ready on disk."""

import pytest

from tests.conftest import QUICK
from tlcore.comparison.results import LOOKS, _share_ready, load_results, load_verdicts
from tlcore.config import TrainConfig, defaults_for
from tlcore.events import EpochEnd, Progress, Started, encode
from tlcore.jobs.store import create_run, reset, resume
from tlcore.worker.handlers import work


@pytest.fixture(scope="module")
def two_runs(trained):
    """A race's worth: the finished run, and one that found all it needed on disk and learned something else."""
    workspace, dataset, first = trained
    second = create_run(workspace, dataset.id, TrainConfig(image_size=96, epochs=1, seed=2, learning_rate=1.0), "x")
    assert work(workspace, second).type == "finished"
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


def with_stages(run, *stages: tuple[str, int], opened: bool = True):
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
        ("hybrid", [("features", 24)], False, None, "stopped before it opened: nobody can know"),
        ("scratch", [("download", 9_000_000), ("read", 36)], True, 0.0, "bytes of a download are no photos"),
    ],
)
def test_what_was_ready_on_disk_is_read_off_the_events(trained, workspace, strategy, stages, opened, ready, reason):
    run = with_stages(create_run(workspace, "x", defaults_for(strategy), "x"), *stages, opened=opened)
    assert _share_ready(trained[1], run) == (ready if ready is None else pytest.approx(ready)), reason
    assert set(LOOKS) == {"feature-extraction", "hybrid", "fine-tuning", "scratch"}


@pytest.mark.parametrize(
    ("again", "ready", "reason"),
    [
        (resume, 0.0, "it goes on: its seconds count from the first attempt"),
        (reset, 1.0, "it begins anew, and now all is there: its seconds count from here"),
    ],
)
def test_what_an_earlier_attempt_looked_at_counts_where_its_seconds_do(trained, workspace, again, ready, reason):
    run = with_stages(create_run(workspace, "x", defaults_for("scratch"), "x"), ("read", 36))
    again(run)
    again(run)
    with open(run.folder / "events.jsonl", "a") as file:
        file.write(encode(Started(1.0, 2)) + "\n" + encode(EpochEnd(2, 2, 1, 1, 1, 1, 0.1, "fine_tune")) + "\n")
    assert _share_ready(trained[1], run) == ready, reason
