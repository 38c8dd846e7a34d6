"""The command `analyse`: what was found before is told at once, the same in words and as JSON."""

import json

import numpy as np
import pytest

from tests.analysis.test_power_law import LABELS, SIZES, made
from tests.conftest import copy_of
from tlcore.analysis.learning_curve import make_curve, save_curve
from tlcore.cli.main import main
from tlcore.jobs.store import analysis_job


@pytest.fixture
def curve():
    """A curve of made answers."""
    errors = 0.03 + 0.06 * (SIZES / SIZES[-1]) ** -0.5
    return make_curve(made(np.random.default_rng(2), np.tile(errors, (3, 1))), LABELS, False, 50, 50)


def test_a_learning_curve_in_words_and_as_json(trained, tmp_path, curve, capsys):
    workspace, _, run = copy_of(trained, tmp_path / "home")
    save_curve(analysis_job(workspace, run, "learning-curve").folder, curve)
    command = ["analyse", run.id, "learning-curve", "--workspace", str(workspace.root)]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "With twice the photos, expect" in text and "before fine-tuning" in text and "No class gains clearly" in text
    assert main([*command, "--json"]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert values["run"] == run.id and values["message"] in text
    assert values["forecasts"][0]["low"] == curve.forecasts[0].low and len(values["points"]) == 5
