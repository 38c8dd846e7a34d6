"""Correcting photos on Evaluate: what is planned from grid and large view, the tray, applying it, and who may."""

import json

import numpy as np
import pytest

from pages.parts.evaluate import photos
from pages.shared import photo_grid
from tests.conftest import copy_of
from tests.pages.conftest import words
from tests.pages.test_check import save
from tests.pages.test_evaluate import _mistake
from tlcore.cleaning.planned import plan, read_planned
from tlcore.cleaning.results import load_issues, num_kept
from tlcore.data.corrections import Correction
from tlcore.data.edits import delete_photos, leave_out
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import current_version, load_current
from tlcore.errors import UserError
from tlcore.evaluation.report import load_report, make_report, predictions_frame, save_report
from tlcore.events import Evaluated
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.line import Line
from tlcore.jobs.store import list_runs


@pytest.fixture
def own(trained, tmp_path):
    """A run with one mistake, which a test may change: workspace, data set, run, and the path of the mistake."""
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    _mistake(dataset, run)
    answers = load_report(run.folder).predictions
    return workspace, dataset, run, answers.loc[~answers["correct"], "path"].item()


@pytest.fixture
def order(monkeypatch):
    """Let the browser order something of the grid, in the next run alone."""
    said = []
    real = photo_grid._MOUNT

    def mount(**options):
        real(**options)
        return {"order": said.pop() if said else None}

    monkeypatch.setattr(photo_grid, "_MOUNT", mount)
    return said.append


def grid(at, place=0) -> dict:
    """What a grid was sent."""
    sent = [json.loads(element.proto.json) for element in at.get("bidi_component") if element.proto.json]
    return [data for data in sent if "per_page" in data][place]


def pressed(at, label: str):
    return next(button for button in at.button if button.label == label)


def labels_of(at) -> list[str]:
    return [button.label for button in at.button]


def value(at, key: str) -> str:
    found = at.query_params.get(key, "")
    return found[0] if isinstance(found, list) else found


def test_what_is_planned_waits_in_the_tray_and_changes_nothing(visit, own, order):
    workspace, dataset, run, wrong = own
    first, second = dataset.labels[:2]
    at = visit("evaluate", workspace, run=run.id)
    assert not [label for label in labels_of(at) if "retrain" in label], "no bar before there is a change"
    (photo,) = grid(at)["photos"]
    assert (photo["id"], photo["proposed"], photo["badge"]) == (wrong, second, "")
    assert photo["mark"][1] == "✗ wrong" and photo["label"] == f"Predicted {second}, actually {first}"
    order({"kind": "relabel", "paths": [wrong, "../../elsewhere"], "value": second})
    at.run()
    assert grid(at)["photos"][0]["badge"] == f"→ {second}" and "Apply 1 change and retrain" in labels_of(at)
    assert current_version(workspace, dataset.id) == dataset.id
    again = visit("evaluate", workspace, run=run.id)
    assert "Apply 1 change and retrain" in labels_of(again), "another tab has it too"
    order({"kind": "take back", "paths": [wrong]})
    again.run()
    assert not read_planned(run.folder) and grid(again)["photos"][0]["badge"] == "" and not again.error


def test_applied_it_becomes_a_version_and_a_run_which_then_shows_before_and_after(visit, own, queue):
    workspace, dataset, run, wrong = own
    first, second = dataset.labels[:2]
    plan(run.folder, [Correction(wrong, first, second)])
    at = visit("evaluate", workspace, run=run.id)
    pressed(at, "Apply 1 change and retrain").click().run()
    (waiting,) = queue.jobs
    assert value(at, "run") == waiting.id != run.id and value(at, "dataset") == current_version(workspace, dataset.id)
    Line(workspace).add(waiting)
    at.run()
    assert "Training on the corrected photos" in words(at) and f"Moved 1 photo from {first} to {second}" in words(at)
    assert not read_planned(run.folder) and not at.error

    tested = load_dataset(workspace, waiting.dataset_id).part("test")
    answers = load_report(run.folder).predictions.set_index("path")["probabilities"]
    frame = predictions_frame(tested, np.stack(answers.loc[tested["path"]].tolist()), dataset.labels)
    save_report(waiting.folder, make_report(frame, dataset.labels))
    EventLog(waiting).write(Evaluated(len(tested), len(tested), 1.0, 0.5, 0.5))
    at.run()
    said = words(at)
    assert "No difference on the same test photos" in said and "Training on the corrected photos" not in said
    number = len(tested)
    assert f"the earlier model had {number - 1} of {number} correct" in said.replace("\\", "")
    links = [link.proto.label for link in at.get("page_link")]
    assert "View the earlier model’s results" in links and not at.exception


def refuse(*_):
    raise UserError("You already have 3 runs waiting, the most this server allows.", "Wait until one of them starts.")


@pytest.mark.parametrize("place", ["for_runs", "submit"])
def test_where_the_line_is_full_nothing_is_lost(visit, own, queue, monkeypatch, place):
    workspace, dataset, run, wrong = own
    plan(run.folder, [Correction(wrong, dataset.labels[0], dataset.labels[1])])
    if place == "submit":  # another tab was quicker
        monkeypatch.setattr(queue, "submit", refuse)
    else:
        monkeypatch.setattr("pages.shared.room.for_runs", refuse)
    at = visit("evaluate", workspace, run=run.id)
    pressed(at, "Apply 1 change and retrain").click().run()
    assert "runs waiting" in words(at) and value(at, "run") == run.id
    assert "Apply 1 change and retrain" in labels_of(at), "also where the photos are corrected already"
    assert [each.id for each in list_runs(workspace)] == [run.id]
    monkeypatch.undo()


