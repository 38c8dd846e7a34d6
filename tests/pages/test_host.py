"""The owner's Host page: what is at work, who keeps what, what went wrong; nothing of it for anybody else."""

from dataclasses import replace

import pytest

from tests.conftest import copy_of
from tests.pages.conftest import grids, words
from tlcore import access
from tlcore.classroom.store import changing, create_classroom, create_group, write_group
from tlcore.config import TrainConfig
from tlcore.events import Failed
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.line import Line
from tlcore.jobs.store import BY_OWNER, ImportSpec, create_import, create_run, stop_reason, stop_requested
from tlcore.storage.overview import list_failures, list_visitors
from tlcore.workspace import read_json, write_json

ANN = access.visitor_name("a" * 43)


@pytest.fixture
def place(trained, tmp_path, queue):
    """A workspace with a run of the owner's, and of Ann's a data set, a run that waits and an import that failed."""
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    note = dataset.folder / "dataset.json"
    write_json(workspace.datasets / dataset.id / note.name, read_json(note) | {"visitor": ANN})
    waiting = create_run(workspace, dataset.id, TrainConfig(), "Owls", ANN)
    Line(workspace).add(waiting)
    failed = create_import(workspace, ImportSpec("folder", "/x", "Bees"), ANN)
    EventLog(failed).write(Failed("No photos were found.", "Choose another folder.", bug=False))
    return workspace, dataset, waiting


def test_the_owner_sees_jobs_visitors_and_failures_and_no_photos(visit, place):
    workspace, dataset, _ = place
    at = visit("host", workspace)
    assert not at.exception and not at.error
    told = words(at)
    assert "Waiting: 1 job" in told and f"Visitor {ANN[:8]}" in told and "You" in told
    assert "No photos were found. Choose another folder." in told and "Training" in told
    assert not grids(at), "no photos"
    assert dataset.labels[0] not in told, "nor what they show"


def test_a_job_of_anybody_is_stopped(visit, place):
    workspace, _, waiting = place
    at = visit("host", workspace)
    at.button(key=f"host_stop_{waiting.id}").click().run()
    assert not at.exception and stop_requested(waiting)()
    assert stop_reason(waiting) == BY_OWNER, "Ann did not stop it, and is not told so"


def test_all_of_a_visitor_goes_after_one_question(visit, place):
    workspace, _, _ = place
    at = visit("host", workspace)
    at.selectbox(key="host_visitor").set_value(ANN).run()
    assert f"everything that Visitor {ANN[:8]} made here: 1 data set" in words(at)
    at.button(key="host_delete").click().run()
    assert "Deleted: 1 data set" in at.success[0].value
    assert ANN not in {each.visitor for each in list_visitors(workspace)}
    assert not list_failures(workspace), "what failed was Ann’s"


def test_a_group_is_called_by_its_name(visit, place):
    """Plain, whatever its pupils typed."""
    workspace, _, _ = place
    classroom = create_classroom(workspace)
    with changing(workspace):
        group = create_group(workspace, classroom.id, "*Owls*")
    write_group(workspace, replace(group, visitor=ANN))
    at = visit("host", workspace)
    told = words(at)
    assert f"Visitor {ANN[:8]}" not in told and "Group “*Owls*”" in told, "in the table"
    assert "Group “\\*Owls\\*”" in told, "in the line of a job"
    at.selectbox(key="host_visitor").set_value(ANN).run()
    assert "everything that Group “\\*Owls\\*” made here" in words(at)


def test_others_see_nothing_of_it(visit, place, stranger):
    workspace, _, waiting = place
    stranger(workspace, {})
    at = visit("host", workspace)
    told = words(at)
    assert "Only the owner of this server can open this page." in told and ANN[:8] not in told
    assert not [button for button in at.button if str(button.key).startswith("host_")]
