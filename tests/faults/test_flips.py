"""Of 200 damages to each kind of stored file none changes an answer, and none ends in a traceback.

Each test writes files as the program does, damages one of them in many ways, and reads it as the program does. What
comes out is what was written, or a `UserError` (a sentence for a person), or a part less that is computed anew.
"""

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from tests.conftest import finish
from tests.faults.damage import EXAMPLES, damages, sweep
from tests.recommendations import make_recommendation
from tests.small import write_small_folder
from tlcore import events
from tlcore.advice import recommend
from tlcore.checksums import parse_json
from tlcore.comparison.store import create_comparison, list_comparisons, load_comparison
from tlcore.config import defaults_for
from tlcore.data.dataset_list import list_datasets
from tlcore.data.ingest import ingest_folder
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.evaluation.report import Report, load_report, make_report, predictions_frame, save_report
from tlcore.features.activations import ActivationCache, ActivationKind, ImageKind
from tlcore.features.store import DamagedRows, FeatureKind, FeatureStore, RowStore
from tlcore.jobs.event_log import EventLog, read_events
from tlcore.jobs.status import job_status
from tlcore.jobs.store import create_run, list_runs, load_run, recommendation_job
from tlcore.pipeline.timings import load_timings, save_timings
from tlcore.serving.bundle import Bundle, load_bundle, load_file_beside, write_bundle, zip_bundle
from tlcore.serving.bundle_weights import WEIGHTS
from tlcore.training.checkpoint import Checkpoint, load_checkpoint, load_checkpoint_epoch, save_checkpoint
from tlcore.workspace import CHECKPOINT, PREVIOUS_CHECKPOINT, Workspace, open_workspace, read_json

LABELS = ("cat", "dog", "owl")


class Files:
    """The files of a folder as they were written, put back before each damage."""

    def __init__(self, folder: Path) -> None:
        self._whole = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def damage(self, path: Path, how) -> bool:
        """Put all files back and damage one; False where nothing of it is different now."""
        for each, data in self._whole.items():
            if not each.exists() or each.read_bytes() != data:
                each.write_bytes(data)
        path.write_bytes(how(self._whole[path]))
        return path.read_bytes() != self._whole[path]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Workspace:
    return open_workspace(tmp_path_factory.mktemp("flips") / "home")


# --- rows -------------------------------------------------------------------------------------------------------------

KEYS = [f"{number * 7919:064x}" for number in range(40)]
KINDS = {
    "features": FeatureKind("net-0123", 96, "center-crop", 5),
    "activations": ActivationKind("net-0123", "block2", 96, "center-crop", (2, 2, 3)),
    "photos": ImageKind(2, "center-crop"),
}


def rows_of(kind, keys) -> np.ndarray:
    """What a network would make of these photos: it can be made anew and is always the same."""
    rows = [np.random.default_rng(int(key, 16)).integers(0, 256, kind.shape) for key in keys]
    return np.array(rows).reshape(len(keys), *kind.shape).astype(kind.dtype)


def open_store(workspace: Workspace, kind) -> RowStore:
    return FeatureStore(workspace, kind) if isinstance(kind, FeatureKind) else ActivationCache(workspace, kind)


def read_as_a_run_does(workspace: Workspace, kind) -> tuple[np.ndarray, int]:
    """All rows, those that are missing or damaged computed anew; and how many were."""
    computed = 0
    while True:
        with open_store(workspace, kind) as store:
            missing = store.missing(KEYS)
            computed += len(missing)
            store.append(missing, rows_of(kind, missing))
            try:
                return store.read(KEYS), computed
            except DamagedRows:
                continue