def test_what_would_leave_too_few_photos_is_refused_with_what_to_do(visit, own, queue):
    workspace, dataset, run, _ = own
    label = dataset.labels[0]
    mine = dataset.photos["path"][dataset.photos["label"] == label].tolist()
    plan(run.folder, [Correction(path, label) for path in mine[:-2]])
    at = visit("evaluate", workspace, run=run.id)
    pressed(at, f"Apply {len(mine) - 2} changes and retrain").click().run()
    assert "Every class needs at least 3" in words(at) and not queue.jobs
    assert current_version(workspace, dataset.id) == dataset.id and len(read_planned(run.folder)) == len(mine) - 2


def test_photos_that_changed_meanwhile_are_said_and_the_rest_is_applied_to_the_newest_version(visit, own, queue):
    workspace, dataset, run, wrong = own
    label, other = dataset.labels[:2]
    train = dataset.part("train")
    gone, elsewhere = train["path"][train["label"] == label].tolist()[:2]
    plan(run.folder, [Correction(wrong, label, other), Correction(gone, label, other)])
    newer = leave_out(workspace, delete_photos(workspace, dataset, [gone]), [elsewhere])
    at = visit("evaluate", workspace, run=run.id)
    assert "1 photo left out or deleted since: this change won’t be applied" in words(at).replace("\\", "")
    assert "have been changed since this model was trained" in words(at)
    pressed(at, "Apply 1 change and retrain").click().run()
    made = load_current(workspace, dataset.id)
    assert made.version == newer.version + 1 and queue.jobs[0].dataset_id == made.id
    assert made.photos.set_index("path").at[wrong, "label"] == other and not read_planned(run.folder)


def test_a_label_that_is_kept_is_not_doubted_again(visit, trained, tmp_path, order):
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    save(workspace, dataset)
    (doubted,) = load_issues(workspace, dataset).query("kind == 'wrong label'")["path"]
    at = visit("evaluate", workspace, run=run.id, show="suspects")
    assert "**1 label may be wrong" in words(at)
    (photo,) = grid(at)["photos"]
    assert photo["id"] == doubted and "more like" in photo["label"] and photo["mark"] is None
    order({"kind": "keep", "paths": [doubted]})
    at.run()
    assert num_kept(workspace, dataset) == 1 and "may be wrong" not in words(at) and not at.exception
    assert doubted not in load_issues(workspace, dataset).query("kind == 'wrong label'")["path"].tolist()


def test_in_the_large_view_the_same_can_be_planned(visit, own, order):
    workspace, dataset, run, wrong = own
    at = visit("evaluate", workspace, run=run.id)
    order({"kind": "open", "number": 0})
    at.run()
    stage = next(element.body for element in at.html if 'class="tl-viewer"' in element.body)
    assert all(f"<dt>{name}</dt>" in stage for name in ("Class", "Prediction", "Result", "Used for", "Size"))
    assert {"Leave out", "Keep"} < set(labels_of(at)) and "Take back" not in labels_of(at)
    order({"kind": "open", "number": 0})  # AppTest knows no runs of a dialog alone: it is opened again for its button
    pressed(at, f"Move to “{dataset.labels[1]}”").click().run()
    assert read_planned(run.folder) == (Correction(wrong, *dataset.labels[:2]),)
    assert current_version(workspace, dataset.id) == dataset.id and not at.exception


def test_who_may_only_look_sees_no_tray_and_can_plan_nothing(visit, own, stranger, order):
    workspace, dataset, run, wrong = own
    plan(run.folder, [Correction(wrong, *dataset.labels[:2])])
    for right in ("see", "act"):  # a shared run comes with the sight of its photos, not with the right to change them
        stranger(workspace, {run.id: right, dataset.id: "see"})
        at = visit("evaluate", workspace, run=run.id)
        assert grid(at)["offered"] == [] and grid(at)["photos"][0]["badge"] == ""
        assert not [label for label in labels_of(at) if "retrain" in label or "Discard" in label]
        order({"kind": "leave out", "paths": [wrong]})
        at.run()
        assert "Nothing was changed" in words(at)
    assert read_planned(run.folder) == (Correction(wrong, *dataset.labels[:2]),)


def test_any_list_of_photos_can_be_opened(visit, trained, monkeypatch):
    def page(root: str, run_id: str) -> None:
        from pages.parts.evaluate import photos
        from pages.parts.evaluate.planning import planning_of
        from pages.shared import state
        from tlcore.evaluation.report import load_report
        from tlcore.jobs.store import load_run

        state.comes_from_here = lambda headers, address: True
        run = load_run(state.workspace(), run_id)
        dataset = state.dataset_of(run.dataset_id)
        paths = ["no.jpg", *dataset.photos["path"]]
        photos.show_list(planning_of(run, dataset), paths, load_report(run.folder).predictions, "lasso")

    from streamlit.testing.v1 import AppTest

    workspace, dataset, run = trained
    monkeypatch.setenv("TRANSFERLAB_HOME", str(workspace.root))
    at = AppTest.from_function(page, args=(str(workspace.root), run.id), default_timeout=30).run()
    shown = grid(at)
    assert not at.exception and (shown["total"], len(shown["photos"])) == (len(dataset.photos), photos.PAGE_SIZE)
    marks = {bool(photo["mark"]) for photo in shown["photos"]}
    assert marks == {True, False}, "a training photo has no prediction"
