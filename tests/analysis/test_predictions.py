"""Many photos predicted by a run: one row a file by every way in, kept when stopped, sorted and found again."""

import json
import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from tests.analysis.test_test_set import an_area, files_of, zipped
from tests.conftest import copy_of
from tests.small import write_small_folder
from tlcore.analysis import prediction_slices
from tlcore.analysis.predicted_photos import are_there, chosen_files, open_photos, sorted_files
from tlcore.analysis.prediction_job import run_predictions
from tlcore.analysis.prediction_results import list_predictions, load_predictions
from tlcore.api.model import load_model
from tlcore.data import collect, incoming
from tlcore.data.thumbnails import Thumbnails
from tlcore.jobs.status import job_status
from tlcore.jobs.store import analysis_job
from tlcore.messages.prediction_tables import PredictionTable, predictions_csv, predictions_excel, predictions_json
from tlcore.serving.predict import ImageClassifier
from tlcore.worker.runner import run_job


@pytest.fixture(scope="module")
def other(tmp_path_factory) -> Path:
    """Photos that nobody has seen in folders that are no classes here: a copy among them, a broken file, a text."""
    folder = write_small_folder(tmp_path_factory.mktemp("other") / "walk", 4, seed=50)
    first = sorted((folder / "disc").iterdir())[0]
    shutil.copy(first, folder / f"copy{first.suffix}")
    (folder / "disc" / "broken.jpg").write_bytes(b"nothing")
    (folder / "=cmd.jpg").write_bytes(first.read_bytes())
    return folder


@pytest.fixture(scope="module")
def place(trained, tmp_path_factory):
    """A copy of the workspace with a finished run, for this file."""
    return copy_of(trained, tmp_path_factory.mktemp("predicted") / "home")


@pytest.fixture(scope="module")
def predicted(place, other):
    """The job that predicted the folder, and what came of it."""
    workspace, _, run = place
    job = analysis_job(workspace, run, "predictions", {"path": str(other), "name": "Walk"})
    assert run_job(workspace, job).type == "finished"
    return job, load_predictions(job)


def test_every_file_has_a_row_by_every_way_in(place, predicted, other, tmp_path):
    workspace, _, run = place
    expected, model = predicted[1], load_model(run.id, workspace=workspace)
    archive = zipped(other, tmp_path / "walk.zip")
    for files in (files_of(other), {"walk.zip": archive.read_bytes()}):
        job = analysis_job(workspace, run, "predictions", {"area": an_area(workspace, files)})
        assert run_job(workspace, job).type == "finished"
        found = load_predictions(job)
        assert sorted(found.predictions["sha256"]) == sorted(expected.predictions["sha256"])
        assert list(found.files["reason"]) == list(expected.files["reason"]) and len(found.files) == 1
        assert are_there(workspace, job.spec["options"]), "the photos stay, to be sorted and corrected"
    assert len(expected.predictions) == 14 and expected.predictions["sha256"].nunique() == 12, "copies count too"
    for row in expected.predictions.itertuples():
        answer = model.predict(other / row.path)
        assert row.predicted == answer.label and row.familiarity == pytest.approx(answer.familiarity, abs=1e-5)
        np.testing.assert_allclose(row.probabilities, [answer.probabilities[each] for each in model.labels], atol=1e-5)
        assert Thumbnails(predicted[0].folder).read(row.sha256)
    assert len(list_predictions(workspace, run)) == 3
    assert load_model(run.id, workspace=workspace).predict_folder(other)["label"].tolist()[:3]


def test_a_stop_keeps_what_was_predicted(place, other, monkeypatch):
    monkeypatch.setattr(collect, "_SECONDS_BETWEEN_EVENTS", 0)  # it is asked after every photo
    workspace, _, run = place
    job = analysis_job(workspace, run, "predictions", {"path": str(other), "name": "Stopped"})
    asked = iter([False] * 10)
    last = list(run_predictions(workspace, job, lambda: next(asked, True)))[-1]
    found = load_predictions(job)
    assert last.type == "finished" and last.stopped and not found.is_whole and 0 < len(found.predictions) < 14
    last = list(run_predictions(workspace, job, lambda: True))[-1]
    assert last.type == "stopped" and last.kept and load_predictions(job) == found, "nothing new, nothing lost"


def test_another_attempt_goes_on_where_a_kill_or_a_stop_ended_the_last(place, other, tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "_SECONDS_BETWEEN_EVENTS", 0)
    monkeypatch.setattr(prediction_slices, "PHOTOS", 3)
    workspace, _, run = place
    folder = tmp_path / "walk"
    shutil.copytree(other, folder)
    job = analysis_job(workspace, run, "predictions", {"path": str(folder), "name": "Killed"})
    events = run_predictions(workspace, job)
    for event in events:
        if event.type == "progress" and event.done >= 6:
            break
    events.close()  # as a kill: nothing more is run
    slices = sorted(job.folder.glob("prediction-slice-*"))
    assert slices and load_predictions(job) is None
    slices[0].write_bytes(slices[0].read_bytes()[:-9])  # a damaged one counts as none
    predicted = []
    monkeypatch.setattr(ImageClassifier, "predict_input", _noting(ImageClassifier.predict_input, predicted))
    assert list(run_predictions(workspace, job))[-1].type == "finished"
    found = load_predictions(job)
    assert found.is_whole and len(found.predictions) == 14 and 0 < len(predicted) < 14 - 3 * (len(slices) - 1) + 1
    assert not list(job.folder.glob("prediction-slice-*")), "nothing is left to go on with"
    assert all(Thumbnails(job.folder).read(sha256) for sha256 in found.predictions["sha256"])
    whole = analysis_job(workspace, run, "predictions", {"path": str(folder), "name": "Whole"})
    assert run_job(workspace, whole).type == "finished"
    rows = load_predictions(whole).predictions
    assert rows.drop(columns="probabilities").equals(found.predictions.drop(columns="probabilities"))
    np.testing.assert_array_equal(np.stack(rows["probabilities"]), np.stack(found.predictions["probabilities"]))


