"""The demo page runs by itself, in a process that has only its folder: it checks its samples, and predicts."""

import json
import os
import re
import subprocess
import sys

import pytest

from tlcore.api.model import Model, load_model

RUN = """
import json, sys
from streamlit.testing.v1 import AppTest

at = AppTest.from_file("app.py", default_timeout=60).run()
seen = {"errors": [each.value for each in (*at.exception, *at.error)], "captions": [each.value for each in at.caption]}
if at.selectbox:
    at.selectbox[0].select(at.selectbox[0].options[0]).run()
    seen["answer"] = [each.value for each in at.subheader]
    seen["bars"] = [each.proto.text for each in at.get("progress")]
    seen["errors"] += [each.value for each in at.exception]
seen["tlcore"] = "tlcore" in sys.modules
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def model(trained) -> Model:
    return load_model(trained[2].id, workspace=trained[0].root)


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    made = model.export("space", tmp_path_factory.mktemp("space") / "demo")
    assert made.check.largest_difference <= made.check.tolerance
    return made.path


def run(folder) -> dict:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_it_checks_its_samples_and_answers_as_the_model_does(folder, model):
    seen = run(folder)
    assert seen["errors"] == [] and not seen["tlcore"]
    assert any("5 samples" in each.replace("\\", "") for each in seen["captions"])
    sample = sorted((folder / "samples").glob("sample-*"))[0]
    wanted = model.predict(sample)
    shown = wanted.label if wanted.known else "None of these"
    assert any(each.startswith(shown) for each in seen["answer"])
    assert len(seen["bars"]) == len(model.labels) and seen["bars"][0].startswith(wanted.label)


def test_where_its_answers_are_others_it_predicts_nothing(folder, tmp_path):
    expected = folder / "samples" / "expected.json"
    before = expected.read_text("utf-8")
    values = json.loads(before)
    values["samples"][0]["probabilities"] = [1 - each for each in values["samples"][0]["probabilities"]]
    try:
        expected.write_text(json.dumps(values), "utf-8")
        seen = run(folder)
    finally:
        expected.write_text(before, "utf-8")
    assert any("answers differently" in each for each in seen["errors"]) and "answer" not in seen


def test_hugging_face_finds_how_to_start_it(folder):
    front = re.match(r"---\n(.*?)\n---\n", (folder / "README.md").read_text("utf-8"), re.DOTALL)
    assert front is not None
    said = dict(line.split(": ", 1) for line in front[1].splitlines())
    assert said["sdk"] == "docker" and said["app_port"] in (folder / "Dockerfile").read_text("utf-8")
    assert json.loads(said["title"]) == "shapes"
    named = {re.split("[<>=]", line)[0] for line in (folder / "requirements.txt").read_text().split()}
    assert named == {"streamlit", "ai-edge-litert", "numpy", "pillow", "pillow-heif"}
