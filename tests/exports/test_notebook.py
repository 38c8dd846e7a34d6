"""The notebook's cells run on the exported photos, and get the score of the run within its interval."""

import json
import sys

import numpy as np
import pytest

from tlcore.data.export import export_dataset
from tlcore.errors import UserError
from tlcore.events import run_to_end
from tlcore.exports import notebook
from tlcore.exports.exporter import ExportSource
from tlcore.exports.samples import Samples, make_samples
from tlcore.serving.bundle import Bundle, load_bundle


@pytest.fixture
def source(trained) -> ExportSource:
    return ExportSource(load_bundle(trained[2].folder), trained[2].folder)


def test_its_cells_train_and_reach_the_score_of_the_run(trained, source, tmp_path, monkeypatch, capsys):
    notebook.make(source, Samples(()), tmp_path)
    run_to_end(export_dataset(trained[1], trained[1], tmp_path / "photos"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    cells = json.loads((tmp_path / "training.ipynb").read_text("utf-8"))["cells"]
    monkeypatch.delitem(sys.modules, "predict", raising=False)
    names: dict[str, object] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    for photo in make_samples(source.bundle, source.place).photos:
        given = names["trained"](names["read_photo"](photo.data, source.bundle.info)[np.newaxis], training=False)
        assert np.allclose(given["probabilities"][0], photo.answer.probabilities, atol=1e-3), "the Keras file as well"
        assert float(given["familiarity"][0, 0]) == pytest.approx(photo.answer.familiarity, abs=1e-3)
    test = source.bundle.info["test"]
    low, high = test["interval_95"]
    assert names["total"] == test["total"] and low <= names["correct"] / names["total"] <= high
    assert f"here: {names['correct']} of {names['total']} correct" in capsys.readouterr().out


def test_another_strategy_is_not_claimed(source, tmp_path):
    bundle = source.bundle
    other = Bundle(
        bundle.tflite, bundle.labels, bundle.info | {"config": bundle.info["config"] | {"strategy": "hybrid"}}
    )
    with pytest.raises(UserError, match="feature extraction"):
        notebook.make(ExportSource(other, source.place), Samples(()), tmp_path)
