"""Every strategy end to end on the built-in network, and a real worker that is stopped, killed and continued."""

import json
import os
import signal
from dataclasses import asdict, replace

import numpy as np
import pytest

from tests.conftest import finish
from tests.jobs.test_queue import state, wait_for
from tests.small import write_small_folder
from tlcore.comparison.store import results
from tlcore.config import defaults_for
from tlcore.data.augment import Augmentation
from tlcore.data.ingest import ingest_folder
from tlcore.evaluation.overfitting import best_epoch
from tlcore.evaluation.report import load_report
from tlcore.events import Started, never
from tlcore.features import memory
from tlcore.features.activations import evict
from tlcore.jobs.queue import JobQueue
from tlcore.jobs.status import job_status
from tlcore.jobs.store import EventLog, can_resume, create_run, read_events, request_stop, resume
from tlcore.models.registry import find_backbone
from tlcore.pipeline import fine_tune_inputs as open_rows
from tlcore.pipeline import fine_tune_stages as open_phase
from tlcore.pipeline.context import Task
from tlcore.pipeline.executor import train_run
from tlcore.pipeline.timings import BELOW, BOTH, LOOK
from tlcore.serving.bundle import load_bundle
from tlcore.serving.predict import ImageClassifier
from tlcore.worker.runner import run_job

SMALL = {"image_size": 64, "epochs": 2, "fine_tune_epochs": 2, "batch_norm_adaptation": 0.0}
"""A network whose statistics are measured has to be converted, which takes seconds: only where that is tested."""


@pytest.fixture
def dataset(workspace, tmp_path):
    return finish(ingest_folder(workspace, write_small_folder(tmp_path / "shapes", photos_per_class=6)))[1]


@pytest.fixture
def one_look_for_few(monkeypatch):
    monkeypatch.setattr(open_rows, "LEAST_ROWS", 1)


@pytest.mark.parametrize(
    ("strategy", "changes", "phases", "reason"),
    [
        ("feature-extraction", {"rotation": 10.0, "views": 2}, ["head"] * 2, "augmented views, frozen"),
        ("feature-extraction", {"hidden_units": 16}, ["head"] * 2, "an extra layer is grafted too"),
        ("feature-extraction", {"head": "flatten", "hidden_units": 8}, ["head"] * 2, "the VGG16 recipe's head"),
        ("hybrid", {"unfreeze_from": "block7a"}, ["head"] * 2 + ["fine_tune"] * 2, "by named block"),
        (
            "hybrid",
            {"num_unfrozen_layers": 5, "rotation": 0.0, "batch_norm_adaptation": 0.5},
            ["head"] * 2 + ["fine_tune"] * 2,
            "by layers from the top; the frozen part is measured too",
        ),
        ("fine-tuning", {}, ["head"] * 2 + ["fine_tune"] * 2, "everything adapts"),
        (
            "fine-tuning",
            {"batch_norm_adaptation": 0.5},
            ["head"] * 2 + ["fine_tune"] * 2,
            "measured, then everything adapts",
        ),
        (
            "hybrid",
            {
                "batch_norm_adaptation": 0.5,
                "unfreeze_from": "block7a",
                "optimizer": "sgd",
                "fine_tune_learning_rate": 1.0,
            },
            ["head"] * 2 + ["fine_tune"] * 2,
            "nothing gets better, so it stays with the frozen network that was measured",
        ),
        (
            "scratch",
            {"optimizer": "sgd", "class_weights": True, "head": "flatten"},
            ["fine_tune"] * 2,
            "random weights",
        ),
    ],
)
def test_a_strategy_ends_in_a_bundle_that_answers_like_its_figures(
    workspace, dataset, strategy, changes, phases, reason
):
    run = create_run(workspace, dataset.id, defaults_for(strategy, **SMALL | changes), strategy)
    last = run_job(workspace, run)
    assert last.type == "finished", last
    epochs = job_status(run).epochs
    assert [event.phase for event in epochs] == phases, reason
    assert [event.epoch for event in epochs] == list(range(1, len(phases) + 1))
    assert all(sum(event.val_prediction_counts) == len(dataset.part("validation")) for event in epochs)
    told = [event for event in read_events(run) if event.type == "progress" and event.stage == "learn"]
    assert all(0 < event.done <= event.total for event in told) and bool(told) == ("fine_tune" in phases)
    predictor = ImageClassifier(load_bundle(run.folder))
    for row in load_report(run.folder).predictions.itertuples():
        np.testing.assert_allclose(predictor.probabilities(dataset.read(row.path)), row.probabilities, atol=1e-3)
    info = json.loads((run.folder / "bundle" / "model.json").read_text())
    assert info["config"]["strategy"] == strategy and info["check"]["largest_difference"] <= 1e-3
    assert info["best_epoch"] == best_epoch(epochs).epoch == epochs[-1].best_epoch_so_far, (
        "what the rounds told is what was kept"
    )
    if changes.get("fine_tune_learning_rate") == 1.0:
        assert info["best_epoch"] <= 2, "the head's"


