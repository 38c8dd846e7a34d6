"""Why a model answers as it does, from Python and from the terminal: the same heat map, the same neighbours."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image

import tlcore
from tests.conftest import copy_of
from tlcore.cli.main import main
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.evaluation.embedding import INFO


@pytest.fixture(scope="module")
def model(trained):
    workspace, _, run = trained
    return tlcore.load_model(run.id, workspace=workspace)


def place(dataset, split):
    return dataset.root / dataset.part(split)["path"][0]


def test_the_class_that_is_explained_is_the_predicted_one_unless_another_is_named(trained, model, tmp_path):
    photo = place(trained[1], "test")
    found = model.explain(photo)
    assert found.label == model.predict(photo).label and found.method == "class activation map"
    other = model.explain(photo, model.labels[1])
    np.testing.assert_array_equal(other.heat_map, found.for_label(model.labels[1]).heat_map)
    pixels = model.explain(np.asarray(Image.open(photo).convert("RGB")))
    np.testing.assert_allclose(pixels.heat_map, found.heat_map, atol=1e-5)
    with Image.open(found.save(tmp_path / "why.png")) as picture:
        assert picture.size == (512, 512)


def test_the_nearest_are_photos_it_learned_from_and_the_photo_itself_comes_first(trained, model):
    photo = place(trained[1], "train")
    found = model.nearest(photo, n=2)
    first, second = (label for label, _ in model.predict(photo).ranked[:2])
    assert [each.label for each in found] == [first, first, second, second]
    own = [each for each in found if each.sha256 == hashlib.sha256(photo.read_bytes()).hexdigest()]
    assert [each.similarity for each in own] == [1.0] and found[0] == own[0]
    assert {each.split for each in found} <= {"train"} or model.info["refit"]


def test_what_was_left_out_since_is_not_among_the_nearest(trained, tmp_path):
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    model = tlcore.load_model(run.id, workspace=workspace)
    photo = place(dataset, "train")
    shown = model.nearest(photo)[0].path
    tlcore.load_dataset(dataset.id, workspace=workspace).drop([shown])
    assert shown not in {each.path for each in model.nearest(photo)}
    assert load_dataset(workspace, dataset.id).place(shown).exists(), "the photo itself is still there"


def test_a_model_without_its_photos_says_so(trained, tmp_path):
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    photo = place(dataset, "test")
    (run.folder / INFO).unlink()  # a run of an earlier version
    for model in (run.id, tlcore.load_model(run.id, workspace=workspace).save(tmp_path / "model.zip")):
        with pytest.raises(UserError, match="doesn’t keep"):
            tlcore.load_model(model, workspace=workspace).nearest(photo)


def test_the_terminal_tells_the_same(trained, model, tmp_path, capsys):
    workspace, dataset, run = trained
    photo, out = place(dataset, "test"), tmp_path / "why.png"
    asked = ["explain", run.id, str(photo), "--out", str(out), "--workspace", str(workspace.root)]
    assert main([*asked, "--class", "square", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    np.testing.assert_allclose(found["heat_map"], model.explain(photo, "square").heat_map, atol=1e-6)
    assert found["label"] == "square" and [each["path"] for each in found["nearest"]] == [
        each.path for each in model.nearest(photo)
    ]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert found["prediction"] in said and "% alike: " in said and f"Saved to {out} (class activation map" in said
    assert main([*asked, "--class", "cat"]) == 2 and "no class" in capsys.readouterr().err