@pytest.mark.parametrize("file", ["vectors.bin", "keys.bin", "checks.bin"])
@pytest.mark.parametrize("name", KINDS)
def test_rows_are_what_was_computed(tmp_path, name, file):
    workspace, kind = open_workspace(tmp_path), KINDS[name]
    with open_store(workspace, kind) as store:
        for start in (0, 15):
            store.append(KEYS[start : start + 25], rows_of(kind, KEYS[start : start + 25]))
    files, expected = Files(store.folder), rows_of(kind, KEYS)

    @sweep
    @given(damages())
    def check(damage):
        changed = files.damage(store.folder / file, damage[1])
        rows, computed = read_as_a_run_does(workspace, kind)
        np.testing.assert_array_equal(rows, expected)
        assert changed or computed == 0, "what is whole is not computed again"

    check()


def test_damaged_rows_are_computed_anew_and_no_others(tmp_path):
    workspace, kind = open_workspace(tmp_path), KINDS["features"]
    store = open_store(workspace, kind)
    store.append(KEYS, rows_of(kind, KEYS))
    data = bytearray((store.folder / "vectors.bin").read_bytes())
    for row in (3, 17, 39):
        data[row * 20] ^= 1
    (store.folder / "vectors.bin").write_bytes(data)
    assert read_as_a_run_does(workspace, kind)[1] == 3
    assert read_as_a_run_does(workspace, kind)[1] == 0


# --- checkpoints ------------------------------------------------------------------------------------------------------


def checkpoint(epoch: int) -> Checkpoint:
    weights = np.random.default_rng(epoch)
    groups = {"model": [weights.normal(size=shape) for shape in ((40, 3), (7,))], "best": [weights.normal(size=9)]}
    return Checkpoint({"epoch": epoch, "progress": {"best_epoch": epoch}}, groups)


@pytest.mark.parametrize(("file", "whole"), [(CHECKPOINT, 3), (PREVIOUS_CHECKPOINT, 3)])
def test_a_training_goes_on_from_a_checkpoint_that_was_written(tmp_path, caplog, file, whole):
    for epoch in (1, 2, 3):
        save_checkpoint(tmp_path, checkpoint(epoch))
    files = Files(tmp_path)

    @sweep
    @given(damages())
    def check(damage):
        files.damage(tmp_path / file, damage[1])
        epoch = load_checkpoint_epoch(tmp_path)
        found = load_checkpoint(tmp_path)
        assert found is not None and found.values == checkpoint(epoch).values
        assert epoch == whole or (epoch == 2 and file == CHECKPOINT)
        expected = checkpoint(epoch).arrays
        assert found.arrays.keys() == expected.keys()
        for name, arrays in expected.items():
            for one, other in zip(found.arrays[name], arrays, strict=True):
                np.testing.assert_array_equal(one, other)

    check()


# --- data sets --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dataset(home, tmp_path_factory) -> Dataset:
    folder = write_small_folder(tmp_path_factory.mktemp("photos") / "shapes")
    (folder / "disc" / "broken.jpg").write_bytes(b"nothing")
    return finish(ingest_folder(home, folder))[1]


def same_dataset(one: Dataset, other: Dataset) -> None:
    pd.testing.assert_frame_equal(one.photos, other.photos)
    pd.testing.assert_frame_equal(one.report, other.report)
    for field in ("id", "name", "root", "labels", "fingerprint", "created", "source", "licence", "notes"):
        assert getattr(one, field) == getattr(other, field), field


@pytest.mark.parametrize("file", ["dataset.json", "photos.parquet", "report.parquet"])
def test_a_data_set_is_what_was_made(home, dataset, file):
    files, listed = Files(dataset.folder), list_datasets(home)

    @sweep
    @given(damages())
    def check(damage):
        changed = files.damage(dataset.folder / file, damage[1])
        try:
            same_dataset(load_dataset(home, dataset.id), dataset)
        except UserError as error:
            assert changed and "damaged" in str(error)
        assert list_datasets(home) in (listed, [])

    check()
    files.damage(dataset.folder / file, lambda data: data)


# --- figures ----------------------------------------------------------------------------------------------------------


def make_some_report() -> Report:
    random, size = np.random.default_rng(0), 60
    photos = pd.DataFrame(
        {
            "path": [f"{number}.jpg" for number in range(size)],
            "sha256": [f"{number:064x}" for number in range(size)],
            "label": random.choice(LABELS, size),
        }
    )
    return make_report(predictions_frame(photos, random.dirichlet([1, 1, 1], size).astype(np.float32), LABELS), LABELS)


