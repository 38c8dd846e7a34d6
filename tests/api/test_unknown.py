"""A photo of something else: what a model, the terminal and its table say, how strict it is; and older models."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from tlcore.__main__ import main
from tlcore.api.model import load_model
from tlcore.errors import UserError
from tlcore.evaluation.report import FAMILIARITY
from tlcore.serving.bundle import Bundle, load_bundle
from tlcore.serving.predict import ImageClassifier

STRANGE = np.random.default_rng(0).integers(0, 256, (96, 96, 3)).astype(np.uint8)


def png(pixels: np.ndarray) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return target.getvalue()


@pytest.fixture
def model(trained):
    workspace, _, run = trained
    return load_model(run.id, workspace=workspace)


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (STRANGE, "noise"),
        (np.zeros((96, 96, 3), np.uint8), "a lens that is covered"),
        (np.tile(np.arange(0, 256, 8, np.uint8), (96, 3))[..., None].repeat(3, 2), "a gradient, three times"),
    ],
)
def test_what_is_none_of_the_classes_is_not_known_unless_all_are_to_be_answered(model, pixels, reason):
    answer = model.predict(pixels)
    assert not answer.known and answer.label in model.labels, reason
    assert 0 <= answer.familiarity < model.rejection.threshold() and "none of these" in repr(answer)
    assert model.predict(pixels, kept=1).known and model.predict([pixels], kept=1.0)[0].known


def test_photos_of_the_classes_are_known_and_fewer_of_them_the_stricter_it_is(trained, model):
    _, dataset, _ = trained
    photos = [dataset.read(path) for path in dataset.photos["path"]]
    shares = [np.mean([each.known for each in model.predict(photos, kept=kept)]) for kept in (1, 0.95, 0.5, 0)]
    assert shares[0] == 1 and shares == sorted(shares, reverse=True)
    rows = model.report.predictions
    assert rows[FAMILIARITY].between(0, 1).all()
    cost = model.rejection.cost(0.5)
    assert cost.total == len(rows) and cost.answered == (rows[FAMILIARITY] >= model.rejection.threshold(0.5)).sum()


@pytest.mark.parametrize("kept", [-0.1, 1.1, "0.9", True, float("nan")])
def test_what_is_no_share_is_refused(model, kept):
    with pytest.raises(UserError, match="not a share"):
        model.predict(STRANGE, kept=kept)


@pytest.fixture
def folder(trained, tmp_path):
    """Two photos of each class, and a folder of other things."""
    _, dataset, _ = trained
    for row in dataset.photos.groupby("label").head(2).itertuples():
        (tmp_path / "more" / row.label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "more" / row.label / row.path.rpartition("/")[2]).write_bytes(dataset.read(row.path))
    (tmp_path / "more" / "None").mkdir()
    for number in range(3):
        (tmp_path / "more" / "None" / f"{number}.png").write_bytes(png(np.roll(STRANGE, number, axis=0)))
    return tmp_path / "more"


def test_a_folder_none_is_counted_apart_and_never_as_a_class(trained, model, folder, capsys):
    workspace, _, run = trained
    report, _ = model.evaluate(folder, progress=False)
    assert report.total == 6 and report.confusion.to_numpy().sum() == 6 and report.labels == model.labels
    assert len(report.unknown) == 3 and (report.unknown[FAMILIARITY] < model.rejection.threshold()).all()
    arguments = ["evaluate", run.id, "--data", str(folder), "--workspace", str(workspace.root)]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])["unknown"]
    assert (found["photos_of_none"], found["rejected"], found["total"], found["kept"]) == (3, 3, 6, 0.95)
    assert main([*arguments, "--kept", "1"]) == 0
    text = capsys.readouterr().out
    assert "0 of 3 photos of other things got “None of these”" in text and "Answers 100% of the test photos" in text
    shutil.rmtree(folder / "None")
    assert model.evaluate(folder, progress=False)[0].unknown.empty


def test_the_terminal_and_its_table_say_so(trained, tmp_path, capsys):
    workspace, dataset, run = trained
    (tmp_path / "strange.png").write_bytes(png(STRANGE))
    known = str(dataset.root / dataset.photos["path"].iloc[0])
    arguments = ["predict", run.id, str(tmp_path / "strange.png"), known, "--workspace", str(workspace.root)]
    assert main([*arguments, "--csv", str(tmp_path / "answers.csv")]) == 0
    first, *_ = capsys.readouterr().out.splitlines()
    assert "None of these. Closest: " in first
    rows = list(csv.DictReader(io.StringIO((tmp_path / "answers.csv").read_text(encoding="utf-8"))))
    assert [row["known"] for row in rows] == ["no", "yes"] and rows[0]["label"] in dataset.labels
    assert 0 <= float(rows[0]["familiarity"]) < float(rows[1]["familiarity"])
    assert main([*arguments, "--kept", "1", "--json"]) == 0
    answers = json.loads(capsys.readouterr().out.splitlines()[-1])["predictions"]
    assert [each["known"] for each in answers] == [True, True] and answers[0]["familiarity"] is not None


def test_a_model_without_such_a_rule_answers_as_it_always_did(trained):
    bundle = load_bundle(trained[2].folder)
    older = Bundle(bundle.tflite, bundle.labels, {key: value for key, value in bundle.info.items() if key != "unknown"})
    classifier = ImageClassifier(older)
    answer = classifier.predict_photo(STRANGE, kept=0.1)
    assert answer.known and answer.familiarity is None and classifier.rejection is None
    np.testing.assert_array_equal(classifier.probabilities(STRANGE), ImageClassifier(bundle).probabilities(STRANGE))
