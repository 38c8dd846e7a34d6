"""Combining finished runs: which can be, what comes of it, and that one file answers as all of them do together."""

import io
import json
import shutil
from contextlib import closing
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import tlcore
from tests.conftest import QUICK, copy_of, finish
from tlcore.__main__ import main
from tlcore.comparison import ensemble_weights
from tlcore.comparison.ensemble_weights import choose_weights, out_of_fold
from tlcore.comparison.ensembles import create_ensemble, ensembles_among, members_in
from tlcore.comparison.results import load_results, load_verdicts
from tlcore.config import TrainConfig
from tlcore.data.decoder import PhotoDecoder
from tlcore.data.images import load_input, make_input
from tlcore.errors import UserError
from tlcore.evaluation.calibration import divide_by, load_calibration
from tlcore.evaluation.cross_validation import load_cross_validation
from tlcore.evaluation.ensemble import AVERAGE, VOTE, combine, fit_weights
from tlcore.evaluation.fold_interval import fold_interval
from tlcore.evaluation.report import FAMILIARITY, load_report
from tlcore.events import never
from tlcore.jobs.status import job_status
from tlcore.jobs.store import EnsembleSpec, analysis_job, create_run, load_run
from tlcore.serving.bundle import Bundle, load_bundle, read_info
from tlcore.serving.evidence import mean_evidence
from tlcore.serving.explain import explainer_of
from tlcore.serving.merge import merge_classifiers
from tlcore.serving.predict import ImageClassifier
from tlcore.settings import OWN
from tlcore.storage import trash
from tlcore.worker.runner import run_job
from tlcore.workspace import open_workspace, read_json, write_json

LARGE = TrainConfig(image_size=128, epochs=2, seed=3, hidden_units=8, cross_validation="always", refit="never")
WEAK = TrainConfig(image_size=96, epochs=2, seed=2, learning_rate=0.1, cross_validation="always", refit="never")


@pytest.fixture(scope="module")
def two(trained, tmp_path_factory):
    """A workspace with two finished runs on the same photos; one was cross-validated."""
    workspace, dataset, first = copy_of(trained, tmp_path_factory.mktemp("two") / "home")
    second = create_run(workspace, dataset.id, WEAK, "weak")
    assert run_job(workspace, second).type == "finished"
    return workspace, dataset, first, load_run(workspace, second.id)


@pytest.fixture(scope="module", params=[AVERAGE, VOTE])
def made(two, request):
    """An ensemble of the two, by each method."""
    workspace, _, first, second = two
    run = create_ensemble(workspace, [first.id, second.id], request.param)
    last = run_job(workspace, run)
    assert last.type == "finished", last
    return load_run(workspace, run.id)


@pytest.fixture(scope="module")
def mixed(two):
    """The cross-validated run and one with larger images, which was too, and the ensemble of both."""
    workspace, dataset, _, second = two
    large = create_run(workspace, dataset.id, LARGE, "large")
    assert run_job(workspace, large).type == "finished"
    run = create_ensemble(workspace, [second.id, large.id])
    last = run_job(workspace, run)
    assert last.type == "finished", last
    return workspace, dataset, (second, load_run(workspace, large.id)), load_run(workspace, run.id)


