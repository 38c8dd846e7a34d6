"""Other runtimes than LiteRT: trusted where they give what it gives, chosen where they are faster, never missed."""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tlcore.models import openvino_runtime, runtime_choice, runtime_memory, runtime_trial
from tlcore.models.frozen_backbone import PretrainedBackbone
from tlcore.models.frozen_files import ACTIVATION, POOLED, probe_images, with_activation
from tlcore.models.litert_runtime import LitePredictor
from tlcore.models.predictor import EXACT
from tlcore.models.processor import processor
from tlcore.models.registry import BUILT_IN
from tlcore.models.runtime_memory import LITERT, OPENVINO, Measured, RuntimeChoice, recall, remember
from tlcore.models.weights import asset_path
from tlcore.processor import has_bfloat16

SIZE = 96
FILE, IMAGES = asset_path(BUILT_IN), probe_images(SIZE).astype(np.uint8)  # as photos come
ON_LITERT = RuntimeChoice(LITERT, 2, 2, rate=100.0, litert_rate=100.0)
ON_OPENVINO = RuntimeChoice(OPENVINO, 2, 1, rate=200.0, litert_rate=100.0, set_up_seconds=0.5)

has_openvino = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="needs openvino")
fast = pytest.param("bf16", marks=pytest.mark.skipif(not has_bfloat16(), reason="needs bfloat16"))


@pytest.fixture
def fresh(monkeypatch):
    """OpenVINO is looked for again, here and afterwards."""
    openvino_runtime.load_openvino.cache_clear()
    yield
    openvino_runtime.load_openvino.cache_clear()


def joint_file(workspace) -> bytes:
    layer = BUILT_IN.blocks[2].layer
    return with_activation(FILE, lambda: PretrainedBackbone(workspace, BUILT_IN, SIZE).file(layer), layer, SIZE)


@has_openvino
@pytest.mark.parametrize("precision", [EXACT, fast])
def test_openvino_gives_what_litert_gives(workspace, precision):
    """The pooled features of a file, and two outputs of bytes, in the order in which they are asked for."""
    for source, outputs in ((FILE, (POOLED,)), (joint_file(workspace), (ACTIVATION, POOLED))):
        pool = openvino_runtime.openvino_pool(source, outputs, (2, SIZE, SIZE, 3), precision)
        received, expected = pool.open().predict(IMAGES), LitePredictor(source, outputs).predict(IMAGES)
        for one, other in zip(received, expected, strict=True):
            assert one.shape == other.shape and one.dtype == np.float32
            if precision == EXACT:
                np.testing.assert_allclose(one, other, atol=1e-5 * np.abs(other).max())
            else:
                assert np.abs(one - other).max() / np.abs(other).max() > 1e-5, "it is another arithmetic"
                assert runtime_trial._cosine(one, other) >= 0.99


@has_openvino
@pytest.mark.parametrize(
    ("precision", "bound", "allowed"),
    [
        pytest.param(EXACT, "MOST_DIFFERENCE", 0.0, id="32 bits: not one more bit may differ"),
        pytest.param("bf16", "LEAST_COSINE", 1.0 + 1e-9, id="fewer bits: more alike than equal", marks=fast.marks),
    ],
)
def test_a_runtime_is_trusted_only_where_it_gives_the_same(monkeypatch, precision, bound, allowed):
    choice = replace(ON_OPENVINO, precision=precision)
    assert runtime_trial.open_choice(choice, FILE, (POOLED,), IMAGES) is not None
    monkeypatch.setattr(runtime_trial, bound, allowed)
    assert runtime_trial.open_choice(choice, FILE, (POOLED,), IMAGES) is None


