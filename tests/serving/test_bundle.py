"""A bundle holds all that is needed, is read from run, folder and zip, and is refused when it is damaged."""

import io
import json
import zipfile

import keras
import numpy as np
import pytest

from tlcore.data.images import load_input
from tlcore.errors import UserError
from tlcore.exports.exporter import ExportSource
from tlcore.exports.keras_model import write_keras_file
from tlcore.serving.bundle import load_bundle, zip_bundle
from tlcore.serving.predict import ImageClassifier


def test_run_folder_and_zip_give_the_same_bundle(trained, tmp_path):
    _, _, run = trained
    (tmp_path / "model.zip").write_bytes(zip_bundle(run.folder))
    bundles = [load_bundle(path) for path in (run.folder, run.folder / "bundle", tmp_path / "model.zip")]
    assert bundles[0] == bundles[1] == bundles[2]
    assert set(zipfile.ZipFile(tmp_path / "model.zip").namelist()) == {
        "model.tflite",
        "labels.txt",
        "model.json",
        "weights.npz",
    }


def test_model_json_says_what_is_needed_to_use_it_rightly(trained):
    _, dataset, run = trained
    info = load_bundle(run.folder).info
    assert info["input"] == {
        "size": 96,
        "resize": "center-crop",
        "orientation": "EXIF applied",
        "channels": "RGB",
        "colours": "sRGB",
        "pixels": 2,
        "data_ranges": None,
        "range": [0, 255],
        "dtype": "float32",
        "shape": [1, 96, 96, 3],
    }
    assert info["output"]["labels"] == list(dataset.labels)
    assert info["dataset"]["fingerprint"] == dataset.fingerprint and info["seed"] == 1
    assert info["test"]["total"] == len(dataset.part("test")) and len(info["test"]["interval_95"]) == 2
    assert {"transferlab", "keras", "ai-edge-litert", "numpy", "pillow", "python"} <= set(info["versions"])
    assert info["check"]["photos"] == info["test"]["total"] and 0 <= info["check"]["largest_difference"] <= 1e-3


def test_the_keras_model_answers_like_the_shipped_file(trained, tmp_path):
    _, dataset, run = trained
    write_keras_file(ExportSource(load_bundle(run.folder), run.folder), tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    predictor = ImageClassifier(load_bundle(run.folder))
    photo = dataset.read(dataset.photos["path"][0])
    image = load_input(photo, 96, "center-crop")[np.newaxis].astype(np.float32)
    answer = model(image)
    np.testing.assert_allclose(answer["probabilities"].numpy()[0], predictor.probabilities(photo), atol=1e-3)
    assert float(answer["familiarity"][0, 0]) == pytest.approx(predictor.predict_photo(photo).familiarity, abs=1e-3)


def damage_info(change):
    def apply(folder):
        info = json.loads((folder / "model.json").read_text())
        change(info)
        (folder / "model.json").write_text(json.dumps(info))

    return apply


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / "model.tflite").unlink(), "the model is missing"),
        (lambda folder: (folder / "model.json").write_text("{"), "torn"),
        (lambda folder: (folder / "labels.txt").write_bytes(b"\xff\xfe\n"), "labels are no text"),
        (damage_info(lambda info: info.pop("input")), "the input is not described"),
        (damage_info(lambda info: info["input"].update(size=10**9)), "a size that would fill the memory"),
        (damage_info(lambda info: info["input"].update(resize="magic")), "an unknown way of resizing"),
    ],
)
def test_a_damaged_bundle_is_refused(trained, tmp_path, damage, reason):
    _, _, run = trained
    folder = tmp_path / "copy"
    folder.mkdir()
    with zipfile.ZipFile(io.BytesIO(zip_bundle(run.folder))) as archive:
        archive.extractall(folder)
    damage(folder)
    with pytest.raises(UserError):
        load_bundle(folder)


def test_a_model_file_that_is_none_is_refused(trained):
    _, _, run = trained
    bundle = load_bundle(run.folder)
    for content in (b"", b"TFL3 but not really", bundle.tflite[:1000]):
        with pytest.raises(UserError, match="damaged"):
            ImageClassifier(type(bundle)(content, bundle.labels, bundle.info))


@pytest.mark.parametrize("name", ["nothing.zip", "text.zip", "empty.zip"])
def test_what_is_no_bundle_is_refused(tmp_path, name):
    if name == "text.zip":
        (tmp_path / name).write_text("hello")
    if name == "empty.zip":
        zipfile.ZipFile(tmp_path / name, "w").close()
    with pytest.raises(UserError, match="no trained model"):
        load_bundle(tmp_path / name)