@pytest.mark.parametrize("file", ["report.json", "predictions.parquet"])
def test_figures_are_those_that_were_counted(tmp_path, file):
    report = make_some_report()
    save_report(tmp_path, report)
    files = Files(tmp_path)

    @sweep
    @given(damages())
    def check(damage):
        changed = files.damage(tmp_path / file, damage[1])
        try:
            found = load_report(tmp_path)
        except UserError:
            assert changed
            return
        same_report(found, report)

    check()


def same_report(one: Report, other: Report) -> None:
    assert (one.labels, one.correct, one.total) == (other.labels, other.correct, other.total)
    assert one.interval == pytest.approx(other.interval, abs=1e-9)
    pd.testing.assert_frame_equal(one.confusion, other.confusion)
    pd.testing.assert_frame_equal(one.per_class, other.per_class)
    plain = [name for name in other.predictions.columns if name != "probabilities"]
    pd.testing.assert_frame_equal(one.predictions[plain], other.predictions[plain])
    for each, expected in zip(one.predictions["probabilities"], other.predictions["probabilities"], strict=True):
        np.testing.assert_array_equal(each, expected)


# --- jobs -------------------------------------------------------------------------------------------------------------

HISTORY = [
    events.Started(1.5, 77),
    events.Planned((events.PlannedStage(events.StageKey.EXTRACT_FEATURES, 10, 3, 1, certain=False),)),
    events.Progress(events.StageKey.EXTRACT_FEATURES, 3, 10, 2.5, (9.0, 12.0), cached=2, unit="views"),
    *(events.EpochEnd(n, 9, 1 / n, 0.5, 0.6, 0.55, 0.02, val_prediction_counts=(n, 2)) for n in range(1, 9)),
    events.Evaluated(46, 50, 6.1, 5.0, 0.3),
    events.Finished("run-1", 7.0),
]


def test_events_are_those_that_were_written(home):
    run = create_run(home, "some-dataset", defaults_for("hybrid"), "Owls – “ünd”")
    log = EventLog(run)
    for event in HISTORY:
        log.write(event)
    files = Files(run.folder)

    @sweep
    @given(damages())
    def check(damage):
        changed = files.damage(run.folder / "events.jsonl", damage[1])
        found = read_events(run)
        rest = iter(HISTORY)
        assert all(event in rest for event in found), "each one as written, in order"
        assert changed or found == HISTORY
        status = job_status(run)
        assert status.evaluated in (None, HISTORY[-2]) and status.finished in (None, HISTORY[-1])

    check()


def test_a_job_is_what_was_asked_for(home):
    run = create_run(home, "some-dataset", defaults_for("fine-tuning"), "Owls", visitor="somebody")
    files, listed = Files(run.folder), {each.id for each in list_runs(home)}

    @sweep
    @given(damages())
    def check(damage):
        changed = files.damage(run.folder / "job.json", damage[1])
        try:
            assert load_run(home, run.id) == run
        except UserError:
            assert changed
        assert {each.id for each in list_runs(home)} in (listed, listed - {run.id})

    check()
    files.damage(run.folder / "job.json", lambda data: data)


def test_notes_are_what_was_written(home):
    race = create_comparison(home, "some-dataset", [defaults_for("hybrid"), defaults_for("scratch")], "Race")
    job = recommendation_job(home, "some-dataset")
    recommend.write_json(job.folder / "advice.json", recommend._key() | {"advice": make_recommendation().to_dict()})
    save_timings(home, {"features-a": 0.5, "head-b": 1.25})
    advice, timings = recommend.load_recommendation(job), load_timings(home)
    assert advice is not None and len(timings) == 2
    files = Files(home.root)

    @sweep
    @given(damages())
    def check(damage):
        files.damage(race.folder / "race.json", damage[1])
        try:
            assert load_comparison(home, race.id) == race
        except UserError:
            assert list_comparisons(home) == []
        files.damage(job.folder / "advice.json", damage[1])
        assert recommend.load_recommendation(job) in (advice, None), "it is made anew"
        files.damage(home.root / "pace.json", damage[1])
        assert load_timings(home) in (timings, {}), "it is measured anew"

    check()


