"""Many photos on the Predict page: handed in, followed, filtered, corrected, taken away, deleted."""

import pytest

from pages.parts.predict import many_results
from pages.shared import actions, photo_grid, state
from pages.shared.photo_grid import Order
from tests.conftest import copy_of
from tests.pages.conftest import buttons, words
from tests.small import write_small_folder
from tlcore.analysis.prediction_job import run_predictions
from tlcore.analysis.prediction_results import list_predictions, load_predictions
from tlcore.data import collect
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import current_version
from tlcore.errors import UserError
from tlcore.jobs.store import analysis_job
from tlcore.messages.predictions import GONE
from tlcore.worker.runner import run_job


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Photos without classes, one of them broken."""
    folder = write_small_folder(tmp_path_factory.mktemp("other") / "walk", 4, seed=50)
    (folder / "disc" / "broken.jpg").write_bytes(b"nothing")
    return folder


@pytest.fixture
def place(trained, tmp_path):
    return copy_of(trained, tmp_path / "home")


def predicted(place, path, name="<b>Walk</b>"):
    workspace, _, run = place
    job = analysis_job(workspace, run, "predictions", {"path": str(path), "name": name})
    run_job(workspace, job)
    return job


def test_totals_tables_and_sorted_photos_stand_there_and_can_be_deleted(visit, place, other):
    job = predicted(place, other)
    at = visit("predict", place[0], run=place[2].id)
    assert not at.exception and "12 photos" in words(at) and "<b>" not in words(at).replace("\\<b\\>", "")
    assert [each.label for each in at.expander if "left out" in each.label] == ["1 file left out"]
    downloads = [each.label for each in at.get("download_button")]
    assert {"Download CSV", "Download Excel", "Download JSON"} <= set(downloads)
    assert "Download sorted photos (zip)" in [each.proto.label for each in at.get("link_button")]
    totals = next(each for each in at.get("button_group") if f"many_class_{job.id}" in each.proto.id)
    assert sum(int(option.content.rsplit("· ")[-1]) for option in totals.proto.options) == 12
    at.button(key=f"delete_{job.id}").click().run()
    assert not job.folder.exists() and not list_predictions(*place[::2]) and not at.exception


def test_the_owner_names_a_folder_and_a_visitor_none(visit, place, queue, other, monkeypatch):
    at = visit("predict", place[0], run=place[2].id)
    at.text_input(key="many_path").set_value(f" {other}/ ").run()
    at.button(key="many_path_go").click().run()
    assert [each.spec["options"] for each in queue.jobs] == [{"path": f"{other}/", "name": "walk"}]
    monkeypatch.setattr(state, "is_owner", lambda: False)
    with pytest.raises(UserError, match="Only the owner"):
        actions.predict_many(place[2], {"path": "/etc"})


def test_a_wrong_answer_joins_the_data_set_under_its_class(visit, place, queue, other, monkeypatch):
    workspace, dataset, run = place
    job, label = predicted(place, other), dataset.labels[0]
    paths = load_predictions(job).predictions["path"].tolist()[:2]
    given = iter([Order(photo_grid.RELABEL, tuple(paths), value=label)])
    monkeypatch.setattr(photo_grid, "show", lambda page, key, on_order: [on_order(each) for each in given])
    at = visit("predict", workspace, run=run.id)
    (started,) = queue.jobs
    assert run_job(workspace, started).type == "finished" and not at.exception
    newest = load_dataset(workspace, current_version(workspace, dataset.id))
    assert len(newest.photos) == len(dataset.photos) + 2
    assert (newest.photos["label"] == label).sum() == (dataset.photos["label"] == label).sum() + 2
    at.run()
    assert "Added 2 photos" in words(at) and not at.exception


@pytest.mark.parametrize(
    ("paths", "label", "reason"),
    [(["nowhere.png"], None, "no such photo"), ([], None, "none at all"), (["x"] * 201, None, "too many at once")],
)
def test_what_cannot_be_added_is_refused(visit, place, queue, other, monkeypatch, paths, label, reason):
    job = predicted(place, other)
    given = iter([Order(photo_grid.RELABEL, tuple(paths), value=place[1].labels[0])])
    monkeypatch.setattr(photo_grid, "show", lambda page, key, on_order: [on_order(each) for each in given])
    at = visit("predict", place[0], run=place[2].id)
    assert not queue.jobs and not at.exception, reason
    assert job.folder.exists() and not list(place[0].incoming.iterdir()), "and nothing is left of it"


def test_photos_that_are_gone_can_still_be_looked_at(visit, place, tmp_path, other):
    folder = write_small_folder(tmp_path / "brief", 2, seed=70)
    predicted(place, folder, "Brief")
    folder.rename(tmp_path / "elsewhere")
    at = visit("predict", place[0], run=place[2].id)
    assert GONE.replace("’", "’") in words(at) and not at.exception
    assert not at.get("link_button")


def test_what_was_stopped_can_be_continued(visit, place, queue, other, monkeypatch):
    monkeypatch.setattr(collect, "_SECONDS_BETWEEN_EVENTS", 0)
    workspace, _, run = place
    job = analysis_job(workspace, run, "predictions", {"path": str(other), "name": "Walk"})
    asked = iter([False] * 8)
    list(run_predictions(workspace, job, lambda: next(asked, True)))
    at = visit("predict", workspace, run=run.id)
    assert "stopped before the last" in words(at)
    at.button(key=f"many_continue_{job.id}").click().run()
    assert [each.id for each in queue.jobs] == [job.id] and not at.exception, "the same job, which goes on"


def test_who_may_only_look_changes_nothing(visit, place, other, stranger):
    job = predicted(place, other)
    stranger(place[0], {place[2].id: "see"})
    at = visit("predict", place[0], run=place[2].id)
    assert "12 photos" in words(at) and not at.exception
    assert "Delete these predictions" not in buttons(at) and job.folder.exists()
    assert "many_path" not in [each.key for each in at.text_input]


def test_what_failed_says_why_and_can_be_removed(visit, place, tmp_path):
    (tmp_path / "empty").mkdir()
    job = predicted(place, tmp_path / "empty", "Empty")
    at = visit("predict", place[0], run=place[2].id)
    assert "no usable photo" in words(at) and not at.exception
    at.button(key=f"remove_{job.id}").click().run()
    assert not job.folder.exists()


def test_the_least_certain_come_first_and_totals_filter(place, other):
    found = load_predictions(predicted(place, other))
    rows = found.predictions.assign(known=[index > 2 for index in range(len(found.predictions))])
    first = many_results.arranged(rows, None, True)
    assert not first["known"].iloc[:3].any() and first["probability"].iloc[3:].is_monotonic_increasing
    assert len(many_results.arranged(rows, "", False)) == 3
    label = rows["predicted"].iloc[5]
    chosen = many_results.arranged(rows, label, False)
    assert set(chosen["predicted"]) == {label} and chosen["known"].all()
