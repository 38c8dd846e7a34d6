"""Every page: empty, with data, with ids that lead nowhere, and for a visitor who is not the owner."""

import json
import re

import pytest

from tests.pages.conftest import PAGES, buttons, grids, with_exports_open, words
from tlcore.charts import tokens
from tlcore.comparison.store import create_comparison
from tlcore.config import TrainConfig, defaults_for
from tlcore.events import EpochEnd, Failed, Progress, Started, encode
from tlcore.jobs.store import ImportSpec, create_import, create_run
from tlcore.storage.sharing import rights_with

UNKNOWN = "nobody-0123456789abcdef"


@pytest.mark.parametrize(
    ("page", "said", "reason"),
    [
        ("welcome", "Train an image classifier", "it says what this is"),
        ("data", "Choose your photos", "photos can be chosen"),
        ("train", "Add photos before you train", "it says what is missing"),
        ("evaluate", "Train a model first", "it says what is missing"),
        ("predict", "You have no trained model yet", "it says what is missing"),
    ],
)
def test_an_empty_page_says_what_to_do_first(visit, workspace, page, said, reason):
    at = visit(page, workspace)
    assert said in words(at), reason
    assert not at.error and not at.exception


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ({"dataset": UNKNOWN}, "a data set that is gone"),
        ({"run": UNKNOWN}, "a run that is gone"),
        ({"dataset": "../../etc/passwd"}, "a path instead of an id"),
        ({"run": "<script>alert(1)</script>"}, "markup instead of an id"),
        ({"dataset": "x" * 5000}, "an id without end"),
    ],
)
def test_an_id_that_leads_nowhere_gets_a_sentence_and_a_way_out(visit, workspace, page, ids, reason):
    at = visit(page, workspace, **ids)
    if page in ("evaluate", "predict") and "run" not in ids and not at.error:
        assert "Train" in words(at) or at.get("page_link"), reason
        return
    assert len(at.error) == 1 and not at.exception, reason
    assert "bug" not in at.error[0].value
    way_out = "Choose your photos" if page == "data" else "Data page"
    assert any(way_out in link.proto.label for link in at.get("page_link"))


def test_an_unknown_import_gets_a_sentence(visit, workspace):
    at = visit("data", workspace, job=UNKNOWN)
    assert len(at.error) == 1 and "bug" not in at.error[0].value


def test_a_workspace_that_cannot_be_written_is_told_on_every_page(visit, tmp_path):
    place = tmp_path / "file"
    place.write_text("not a folder")
    for page in ("welcome", *PAGES):
        at = visit(page, type("Elsewhere", (), {"root": place})())
        assert "can’t be written to" in at.error[0].value


def test_the_data_page_shows_the_photos_and_the_way_on(visit, trained):
    workspace, dataset, _ = trained
    at = visit("data", workspace, dataset=dataset.id)
    (photos,) = grids(at)
    assert len(photos) == 9 and all(photo["alt"] for photo in photos)
    assert "Continue to training" in buttons(at)
    text = words(at)
    assert "36 photos" in text and text.count('class="tl-class"') == 3
    hues = tokens.class_hues(dataset.labels, dark=False)
    assert all(f"--tl-hue: {hues[label]}" in text and f"<h3>{label}</h3>" in text for label in dataset.labels)
    parts = dataset.photos[dataset.photos["label"] == dataset.labels[0]]["split"].value_counts()
    assert f"{parts['train']} train · {parts['validation']} validate · {parts['test']} test" in text


def test_shuffle_shows_others(visit, trained):
    workspace, dataset, _ = trained
    at = visit("data", workspace, dataset=dataset.id)
    before = grids(at)
    next(button for button in at.button if button.label == "Shuffle").click().run()
    assert grids(at) != before


def test_a_ready_made_set_is_imported_as_a_job(visit, workspace, queue):
    at = visit("data", workspace)
    at.button(key="sample_emoji").click().run()
    job = queue.jobs[0]
    assert (job.kind, job.spec["kind"], job.spec["value"]) == ("import", "sample", "emoji")
    assert at.query_params["job"] == job.id


def test_training_begins_with_one_button_and_stands_in_the_address(visit, trained, queue):
    workspace, dataset, _ = trained
    at = visit("train", workspace, dataset=dataset.id)
    at.button[0].click().run()
    run = queue.jobs[0]
    assert run.config == defaults_for("feature-extraction") and run.dataset_id == dataset.id
    assert at.query_params["run"] == run.id
    assert not at.exception


def test_settings_that_were_changed_are_those_of_the_run(visit, trained, queue):
    workspace, dataset, _ = trained
    at = visit("train", workspace, dataset=dataset.id)
    at.number_input(key="setting_epochs").set_value(7)
    at.number_input(key="setting_image_size").set_value(96)
    at.run()
    at.button[0].click().run()
    assert (queue.jobs[0].config.epochs, queue.jobs[0].config.image_size) == (7, 96)