def test_an_unknown_block_is_told_with_those_there_are(workspace, dataset):
    run = create_run(workspace, dataset.id, defaults_for("hybrid", **SMALL | {"unfreeze_from": "block99"}), "wrong")
    last = run_job(workspace, run)
    assert last.type == "failed" and not last.bug and "block7a" in f"{last.what} {last.fix}"


@pytest.mark.parametrize("strategy", ["hybrid", "scratch"])
def test_too_little_memory_is_told_before_anything_begins(workspace, dataset, monkeypatch, strategy):
    monkeypatch.setattr(memory, "free_memory", lambda: 1_000_000)
    run = create_run(workspace, dataset.id, defaults_for(strategy, **SMALL), "large")
    last = run_job(workspace, run)
    assert last.type == "failed" and not last.bug and "of memory; 1 MB are free" in last.what
    assert [event.type for event in read_events(run)] == ["started", "failed"], "no photo was looked at in vain"


def until_the_figures(workspace, run):
    """What a run tells until its test figures are there; to pack the model takes longer than all before."""
    for event in train_run(workspace, run, lambda: False):
        yield event
        if event.type == "evaluated":
            return
    raise AssertionError(event)


@pytest.mark.parametrize(("share", "first"), [(0.3, "statistics"), (0.0, "both")])
def test_a_second_run_knows_from_its_first_word_how_long_it_takes(workspace, tmp_path, one_look_for_few, share, first):
    folder = write_small_folder(tmp_path / "more", photos_per_class=24)  # three batches to measure: two are no pace
    dataset = finish(ingest_folder(workspace, folder))[1]
    config = defaults_for("hybrid", **SMALL | {"unfreeze_from": "block7a", "views": 2, "batch_norm_adaptation": share})
    for seed, knows in ((0, False), (1, True)):  # the second seed draws other views, so the network looks again
        run = create_run(workspace, dataset.id, replace(config, seed=seed), "run")
        events = list(until_the_figures(workspace, run))
        told = [event for event in events if event.type == "progress"]
        assert told[0].stage == first
        assert (told[0].left is not None) == knows, "the first run has measured nothing yet"
        rounds = [event for event in events if event.type == "epoch"]
        assert all(event.left for event in rounds) and rounds[-1].left[1] <= 10
        assert {event.type for event in events if getattr(event, "left", None)} == {"progress", "epoch"}


@pytest.mark.parametrize(
    ("changes", "kinds", "reason"),
    [
        ({}, [BOTH] * 2, "four views of what is learned from"),
        ({"views": 5}, [BOTH] * 2, "as many as the person chose"),
        (asdict(Augmentation()), [LOOK] * 2 + [BELOW] * 2, "nothing to vary: one view of each photo, few looks"),
        ({"head": "flatten"}, [LOOK] * 2 + [BELOW] * 2, "a head on the whole feature map has a look of its own"),
        ({"views": 1}, [LOOK] * 2 + [BELOW] * 2, "so few looks are not worth the file for both"),
    ],
)
def test_before_statistics_are_measured_all_photos_may_be_missing(workspace, dataset, changes, kinds, reason):
    config = defaults_for("hybrid", **SMALL | {"batch_norm_adaptation": 0.3} | changes)
    run = create_run(workspace, dataset.id, config, "run")
    task = Task(workspace, run, dataset, find_backbone(config.backbone), config, never)
    network = finish(open_phase.prepare(task))[1]
    photos = open_phase.to_measure(task, network)
    measuring, *coming = open_rows.before_measuring(task, network, len(photos))
    assert measuring.photos == len(photos) == 12 and measuring.sure
    in_one_look = open_rows.file_for_both(task, network) is not None
    nothing_there = [series for series in open_rows.missing(task, network, in_one_look) if series.photos]
    assert [replace(series, sure=True) for series in coming] == nothing_there, reason
    assert [series.kind for series in coming] == kinds, reason
    assert not any(series.sure for series in coming)


def test_stop_continue_kill_continue_on_the_real_worker(workspace, dataset):
    jobs = JobQueue(workspace)
    config = defaults_for(
        "hybrid", **SMALL | {"fine_tune_epochs": 40, "unfreeze_from": "block7a", "rotation": 0.0, "views": 1}
    )
    config = replace(config, batch_norm_adaptation=0.3)  # measured again after each stop, and the same
    run = create_run(workspace, dataset.id, config, "long")
    jobs.submit(run)

    def fine_tune_epochs():
        return [event.epoch for event in job_status(run).epochs if event.phase == "fine_tune"]

    wait_for(lambda: len(fine_tune_epochs()) >= 3)
    request_stop(run)
    wait_for(lambda: state(run) == "finished")
    stopped_after = fine_tune_epochs()[-1]
    assert job_status(run).finished.stopped and can_resume(run) and stopped_after < 42

    jobs.go_on(run)
    wait_for(lambda: fine_tune_epochs()[-1] >= stopped_after + 2)
    process = [event.process for event in read_events(run) if isinstance(event, Started)][-1]
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: state(run) == "interrupted", seconds=20)
    assert can_resume(run)

    jobs.go_on(run)
    wait_for(lambda: state(run) == "finished")
    assert [event.epoch for event in job_status(run).epochs] == list(range(1, 43)), "no round is missing or told twice"
    assert not job_status(run).finished.stopped
    elapsed = [event.elapsed for event in job_status(run).epochs]
    assert all(later > earlier > 0 for earlier, later in zip(elapsed, elapsed[1:])), "the clock goes on, not anew"
    assert job_status(run).evaluated.seconds > elapsed[-1]
    jobs.close()


