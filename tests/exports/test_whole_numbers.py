"""The model with 8 bits: it calculates with them, says what that costs on the test photos, and is refused where it
costs more than a person allows."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tlcore.api.model import Model, load_model
from tlcore.errors import UserError
from tlcore.evaluation.rejection import RejectionRule
from tlcore.events import run_to_end
from tlcore.exports.exporter import ExportSource
from tlcore.exports.own_score import OwnScore, check_loss
from tlcore.exports.own_threshold import OwnThreshold, set_threshold
from tlcore.messages.exports import score_message
from tlcore.models.eight_bits import with_own_names
from tlcore.models.tflite_file import pack, unpack
from tlcore.serving.bundle import load_bundle


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


def threshold_of(place, file: bytes | None = None, num_photos: int | None = None) -> OwnThreshold:
    """What is set for a file (the model's own where none is given) of a run whose rule was set on so many photos."""
    bundle = load_bundle(place)
    known = bundle.info["unknown"] | ({} if num_photos is None else {"photos": num_photos})
    source = ExportSource(replace(bundle, info=bundle.info | {"unknown": known}), place)
    found = run_to_end(set_threshold(source, file or bundle.tflite), lambda event: None)
    assert found is not None
    return found


def test_the_threshold_is_set_as_that_of_the_model_was(trained):
    place = trained[2].folder
    rule, found = load_bundle(place).rejection, threshold_of(place)
    assert found.rule.num_photos == rule.num_photos and found.rule.total == rule.total
    assert found.rule.quantiles == pytest.approx(rule.quantiles, abs=2e-3), "on all photos, each left out"
    assert found.kept_before == pytest.approx(found.kept, abs=1)

    held_back = trained[1].photos["split"].isin(["validation", "test"]).sum()
    found = threshold_of(place, num_photos=int(held_back))  # as of a training with more photos
    assert found.rule.num_photos == held_back and found.rule.total == rule.total


def test_it_says_none_of_these_by_its_own_features(made, trained, model):
    rule = RejectionRule.from_dict(json.loads((made.path / "model.json").read_text("utf-8"))["unknown"])
    own = threshold_of(trained[2].folder, (made.path / "model.tflite").read_bytes())
    assert rule == own.rule and rule.quantiles != model.rejection.quantiles
    score = made.score
    assert (score.kept, score.kept_before, score.kept_of) == (own.kept, own.kept_before, rule.num_photos)
    assert score.kept / score.kept_of >= 0.95 - 1 / score.kept_of, "the usual share, whatever the bits did"
    for sample in json.loads((made.path / "samples" / "expected.json").read_text("utf-8"))["samples"]:
        assert sample["known"] == (sample["familiarity"] >= rule.threshold())


def test_tensors_of_an_ensemble_get_names_of_their_own(trained):
    """The quantizer needs them, and in an ensemble each member has the same ones."""
    model = unpack(load_bundle(trained[2].folder).tflite)[0]
    model.subgraphs[0].tensors[3].name = model.subgraphs[0].tensors[7].name = b"twice"
    names = [tensor.name for tensor in unpack(with_own_names(pack(model)))[0].subgraphs[0].tensors]
    assert len(set(names)) == len(names) and b"twice" in names


def test_what_its_threshold_keeps_stands_beside_what_that_of_the_model_would_keep():
    told = score_message(254, 252, 269, 256, 254, kept=512, kept_before=480, kept_of=538)
    assert told.endswith("Its own threshold for that keeps 95% of 538 known photos; the model’s would keep 89%.")
    assert "threshold" not in score_message(254, 252, 269, 256, 254)


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
