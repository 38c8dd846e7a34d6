"""What a group may start, wherever it comes from; and that the owner may do anything."""

import pytest

from tests.classroom.hall import a_group, photos_of
from tests.conftest import QUICK
from tlcore.access import visitor_name
from tlcore.classroom import rules
from tlcore.classroom.store import change_classroom, create_classroom
from tlcore.classroom.values import Task
from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.events import Started, Stopped
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.line import Line
from tlcore.jobs.queue import JobQueue
from tlcore.jobs.store import EnsembleSpec, ImportSpec, create_import, create_run
from tlcore.workspace import discard

HYBRID = TrainConfig(strategy="hybrid")


@pytest.fixture
def lesson(workspace, tmp_path):
    """A classroom, a group, and photos of the group's: 6 cats and 8 dogs."""
    classroom = create_classroom(workspace, "4b")
    group = a_group(workspace, "Foxes")
    return workspace, classroom, group, photos_of(workspace, tmp_path, group.visitor, {"cat": 6, "dog": 8})


@pytest.fixture
def queue(lesson):
    """A queue that asks the rules and begins nothing."""
    found = JobQueue(lesson[0], rules.admit)
    found.close()
    return found


def waiting(workspace):
    return [job.id for job in Line(workspace).waiting("train")]


ALLOWED = [
    (Task(), QUICK, "no task"),
    (Task(classes=("Dog", "CAT ")), QUICK, "however the letters are written, in any order"),
    (Task(photos_per_class=8), QUICK, "as many as are allowed"),
    (Task(strategies=("hybrid", "feature-extraction")), QUICK, "one of the strategies"),
    (Task(runs=1), QUICK, "the first one"),
]
REFUSED = [
    (Task(dataset_id="other-0123456789abcdef"), QUICK, "not the photos of the task", "other photos"),
    (
        Task(classes=("cat", "bird")),
        QUICK,
        "Your classes are “cat” and “dog”; the task asks for “cat” and “bird”",
        "names",
    ),
    (Task(classes=("cat", "dog", "bird")), QUICK, "Add photos of “bird”", "a class is missing"),
    (Task(classes=("cat", "hen")), QUICK, "Rename or delete “dog”", "a class too many"),
    (Task(photos_per_class=7), QUICK, "“dog” has 8", "too many photos"),
    (Task(strategies=("feature-extraction",)), HYBRID, "Training with hybrid is not part of the task", "strategy"),
]


@pytest.mark.parametrize(("task", "config", "reason"), ALLOWED)
def test_what_the_task_allows_goes_into_the_line(lesson, queue, task, config, reason):
    workspace, classroom, group, dataset = lesson
    change_classroom(workspace, classroom.id, task=task)
    rules.check_run(workspace, group.visitor, dataset, config)
    run = create_run(workspace, dataset.id, config, "x", group.visitor)
    queue.submit(run)
    assert waiting(workspace) == [run.id], reason


@pytest.mark.parametrize(("task", "config", "words", "reason"), REFUSED)
@pytest.mark.parametrize("way", ["submit", "restart", "resume"])
def test_what_it_does_not_allow_comes_into_it_in_no_way(lesson, queue, task, config, words, reason, way):
    workspace, classroom, group, dataset = lesson
    change_classroom(workspace, classroom.id, task=task)
    with pytest.raises(UserError, match=words):
        rules.check_run(workspace, group.visitor, dataset, config)
    run = create_run(workspace, dataset.id, config, "x", group.visitor)
    with pytest.raises(UserError, match=words):
        getattr(queue, way)(run)
    assert not waiting(workspace), reason
    getattr(queue, way)(run, by_owner=True)  # never the owner, whosever run it is
    assert waiting(workspace) == [run.id]


@pytest.mark.parametrize(
    ("who", "reason"), [("", "the owner"), (visitor_name("a" * 43), "somebody who is in no group")]
)
def test_others_are_not_asked(lesson, queue, who, reason):
    workspace, classroom, _, dataset = lesson
    change_classroom(workspace, classroom.id, task=REFUSED[0][0], is_paused=True)
    rules.check_run(workspace, who, dataset, HYBRID)
    rules.check_not_paused(workspace, who)
    run = create_run(workspace, dataset.id, HYBRID, "x", who)
    queue.submit(run)
    assert waiting(workspace) == [run.id], reason


