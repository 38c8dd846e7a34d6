"""Visitors are told what is kept and how long, can delete all of theirs, and meet the limits as sentences."""

import pytest

from tests.pages.conftest import buttons, words
from tests.photos import make_photo
from tlcore import access
from tlcore.config import TrainConfig
from tlcore.data import incoming
from tlcore.data.dataset_list import list_datasets
from tlcore.data.ingest import ingest_incoming
from tlcore.events import Finished, run_to_end
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.store import ImportSpec, create_import, create_run, list_runs

EVERYTHING = "Delete everything I made here"


@pytest.fixture
def me(stranger):
    """The name under which the pages are visited, by a stranger on a host."""
    return access.visitor_name(access.new_secret())


def dataset_of(workspace, visitor):
    area = incoming.new_incoming(workspace, visitor)
    photos = [(f"{each}.jpg", make_photo(each), "cats" if each % 2 else "dogs") for each in range(12)]
    incoming.add_files(workspace, area, photos)
    dataset = run_to_end(ingest_incoming(workspace, area, "pets", visitor=visitor))
    incoming.clear(workspace, area)
    return dataset


def press(at, label):
    return next(button for button in at.button if button.label == label).click().run()


@pytest.mark.parametrize("ids", [False, True])
def test_everything_goes_after_the_counts_were_shown(visit, workspace, me, ids):
    dataset, others = dataset_of(workspace, me), dataset_of(workspace, "b" * 32)
    create_run(workspace, dataset.id, TrainConfig(), "pets", me)
    at = visit("data", workspace, **({"dataset": dataset.id} if ids else {}))
    assert "deleted 3 days after you last used them" in words(at)
    at = press(at, EVERYTHING)
    assert "1 data set and 1 training run" in words(at) and "12 of 5,000 photos" in words(at)
    assert len(list_datasets(workspace)) == 2, "nothing has happened yet"
    at = press(at, "Delete all of it")
    assert not at.exception and not at.error
    assert "Deleted: 1 data set and 1 training run." in [each.value for each in at.success]
    assert [each.id for each in list_datasets(workspace)] == [others.id] and list_runs(workspace) == []
    assert "dataset" not in at.query_params, "what is gone is no longer in the address"
    assert "Delete all of it" not in buttons(at)


def test_a_slip_costs_nothing(visit, workspace, me):
    dataset_of(workspace, me)
    at = press(press(visit("data", workspace), EVERYTHING), "Keep everything")
    assert EVERYTHING in buttons(at) and len(list_datasets(workspace)) == 1


def test_who_made_nothing_is_told_so(visit, workspace, me):
    dataset_of(workspace, "b" * 32)
    at = press(visit("data", workspace), EVERYTHING)
    assert "nothing stored here" in words(at) and "Delete all of it" not in buttons(at)


def test_the_owner_is_not_offered_to_lose_it_all_in_two_presses(visit, workspace):
    assert EVERYTHING not in buttons(visit("data", workspace))


def test_an_import_past_the_disk_is_told_before_it_begins(visit, workspace, me, queue):
    (workspace.root / "settings.toml").write_text("disk_mb = 0.000001")
    at = press(visit("data", workspace), "Use emoji")
    assert "not enough disk space" in at.error[0].value and queue.jobs == []


def test_the_owner_meets_no_limit(visit, workspace, queue):
    (workspace.root / "settings.toml").write_text("waiting_runs = 1\nvisitor_photos = 1")
    dataset = dataset_of(workspace, "")
    at = visit("train", workspace, dataset=dataset.id)
    at = at.button(key="train").click().run()
    assert not at.error
    assert queue.jobs[0].visitor == "", "what the owner makes is nobody else's, and never goes by age"


def test_too_long_a_race_is_told_and_nothing_is_queued(visit, workspace, me, queue):
    (workspace.root / "settings.toml").write_text("waiting_runs = 1")
    dataset = dataset_of(workspace, me)
    at = visit("compare", workspace, dataset=dataset.id)
    for box in at.checkbox:
        box.check()
    at = at.button(key="race").click().run()
    at = at if at.error else at.button(key="race").click().run()
    assert "this server allows 1" in at.error[0].value
    assert queue.jobs == [] and list_runs(workspace) == []


def test_uploads_that_were_cleaned_away_leave_a_page_to_begin_anew(visit, workspace, me):
    area = incoming.new_incoming(workspace, me)
    incoming.clear(workspace, area)
    at = visit("data", workspace, incoming=area)
    assert not at.error and not at.exception and "Import failed" not in words(at)


@pytest.mark.parametrize("late", [True, False])
def test_photos_that_came_while_a_data_set_was_made_are_still_there(visit, workspace, me, late):
    dataset = dataset_of(workspace, me)
    area = incoming.new_incoming(workspace, me)
    job = create_import(workspace, ImportSpec("incoming", area, "x"), me)
    EventLog(job).write(Finished(dataset.id, 1.0))
    if late:
        incoming.add_file(workspace, area, "late.jpg", make_photo(99), "cats")
    at = visit("data", workspace, job=job.id, incoming=area)
    assert ("incoming" in at.query_params) == late and not at.error
