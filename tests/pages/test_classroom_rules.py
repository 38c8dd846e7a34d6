"""What the task of a classroom forbids is said where a group would start it, and nothing is made."""

import pytest

from tests.conftest import copy_of
from tests.pages.conftest import words
from tlcore import access, grants
from tlcore.classroom import membership, rules, store
from tlcore.classroom.membership import join
from tlcore.classroom.values import Task
from tlcore.jobs.queue import JobQueue
from tlcore.jobs.store import list_runs


@pytest.fixture
def group(trained, tmp_path, stranger, visit, monkeypatch):
    """A group that looks at the pages, with a queue that asks the rules and begins nothing; and the owner's photos."""
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    classroom = store.create_classroom(workspace, "7b")
    stranger(workspace, {})
    found = join(workspace, classroom.code, "Foxes", access.visitor_name(access.new_secret()))
    queue = JobQueue(workspace, rules.admit)
    queue.close()
    monkeypatch.setattr("pages.shared.state.queue", lambda: queue)
    return workspace, classroom, found, dataset, run


def train(visit, workspace, dataset, strategy=""):
    at = visit("train", workspace, dataset=dataset.id)
    if strategy:
        at.radio(key="setting_strategy").set_value(strategy).run()
    next(button for button in at.button if button.label == "Train").click().run()
    return at


@pytest.mark.parametrize(
    ("changes", "words_said", "reason"),
    [
        ({"is_paused": True}, "Your teacher has paused the classroom", "the lesson is at a halt"),
        ({"task": Task(classes=("cat", "dog"))}, "the task asks for “cat” and “dog”", "other classes"),
        ({"task": Task(photos_per_class=3)}, "The task allows 3 photos a class", "too many photos"),
    ],
)
def test_what_is_forbidden_is_said_and_nothing_is_made(visit, group, changes, words_said, reason):
    workspace, classroom, found, dataset, _ = group
    grants.give_rights(workspace, found.visitor, {dataset.id: "see"})
    store.change_classroom(workspace, classroom.id, **changes)
    before = len(list_runs(workspace))
    assert words_said in words(train(visit, workspace, dataset)), reason
    assert len(list_runs(workspace)) == before


def test_a_strategy_that_the_task_leaves_out_is_refused_where_the_button_is(visit, group):
    workspace, classroom, found, dataset, _ = group
    grants.give_rights(workspace, found.visitor, {dataset.id: "see"})
    store.change_classroom(workspace, classroom.id, task=Task(strategies=("hybrid",)))
    before = len(list_runs(workspace))
    at = train(visit, workspace, dataset, "feature-extraction")
    assert "Training with feature extraction is not part of the task" in words(at)
    assert len(list_runs(workspace)) == before
    shown = "\n".join(str(getattr(element, "value", "")) for element in at.main)
    assert shown.index("is not part of the task") < shown.index("held back for testing"), "far below the button"


def test_the_strategy_of_the_task_is_the_one_that_a_group_starts_with(visit, group):
    workspace, classroom, found, dataset, _ = group
    grants.give_rights(workspace, found.visitor, {dataset.id: "see"})
    store.change_classroom(workspace, classroom.id, task=Task(strategies=("fine-tuning", "hybrid")))
    train(visit, workspace, dataset)
    run = next(run for run in list_runs(workspace) if run.visitor == found.visitor)
    assert run.config.strategy == "hybrid"


def test_a_group_starts_as_many_trainings_as_the_task_says(visit, group):
    workspace, classroom, found, dataset, _ = group
    store.change_classroom(workspace, classroom.id, task=Task(dataset_id=dataset.id, runs=1))
    train(visit, workspace, dataset)
    assert [run.visitor for run in list_runs(workspace)][:1] == [found.visitor], "its photos are seen by the task alone"
    assert "allows 1 training, and your group has used them" in words(train(visit, workspace, dataset))
    assert len(list_runs(workspace)) == 2


def test_a_hidden_test_opens_for_no_group_whatever_link_it_has(visit, group):
    workspace, classroom, found, dataset, run = group
    grants.give_rights(workspace, found.visitor, {dataset.id: "act", run.id: "see"})
    assert dataset.name in words(visit("data", workspace, dataset=dataset.id)), "before it is the hidden test"
    store.change_classroom(workspace, classroom.id, hidden_test=dataset.id)
    for page in ("data", "train", "compare"):
        at = visit(page, workspace, dataset=dataset.id)
        assert "You cannot open this data set" in words(at) and dataset.name not in words(at), page
    at = visit("evaluate", workspace, run=run.id)  # the owner's run on it would show its test photos
    assert "You cannot open this training run" in words(at) and dataset.name not in words(at)
    assert membership.group_of(workspace, access.visitor_name(access.new_secret())) == found