def photo_file(kind: str, side: int) -> bytes:
    """A photo with grain, so that it matters from which pixels a smaller image is made."""
    target = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 256, (side, side + 90, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(target, kind)
    return target.getvalue()


def table(run) -> np.ndarray:
    return np.stack(load_report(run.folder).predictions["probabilities"].tolist())


def test_the_figures_are_those_of_what_the_members_predicted(two, made):
    _, dataset, first, second = two
    weights = [member.weight for member in members_in(read_info(made.folder))]
    expected = combine([table(first), table(second)], weights, made.ensemble.method)
    assert table(made) == pytest.approx(expected, abs=1e-6)
    report = load_report(made.folder)
    assert report.total == len(dataset.part("test")) and job_status(made).evaluated.test_correct == report.correct
    assert report.predictions[FAMILIARITY].notna().all()


def test_one_file_with_the_network_once_answers_as_the_members_together(two, made):
    _, dataset, *members = two
    bundle, parts = load_bundle(made.folder), [load_bundle(run.folder) for run in members]
    assert len(bundle.tflite) < 1.15 * len(parts[0].tflite), "two heads on one network"
    assert bundle.info["check"]["largest_difference"] < 1e-4
    row = dataset.part("test").iloc[0]
    photo, each = dataset.read(row["path"]), [ImageClassifier(part) for part in parts]
    weights = [member["weight"] for member in bundle.info["ensemble"]["members"]]
    expected = combine([one.probabilities(photo)[None] for one in each], weights, made.ensemble.method)[0]
    answer = ImageClassifier(bundle).predict_photo(photo)
    assert [answer.probabilities[label] for label in dataset.labels] == pytest.approx(expected, abs=1e-4)
    familiar = np.average([one.predict_photo(photo).familiarity for one in each], weights=weights)
    assert answer.familiarity == pytest.approx(familiar, abs=1e-4)


def test_noise_is_none_of_the_classes_to_an_ensemble_too(made):
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3)).astype(np.uint8)
    assert not ImageClassifier(load_bundle(made.folder)).predict_input(noise).known


def test_it_stands_beside_its_members_with_a_verdict(two, made):
    _, _, first, second = two
    runs = [first, second, made]
    assert {result.run_id for result in load_results(runs)} == {run.id for run in runs}
    assert len(load_verdicts(runs)) == 3
    assert ensembles_among(runs, [first.id, second.id, "another"]) == [made]
    assert ensembles_among(runs, [first.id]) == [], "one of its members is not in that comparison"


def test_it_goes_on_when_its_members_are_deleted(two, tmp_path):
    root = shutil.copytree(two[0].root, tmp_path / "home")
    workspace, dataset = open_workspace(root), two[1]
    first, second = (load_run(workspace, run.id) for run in two[2:])
    made = create_ensemble(workspace, [first.id, second.id], weights="equal")
    assert run_job(workspace, made).type == "finished"
    for run in (first, second):
        trash.delete(workspace, run.id, "", run.name)
    photo = dataset.read(dataset.photos["path"].iloc[0])
    assert ImageClassifier(load_bundle(made.folder)).predict_photo(photo).ranked
    assert [member.run for member in members_in(read_info(made.folder))] == [first.id, second.id]


def test_the_test_photos_do_not_weigh_the_models_that_they_judge(two):
    _, dataset, _, second = two
    rows, truth = out_of_fold([second, second], dataset)
    assert len(truth) == len(rows[0]) == len(dataset.photos) - len(dataset.part("test"))


def test_weights_fall_back_where_a_member_has_no_cross_validation(two, made):
    info = load_bundle(made.folder).info["ensemble"]
    asked = "too few photos" if made.ensemble.method == AVERAGE else "equal"
    assert info["weights_from"] == asked and {each["weight"] for each in info["members"]} == {0.5}


def test_the_validation_photos_weigh_where_a_member_has_no_cross_validation(two, monkeypatch):
    _, dataset, first, second = two
    monkeypatch.setattr(ensemble_weights, "LEAST_PHOTOS", 5)
    bundles = [load_bundle(run.folder) for run in (first, second)]
    spec = EnsembleSpec((first.id, second.id), AVERAGE, "out-of-fold")
    events, weights = finish(choose_weights(dataset, [first, second], bundles, spec, never))
    assert (weights.source, weights.photos) == ("validation", len(dataset.part("validation")))
    assert events[-1].done == weights.photos, "the one without folds predicts them now"
    assert sum(weights.values) == pytest.approx(1) and weights.values[0] != weights.values[1]
    assert finish(choose_weights(dataset, [second] * 2, bundles, spec, never))[1].source == "out-of-fold"
    assert finish(choose_weights(dataset, [first, second], bundles, spec, lambda: True))[1] is None


