"""The model with 8 bits: it calculates with them, says what that costs on the test photos, and is refused where it
costs more than a person allows."""

import json
import shutil

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tlcore.api.model import Model, load_model
from tlcore.errors import UserError
from tlcore.exports.own_score import OwnScore, check_loss


@pytest.fixture(scope="module")
def model(trained) -> Model:
    return load_model(trained[2].id, workspace=trained[0].root)


@pytest.fixture(scope="module")
def made(model, tmp_path_factory):
    return model.export("tflite-int8", tmp_path_factory.mktemp("int8") / "small", max_loss=1)


def test_it_convolves_with_bytes_takes_a_quarter_and_is_used_as_before(made):
    data = (made.path / "model.tflite").read_bytes()
    interpreter = Interpreter(model_content=data)
    kinds = {detail["dtype"] for detail in interpreter.get_tensor_details()}
    assert np.int8 in kinds and len(data) < 4_500_000, "the same in 32 bits takes 13 MB"
    signature = interpreter.get_signature_list()["serving_default"]
    assert signature["inputs"] == ["image"] and set(signature["outputs"]) == {"probabilities", "familiarity"}
    ends = [*interpreter.get_input_details(), *interpreter.get_output_details()]
    assert {detail["dtype"] for detail in ends} == {np.float32}


def test_its_score_stands_beside_that_of_the_model(made, model):
    score = made.score
    assert score is not None and score.total == model.report.total and score.model_correct == model.report.correct
    assert 0 <= score.known <= score.total and 0 <= score.model_known <= score.total


def test_its_samples_carry_its_own_answers_to_prove_the_file_elsewhere(made):
    values = json.loads((made.path / "samples" / "expected.json").read_text("utf-8"))
    assert values["tolerance"] == 0.02
    labels = (made.path / "labels.txt").read_text("utf-8").splitlines()
    for sample in values["samples"]:
        assert sample["label"] == labels[int(np.argmax(sample["probabilities"]))]
    assert made.check.largest_difference > 0, "eight bits are not thirty-two"


@pytest.mark.parametrize(
    ("score", "max_loss", "refused"),
    [
        (OwnScore(58, 61, 68), 0.02, True),  # three photos, two are allowed
        (OwnScore(59, 61, 68), 0.02, False),  # two are what 2% come to, rounded up
        (OwnScore(13, 14, 15), 0.02, False),  # one photo of a small test is no finding
        (OwnScore(13, 14, 15), 0.0, True),  # none is allowed
        (OwnScore(62, 61, 68), 0.0, False),  # better by chance
        (None, 1.0, True),  # nobody can tell
    ],
)
def test_what_it_may_lose(score, max_loss, refused):
    if not refused:
        check_loss(score, max_loss)
        return
    with pytest.raises(UserError, match="loses too much|can’t be found out"):
        check_loss(score, max_loss)


def test_a_model_from_a_file_brings_no_photos_to_calibrate_on(trained, tmp_path):
    shutil.copytree(trained[2].folder / "bundle", tmp_path / "bundle")
    with pytest.raises(UserError, match="training photos"):
        load_model(tmp_path / "bundle").export("tflite-int8", tmp_path / "small")
    assert not (tmp_path / "small").exists()


def test_a_share_is_a_share(model, tmp_path):
    with pytest.raises(UserError, match="max_loss is 2"):
        model.export("tflite-int8", tmp_path / "small", max_loss=2)
