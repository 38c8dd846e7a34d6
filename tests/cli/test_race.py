"""`race` in the terminal: what it prints, its mistakes, and a Ctrl-C that keeps what there is."""

import json

import pytest

from tests.cli.interrupt import interrupt_learning
from tlcore.__main__ import main
from tlcore.cli import race
from tlcore.cli.main import make_parser

SMALL = ["--image-size", "96", "--epochs", "3", "--batch-norm-adaptation", "0"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_race_of_two_gives_runs_and_a_verdict_for_programs_and_for_people(home, small_folder, capsys, monkeypatch):
    answers = []
    monkeypatch.setattr(race, "answer", lambda options, text, values: answers.append((text, values)))
    assert main(["race", str(small_folder), *SMALL, "--fine-tune-epochs", "1"]) == 0
    [(text, values)] = answers
    assert [run["name"] for run in values["runs"]] == ["feature extraction", "hybrid"]
    assert all(run["state"] == "finished" and run["test_total"] == 6 and run["model_bytes"] for run in values["runs"])
    [verdict] = values["verdicts"]
    right = {run["run"]: run["test_correct"] for run in values["runs"]}
    assert verdict["only_best"] - verdict["only_other"] == right[verdict["best"]] - right[verdict["other"]] >= 0
    assert verdict["beyond_chance"] is False, "six photos cannot show a difference between these two"
    assert json.loads((home / "races" / values["race"] / "race.json").read_text())["runs"] == list(right)
    assert "the difference could be chance" in text and "p = " in text and "likely range" in text
    assert text.splitlines()[-1] == f"Race {values['race']}"
    assert capsys.readouterr().err.splitlines() == ["feature extraction:", "hybrid:"], "which run is being worked on"


def test_compare_is_another_name_for_race():
    parser = make_parser()
    arguments = ["x", "--strategies", "hybrid,scratch", "--epochs", "2"]
    assert parser.parse_args(["compare", *arguments]) == parser.parse_args(["race", *arguments])


@pytest.mark.parametrize(
    ("arguments", "message", "reason"),
    [
        (["emoji", "--strategies", "hybrid"], "needs at least two", "nobody to race against"),
        (["emoji", "--strategies", "hybrid,hybrid"], "needs at least two", "twice the same is one"),
        (["emoji", "--strategies", "hybrid,magic"], "feature-extraction", "an unknown strategy, with those allowed"),
        (["emoji", "--backbones", "efficientnet-lite0,vgg"], "efficientnet-lite0", "an unknown network"),
        (["emoji", "--epochs", "0"], "1 to 500", "a setting out of range"),
        (["nowhere"], "no folder", "no such place"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(home, capsys, arguments, message, reason):
    assert main(["race", *arguments]) == 2, reason
    captured = capsys.readouterr()
    assert message in captured.err and "Traceback" not in captured.err and not captured.out
    assert not (home / "races").exists()


def test_ctrl_c_keeps_what_there_is_and_leaves_out_the_rest(home, small_folder):
    exit_code, values = interrupt_learning("race", small_folder, home)
    assert exit_code == 130, "a script must see that not all of it was done"
    assert [run["state"] for run in values["runs"]] == ["finished", "stopped"] and not values["verdicts"]