def test_a_finished_run_shows_its_curves_and_the_way_on(visit, trained):
    workspace, _, run = trained
    at = visit("train", workspace, run=run.id)
    assert "View results" in buttons(at)
    charts = [chart.proto for chart in at.get("vega_lite_chart")]
    assert [chart.alt.split()[1] for chart in charts] == ["accuracy", "loss"]
    spec = json.loads(charts[0].spec)
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, run.config.epochs]


@pytest.mark.parametrize(
    ("events", "said", "reason"),
    [
        ([Started(0.0, 1)], "was interrupted", "its process was killed"),
        ([Started(0.0, 1), Failed("The disk is full.", "Free some space.")], "The disk is full", "one can mend it"),
        ([Started(0.0, 1), Failed("KeyError: 1 (x.py)", "", bug=True)], "a fault in Transfer Lab", "called a bug"),
    ],
)
def test_a_run_that_ended_badly_says_so_and_can_be_started_again(visit, trained, queue, events, said, reason):
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, TrainConfig(), "ended")
    (run.folder / "events.jsonl").write_text("".join(encode(event) + "\n" for event in events))
    at = visit("train", workspace, run=run.id)
    assert said in words(at), reason
    next(button for button in at.button if button.label == "Restart").click().run()
    assert queue.jobs == [run]


def test_a_run_that_learned_something_before_it_was_killed_still_shows_it(visit, trained):
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, TrainConfig(), "killed")
    events = [Started(0.0, 1), Progress("features", 36, 36), EpochEnd(1, 30, 1.0, 0.5, 0.9, 0.6, 0.1)]
    (run.folder / "events.jsonl").write_text("".join(encode(event) + "\n" for event in events))
    at = visit("train", workspace, run=run.id)
    assert "60% after the first epoch" in at.get("vega_lite_chart")[0].proto.alt
    at = visit("evaluate", workspace, run=run.id)
    assert "no test results yet" in words(at)


def test_evaluate_tells_the_score_with_its_range_and_the_mistakes(visit, trained):
    workspace, _, run = trained
    at = visit("evaluate", workspace, run=run.id)
    text = words(at)
    assert re.search(r"\d of \d test photos? correct · likely range \d+–\d+%", text) and "tl-score" in text
    parts = "".join(str(each.proto) for each in at.get("bidi_component"))
    assert "Found (recall)" in parts and "Correct when predicted (precision)" in parts and "Combined (F1)" in parts
    assert "predicted as" in text or "No classes get mixed up" in text
    assert re.search(r"\d (mistake|photo)s?", text), "what is shown of the photos, in words"
    assert [each.proto.label for each in at.get("download_button")] == ["Download report", "Download model"]
    assert with_exports_open(at).button(key="make_python").label == "Python program"
    assert not at.error and not at.exception


def test_a_visitor_from_outside_sees_only_what_was_shared_with_him(visit, trained, stranger):
    workspace, dataset, run = trained
    at = visit("data", workspace)
    assert "Your data sets" not in words(at)
    assert "Folder path" not in words(at) and "Import folder" not in buttons(at)
    other = create_run(workspace, dataset.id, TrainConfig(), "of somebody else")
    stranger(workspace, rights_with(workspace, "run", run.id, "see"))
    at = visit("train", workspace, run=run.id)
    assert "View results" in buttons(at)
    assert "of somebody else" not in words(at) + "".join(link.proto.label for link in at.get("page_link"))
    assert "belongs to someone else" in visit("train", workspace, run=other.id).error[0].value


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", ["dataset", "run", "race", "job"])
def test_the_id_of_someone_else_says_what_an_unknown_id_says(visit, trained, stranger, page, kind):
    workspace, dataset, run = trained
    made = {
        "dataset": lambda: dataset,
        "run": lambda: run,
        "race": lambda: create_comparison(workspace, dataset.id, [TrainConfig(), TrainConfig(seed=1)], "x", "f" * 32),
        "job": lambda: create_import(workspace, ImportSpec("sample", "emoji", "Emoji"), "f" * 32),
    }
    known, unknown = (visit(page, workspace, **{kind: each}) for each in (made[kind]().id, UNKNOWN))
    assert words(known) == words(unknown) and not known.exception
    assert buttons(known) == buttons(unknown)


def test_the_owner_sees_what_was_made_earlier(visit, trained):
    workspace, dataset, _ = trained
    at = visit("data", workspace)
    assert "Your data sets" in words(at) and "Folder path" in words(at)


@pytest.mark.parametrize(("hosted", "shown"), [("", True), ("1", False)])
def test_a_bug_is_called_a_bug_and_tells_a_stranger_no_paths(visit, trained, stranger, monkeypatch, hosted, shown):
    from pages.shared import gallery

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("cannot read /home/secret/photo.jpg")

    workspace, dataset, _ = trained
    stranger(workspace, {dataset.id: "see"})
    monkeypatch.setenv("TRANSFERLAB_HOSTED", hosted)
    monkeypatch.setattr(gallery, "three_by_three", broken)
    at = visit("data", workspace, dataset=dataset.id)
    assert "a fault in Transfer Lab (a bug)" in at.error[0].value
    report = at.code[0].value
    assert "RuntimeError" in report
    assert ("secret" in report) is shown
