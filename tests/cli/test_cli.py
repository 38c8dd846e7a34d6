"""The terminal: the whole way in one's own words, one JSON object at the end, one sentence for a mistake."""

import csv
import json
import subprocess
import sys

import pytest
from PIL import Image

from tests.cli.interrupt import interrupt_learning
from tests.small import write_small_folder
from tlcore.__main__ import main
from tlcore.cli.main import make_parser
from tlcore.config import RENAMED_FIELDS
from tlcore.events import Progress, Stopped
from tlcore.worker.handlers import HANDLERS


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def last_json(capsys) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_train_evaluate_predict_list(home, small_folder, tmp_path, capsys):
    options = ["--image-size", "96", "--epochs", "3", "--seed", "4", "--json"]
    assert main(["train", str(small_folder), *options]) == 0
    first = last_json(capsys)
    assert {
        "run",
        "test_accuracy",
        "test_correct",
        "test_total",
        "seconds",
        "seconds_features",
        "seconds_training",
    } <= first.keys()
    assert first["test_accuracy"] == first["test_correct"] / first["test_total"]
    assert first["report"] == [] and first["refused"] == 0

    assert main(["evaluate", first["run"], "--json"]) == 0
    evaluated = last_json(capsys)
    assert evaluated["test_correct"] == first["test_correct"]
    assert main(["cross-validate", first["run"], "--json"]) == 0
    found = last_json(capsys)["cross_validation"]
    assert evaluated["cross_validation"] == first["cross_validation"] and found["total"] == first["photos"]
    assert first["cross_validation"].items() <= found.items() and first["refit"]["photos"] == first["photos"]
    assert sum(fold["correct"] for fold in found["per_fold"]) == found["correct"]

    other = write_small_folder(tmp_path / "other", photos_per_class=2, seed=50)
    (other / "disc" / "broken.jpg").write_bytes(b"nothing")
    listed = tmp_path / "files.csv"
    assert main(["evaluate", first["bundle"], "--data", str(other), "--json", "--report", str(listed)]) == 0
    scored = last_json(capsys)
    assert scored["test_total"] == 6 and len(scored["refused"]) == 1
    assert [(line["path"], line["what"]) for line in scored["report"]] == [("disc/broken.jpg", "left out")]
    assert "disc/broken.jpg,Left out," in listed.read_text(encoding="utf-8")

    photo = next((other / "square").iterdir())
    table = tmp_path / "answers.csv"
    assert main(["predict", first["run"], str(photo), str(tmp_path / "none.jpg"), "--csv", str(table), "--json"]) == 0
    said = last_json(capsys)
    assert [line["path"] for line in said["report"]] == [str(tmp_path / "none.jpg")]
    answers = said["predictions"]
    assert answers[0]["probabilities"].keys() == {"disc", "square", "stripes"} and "error" in answers[1]
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert rows[0]["label"] == answers[0]["label"] and float(rows[0]["square"]) == answers[0]["probabilities"]["square"]

    assert main(["predict", first["run"], str(other), "--csv", str(table), "--json"]) == 0
    answers = last_json(capsys)["predictions"]
    below = sorted(str(path) for path in other.rglob("*.*"))
    assert [answer["image"] for answer in answers] == below, "all photos of a folder, in the order of their paths"
    assert [answer["image"] for answer in answers if "error" in answer] == [str(other / "disc" / "broken.jpg")]
    assert len(table.read_text(encoding="utf-8").splitlines()) == 1 + len(below)
    moving = tmp_path / "moving.gif"
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    frames[0].save(moving, save_all=True, append_images=frames[1:])
    assert main(["predict", first["run"], str(moving), "--json"]) == 0
    said = last_json(capsys)
    changed = "is an animation; only its first frame was used"
    assert said["report"] == [{"path": str(moving), "what": "changed", "reason": changed}]
    assert main(["predict", first["run"], str(moving)]) == 0
    assert f"{moving} {changed}" in capsys.readouterr().out

    (tmp_path / "empty").mkdir()
    assert main(["predict", first["run"], str(tmp_path / "empty")]) == 2
    assert "no usable photo" in capsys.readouterr().err

    assert main(["runs"]) == 0
    line = capsys.readouterr().out
    score = f"{first['test_accuracy']:.0%}"
    assert f"Feature extraction · {score}  shapes  EfficientNet-Lite0" in line and "finished" in line
    assert main(["runs", "--json"]) == 0
    assert [row["state"] for row in last_json(capsys)["runs"]] == ["finished"]
    assert main(["datasets", "--json"]) == 0
    assert [row["photos"] for row in last_json(capsys)["datasets"]] == [36]