def test_models_that_learned_from_the_validation_photos_are_not_weighed_by_them(two, monkeypatch):
    _, dataset, first, second = two
    monkeypatch.setattr(ensemble_weights, "LEAST_PHOTOS", 5)
    refit = [Bundle(b"", dataset.labels, {"refit": {"photos": 36}}), load_bundle(second.folder)]
    spec = EnsembleSpec((first.id, second.id), AVERAGE, "out-of-fold")
    assert finish(choose_weights(dataset, [first, second], refit, spec, never))[1].source == "too few photos"


@pytest.mark.parametrize(
    ("kind", "side"), [("PNG", 150), ("JPEG", 700)], ids=["small", "a JPEG that is decoded at half or a quarter"]
)
def test_models_with_other_image_sizes_get_the_pixels_that_they_were_tested_with(mixed, kind, side):
    """An image that is made smaller inside the file would not do: see the next test."""
    _, _, members, made = mixed
    bundle, each = load_bundle(made.folder), [ImageClassifier(load_bundle(run.folder)) for run in members]
    assert (bundle.image_size, bundle.other_sizes) == (128, (96,))
    assert bundle.info["check"]["largest_difference"] < 1e-5
    photo, weights = photo_file(kind, side), [member.weight for member in members_in(bundle.info)]
    expected = combine([one.probabilities(photo)[None] for one in each], weights)
    expected = divide_by(expected, bundle.info["temperature"])[0]
    found = ImageClassifier(bundle).predict_photo(photo)
    assert [found.probabilities[label] for label in bundle.labels] == pytest.approx(expected, abs=1e-5)
    with closing(PhotoDecoder(OWN, 1)) as decoder:
        decoded = decoder.decode(photo, bundle.wanted).input
    assert np.array_equal(decoded, ImageClassifier(bundle).read(photo)), "the limited process gives the same"


def test_a_smaller_image_cannot_be_made_of_a_larger_one():
    photo = photo_file("PNG", 150)
    direct = load_input(photo, 96, "center-crop").astype(int)
    again = make_input(Image.fromarray(load_input(photo, 128, "center-crop")), 96, "center-crop")
    assert np.abs(direct - again).max() > 20, "resized twice is not resized once, so each size is made of the file"


def test_its_cross_validation_is_what_the_members_say_together_out_of_fold(mixed, tmp_path):
    _, dataset, members, made = mixed
    found, each = load_cross_validation(made.folder), [load_cross_validation(run.folder) for run in members]
    assert (found.total, found.folds, found.models) == (len(dataset.photos), each[0].folds, 2)
    assert found.report.predictions["fold"].tolist() == each[0].report.predictions["fold"].tolist()
    rows = [np.stack(one.report.predictions["probabilities"].tolist()) for one in each]
    truth = pd.Categorical(each[0].report.predictions["label"], categories=list(dataset.labels)).codes
    fold = each[0].report.predictions["fold"].to_numpy()
    outside = fold != 1
    weights = fit_weights([one[outside] for one in rows], truth[outside])
    expected = combine([one[~outside] for one in rows], weights).argmax(axis=1) == truth[~outside]
    assert found.report.predictions["correct"][~outside].tolist() == expected.tolist(), "fitted without these photos"
    interval = fold_interval(found.report.predictions["correct"].to_numpy(bool), np.arange(found.total))
    assert found.interval == pytest.approx((interval.low, interval.high))
    assert load_calibration(made.folder).source == "cross-validation"
    model = tlcore.load_model(made.folder)
    assert "models learned from the others" in model.write_report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert model.cross_validation.correct == found.correct and model.info["cross_validation"]["models"] == 2


def test_one_that_has_no_cross_validation_leaves_the_ensemble_without(two, made):
    assert load_cross_validation(made.folder) is None and read_info(made.folder)["cross_validation"] is None
    assert load_calibration(made.folder).temperature == 1


def test_the_temperature_is_inside_the_file(two, monkeypatch):
    workspace, _, first, second = two
    parts = [load_bundle(run.folder) for run in (first, second)]
    for method in (AVERAGE, VOTE):
        plain, sharp = (
            merge_classifiers([part.tflite for part in parts], [0.7, 0.3], method, True, t) for t in (1.0, 0.5)
        )
        photo = photo_file("PNG", 150)
        rows = [
            ImageClassifier(Bundle(data, parts[0].labels, parts[0].info)).probabilities(photo)
            for data in (plain, sharp)
        ]
        assert rows[1] == pytest.approx(divide_by(rows[0][None], 0.5)[0], abs=1e-5)
        assert rows[0].max() < rows[1].max(), "it makes a difference"


