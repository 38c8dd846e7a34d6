"""The README of a model: it tells what model.json has, its code runs, and nothing in it can be made to do harm."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tlcore
from tests.photos import make_photo
from tlcore.exports.model_zip import README, model_file_name, zip_model
from tlcore.messages.model_readme import model_readme

ROOT = Path(__file__).resolve().parents[2]
INFO = {
    "name": "Leaves",
    "created": "2026-11-26T23:21:25Z",
    "input": {"size": 224, "resize": "center-crop"},
    "backbone": {"name": "efficientnet-lite0", "licence": "Apache-2.0", "source": "https://example.org/lite"},
    "dataset": {"name": "Leaves", "licence": "CC-BY 4.0, by many", "photos": {"train": 68, "test": 50}},
    "test": {"correct": 46, "total": 50, "interval_95": [0.8116, 0.9685]},
}
HOSTILE = "<img src=x onerror=alert(1)>\n# [x](javascript:y)"


@pytest.fixture(scope="module")
def unzipped(trained, tmp_path_factory):
    """A downloaded model, in its folder."""
    import zipfile

    _, _, run = trained
    folder = tmp_path_factory.mktemp("download")
    (folder / "shapes-model.zip").write_bytes(zip_model(run.folder, "shapes-model.zip"))
    with zipfile.ZipFile(folder / "shapes-model.zip") as archive:
        archive.extractall(folder)
    (folder / "photo.jpg").write_bytes(make_photo(3, (300, 300)))
    return folder


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("# Leaves: image classifier", "what it is"),
        ("recognises 2 classes of pictures", "how many classes"),
        ("on 26 November 2026 on 68 photos", "when it was made, of how many photos"),
        ("92% correct: 46 of 50 (likely range 81–97%)", "how good, never a number alone, as on the pages"),
        ("50 test photos that had not been used for training", "on what it was counted"),
        ("- oak\n- beech\n", "the classes"),
        ("float32 (1, 224, 224, 3), RGB, values 0–255", "size and scaling"),
        ("the largest square in the middle of the photo", "how a photo is made square"),
        ('tlcore.load_model("leaves-model.zip")', "how to use it"),
        ("EfficientNet-Lite0: Apache-2.0 (https://example.org/lite)", "whose network it began with"),
        ("CC-BY 4.0, by many", "whose photos it learned from"),
    ],
)
def test_it_says_what_a_person_needs(said, reason):
    assert said in model_readme(INFO, ("oak", "beech"), "leaves-model.zip", True), reason


@pytest.mark.parametrize("number", [0, 1], ids=["with this package", "without it"])
def test_its_code_runs_and_gives_the_models_answer(unzipped, number):
    code = re.findall(r"```python\n(.*?)```", (unzipped / README).read_text(encoding="utf-8"), re.DOTALL)[number]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=unzipped, env=environment, capture_output=True, text=True, check=True
    )
    label, probability = done.stdout.splitlines()[0].split()
    right = tlcore.load_model(unzipped / "shapes-model.zip").predict(unzipped / "photo.jpg")
    assert label == right.label and float(probability) == pytest.approx(right.probability, abs=0.02)


@pytest.mark.parametrize("policy", ["center-crop", "squash"])
def test_its_code_makes_photos_square_as_the_model_was_trained(policy):
    from io import BytesIO

    from PIL import Image, ImageOps

    from tlcore.data.images import load_input
    from tlcore.messages.model_readme import PREPARING

    data = make_photo(1, (300, 200), "PNG")
    photo = Image.open(BytesIO(data)).convert("RGB")
    made = eval(PREPARING[policy].format(size=96), {"photo": photo, "ImageOps": ImageOps, "Image": Image})
    expected = load_input(data, 96, policy).astype(int)
    assert np.abs(np.asarray(made).astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"test": None}, "no figures"),
        ({"test": {"correct": "many", "total": 3, "interval_95": [0, 1]}}, "figures that are none"),
        ({"test": {"correct": 0, "total": 0, "interval_95": [0, 1]}}, "no test photos"),
        ({"created": 5}, "no date"),
        ({"created": "yesterday"}, "a date of another kind"),
        ({"backbone": "mine", "dataset": []}, "other kinds of values"),
        ({"backbone": {"name": "no-such-network", "licence": 7}}, "a network of another version"),
    ],
)
def test_a_description_with_gaps_still_has_a_readme(change, reason):
    made = model_readme(INFO | change, ("oak", "beech"), "x.zip", False)
    assert "# Leaves" in made and "load_model" in made, reason


def test_names_stay_names():
    made = model_readme(INFO | {"dataset": {"name": HOSTILE, "licence": HOSTILE}}, (HOSTILE, "b"), "x.zip", False)
    assert not re.search(r"(?<!\\)<img|^# \[|(?<!\\)\[x", made, re.MULTILINE)


def test_a_thousand_classes_are_not_all_listed():
    made = model_readme(INFO, tuple(f"class{number}" for number in range(1000)), "x.zip", False)
    assert made.count("\n- class") == 200 and "and 800 more, in labels.txt" in made


@pytest.mark.parametrize(
    ("name", "expected", "reason"),
    [
        ("Leaves", "leaves-model.zip", "as the data set is called"),
        ("Ärzte & Löwen", "arzte-lowen-model.zip", "letters that every system and mail takes"),
        ("../../etc/passwd", "etc-passwd-model.zip", "never a path"),
        ("猫", "dataset-model.zip", "nothing is left of the name"),
    ],
)
def test_what_the_download_is_called(name, expected, reason):
    assert model_file_name(name) == expected, reason


def test_the_files_it_names_are_those_in_the_zip(unzipped):
    named = set(re.findall(r"^- `([\w.]+)`:", (unzipped / README).read_text(encoding="utf-8"), re.MULTILINE))
    there = {path.name for path in unzipped.iterdir()} - {README, "shapes-model.zip", "photo.jpg"}
    assert named == there, "no file is promised that is not there, and none is left unsaid"


@pytest.mark.parametrize(("with_keras", "reason"), [(True, "it is there"), (False, "it is not, so it is not named")])
def test_a_model_for_keras_is_named_where_it_is(with_keras, reason):
    made = model_readme(INFO, ("oak", "beech"), "x.zip", with_keras)
    assert ("model.keras" in made.partition("## Files")[2]) is with_keras and "where it is included" not in made, reason


CARD = INFO | {
    "seed": 7,
    "config": {"strategy": "hybrid"},
    "dataset": INFO["dataset"] | {"photos": {"train": 68, "validation": 14, "test": 50}},
    "test": {"correct": 30, "total": 50, "interval_95": [0.46, 0.72], "per_class": [{"label": "oak", "support": 30}]},
    "refit": {"photos": 132, "with_test": True},
}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("## Intended use\n\nMeant for photos like those it was trained on", "what it is for"),
        ("Don’t use it alone for decisions that can harm people", "and what not"),
        ("- Photos: 68 training, 14 validation, 50 test", "what it learned from"),
        ("- Procedure: Train the head first, then fine-tune the top layers", "how"),
        ("- Seed 7;", "how to do it once more"),
        ("This model learned from all 132 photos", "what is in the file"),
        ("## How far you can trust this\n\n- 50 test photos are few: the score may be anywhere", "its limits"),
        ("Always answering “oak” would be correct for 60%", "by the same function as the report"),
        ("It always gives one of its classes, also for something it has never seen", "what it does not know"),
    ],
)
def test_its_card_is_the_short_form_of_the_report(said, reason):
    assert said in model_readme(CARD, ("oak", "beech"), "leaves-model.zip", True), reason
