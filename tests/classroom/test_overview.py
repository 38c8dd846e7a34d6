"""How each group stands, read off the disk, and read once."""

import pytest

from tests.classroom.hall import a_group, photos_of, run_like
from tests.conftest import QUICK, copy_of
from tlcore.access import new_secret, visitor_name
from tlcore.classroom import overview as overview_module
from tlcore.classroom.membership import SEEN_SECONDS, devices_by_group, group_key, join_group, note_seen
from tlcore.classroom.overview import entry_of_group, overview
from tlcore.classroom.store import change_classroom, change_group, create_classroom, load_classroom
from tlcore.classroom.values import Task
from tlcore.data.edits import leave_out
from tlcore.intervals import wilson_interval
from tlcore.jobs.line import Line
from tlcore.jobs.queue import JobQueue
from tlcore.jobs.store import EnsembleSpec, create_run
from tlcore.messages.classroom import group_line


@pytest.fixture
def lesson(trained, tmp_path):
    """A classroom with Foxes, who have photos (6 cats, 8 dogs), a finished run, one that waits and two devices, and
    Owls, who have nothing."""
    workspace, _, run = copy_of(trained, tmp_path / "home")
    classroom = create_classroom(workspace, "4b")
    foxes, owls = a_group(workspace, "Foxes"), a_group(workspace, "Owls")
    join_group(workspace, classroom.id, foxes.id, group_key(workspace, foxes), visitor_name(new_secret()))
    photos = photos_of(workspace, tmp_path, foxes.visitor, {"cat": 6, "dog": 8})
    done = run_like(workspace, run, foxes.visitor)
    waits = create_run(workspace, photos.id, QUICK, "x", foxes.visitor)
    queue = JobQueue(workspace)
    queue.close()
    for job in (create_run(workspace, photos.id, QUICK, "the owner's"), waits):
        queue.submit(job)
    return workspace, classroom, foxes, owls, photos, done, waits


def test_what_a_group_has(lesson, trained):
    workspace, classroom, foxes, owls, photos, done, waits = lesson
    first, second = overview(workspace, classroom)
    assert (first.group, first.devices, second.group, second.devices) == (foxes, 2, owls, 1)
    assert (first.dataset.id, dict(first.dataset.photos)) == (photos.id, {"cat": 6, "dog": 8})
    assert [(run.id, run.state, run.position) for run in first.runs] == [
        (waits.id, "queued", 1),
        (done.id, "finished", 0),
    ]
    run = first.runs[1]
    assert run.predicts and run.interval == wilson_interval(run.correct, run.total) and run.total
    assert first.entry == run and first.seen >= waits.created
    assert (second.dataset, second.runs, second.entry) == (None, (), None) and second.seen >= owls.created
    assert group_line(second) == "Owls: 1 device · no photos yet · no training yet"
    assert group_line(first) == "Foxes: 2 devices · 14 photos: cat 6, dog 8 · feature extraction: waiting, 1 before it"


def test_the_entry_is_the_one_chosen_else_the_newest_with_a_model(lesson):
    workspace, classroom, foxes, _, _, done, waits = lesson
    newer = run_like(workspace, done, foxes.visitor)
    assert overview(workspace, classroom)[0].entry.id == newer.id == entry_of_group(workspace, foxes).id
    for chosen, entry, reason in (
        (done.id, done.id, "chosen"),
        (waits.id, newer.id, "one that has no model yet"),
        ("gone-0123456789abcdef", newer.id, "deleted since"),
        ("", newer.id, "none chosen"),
    ):
        group = change_group(workspace, foxes, entry=chosen)
        assert overview(workspace, classroom)[0].entry.id == entry == entry_of_group(workspace, group).id, reason


def test_somebody_elses_run_is_no_entry(lesson):
    workspace, classroom, _, owls, _, done, _ = lesson
    assert entry_of_group(workspace, change_group(workspace, owls, entry=done.id)) is None
    assert overview(workspace, classroom)[1].entry is None


def test_photos_follow_edits_and_the_task(lesson):
    workspace, classroom, _, _, photos, _, _ = lesson
    leave_out(workspace, photos, [photos.photos["path"].iat[0]])
    assert overview(workspace, classroom)[0].dataset.num_photos == 13
    task = Task(dataset_id=lesson[5].dataset_id)
    changed = change_classroom(workspace, classroom.id, task=task)
    assert {each.dataset.id for each in overview(workspace, changed)} == {task.dataset_id}


def test_an_ensemble_is_called_so(lesson):
    workspace, classroom, _, owls, photos, _, _ = lesson
    spec = EnsembleSpec(("a", "b"), "average", "equal")
    create_run(workspace, photos.id, QUICK, "x", owls.visitor, ensemble=spec)
    assert overview(workspace, classroom)[1].runs[0].strategy == "ensemble"


def test_a_run_goes_from_waiting_to_stopped(lesson):
    """What is over is remembered; begun again, it is read again."""
    workspace, classroom, _, _, _, done, waits = lesson
    Line(workspace).cancel(waits)
    assert overview(workspace, classroom)[0].runs[0].state == "stopped"
    queue = JobQueue(workspace)
    queue.close()
    queue.restart(done)
    assert {run.id: run.state for run in overview(workspace, classroom)[0].runs}[done.id] == "queued"


def test_a_second_look_reads_no_photos_and_no_events_again(lesson, monkeypatch):
    workspace, classroom, _, _, _, done, waits = lesson
    before = overview(workspace, classroom)
    Line(workspace).cancel(waits)
    overview(workspace, classroom)
    read = []
    monkeypatch.setattr(overview_module, "load_dataset", lambda *given: read.append(given))
    monkeypatch.setattr(overview_module, "job_status", lambda job: read.append(job.id))
    again = overview(workspace, classroom)
    assert read == [] and again[0].runs[1] == before[0].runs[1]


def test_a_device_is_seen(lesson):
    import os

    workspace, classroom, foxes, _, _, _, _ = lesson
    device = devices_by_group(workspace, classroom.id)[foxes.id][0]
    path = workspace.root / "classrooms" / "members" / f"{device.visitor}.json"
    for age, noted in ((SEEN_SECONDS / 2, False), (SEEN_SECONDS * 2, True)):
        then = path.stat().st_mtime - age
        os.utime(path, (then, then))
        note_seen(workspace, device.visitor)
        assert (path.stat().st_mtime > then + 1) is noted
    note_seen(workspace, visitor_name(new_secret()))  # somebody who is in no group
    assert overview(workspace, load_classroom(workspace, classroom.id))[0].seen >= path.stat().st_mtime - 1
