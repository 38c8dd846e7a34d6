"""A model in one's hands: every kind of photo gives the same answer, saving loses nothing and harms nothing."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tlcore
from tests.photos import make_halves, make_image
from tests.small import write_small_folder
from tlcore.api import saving
from tlcore.cli.main import main
from tlcore.data.names import slug
from tlcore.serving.bundle_weights import WEIGHTS
from tlcore.workspace import open_workspace


@pytest.fixture
def model(trained):
    workspace, _, run = trained
    return tlcore.load_model(run.id, workspace=workspace)


@pytest.fixture
def photo(trained):
    """The path of a photo."""
    _, dataset, _ = trained
    return dataset.root / dataset.photos["path"][0]


def test_a_model_knows_where_it_comes_from_and_how_good_it_is(trained, model):
    _, dataset, run = trained
    assert model.labels == dataset.labels and model.run_id == run.id and model.config == run.config
    report = model.report
    assert report.interval == (report.low, report.high) and report.total == len(report.predictions) == 6
    assert report.interval[0] <= report.accuracy <= report.interval[1]
    assert repr(model) == f"Model(disc, square, stripes, {report.correct} of 6 test photos correct)"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (str, "a path as a word"),
        (lambda path: path, "a Path"),
        (lambda path: path.read_bytes(), "the bytes of a file"),
        (tlcore.read_photo, "an array"),
        (lambda path: tlcore.read_photo(path)[:, ::-1][:, ::-1], "an array that is a view"),
        (Image.open, "a picture of Pillow that is not decoded yet"),
        (lambda path: Image.open(path).convert("RGBA"), "one of another mode"),
    ],
)
def test_every_kind_of_photo_gives_the_same_answer(model, photo, make, reason):
    expected = model.predict(photo)
    answer = model.predict(make(photo))
    assert answer.ranked == expected.ranked and answer.milliseconds > 0 and not answer.error, reason
    assert answer.label == answer.ranked[0][0] and answer.probability == max(answer.probabilities.values())
    assert answer.probabilities.keys() == set(model.labels)


def test_a_turned_photo_is_turned_for_pillow_as_for_a_file(model):
    file = make_halves(6)
    picture, upright = Image.open(io.BytesIO(file)), tlcore.read_photo(file)
    for photo in (picture, upright):
        assert model.predict(photo).probabilities == pytest.approx(model.predict(file).probabilities, abs=0.02)
    lying = np.asarray(Image.open(io.BytesIO(file)))
    assert lying.shape != upright.shape, "else this test would show nothing"


def test_one_bad_photo_does_not_lose_the_others(model, photo, tmp_path):
    (tmp_path / "page.jpg").write_bytes(b"<html>")
    answers = model.predict([photo, tmp_path / "page.jpg", b"", "nowhere.jpg", photo.read_bytes()])
    assert [bool(answer.error) for answer in answers] == [False, True, True, True, False]
    assert "web page" in answers[1].error and "can’t be read: it no longer exists" in answers[3].error
    assert answers[1].label == "" and answers[1].ranked == () and answers[1].probability == 0
    assert answers[0].ranked == answers[4].ranked == model.predict(photo).ranked
    assert "error=" in repr(answers[1]) and answers[0].label in repr(answers[0])


def test_any_number_of_photos_in_any_order(model, photo):
    assert model.predict([]) == []
    assert [answer.label for answer in model.predict(iter([photo, photo]))] == [model.predict(photo).label] * 2
    assert len(model.predict((photo,))) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nowhere.jpg", "nowhere.jpg can’t be read"),
        (b"<html>", "The photo is a web page"),
        (make_image(size=(2, 9)), "The photo is too small"),
    ],
    ids=["no file", "no picture", "too small"],
)
def test_a_single_bad_photo_is_refused_by_name(model, given, message):
    with pytest.raises(tlcore.PhotoRefused, match=message):
        model.predict(given)


@pytest.mark.parametrize(
    ("given", "received", "reason"),
    [
        (np.zeros((8, 8, 3), np.float32), r"float32 \(8, 8, 3\)", "values 0–1 would all be black"),
        (np.zeros((8, 8), np.uint8), r"uint8 \(8, 8\)", "grey has no channels"),
        (np.zeros((8, 8, 4), np.uint8), r"uint8 \(8, 8, 4\)", "nobody knows what lies behind transparency"),
        (np.zeros((3, 8, 8), np.uint8), r"uint8 \(3, 8, 8\)", "channels first"),
        (np.zeros((2, 8, 8, 3), np.uint8), r"uint8 \(2, 8, 8, 3\)", "several photos are a list"),
        (np.zeros((0, 8, 3), np.uint8), r"uint8 \(0, 8, 3\)", "no pixels"),
        (None, "NoneType", "no photo"),
        (5, "int", "no photo"),
    ],
)
def test_what_can_be_no_photo_is_a_mistake_and_says_what_is_allowed(model, given, received, reason):
    for photos in (given, [given]):
        with pytest.raises(tlcore.UserError, match=f"{received}.*Use .*uint8 array .height, width, 3."):
            model.predict(photos)


def test_by_itself_a_model_is_called_after_its_data_set_and_brings_a_readme(model, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = model.save()
    assert path == Path(f"{slug(model.info['dataset']['name'])}-model.zip") and path.is_file()
    with zipfile.ZipFile(path) as archive:
        assert f'tlcore.load_model("{path}")' in archive.read("README.md").decode("utf-8")
    assert "load_model" in (model.save("folder") / "README.md").read_text(encoding="utf-8")
    model.save("folder")  # its own README keeps nobody from replacing it
    path.unlink()
    assert main(["save", "folder", "--workspace", str(tmp_path / "w")]) == 0 and path.is_file()
    assert capsys.readouterr().out == f"Saved {path}\n"


@pytest.mark.parametrize("name", ["shapes.zip", "shapes", "new/folder/shapes.ZIP", "with.dot"])
def test_a_saved_model_is_the_same_one(model, photo, tmp_path, name):
    path = model.save(tmp_path / name)
    assert path.is_file() == name.lower().endswith(".zip")
    again = tlcore.load_model(path)
    assert again.predict(photo).ranked == model.predict(photo).ranked
    assert again.info == model.info and again.config == model.config and repr(again) == repr(model)
    assert again.report.accuracy == model.report.accuracy and again.report.interval == model.report.interval
    assert again.report.confusion.equals(model.report.confusion) and again.report.per_class.equals(
        model.report.per_class
    )
    assert len(again.report.predictions) == 0, "photos stay at home"
    third = again.save(tmp_path / "third")
    assert (third / WEIGHTS).read_bytes() == (model.path / "bundle" / WEIGHTS).read_bytes(), "for its Keras file"
    assert not list(tmp_path.rglob(".*")), "nothing is left lying about"


def test_a_model_takes_the_place_of_an_older_one(model, tmp_path):
    for name in ("old.zip", "old"):
        path = model.save(tmp_path / name)
        first = path.stat()
        assert model.save(path) == path and path.stat().st_ino != first.st_ino
        tlcore.load_model(path)
    (tmp_path / "empty").mkdir()
    tlcore.load_model(model.save(tmp_path / "empty"))


def a_file(path):
    path.write_bytes(b"precious")


def a_folder(path):
    path.mkdir()
    (path / "thesis.txt").write_bytes(b"precious")


def a_model_with_notes(path):
    path.mkdir()
    for name in ("model.tflite", "labels.txt", "model.json", "notes.txt"):
        (path / name).write_bytes(b"precious")


@pytest.mark.parametrize(
    ("name", "make", "overwrite", "reason"),
    [
        ("x.zip", a_file, False, "a file that is no model"),
        ("x", a_file, False, "a file where a folder shall be"),
        ("x", a_file, True, "a folder cannot take a file's place"),
        ("x", a_folder, False, "a folder of a person"),
        ("x", a_folder, True, "no overwrite deletes a folder of a person"),
        ("x", a_model_with_notes, True, "nor what lies beside a model"),
        ("x.zip", a_folder, True, "a folder that is called like a zip"),
    ],
)
def test_saving_harms_nothing_else(model, tmp_path, name, make, overwrite, reason):
    make(tmp_path / name)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(tlcore.UserError, match="already exists|is a folder"):
        model.save(tmp_path / name, overwrite=overwrite)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before, reason


def test_overwrite_replaces_a_file(model, tmp_path):
    a_file(tmp_path / "x.zip")
    tlcore.load_model(model.save(tmp_path / "x.zip", overwrite=True))


@pytest.mark.parametrize("name", ["x", "x.zip"])
def test_a_full_disk_leaves_the_old_model(model, photo, tmp_path, monkeypatch, name):
    path = model.save(tmp_path / name)

    def full(folder, bundle, weights):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving, "write_bundle", full)
    with pytest.raises(tlcore.UserError, match="is full"):
        model.save(path)
    assert tlcore.load_model(path).predict(photo).label and [entry.name for entry in tmp_path.iterdir()] == [name]


def test_evaluate_on_photos_of_its_own(model, tmp_path):
    folder = write_small_folder(tmp_path / "other", photos_per_class=2, seed=50)
    (folder / "disc" / "broken.jpg").write_bytes(b"nothing")
    report, refused = model.evaluate(str(folder))
    assert report.total == 6 and list(refused["path"]) == ["disc/broken.jpg"]


@pytest.mark.parametrize(
    ("given", "message", "reason"),
    [
        ("nope", "no run", "no path and no run"),
        ("../runs", "no run", "an id is no way out of the workspace"),
        (".", "no trained model", "a folder without a model"),
        (__file__, "no trained model", "a file that is none"),
        (None, "of type NoneType", "forgotten"),
    ],
)
def test_what_is_no_model_is_one_sentence(tmp_path, given, message, reason):
    with pytest.raises(tlcore.UserError, match=message):
        tlcore.load_model(given, workspace=open_workspace(tmp_path / "home"))