def _noting(own, calls):
    return lambda self, *values: calls.append(1) or own(self, *values)


def test_a_slice_of_another_model_is_not_used(place, other, monkeypatch):
    workspace, _, run = place
    job = analysis_job(workspace, run, "predictions", {"path": str(other), "name": "Other model"})
    monkeypatch.setattr(collect, "_SECONDS_BETWEEN_EVENTS", 0)
    monkeypatch.setattr(prediction_slices, "SECONDS", 0)  # a slow model's photos are written down as often
    asked = iter([False] * 10)
    list(run_predictions(workspace, job, lambda: next(asked, True)))
    left = list(job.folder.glob("prediction-slice-*"))
    assert len(left) > 1
    for each in left:
        each.rename(each.with_name(each.name.replace(each.name.split("-")[2], "0" * 16)))
    predicted = []
    monkeypatch.setattr(ImageClassifier, "predict_input", _noting(ImageClassifier.predict_input, predicted))
    assert list(run_predictions(workspace, job))[-1].type == "finished" and len(predicted) == 14


def test_photos_are_sorted_by_what_they_show_and_those_of_nothing_apart(place, predicted, other):
    workspace, found = place[0], predicted[1]
    options = predicted[0].spec["options"]
    threshold = float(np.sort(found.predictions["familiarity"])[3]) + 1e-6  # some of them are none of these
    files = dict(sorted_files(open_photos(workspace, options), found, threshold))
    assert len(files) == 14 and sum(path.startswith("none of these/") for path in files) >= 4
    by_content = {data: path for path, data in files.items()}
    for row, known in zip(found.predictions.itertuples(), found.known(threshold)):
        path = by_content[(other / row.path).read_bytes()]
        assert path.split("/")[0] == (row.predicted if known else "none of these")
    assert not any(part.startswith(("=", ".")) and "/" in part for part in files)


def test_a_photo_is_found_by_its_content(place, predicted, other, tmp_path):
    moved = tmp_path / "walk"
    shutil.copytree(other, moved)
    workspace, found = place[0], predicted[1]
    chosen = found.predictions["path"].tolist()[:3]
    photos = open_photos(workspace, {"path": str(moved)})
    assert {data for _, data in chosen_files(photos, found, chosen)} == {(other / each).read_bytes() for each in chosen}
    (moved / chosen[0]).write_bytes(b"another")
    left = list(chosen_files(open_photos(workspace, {"path": str(moved)}), found, chosen[:1]))
    assert left == [], "what is another photo now is never taken for it"
    assert not are_there(workspace, {"path": str(tmp_path / "gone")})


def test_uploads_that_were_cleared_are_gone(place, other):
    workspace = place[0]
    area = an_area(workspace, files_of(other))
    assert are_there(workspace, {"area": area})
    incoming.clear(workspace, area)
    assert not are_there(workspace, {"area": area}) and not are_there(workspace, {"area": "../../etc"})


def test_tables_for_spreadsheets_and_programs_say_the_same(predicted):
    found = predicted[1]
    known = found.known(0.0)
    table = PredictionTable(found.labels, found.predictions, known, found.files)
    lines = predictions_csv(table).splitlines()
    assert len(lines) == 1 + 14 + 1 and "'=cmd.jpg" in predictions_csv(table), "no formula"
    rows = json.loads(predictions_json(table))["predictions"]
    assert [row["image"] for row in rows[:14]] == found.predictions["path"].tolist() and rows[14]["error"]
    with zipfile.ZipFile(BytesIO(predictions_excel(table))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 16 and "<f>" not in sheet and "'=cmd.jpg" in sheet


@pytest.mark.parametrize(
    ("files", "words", "reason"),
    [
        ({}, "Nothing has been uploaded", "an empty area"),
        ({"walk/notes.txt": b"text"}, "no usable photo", "no photo in it"),
        ({"walk/a.jpg": b"nothing"}, "no usable photo", "none that can be read"),
        ({"walk.zip": b"PK\x03\x04"}, "zip", "a broken archive"),
    ],
)
def test_what_holds_no_photo_is_refused_in_a_sentence(place, files, words, reason):
    workspace, _, run = place
    job = analysis_job(workspace, run, "predictions", {"area": an_area(workspace, files)})
    assert run_job(workspace, job).type == "failed", reason
    error = job_status(job).error
    assert words in error.what and error.fix and not error.bug
