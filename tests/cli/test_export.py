"""`transferlab export`: what it writes, what it says, as text and as JSON."""

import json
import re

import pytest

from tlcore import __version__
from tlcore.__main__ import main


def test_the_version_is_said(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"{__version__}\n"


def test_it_says_how_far_the_answers_are_apart(trained, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace, dataset, run = trained
    options = ["--workspace", str(workspace.root)]
    assert main(["export", run.id, "--to", "tflite-float16", *options]) == 0
    said = capsys.readouterr().out
    assert "Saved shapes-tflite-float16.zip\n  Checked on 5 drawings: answers within 0.0" in said
    assert re.search(r"\n  Correct on the test photos: \d+% \(", said), "half the bits: a score of its own"
    assert main(["export", run.id, "--to", "python", "program", "--json", *options]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["kind"] == "python" and values["check"]["largest_difference"] < values["check"]["tolerance"]
    assert (tmp_path / "program" / "predict.py").is_file()
    assert main(["export", run.id, "--to", "python", "program", *options]) == 2
    assert "already there" in capsys.readouterr().err