def test_the_heat_map_is_the_mean_of_those_of_its_models(mixed):
    _, _, members, made = mixed
    photo, classifier = photo_file("PNG", 150), ImageClassifier(load_bundle(made.folder))
    explainer = explainer_of(classifier)
    assert explainer.is_quick
    found = explainer.explain(classifier.read(photo), "disc")
    each = [ImageClassifier(load_bundle(run.folder)) for run in members]
    parts = [explainer_of(one).explain(one.read(photo), "disc") for one in each]
    weights = [member.weight for member in members_in(classifier.bundle.info)]
    expected = mean_evidence([one.evidence for one in parts], weights)
    assert found.evidence.values == pytest.approx(expected.values, abs=1e-4)
    assert found.evidence.values.mean(axis=(1, 2)) == pytest.approx(
        sum(w * one.evidence.values.mean(axis=(1, 2)) for w, one in zip(weights, parts)), abs=1e-4
    ), "grids of two sizes keep their means"
    assert (found.method, found.image.shape) == ("several methods", (128, 128, 3))


def test_the_most_alike_training_photos_are_those_of_the_model_that_counts_most(mixed):
    _, dataset, members, made = mixed
    model = tlcore.load_model(made.folder)
    heaviest = int(np.argmax([member.weight for member in members_in(model.info)]))
    assert model.info["ensemble"]["embedding"] == heaviest
    photo = dataset.read(dataset.part("train")["path"].iloc[0])
    expected = tlcore.load_model(members[heaviest].folder).nearest(photo)
    of_class = {each.path: each.similarity for each in expected}
    for each in model.nearest(photo):
        assert each.path not in of_class or each.similarity == pytest.approx(of_class[each.path], abs=1e-3)
    assert model.nearest(photo)[0].similarity == 1.0


def test_a_model_with_several_image_sizes_goes_everywhere(mixed, tmp_path):
    _, dataset, _, made = mixed
    model = tlcore.load_model(made.folder)
    again = tlcore.load_model(model.save(tmp_path / "both.zip"))
    photo = dataset.read(dataset.photos["path"].iloc[0])
    assert again.predict(photo).probabilities == pytest.approx(model.predict(photo).probabilities)
    with ZipFile(tmp_path / "both.zip") as archive:
        assert "image_96" in archive.read("README.md").decode("utf-8")
    for kind in ("python", "tflite-float16", "onnx"):
        assert model.export(kind, tmp_path / kind).check.photos == 5
    for kind in ("html", "tflite-int8"):
        with pytest.raises(UserError, match="several image sizes"):
            model.export(kind, tmp_path / "x")


@pytest.mark.parametrize("sizes", [[96, 0], [96, 96], ["96"], [128, 96], [96, *range(95, 10, -1)], 96])
def test_image_sizes_that_cannot_be_are_refused(mixed, tmp_path, sizes):
    run = shutil.copytree(mixed[3].folder, tmp_path / "run")
    info = read_json(run / "bundle" / "model.json")
    write_json(run / "bundle" / "model.json", info | {"input": info["input"] | {"other_sizes": sizes}})
    with pytest.raises(UserError, match="image sizes"):
        load_bundle(run)


