"""Every photo tests once: at the end of a run, on request, with what is shipped then, and when somebody stops it."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from tests.conftest import QUICK, copy_of, finish
from tlcore.api.model import load_model
from tlcore.config import TrainConfig
from tlcore.data.images import decode_input
from tlcore.errors import UserError
from tlcore.evaluation.calibration import CROSS_VALIDATION, VALIDATION, divide_by, load_calibration
from tlcore.evaluation.cross_validation import ANALYSIS, load_cross_validation
from tlcore.evaluation.report import load_report
from tlcore.events import Evaluated, Finished, Packed, Progress, StageKey, Stopped
from tlcore.exports.exporter import ExportSource
from tlcore.exports.keras_model import write_keras_file
from tlcore.jobs.event_log import read_events
from tlcore.jobs.store import analysis_job, create_run, list_runs, request_stop
from tlcore.pipeline.context import FineTuneModel, TrainedModel
from tlcore.pipeline.finishing import _divided, is_refit
from tlcore.pipeline.folding import fold_photos, folds_of
from tlcore.pipeline.train import make_context
from tlcore.serving.bundle import load_bundle
from tlcore.serving.predict import ImageClassifier
from tlcore.training.head import Examples, Head, HeadTrainer, train_head
from tlcore.worker.runner import run_job

SMOOTHED = replace(QUICK, cross_validation="auto", epochs=20, label_smoothing=0.4, patience=0)
"""Its head is much too cautious, so that a temperature is asked for."""


@pytest.fixture(scope="module")
def tested(trained, tmp_path_factory):
    """A run with every photo tested once, in a workspace of its own."""
    workspace, dataset, _ = copy_of(trained, tmp_path_factory.mktemp("tested") / "home")
    run = create_run(workspace, dataset.id, SMOOTHED, "tested")
    assert isinstance(run_job(workspace, run), Finished)
    return workspace, dataset, run


def test_it_comes_after_the_figures_and_tests_every_photo_once(tested):
    _, dataset, run = tested
    events = read_events(run)
    kinds = [event.stage if isinstance(event, Progress) else type(event) for event in events]
    first, last = kinds.index(StageKey.CROSS_VALIDATE), kinds.index(Packed)
    assert kinds.index(Evaluated) < first < last
    found = load_cross_validation(run.folder)
    assert (found.folds, found.total, found.with_test) == (10, len(dataset.photos), True)
    assert sorted(found.report.predictions["path"]) == sorted(dataset.photos["path"])
    told = [event for event in events if isinstance(event, Progress) and event.stage == StageKey.CROSS_VALIDATE]
    assert all(event.left is not None and event.unit == "models" for event in told)
    shares = [event.share for event in events if isinstance(event, Progress)]
    assert shares == sorted(shares), "the bar never goes back"


def test_model_json_tells_what_was_done_and_the_model_learned_from_all_photos(tested):
    _, dataset, run = tested
    info, found = load_bundle(run.folder).info, load_cross_validation(run.folder)
    epochs = round(float(np.median(found.best_epochs)))
    assert info["refit"] == {"photos": len(dataset.photos), "epochs": epochs, "with_test": True}
    assert info["best_epoch"] == epochs and info["test"]["total"] == len(dataset.part("test"))
    assert (info["cross_validation"]["correct"], info["cross_validation"]["total"]) == (found.correct, found.total)
    assert info["cross_validation"]["interval_95"] == list(found.interval)
    assert info["temperature"] == load_calibration(run.folder).temperature == found.temperature


def test_a_model_that_was_saved_brings_the_figures_and_no_photos(tested):
    workspace, _, run = tested
    found = load_cross_validation(run.folder)
    again = load_model(load_model(run.folder).save(workspace.root / "saved.zip")).cross_validation
    assert (again.correct, again.total, again.interval, again.folds) == (
        *(found.correct, found.total, found.interval, found.folds),
    )
    assert again.report.confusion.equals(found.report.confusion) and again.report.predictions.empty
    with pytest.raises(UserError, match="loaded from a file"):
        load_model(workspace.root / "saved.zip").cross_validate(progress=False)


def test_a_cautious_head_gets_surer_in_every_file(tested):
    workspace, dataset, run = tested
    calibration = load_calibration(run.folder)
    assert calibration.source == CROSS_VALIDATION and calibration.temperature < 0.9
    assert calibration.after.error < calibration.before.error
    photo = dataset.part("test").iloc[0]
    answer = ImageClassifier(load_bundle(run.folder)).probabilities(dataset.read(photo["path"]))
    path = workspace.root / "model.keras"
    write_keras_file(ExportSource(load_bundle(run.folder), run.folder), path)
    model = keras.saving.load_model(path)
    pixels = decode_input(dataset.read(photo["path"]), load_bundle(run.folder).wanted).astype(np.float32)
    np.testing.assert_allclose(np.asarray(model(pixels[np.newaxis])["probabilities"])[0], answer, atol=1e-3)


def test_a_fold_learns_exactly_as_a_run_of_its_own_would(tested):
    """What is compiled once serves all folds, whatever was learned before."""
    workspace, dataset, run = tested
    random = np.random.default_rng(0)
    features, classes = random.normal(size=(60, 8)).astype(np.float32), np.arange(60, dtype=np.int32) % 3
    for changes in ({"schedule": "plateau", "class_weights": True}, {"schedule": "cosine", "hidden_units": 5}):
        config = TrainConfig(epochs=6, learning_rate=0.05, dropout=0.5, optimizer="adamw", **changes)
        trainer = HeadTrainer(3, config)
        for rows in (slice(0, 40), slice(5, 38)):
            train, held_out = Examples(features[rows], classes[rows]), Examples(features[45:], classes[45:])
            events, head = finish(trainer.train(train, held_out))
            alone, fresh = finish(train_head(train, held_out, 3, config))
            assert [(event.loss, event.val_loss) for event in events] == [(e.loss, e.val_loss) for e in alone]
            for one, other in zip(head.layers, fresh.layers, strict=True):
                np.testing.assert_array_equal(one[0], other[0])


def test_without_refit_the_model_answers_like_its_figures(tested):
    workspace, dataset, _ = tested
    run = create_run(workspace, dataset.id, replace(SMOOTHED, refit="never"), "not refitted")
    assert isinstance(run_job(workspace, run), Finished)
    assert load_cross_validation(run.folder) is not None and load_bundle(run.folder).info["refit"] is None
    classifier = ImageClassifier(load_bundle(run.folder))
    for row in load_report(run.folder).predictions.itertuples():
        np.testing.assert_allclose(classifier.probabilities(dataset.read(row.path)), row.probabilities, atol=1e-3)


def test_where_it_is_not_wanted_the_validation_photos_tell_the_temperature(trained):
    _, _, run = trained
    info = load_bundle(run.folder).info
    assert load_cross_validation(run.folder) is None and (info["refit"], info["cross_validation"]) == (None, None)
    assert load_calibration(run.folder).source == VALIDATION and info["temperature"] == 1, "six photos say nothing"


def test_a_stop_while_photos_are_tested_keeps_the_model(tested):
    workspace, dataset, _ = tested
    run = create_run(workspace, dataset.id, replace(QUICK, cross_validation="auto"), "stopped")

    def stop(event):
        if isinstance(event, Progress) and event.stage == StageKey.CROSS_VALIDATE and event.done == 2:
            request_stop(run)

    last = run_job(workspace, run, stop)
    assert isinstance(last, Finished) and not last.stopped, "the training itself was not cut short"
    assert load_cross_validation(run.folder) is None and load_bundle(run.folder).info["cross_validation"] is None


def test_on_request_it_is_a_job_and_a_finished_model_learns_of_it(tested):
    workspace, dataset, _ = tested
    run = next(run for run in list_runs(workspace) if run.config.cross_validation == "never")
    before = load_bundle(run.folder)
    job = analysis_job(workspace, run, ANALYSIS)
    request_stop(job)
    stopped = run_job(workspace, job)
    assert isinstance(stopped, Stopped) and load_cross_validation(run.folder) is None
    (job.folder / "stop").unlink()
    assert isinstance(run_job(workspace, job), Finished)
    found, after = load_cross_validation(run.folder), load_bundle(run.folder)
    assert found.total == len(dataset.photos) and after.tflite == before.tflite
    assert after.info == before.info | {"cross_validation": json.loads(json.dumps(after.info["cross_validation"]))}
    assert after.info["cross_validation"]["correct"] == found.correct


def test_photos_of_a_test_part_that_was_given_stay_out_of_it(tested):
    workspace, dataset, run = tested
    given = replace(dataset, given_test=True)
    folding = fold_photos(given, QUICK)
    assert not set(folding.rows["path"]) & set(given.part("test")["path"])
    assert len(folding.rows) == len(given.part("train")) + len(given.part("validation"))
    assert {row for fold in folds_of(folding, given, 0) for row in fold.predict} == set(range(len(folding.rows)))


@pytest.mark.parametrize(
    ("config", "photos", "expected"),
    [
        (TrainConfig(), 999, True),
        (TrainConfig(), 1_000, False),
        (TrainConfig(refit="always"), 5_000, True),
        (TrainConfig(refit="never"), 30, False),
        (TrainConfig(strategy="hybrid", refit="always"), 30, False),
    ],
)
def test_small_sets_with_a_frozen_network_learn_from_all_photos(config, photos, expected):
    assert is_refit(config, photos) == expected


def test_a_temperature_divides_the_last_layer_of_a_head_and_of_a_network(tested):
    workspace, dataset, run = tested
    random = np.random.default_rng(0)
    features = random.normal(size=(5, 4)).astype(np.float32)
    head = Head(((random.normal(size=(4, 3)), np.ones(3)), (random.normal(size=(3, 2)), np.ones(2))), 1)
    np.testing.assert_allclose(
        head.divided_by(2.5).probabilities(features), divide_by(head.probabilities(features), 2.5), rtol=1e-5
    )
    inputs = keras.Input((4,))
    dense = keras.layers.Dense(2, bias_initializer="ones")
    whole = keras.Model(inputs, keras.layers.Softmax()(dense(inputs)))
    before = np.asarray(whole(features))
    network = FineTuneModel(whole, whole, [dense], None, 0.0, whole)
    trained = TrainedModel(before, 1, bytes, dict, network=network)
    changed = _divided(
        make_context(workspace, run, lambda: False), replace(trained, validation_probabilities=before), 2.5
    )
    np.testing.assert_allclose(np.asarray(whole(features)), divide_by(before, 2.5), rtol=1e-5)
    np.testing.assert_allclose(changed.test_probabilities, divide_by(before, 2.5), rtol=1e-6)