@has_openvino
def test_nothing_is_told_to_its_makers(tmp_path):
    """Importing OpenVINO alone sends an event to its makers, by threads, and leaves files in the home folder."""
    code = (
        "import socket, sys, time\n"
        "def refuse(*_): sys.exit('a name was asked for')\n"
        "socket.getaddrinfo = refuse\n"
        "from tlcore.models.openvino_runtime import fast_precision, load_openvino\n"
        "assert load_openvino() is not None; fast_precision()\n"
        "loaded = [name for name in sys.modules if name.startswith('openvino_telemetry')]\n"
        "assert loaded == ['openvino_telemetry'] and sys.modules['openvino_telemetry'] is None, loaded\n"
    )
    home = os.environ | {"HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=home, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("broken", ["missing", "raises at its import", "has no processor", "too large for it"])
def test_without_openvino_litert_does_it(workspace, monkeypatch, tmp_path, fresh, broken):
    monkeypatch.delitem(sys.modules, "openvino", raising=False)
    if broken == "missing":
        monkeypatch.setitem(sys.modules, "openvino", None)
    elif broken == "too large for it":
        monkeypatch.setattr(openvino_runtime, "is_small", lambda: True)
    else:
        text = "raise OSError('a library')" if broken == "raises at its import" else "def Core(): raise RuntimeError"
        (tmp_path / "openvino.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
    assert openvino_runtime.load_openvino() is None and openvino_runtime.fast_precision() == EXACT
    remember(
        workspace, "efficientnet-lite0, 96 px, pooled", Measured(ON_OPENVINO, replace(ON_OPENVINO, precision="bf16"))
    )
    for precision in (EXACT, "bf16"):
        pool = PretrainedBackbone(workspace, BUILT_IN, SIZE).predictors(POOLED, 10_000, precision)
        assert isinstance(pool.open(), LitePredictor)


HEAVY = replace(ON_OPENVINO, rate=200 / 3, litert_rate=50.0)


@has_openvino
@pytest.mark.parametrize(
    ("num_images", "known", "uses", "reason"),
    [
        (49, HEAVY, False, "so few are done before anything is set up"),
        (90, HEAVY, False, "it would save 0.45 seconds, and take 0.5 to set up"),
        (110, HEAVY, True, "it saves 0.55 seconds"),
        (10_000, ON_OPENVINO, False, "a light network: in 32 bits the whole extraction takes longer"),
        (10_000, ON_LITERT, False, "LiteRT was the fastest"),
        (60, None, False, "measuring would take longer than LiteRT takes for all of them"),
    ],
)
def test_another_runtime_is_used_where_it_saves_time(workspace, num_images, known, uses, reason):
    if known is not None:
        remember(workspace, "efficientnet-lite0, 96 px, pooled", Measured(known, known))
    pool = PretrainedBackbone(workspace, BUILT_IN, SIZE).predictors(POOLED, num_images)
    assert isinstance(pool.open(), LitePredictor) != uses, reason
    assert (recall(workspace, "efficientnet-lite0, 96 px, pooled") is not None) == (known is not None), reason


@has_openvino
def test_it_is_measured_once_and_remembered(workspace, monkeypatch):
    backbone = PretrainedBackbone(workspace, BUILT_IN, SIZE)
    backbone.predictors(POOLED, 100_000)
    measured = recall(workspace, "efficientnet-lite0, 96 px, pooled")
    assert measured.exact.precision == EXACT and measured.exact.difference <= 1e-5
    assert measured.exact.rate >= measured.exact.litert_rate > 0 and measured.fast.rate >= measured.exact.rate
    monkeypatch.setattr(runtime_choice, "measure", lambda *_: pytest.fail("measured again"))
    backbone.predictors(POOLED, 100_000)


@has_openvino
def test_what_ends_the_process_while_it_is_measured_is_tried_twice(workspace, monkeypatch):
    tried = []

    def die(*asked):
        tried.append(asked)
        raise KeyboardInterrupt  # as near as a test comes to an end of the process

    monkeypatch.setattr(runtime_choice, "measure", die)
    backbone = PretrainedBackbone(workspace, BUILT_IN, SIZE)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            backbone.predictors(POOLED, 100_000)
    assert isinstance(backbone.predictors(POOLED, 100_000).open(), LitePredictor) and len(tried) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path, values: path.write_bytes(b"no json"), "damaged"),
        (lambda path, values: path.write_text(json.dumps([values])), "of another form"),
        (lambda path, values: path.unlink(), "lost"),
        (lambda path, values: path.write_text(json.dumps({"another processor": values})), "of another machine"),
        (lambda path, values: path.write_text(json.dumps({key: {"net": {}} for key in values})), "of another version"),
    ],
)
def test_what_was_measured_elsewhere_does_not_count(workspace, change, reason):
    remember(workspace, "net", Measured(ON_OPENVINO, ON_OPENVINO))
    assert recall(workspace, "net") == Measured(ON_OPENVINO, ON_OPENVINO)
    path = workspace.root / runtime_memory.FILE
    values = json.loads(path.read_text())
    change(path, {key: value for key, value in values.items() if key != "checksum"})
    assert recall(workspace, "net") is None, reason


@pytest.mark.parametrize(
    ("rates", "exact", "fast", "reason"),
    [
        ((100, 104, 134), 0, 2, "not faster by chance alone; a lower precision is, by a third of LiteRT"),
        ((100, 150, 190), 1, 1, "a lower precision is held against the fastest in 32 bits: 1.27 times is too little"),
        ((100, 150, 300), 1, 2, "both"),
        ((100, 80, 90), 0, 0, "LiteRT alone"),
    ],
)
def test_what_is_chosen(rates, exact, fast, reason):
    pool = openvino_runtime.PredictorPool(lambda: None, 2)
    trials = [
        runtime_trial._Trial(LITERT, EXACT, pool),
        runtime_trial._Trial(OPENVINO, EXACT, pool),
        runtime_trial._Trial(OPENVINO, "bf16", pool),
    ]
    chosen = runtime_trial._decide(trials, rates)
    for choice, number in ((chosen.exact, exact), (chosen.fast, fast)):
        trial = trials[number]
        assert (choice.runtime, choice.precision, choice.rate) == (trial.runtime, trial.precision, rates[number]), (
            reason
        )


@pytest.mark.parametrize(
    ("text", "name", "features"),
    [
        ("model name\t: Xeon\nflags\t\t: fpu avx2 avx512f avx512_bf16 amx_bf16\n\nmodel name\t: other\n", "Xeon", 4),
        ("processor\t: 0\nFeatures\t: fp asimd asimdhp bf16\n", None, 3),
        ("", None, 0),
    ],
    ids=["x86", "ARM has no name", "empty"],
)
def test_the_processor_is_read_off_the_system(tmp_path, text, name, features):
    (tmp_path / "cpuinfo").write_text(text)
    found = processor(tmp_path / "cpuinfo")
    assert (name is None or found.name == name) and len(found.features) == features and found.cores >= 1