def change_info(run, change):
    path = run.folder / "bundle" / "model.json"
    info = read_json(path)
    change(info["input"])
    write_json(path, info)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: values.update(resize="squash" if values["resize"] != "squash" else "center-crop"), "prepare"),
        (lambda values: values.update(data_ranges={"depth": [0, 4095]}), "prepare photos in different ways"),
    ],
    ids=["another way of resizing", "another range of values"],
)
def test_models_that_see_photos_differently_are_refused(two, tmp_path, change, said):
    workspace = open_workspace(shutil.copytree(two[0].root, tmp_path / "home"))
    first, copied = (load_run(workspace, run.id) for run in two[2:])
    change_info(copied, change)
    with pytest.raises(UserError) as refused:
        create_ensemble(workspace, [first.id, copied.id])
    assert said in refused.value.what


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"number": 1}, "2 to 12 models"),
        ({"method": "median"}, "can’t be combined by"),
        ({"weights": "best"}, "can’t be “best”"),
        ({"weights": [1.0]}, "can’t be used"),
        ({"weights": [1.0, -1.0]}, "can’t be used"),
        ({"weights": [0.0, 0.0]}, "can’t be used"),
        ({"weights": [1.0, float("nan")]}, "can’t be used"),
        ({"weights": [1.0, 2.0], "method": VOTE}, "all models count the same"),
    ],
)
def test_what_cannot_be_combined_is_refused(two, arguments, said):
    workspace, _, first, second = two
    ids = [first.id, second.id][: arguments.pop("number", 2)]
    with pytest.raises(UserError) as refused:
        create_ensemble(workspace, ids, **arguments)
    assert said in refused.value.what


def test_an_ensemble_is_no_member_of_another_and_is_not_analysed(two, made):
    workspace, _, first, _ = two
    with pytest.raises(UserError, match="is an ensemble itself"):
        create_ensemble(workspace, [first.id, made.id])
    last = run_job(workspace, analysis_job(workspace, made, "cross-validation"))
    assert last.type == "failed" and "Not every model" in last.what and "combine again" in last.fix and not last.bug


def test_a_run_without_a_model_is_refused(two):
    workspace, dataset, first, _ = two
    waiting = create_run(workspace, dataset.id, QUICK, "waiting")
    with pytest.raises(UserError, match="has no model yet"):
        create_ensemble(workspace, [first.id, waiting.id])


def test_given_weights_are_kept_in_shares(two):
    workspace, _, first, second = two
    made = create_ensemble(workspace, [first.id, second.id], weights=[3, 1])
    assert made.ensemble == EnsembleSpec((first.id, second.id), AVERAGE, (0.75, 0.25))


def test_python_and_the_terminal_tell_the_same(two, tmp_path, capsys):
    root = shutil.copytree(two[0].root, tmp_path / "home")
    ids = [run.id for run in two[2:]]
    model = tlcore.combine(ids, "vote", workspace=root, progress=False)
    assert model.info["ensemble"]["method"] == "vote" and model.report.total == model.rejection.total
    assert model.cross_validation is None and model.predict(two[1].read(two[1].photos["path"].iloc[0])).ranked
    assert tlcore.load_model(model.save(tmp_path / "both.zip")).labels == model.labels
    assert "3 models" not in (written := model.write_report(tmp_path / "report.html").read_text(encoding="utf-8"))
    with ZipFile(tmp_path / "both.zip") as archive:
        readme = archive.read("README.md").decode("utf-8")
    assert "Procedure: 2 models vote" in readme and "model.keras" not in archive.namelist()
    assert "Ensemble of 2 models" in written and "2 models vote" in written
    arguments = ["ensemble", *ids, "--method", "vote", "--workspace", str(root)]
    assert main([*arguments, "--json"]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert values["test_correct"] == model.report.correct and values["ensemble"] == model.info["ensemble"]
    assert (values["cross_validation"], values["temperature"]) == (None, 1.0)
    assert {verdict["beyond_chance"] for verdict in values["verdicts"]} == {False}, "six photos prove nothing"
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert "Not every model of this ensemble was cross-validated" in told
    assert "2 models vote" in told and "(p = " in told and "counts for 50%" in told
    assert f"transferlab ensemble {ids[0]} {ids[1]} --method vote" in written
    [listed] = [each for each in tlcore.list_runs(root) if each.id == values["run"]]
    assert (listed.strategy, listed.backbone, listed.correct) == ("ensemble", "", model.report.correct)
    assert main(["ensemble", ids[0], "--workspace", str(root)]) == 2
    assert main(["retrain", values["run"], "--leave-out", "x.jpg", "--workspace", str(root)]) == 2
    assert "isn’t retrained" in capsys.readouterr().err
