"""`python -m tlcore backbones` and `weights`: tables for people, JSON for tools, sentences for mistakes."""

import hashlib
import json

import pytest

from tlcore.__main__ import main
from tlcore.cli import weights as weights_command
from tlcore.models.registry import BACKBONES, BUILT_IN, TABLE
from tlcore.models.weights_cache import weights_path


@pytest.fixture(autouse=True)
def homes(tmp_path, monkeypatch):
    """An empty folder of Keras and a workspace of its own."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "home"))


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_backbones_lists_every_row(capsys):
    code, text, _ = run(capsys, "backbones")
    assert code == 0 and len(text.splitlines()) == len(BACKBONES)
    assert "built in" in text.splitlines()[0] and "59 MB" in text.splitlines()[1]


def test_backbones_as_json(capsys):
    rows = json.loads(run(capsys, "backbones", "--json")[1])["backbones"]
    assert [row["name"] for row in rows] == [spec.name for spec in BACKBONES]
    vgg16 = next(row for row in rows if row["name"] == "vgg16")
    assert vgg16["blocks"][0] == {"name": "block5", "layer": "block4_pool", "num_layers": 4}
    assert vgg16["present"] is False and rows[0]["present"] is True and vgg16["licence"] == "CC-BY-4.0"


@pytest.mark.parametrize("action", [[], ["list"]], ids=["weights", "weights list"])
def test_weights_lists_what_is_here(capsys, action):
    spec = TABLE["resnet50"]
    weights_path(spec).parent.mkdir(parents=True)
    weights_path(spec).write_bytes(b"anything")
    code, text, _ = run(capsys, "weights", *action)
    assert code == 0 and f"1 of {len(BACKBONES) - 1} networks" in text and spec.weights_file in text
    rows = json.loads(run(capsys, "weights", *action, "--json")[1])["weights"]
    assert [row["name"] for row in rows if row["present"]] == ["resnet50"]


def test_weights_import(capsys, tmp_path, monkeypatch):
    spec = TABLE["resnet50"]
    (tmp_path / spec.weights_file).write_bytes(b"not it")
    code, _, error = run(capsys, "weights", "import", str(tmp_path / spec.weights_file))
    assert code == 2 and "damaged" in error and not weights_path(spec).exists()
    row = spec.__class__(**{**vars(spec), "weights_hash": hashlib.md5(b"it").hexdigest()})
    monkeypatch.setattr(weights_command, "BACKBONES", (BUILT_IN, row))
    (tmp_path / spec.weights_file).write_bytes(b"it")
    code, text, _ = run(capsys, "weights", "import", str(tmp_path / spec.weights_file))
    assert code == 0 and "ResNet50 is on this computer" in text and weights_path(spec).read_bytes() == b"it"


def test_weights_fetch(capsys):
    assert run(capsys, "weights", "fetch", "efficientnet-lite0")[0] == 0
    code, _, error = run(capsys, "weights", "fetch", "resnet-99")
    assert code == 2 and "Choose one of: efficientnet-lite0, vgg16" in error


def test_weights_fetch_without_a_network(capsys, monkeypatch):
    spec = TABLE["vgg16"]
    row = spec.__class__(**{**vars(spec), "weights_url": f"http://127.0.0.1:9/{spec.weights_file}"})
    monkeypatch.setattr(weights_command, "find_backbone", lambda name, _: row)
    code, _, error = run(capsys, "weights", "fetch", "vgg16")
    assert code == 2 and spec.weights_file in error and "EfficientNet-Lite0 is built in" in error
