"""Every strategy end to end on the built-in network, and a real worker that is stopped, killed and continued."""

import json
import os
import signal
from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest

from tests.conftest import finish
from tests.jobs.test_queue import state, wait_for
from tests.small import write_small_folder
from tlcore.comparison.results import load_results
from tlcore.config import defaults_for
from tlcore.data.ingest import ingest_folder
from tlcore.evaluation.embedding import load_embedding
from tlcore.evaluation.overfitting import best_epoch
from tlcore.evaluation.report import load_report
from tlcore.events import EpochEnd, StageKey, Started, never, run_to_end
from tlcore.exports.exporter import ExportSource
from tlcore.exports.keras_model import load_keras_model, write_keras_file
from tlcore.features import memory
from tlcore.features.activations import evict
from tlcore.features.extract import Request, extract
from tlcore.jobs.attempts import can_resume, resume
from tlcore.jobs.event_log import EventLog, read_events
from tlcore.jobs.queue import JobQueue
from tlcore.jobs.status import job_status
from tlcore.jobs.store import create_run, request_stop
from tlcore.models import frozen_backbone
from tlcore.models.registry import BUILT_IN
from tlcore.pipeline import plan
from tlcore.pipeline.caches import open_requests
from tlcore.pipeline.plan import build_plan
from tlcore.pipeline.timings import save_timings, timing_names
from tlcore.pipeline.train import make_context, train_run
from tlcore.serving.bundle import load_bundle
from tlcore.serving.explain import explainer_of
from tlcore.serving.predict import ImageClassifier
from tlcore.training.softmax import softmax
from tlcore.worker.runner import run_job
from tlcore.workspace import open_workspace

SMALL = {
    "image_size": 64,
    "epochs": 2,
    "fine_tune_epochs": 2,
    "batch_norm_adaptation": 0.0,
    "cross_validation": "never",
}
"""A network whose statistics are measured has to be converted, which takes seconds: only where that is tested."""
FEATURES, JOINT, ACTIVATIONS = (
    StageKey.EXTRACT_FEATURES,
    StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS,
    StageKey.CACHE_ACTIVATIONS,
)
EXTRACTION = (FEATURES, JOINT, ACTIVATIONS)


@pytest.fixture
def dataset(workspace, tmp_path):
    return finish(ingest_folder(workspace, write_small_folder(tmp_path / "shapes", photos_per_class=6)))[1]


@pytest.fixture
def joint_for_few(monkeypatch):
    monkeypatch.setattr(plan, "LEAST_JOINT_ROWS", 1)


