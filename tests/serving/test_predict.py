"""One answer everywhere: figures, page, terminal and a bare interpreter agree on the same photo."""

import io
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from tlcore.__main__ import main
from tlcore.data.images import PhotoRefused
from tlcore.evaluation.report import load_report
from tlcore.serving.bundle import load_bundle
from tlcore.serving.predict import ImageClassifier


def bare_interpreter(bundle_folder, photo: bytes) -> np.ndarray:
    """Probabilities as a stranger would compute them with nothing but model.json, Pillow and LiteRT."""
    size = json.loads((bundle_folder / "model.json").read_text())["input"]["size"]
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    image = image.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
    interpreter = Interpreter(model_path=str(bundle_folder / "model.tflite"))
    interpreter.allocate_tensors()
    [given], [wanted, _] = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.set_tensor(given["index"], np.asarray(image, np.float32)[np.newaxis])
    interpreter.invoke()
    return interpreter.get_tensor(wanted["index"])[0]


def test_figures_predictor_terminal_and_a_bare_interpreter_agree(trained, capsys):
    workspace, dataset, run = trained
    labels = load_bundle(run.folder).labels
    for row in load_report(run.folder).predictions.itertuples():
        photo = dataset.read(row.path)
        main(["predict", run.id, str(dataset.root / row.path), "--json", "--workspace", str(workspace.root)])
        printed = json.loads(capsys.readouterr().out.splitlines()[-1])["predictions"][0]["probabilities"]
        for other in (
            ImageClassifier(load_bundle(run.folder)).probabilities(photo),
            bare_interpreter(run.folder / "bundle", photo),
            np.array([printed[label] for label in labels]),
        ):
            np.testing.assert_allclose(other, row.probabilities, atol=1e-3)


def test_a_predictor_is_safe_to_share_between_threads(trained):
    _, dataset, run = trained
    predictor = ImageClassifier(load_bundle(run.folder))
    photos = [dataset.read(path) for path in dataset.photos["path"][:8]]
    alone = predictor.predict_probabilities(photos)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(predictor.predict_probabilities, [photos] * 8))
    for table in together:
        np.testing.assert_array_equal(table, alone)


def test_answers_are_ranked_and_sum_to_one(trained):
    _, dataset, run = trained
    answer = ImageClassifier(load_bundle(run.folder)).predict_photo(dataset.read(dataset.photos["path"][0]))
    probabilities = [probability for _, probability in answer.ranked]
    assert probabilities == sorted(probabilities, reverse=True) and sum(probabilities) == pytest.approx(1, abs=1e-4)
    assert (answer.label, answer.probability) == answer.ranked[0] and answer.milliseconds > 0


def test_what_is_no_photo_is_refused_with_a_reason(trained):
    _, _, run = trained
    with pytest.raises(PhotoRefused):
        ImageClassifier(load_bundle(run.folder)).predict_photo(b"<html>no photo</html>")