def test_while_the_classroom_is_paused_a_group_starts_nothing(lesson, queue):
    workspace, classroom, group, dataset = lesson
    job = create_import(workspace, ImportSpec("sample", "emoji"), group.visitor)
    change_classroom(workspace, classroom.id, is_paused=True)
    for ask in (
        lambda: queue.submit(create_run(workspace, dataset.id, QUICK, "x", group.visitor)),
        lambda: queue.submit(job),
        lambda: rules.check_run(workspace, group.visitor, dataset, QUICK),
        lambda: rules.check_not_paused(workspace, group.visitor),
    ):
        with pytest.raises(UserError, match="paused"):
            ask()
    change_classroom(workspace, classroom.id, is_paused=False)
    queue.submit(job)


def test_trainings_are_counted_whatever_becomes_of_them(lesson, queue):
    """Deleting one gives none back; only one that never began does. What is restarted is not counted twice."""
    workspace, classroom, group, dataset = lesson
    change_classroom(workspace, classroom.id, task=Task(runs=2))
    first, second, third = (create_run(workspace, dataset.id, QUICK, "x", group.visitor) for _ in range(3))
    queue.submit(first)
    queue.submit(first)
    queue.submit(second)
    for ask in (lambda: queue.submit(third), lambda: rules.check_run(workspace, group.visitor, dataset, QUICK)):
        with pytest.raises(UserError, match="allows 2 trainings, and your group has used them"):
            ask()
    with Line(workspace).beginning(first) as begin:
        begin(Started(1.0, 1))
    EventLog(first).write(Stopped("x"))
    queue.restart(first)
    Line(workspace).cancel(first)
    discard(workspace, first.folder)  # deleted: it stays counted
    with pytest.raises(UserError, match="used them"):
        queue.submit(third)
    queue.cancel(second)  # it never began
    queue.submit(third)
    assert waiting(workspace) == [third.id]


def test_several_together_start_all_or_none(lesson):
    workspace, classroom, group, dataset = lesson
    change_classroom(workspace, classroom.id, task=Task(runs=3))
    rules.check_runs(workspace, group.visitor, dataset, [QUICK] * 3)
    with pytest.raises(UserError, match="has 3 left; these are 4"):
        rules.check_runs(workspace, group.visitor, dataset, [QUICK] * 4)


def test_combining_models_is_a_strategy_and_no_training(lesson, queue):
    workspace, classroom, group, dataset = lesson
    change_classroom(workspace, classroom.id, task=Task(runs=1, strategies=("feature-extraction",)))
    queue.submit(create_run(workspace, dataset.id, QUICK, "x", group.visitor))
    spec = EnsembleSpec(("a", "b"), "average", "equal")
    ensemble = create_run(workspace, dataset.id, QUICK, "x", group.visitor, ensemble=spec)
    with pytest.raises(UserError, match="Combining models is not part of the task"):
        queue.submit(ensemble)
    change_classroom(workspace, classroom.id, task=Task(runs=1, strategies=("feature-extraction", "ensemble")))
    queue.submit(ensemble)


def test_after_the_lesson_nobody_is_asked(lesson):
    workspace, classroom, group, dataset = lesson
    change_classroom(workspace, classroom.id, task=REFUSED[0][0], is_open=False, is_paused=True)
    rules.check_run(workspace, group.visitor, dataset, QUICK)
    assert rules.group_by_visitor(workspace, group.visitor) is None


def test_the_hidden_test_is_nothing_to_train_on(lesson, queue, tmp_path):
    """No page shows it to a group; but an id may be guessed, or known from a link."""
    workspace, classroom, group, _ = lesson
    hidden = photos_of(workspace, tmp_path, "", {"cat": 6, "dog": 6}, seed=9)
    change_classroom(workspace, classroom.id, hidden_test=f"{hidden.id}@2")
    with pytest.raises(UserError, match="can’t be used"):
        queue.submit(create_run(workspace, hidden.id, QUICK, "x", group.visitor))