def test_a_stop_right_after_going_on_loses_nothing(workspace, dataset):
    config = defaults_for(
        "hybrid", **SMALL | {"fine_tune_epochs": 3, "unfreeze_from": "block7a", "rotation": 0.0, "views": 1}
    )
    run = create_run(workspace, dataset.id, replace(config, batch_norm_adaptation=0.3), "short")
    assert run_job(workspace, run).type == "finished"
    kept, figures = json.loads((run.folder / "bundle" / "model.json").read_text()), load_report(run.folder).predictions
    resume(run)
    last = list(train_run(workspace, run, lambda: True))[-1]
    assert last.type == "finished" and last.stopped, "it ends with what it had, though it had hardly begun again"
    again = json.loads((run.folder / "bundle" / "model.json").read_text())
    assert again["best_epoch"] == kept["best_epoch"]
    np.testing.assert_allclose(
        np.stack(load_report(run.folder).predictions["probabilities"]), np.stack(figures["probabilities"]), atol=1e-5
    )


@pytest.mark.parametrize(
    ("first", "has_file", "looks", "ready", "reason"),
    [
        (None, True, ["both 12", "both 6"], 0.0, "one look serves head and open part: learned from, then the others"),
        (
            "feature-extraction",
            True,
            ["both 12", "features 12", "features 6"],
            None,
            "the head's vectors of the photos are there, those of their views are not",
        ),
        (
            None,
            False,
            ["features 12", "features 6"] * 2,
            0.0,
            "the file does not tell where the open part begins, as with ConvNeXt: two looks",
        ),
    ],
)
def test_no_photo_is_looked_at_twice(
    workspace, dataset, monkeypatch, one_look_for_few, first, has_file, looks, ready, reason
):
    if not has_file:
        monkeypatch.setattr(open_rows, "with_activation", lambda *args: None)
    if first:
        list(until_the_figures(workspace, create_run(workspace, dataset.id, defaults_for(first, **SMALL), "before")))
    run = create_run(workspace, dataset.id, defaults_for("hybrid", **SMALL | {"views": 2}), "run")
    log = EventLog(run)
    for event in until_the_figures(workspace, run):
        log.write(event)
        if event.type == "epoch" and event.phase == "head":
            evict(workspace, (), 0)  # another run needs room just now: what this one looked at has to stay
    told = [event for event in read_events(run) if event.type == "progress" and event.done == 0]
    seen = [f"{event.stage} {event.total}" for event in told if event.stage in ("both", "features")]
    assert seen == looks, reason
    if ready is not None:
        assert results(dataset, [run])[0].ready == ready, "whoever compares runs is told that nothing was there"


def test_a_stop_while_looking_for_both_keeps_what_was_seen(workspace, dataset, one_look_for_few):
    config = defaults_for("hybrid", **SMALL | {"views": 2})
    run, seen = create_run(workspace, dataset.id, config, "stopped"), []
    for event in train_run(workspace, run, lambda: len(seen) > 3):
        if event.type == "progress" and event.stage == "both" and event.total == 12:
            seen.append(event.done)
    assert event.type == "stopped" and 0 < seen[-1] < 12
    told = [
        event
        for event in until_the_figures(workspace, create_run(workspace, dataset.id, config, "again"))
        if event.type == "progress" and event.stage in ("both", "features") and event.done == 0
    ]
    assert [(event.stage, event.total) for event in told] == [("both", 12 - seen[-1]), ("both", 6)]


@pytest.mark.parametrize(("share", "is_own"), [(0.3, True), (0.0, False)])
def test_statistics_of_these_photos_have_a_cache_of_their_own(workspace, dataset, one_look_for_few, share, is_own):
    config = defaults_for("hybrid", **SMALL | {"unfreeze_from": "block7a", "views": 1, "batch_norm_adaptation": share})
    looks = []
    for learning_rate in (1e-3, 1e-4):
        run = create_run(workspace, dataset.id, replace(config, fine_tune_learning_rate=learning_rate), "run")
        stages = {event.stage for event in until_the_figures(workspace, run) if event.type == "progress"}
        looks.append(stages & {"both", "features", "statistics"})
    measured = {"statistics"} if is_own else set()
    assert looks == [measured | {"both"}, measured], "the same statistics: no photo is looked at a second time"
    kinds = [folder.name for folder in (workspace.root / "activations").iterdir() if "block" in folder.name]
    assert len(kinds) == 1 and ("-own-" in kinds[0]) == is_own