@pytest.mark.parametrize(
    ("strategy", "changes", "phases", "reason"),
    [
        (
            "feature-extraction",
            {"rotation": 10.0, "views": 2, "hidden_units": 16},
            ["head"] * 2,
            "augmented views, frozen; an extra layer is grafted too",
        ),
        ("feature-extraction", {"head": "flatten", "hidden_units": 8}, ["head"] * 2, "the VGG16 recipe's head"),
        ("hybrid", {"unfreeze_from": "block7a"}, ["head"] * 2 + ["fine_tune"] * 2, "by named block"),
        (
            "hybrid",
            {"num_unfrozen_layers": 5, "rotation": 0.0, "batch_norm_adaptation": 0.5},
            ["head"] * 2 + ["fine_tune"] * 2,
            "by layers from the top; the frozen part is measured too",
        ),
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
    told = [event for event in read_events(run) if event.type == "progress" and event.stage == StageKey.FINE_TUNE]
    assert all(0 < event.done <= event.total for event in told) and bool(told) == ("fine_tune" in phases)
    predictor = ImageClassifier(load_bundle(run.folder))
    for row in load_report(run.folder).predictions.itertuples():
        answer = predictor.predict_photo(dataset.read(row.path))
        given = [answer.probabilities[label] for label in dataset.labels]
        np.testing.assert_allclose(given, row.probabilities, atol=1e-3)
        # Photos are few here: the report says how familiar each is to the others, and the file knows it itself.
        assert row.familiarity - 1e-3 <= answer.familiarity <= 1
        assert answer.known or answer.familiarity < predictor.rejection.threshold()
    _check_explanation(run, dataset, predictor)
    info = json.loads((run.folder / "bundle" / "model.json").read_text())
    assert info["config"]["strategy"] == strategy and info["check"]["largest_difference"] <= 1e-3
    assert info["best_epoch"] == best_epoch(epochs).epoch == epochs[-1].best_epoch_so_far, (
        "what the rounds told is what was kept"
    )
    if changes.get("fine_tune_learning_rate") == 1.0:
        assert info["best_epoch"] <= 2, "the head's"
    if strategy == "scratch" or changes.get("unfreeze_from") or changes.get("hidden_units") == 16:
        _check_keras_model(run, dataset, predictor, through_file=strategy == "scratch")


def _check_keras_model(run, dataset, predictor, through_file):
    """Made of what lies in the bundle, it answers like the model file; a file of it too, which takes as long again."""
    source, path = ExportSource(predictor.bundle, run.folder), run.folder / "model.keras"
    if through_file:
        write_keras_file(source, path)
    model = keras.saving.load_model(path, safe_mode=True) if through_file else load_keras_model(source)
    image = predictor.read(dataset.read(dataset.photos["path"][0]))
    expected, found = predictor.predict_input(image), model(image[np.newaxis])
    given = [expected.probabilities[label] for label in dataset.labels]
    np.testing.assert_allclose(np.asarray(found["probabilities"])[0], given, atol=1e-3)
    assert float(found["familiarity"][0, 0]) == pytest.approx(expected.familiarity, abs=1e-3)


def _check_explanation(run, dataset, predictor):
    """What the file says by itself, why, and where the run's photos lie belong together."""
    image = predictor.read(dataset.read(dataset.photos["path"][0]))
    explainer = explainer_of(predictor)
    found = explainer.explain(image, dataset.labels[0])
    probabilities = predictor.predict_input(image).probabilities
    said = softmax(found.evidence.values.mean(axis=(1, 2))[np.newaxis])[0]
    assert explainer.is_quick, "one pass is enough for whatever is trained here"
    np.testing.assert_allclose(said, [probabilities[label] for label in dataset.labels], atol=1e-3)
    assert load_embedding(run.folder).similarities(found.features)[0] == pytest.approx(1, abs=5e-3)


def test_an_unknown_block_is_told_with_those_there_are(workspace, dataset):
    run = create_run(workspace, dataset.id, defaults_for("hybrid", **SMALL | {"unfreeze_from": "block99"}), "wrong")
    last = run_job(workspace, run)
    assert last.type == "failed" and not last.bug and "block7a" in f"{last.what} {last.fix}"


@pytest.mark.parametrize("strategy", ["hybrid", "scratch"])
def test_too_little_memory_is_told_before_anything_begins(workspace, dataset, monkeypatch, strategy):
    monkeypatch.setattr(memory, "free_memory", lambda: 1_000_000)
    run = create_run(workspace, dataset.id, defaults_for(strategy, **SMALL), "large")
    last = run_job(workspace, run)
    assert last.type == "failed" and not last.bug and "of memory; 1 MB is free" in last.what
    events = [event for event in read_events(run) if getattr(event, "stage", "") != StageKey.PREPARE]
    assert [event.type for event in events] == ["started", "failed"], "no photo was looked at in vain"


def until_it_fine_tunes(workspace, run):
    """What a run tells until the network has done its first step: all of extraction is over then."""
    for event in until_the_figures(workspace, run):
        yield event
        if event.type == "progress" and event.stage == StageKey.FINE_TUNE:
            return
    raise AssertionError(event)


def until_the_figures(workspace, run):
    """What a run tells until its test figures are there; to pack the model takes longer than all before."""
    for event in train_run(workspace, run, lambda: False):
        yield event
        if event.type == "evaluated":
            return
    raise AssertionError(event)


@pytest.mark.parametrize(("share", "first"), [(0.3, StageKey.ADAPT_BATCH_NORM), (0.0, JOINT)])
def test_a_second_run_knows_from_its_first_word_how_long_it_takes(workspace, tmp_path, joint_for_few, share, first):
    folder = write_small_folder(tmp_path / "more", photos_per_class=24)  # three batches to measure: two are no pace
    dataset = finish(ingest_folder(workspace, folder))[1]
    config = defaults_for("hybrid", **SMALL | {"unfreeze_from": "block7a", "views": 2, "batch_norm_adaptation": share})
    for seed, knows in ((0, False), (1, True)):  # the second seed draws other views, so the network looks again
        run = create_run(workspace, dataset.id, replace(config, seed=seed), "run")
        # What a run measured is remembered at its very end.
        events = list(until_the_figures(workspace, run) if knows else train_run(workspace, run, lambda: False))
        events = events[: 1 + next(place for place, event in enumerate(events) if event.type == "evaluated")]
        before, *told = [event for event in events if event.type == "progress"]
        assert (before.stage, told[0].stage) == (StageKey.PREPARE, first)
        low, high = told[0].left
        assert (high < 2 * low) == knows, "the first run has measured nothing yet"
        rounds = [event for event in events if event.type == "epoch"]
        assert all(event.left for event in rounds)
        shares = [event.share for event in [before, *told]]
        assert shares == sorted(shares) and shares[-1] < 1, "the bar never goes back, and is not full before the end"
        assert {event.type for event in events if getattr(event, "left", None)} == {"progress", "epoch"}


def test_stop_continue_kill_continue_on_the_real_worker(workspace, dataset):
    jobs = JobQueue(workspace)
    config = defaults_for(
        "hybrid", **SMALL | {"fine_tune_epochs": 40, "unfreeze_from": "block7a", "rotation": 0.0, "views": 1}
    )
    run = create_run(workspace, dataset.id, config, "long")
    jobs.submit(run)

    def fine_tune_epochs():
        return [event.epoch for event in job_status(run).epochs if event.phase == "fine_tune"]

    wait_for(lambda: len(fine_tune_epochs()) >= 3)
    request_stop(run)
    wait_for(lambda: state(run) == "finished")
    stopped_after = fine_tune_epochs()[-1]
    assert job_status(run).finished.stopped and can_resume(run) and stopped_after < 42

    jobs.resume(run)
    wait_for(lambda: fine_tune_epochs()[-1] >= stopped_after + 2)
    process = [event.process for event in read_events(run) if isinstance(event, Started)][-1]
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: state(run) == "interrupted", seconds=20)
    assert can_resume(run)

    jobs.resume(run)
    wait_for(lambda: state(run) == "finished")
    assert [event.epoch for event in job_status(run).epochs] == list(range(1, 43)), "no round is missing or told twice"
    assert not job_status(run).finished.stopped
    elapsed = [event.elapsed for event in job_status(run).epochs]
    assert all(later > earlier > 0 for earlier, later in zip(elapsed, elapsed[1:])), "the clock goes on, not anew"
    assert job_status(run).evaluated.seconds > elapsed[-1]
    jobs.close()


def test_a_stop_right_after_going_on_loses_nothing(workspace, dataset):
    """With batch norm that is adapted: it is measured again after the stop, and the same."""
    config = defaults_for(
        "hybrid", **SMALL | {"fine_tune_epochs": 3, "unfreeze_from": "block7a", "rotation": 0.0, "views": 1}
    )
    run = create_run(workspace, dataset.id, replace(config, batch_norm_adaptation=0.3), "short")
    stopped = run_job(
        workspace,
        run,
        lambda event: isinstance(event, EpochEnd) and event.phase == "fine_tune" and request_stop(run),
    )
    assert stopped.type == "finished" and stopped.stopped
    kept, figures = json.loads((run.folder / "bundle" / "model.json").read_text()), load_report(run.folder).predictions
    resume(run)
    last = list(train_run(workspace, run, lambda: True))[-1]
    assert last.type == "finished" and last.stopped, "it ends with what it had, though it had hardly begun again"
    again = json.loads((run.folder / "bundle" / "model.json").read_text())
    assert again["best_epoch"] == kept["best_epoch"]
    np.testing.assert_allclose(
        np.stack(load_report(run.folder).predictions["probabilities"]), np.stack(figures["probabilities"]), atol=1e-5
    )


SHORT = defaults_for("hybrid", **SMALL | {"unfreeze_from": "block7a", "rotation": 0.0, "views": 1})


@pytest.fixture(scope="module")
def without_a_stop(tmp_path_factory):
    """The test figures of SHORT on the same photos, trained at once."""
    workspace = open_workspace(tmp_path_factory.mktemp("without") / "home")
    folder = write_small_folder(tmp_path_factory.mktemp("photos") / "shapes", photos_per_class=6)
    run = create_run(workspace, finish(ingest_folder(workspace, folder))[1].id, SHORT, "without a stop")
    list(until_the_figures(workspace, run))
    return np.stack(load_report(run.folder).predictions["probabilities"])


@pytest.mark.parametrize(
    ("last", "again", "reason"),
    [
        (2, [3, 4], "between the two: the head is there already"),
        (1, [2, 3, 4], "within the head: the rest of its epochs come first"),
    ],
)
def test_a_stop_before_fine_tuning_goes_on_with_it(workspace, dataset, without_a_stop, last, again, reason):
    run = create_run(workspace, dataset.id, SHORT, "short")
    stop = lambda event: isinstance(event, EpochEnd) and event.epoch == last and request_stop(run)  # noqa: E731
    stopped = run_job(workspace, run, stop)
    assert stopped.type == "finished" and stopped.stopped and can_resume(run), reason
    assert [event.epoch for event in job_status(run).epochs] == list(range(1, last + 1))
    resume(run)
    events = list(train_run(workspace, run, never))
    assert [event.epoch for event in events if isinstance(event, EpochEnd)] == again, reason
    assert events[-1].type == "finished" and not events[-1].stopped
    probabilities = np.stack(load_report(run.folder).predictions["probabilities"])
    np.testing.assert_allclose(probabilities, without_a_stop, atol=1e-5, err_msg="as without the stop")


@pytest.mark.parametrize(
    ("first", "has_file", "expected", "ready", "reason"),
    [
        (None, True, [(JOINT, 0, 30)], 0.0, "one pass serves head and fine-tuning"),
        (
            "feature-extraction",
            True,
            [(JOINT, 0, 12), (ACTIVATIONS, 12, 30)],
            None,
            "features of the photos are there, those of their views are not",
        ),
        (
            None,
            False,
            [(FEATURES, 0, 30), (ACTIVATIONS, 0, 30)],
            0.0,
            "the file does not tell where the part that trains begins, as with ConvNeXt: two passes",
        ),
    ],
)
def test_no_photo_is_extracted_twice(
    workspace, dataset, monkeypatch, joint_for_few, first, has_file, expected, ready, reason
):
    if not has_file:
        monkeypatch.setattr(frozen_backbone, "with_activation", lambda *args: None)
    if first:
        list(until_the_figures(workspace, create_run(workspace, dataset.id, defaults_for(first, **SMALL), "before")))
    run = create_run(workspace, dataset.id, defaults_for("hybrid", **SMALL | {"views": 2}), "run")
    log = EventLog(run)
    until = until_it_fine_tunes if ready is None else until_the_figures  # who compares runs needs those
    for event in until(workspace, run):
        log.write(event)
        if event.type == "epoch" and event.phase == "head":
            evict(workspace, (), 0)  # another run needs room just now: what this one extracted has to stay
    begun = [event for event in read_events(run) if event.type == "progress" and event.done == event.cached]
    assert [(event.stage, event.cached, event.total) for event in begun if event.stage in EXTRACTION] == expected, (
        reason
    )
    if ready is not None:
        assert load_results([run])[0].ready == ready, "whoever compares runs is told that nothing was there"


def test_what_another_process_extracts_meanwhile_counts_at_once(workspace, dataset, monkeypatch):
    """The recommendation runs beside a training and fills the same store: plan, progress and time left must follow."""
    config = defaults_for("hybrid", **SMALL | {"views": 1, "unfreeze_from": "block7a"})
    names = timing_names(config, BUILT_IN)
    known = {names[key]: 1.0 for key in (FEATURES, ACTIVATIONS, StageKey.FINE_TUNE, "compile", "evaluate")} | {
        names[key]: 0.0 for key in (StageKey.TRAIN_HEAD, StageKey.VERIFY, "trace", "pack")
    }
    save_timings(workspace, known)
    context = make_context(workspace, create_run(workspace, dataset.id, config, "run"), never)
    first = build_plan(context)
    assert [(stage.key, stage.cached, stage.total) for stage in first if stage.num_outputs] == [
        (FEATURES, 0, 18),
        (ACTIVATIONS, 0, 18),
    ]
    other = make_context(workspace, create_run(workspace, dataset.id, config, "other"), never)
    with open_requests(other) as requests:  # a part of them, as if somebody else had just computed these
        part = [Request(request.photos[:5], request.stores) for request in requests.features]
        run_to_end(extract(partial(other.backbone.predictors, "pooled"), part, dataset.read))
    told = [event for event in until_the_figures(workspace, context.run) if event.type == "progress"]
    (begun,) = [event for event in told if event.stage == FEATURES and event.done == event.cached]
    assert (begun.cached, begun.total) == (10, 18)
    after = 18 * 1.0 + 12 * 2 * 1.0 + 2  # activations of all, two epochs of twelve photos, compiling and evaluating
    assert begun.left == pytest.approx((0.9 * (8 + after), 1.15 * (8 + after)), abs=0.01)


def test_a_stop_while_extracting_for_both_keeps_what_was_computed(workspace, dataset, joint_for_few):
    config = defaults_for("hybrid", **SMALL | {"views": 2})
    run, seen = create_run(workspace, dataset.id, config, "stopped"), []
    for event in train_run(workspace, run, lambda: len(seen) > 3):
        if event.type == "progress" and event.stage == JOINT:
            seen.append(event.done)
    assert event.type == "stopped" and 0 < seen[-1] < 30
    told = [
        event
        for event in until_it_fine_tunes(workspace, create_run(workspace, dataset.id, config, "again"))
        if event.type == "progress" and event.stage in EXTRACTION and event.done == event.cached
    ]
    assert [(event.stage, event.total - event.cached) for event in told] == [(JOINT, 30 - seen[-1])]


@pytest.mark.parametrize(("share", "is_own"), [(0.3, True), (0.0, False)])
def test_an_adapted_network_has_a_cache_of_its_own(workspace, dataset, joint_for_few, share, is_own):
    config = defaults_for("hybrid", **SMALL | {"unfreeze_from": "block7a", "views": 1, "batch_norm_adaptation": share})
    worked = []
    for learning_rate in (1e-3, 1e-4):
        run = create_run(workspace, dataset.id, replace(config, fine_tune_learning_rate=learning_rate), "run")
        stages = {event.stage for event in until_it_fine_tunes(workspace, run) if event.type == "progress"}
        worked.append(stages & {*EXTRACTION, StageKey.ADAPT_BATCH_NORM})
    adapted = {StageKey.ADAPT_BATCH_NORM} if is_own else set()
    assert worked == [adapted | {JOINT}, adapted], "the same statistics: no photo is extracted a second time"
    kinds = [folder.name for folder in (workspace.root / "activations").iterdir() if "block" in folder.name]
    assert len(kinds) == 1 and ("-own-" in kinds[0]) == is_own