@pytest.mark.parametrize(
    ("arguments", "message", "reason"),
    [
        (["train", "nowhere"], "no folder", "no such place"),
        (["train", "emoji", "--epochs", "0"], "1 to 500", "a setting out of range"),
        (["train", "emoji", "--backbone", "vgg"], "efficientnet-lite0", "an unknown backbone, with those allowed"),
        (
            ["train", "emoji", "--backbone", "vgg16", "--backbone", "vgg16"],
            "VGG16 is named twice",
            "the same one twice",
        ),
        (["evaluate", "nope"], "no run", "no such run"),
        (["predict", "nope", "x.jpg"], "no run", "no such run"),
        (["evaluate", "."], "no trained model", "a folder that is no model"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(home, capsys, arguments, message, reason):
    assert main(arguments) == 2, reason
    captured = capsys.readouterr()
    assert message in captured.err and "Traceback" not in captured.err and not captured.out


@pytest.mark.parametrize("reads", [True, False], ids=["read", "closed"])
def test_output_that_nobody_reads_to_its_end_is_no_fault(home, reads):
    command = [sys.executable, "-m", "tlcore", "datasets"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        assert started.stdout and started.stderr
        if reads:
            assert "emoji" in started.stdout.read()
        else:
            started.stdout.close()
        assert started.stderr.read() == ""
    assert started.returncode == (0 if reads else 141)


def test_an_option_that_is_no_number_is_exit_code_2(home, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "emoji", "--epochs", "many"])
    assert stop.value.code == 2


def test_ctrl_c_keeps_what_was_learned(home, small_folder):
    exit_code, values = interrupt_learning("train", small_folder, home)
    assert exit_code == 0
    assert values["test_total"] > 0


@pytest.mark.parametrize("command", ["train", "race"])
@pytest.mark.parametrize(
    ("old", "new"),
    [("--" + old.replace("_", "-"), "--" + new.replace("_", "-")) for old, new in RENAMED_FIELDS.items()],
)
def test_options_by_their_names_of_version_0_1_0_are_taken_and_not_shown(capsys, command, old, new):
    given = "auto" if old == "--open-from" else "1"
    parser = make_parser()
    assert vars(parser.parse_args([command, "x", old, given])) == vars(parser.parse_args([command, "x", new, given]))
    with pytest.raises(SystemExit):
        parser.parse_args([command, "--help"])
    shown = capsys.readouterr().out
    assert new in shown and old not in shown


@pytest.mark.parametrize(
    ("started", "shown", "reason"),
    [
        ("/home/me/.venv/bin/transferlab", "transferlab", "the installed command"),
        ("transferlab.exe", "transferlab", "the same on Windows"),
        ("/somewhere/tlcore/__main__.py", "python -m tlcore", "the package"),
        ("/usr/bin/pytest", "python -m tlcore", "called from elsewhere: what always works"),
    ],
)
def test_the_help_shows_what_was_typed(monkeypatch, capsys, started, shown, reason):
    monkeypatch.setattr(sys, "argv", [started])
    with pytest.raises(SystemExit):
        main(["predict", "--help"])
    assert capsys.readouterr().out.startswith(f"usage: {shown} predict"), reason


def test_a_training_that_fails_by_a_fault_of_the_program_is_exit_code_1(home, small_folder, capsys, monkeypatch):
    monkeypatch.setitem(HANDLERS, "train", broken)
    assert main(["train", str(small_folder), "--image-size", "96"]) == 1
    errors = capsys.readouterr().err
    assert "ZeroDivisionError: by nobody (test_cli.py, line" in errors and "Traceback" in errors
    assert errors.splitlines()[-1].endswith("This is a bug in the program, not something you did.")


def test_a_training_that_was_stopped_before_it_began_is_exit_code_130(home, small_folder, capsys, monkeypatch):
    monkeypatch.setitem(HANDLERS, "train", lambda *job: iter([Stopped("Nothing was learned.")]))
    assert main(["train", str(small_folder), "--image-size", "96"]) == 130
    printed = capsys.readouterr()
    assert printed.err.splitlines()[-1] == "Nothing was learned." and not printed.out


def broken(workspace, job, should_stop):
    yield Progress("read", 1, 2)
    raise ZeroDivisionError("by nobody")


@pytest.mark.parametrize("command", ["train", "race"])
def test_without_tensorflow_there_is_one_sentence_before_photos_are_read(home, capsys, monkeypatch, command):
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # as where it is not installed
    assert main([command, "emoji"]) == 2
    assert "pip install 'transferlab[train]'" in capsys.readouterr().err and not list((home / "datasets").iterdir())