# --- models -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def bundle_folder(tmp_path) -> Path:
    """A bundle as `write_bundle` writes it; what is in the two models does not matter here."""
    folder = tmp_path / "model"
    folder.mkdir()
    random = np.random.default_rng(0)
    info = {"format": 1, "name": "Owls", "input": {"size": 96, "resize": "center-crop"}, "output": {}}
    write_bundle(folder, Bundle(b"\x1c\0\0\0TFL3" + random.bytes(20_000), LABELS, info), random.bytes(9000))
    return folder


@pytest.mark.parametrize("file", ["model.tflite", "labels.txt", "model.json", WEIGHTS])
def test_a_model_is_what_was_trained(bundle_folder, file):
    files, bundle = Files(bundle_folder), load_bundle(bundle_folder)
    weights = (bundle_folder / WEIGHTS).read_bytes()

    @sweep
    @given(damages())
    def check(damage):
        changed = files.damage(bundle_folder / file, damage[1])
        try:
            assert load_bundle(bundle_folder) == bundle
        except UserError as error:
            assert changed and file != WEIGHTS and f"{file} has been changed or damaged" in str(error)
            return
        try:
            assert load_file_beside(bundle_folder, WEIGHTS, bundle.info) == weights
            zip_bundle(bundle_folder)
        except UserError as error:
            assert changed and WEIGHTS in str(error)

    check()


def test_a_model_in_a_zip_is_what_was_packed(bundle_folder, tmp_path):
    bundle, weights = load_bundle(bundle_folder), (bundle_folder / WEIGHTS).read_bytes()
    place = tmp_path / "zips"
    place.mkdir()
    (place / "model.zip").write_bytes(zip_bundle(bundle_folder))
    with zipfile.ZipFile(place / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(bundle_folder.iterdir()):
            archive.write(path, f"Owls/{path.name}")

    files = Files(place)

    @sweep
    @given(damages())
    def check(damage):
        for path in place.iterdir():
            changed = files.damage(path, damage[1])
            try:
                assert load_bundle(path) == bundle
                assert load_file_beside(path, WEIGHTS, bundle.info) in (weights, None)
            except UserError:
                assert changed

    check()


# --- what version 0.1.0 left ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["dataset.json", "photos.parquet", "report.json", "predictions.parquet", "job.json"])
def test_old_files_without_checksums_end_in_a_sentence_at_worst(tmp_path, dataset, file):
    """They may have been changed without anybody noticing, but they never end in a traceback."""
    workspace = open_workspace(tmp_path)
    folder = workspace.datasets / dataset.id
    folder.mkdir()
    for path in dataset.folder.glob("*.*"):
        (folder / path.name).write_bytes(path.read_bytes())
    run = create_run(workspace, dataset.id, defaults_for("hybrid"), "Owls")
    save_report(run.folder, make_some_report())
    for path in (*folder.glob("*.json"), *run.folder.glob("*.json")):
        values = read_json(path)
        values.pop("files", None)
        path.write_text(json.dumps(values, indent=2))
        assert parse_json(path.read_bytes()) == values
    files = Files(workspace.root)
    (target,) = workspace.root.rglob(file)

    @sweep
    @given(damages())
    def check(damage):
        files.damage(target, damage[1])
        for read in (
            lambda: load_dataset(workspace, dataset.id),
            lambda: load_run(workspace, run.id).config,
            lambda: load_report(run.folder),
            lambda: (list_datasets(workspace), list_runs(workspace)),
        ):
            try:
                read()
            except UserError:
                continue

    check()


def test_the_number_of_damages_is_that_of_the_promise():
    assert EXAMPLES >= 200
