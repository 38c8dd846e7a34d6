"""Setting a task: what could never be done is refused, and all groups see its photos."""

import pytest

from tests.classroom.hall import a_group, photos_of
from tests.conftest import QUICK
from tlcore.classroom.hidden_photos import hidden_folders, without_hidden
from tlcore.classroom.hidden_test import set_hidden_test
from tlcore.classroom.membership import devices_by_group
from tlcore.classroom.store import change_classroom, create_classroom
from tlcore.classroom.task import set_task
from tlcore.classroom.values import Task
from tlcore.comparison.store import create_comparison
from tlcore.data.edits import leave_out
from tlcore.errors import UserError
from tlcore.grants import give_rights, rights_given
from tlcore.jobs.store import create_run


@pytest.fixture
def lesson(workspace, tmp_path):
    """A classroom with a group, photos of the owner's (6 cats, 8 dogs), and his others for a hidden test."""
    classroom = create_classroom(workspace, "4b")
    group = a_group(workspace, "Foxes")
    owners = [photos_of(workspace, tmp_path, "", {"cat": 6, "dog": 8}, seed) for seed in (1, 2)]
    return workspace, classroom, group, owners


def test_a_task_is_kept_clean(lesson):
    workspace, classroom, _, _ = lesson
    given = Task(" Cats\tand dogs \n\n  Take your own. ", classes=(" Cat", "cat", "", "Dog "), strategies=("ensemble",))
    kept = set_task(workspace, classroom.id, given).task
    assert kept == Task("Cats and dogs\n\nTake your own.", classes=("Cat", "Dog"), strategies=("ensemble",))


@pytest.mark.parametrize(
    ("task", "words", "reason"),
    [
        (Task(classes=("cat", "CAT ")), "two classes or more", "the same name twice is one class"),
        (Task(classes=tuple(map(str, range(60)))), "too many", "more than a page can hold"),
        (Task(photos_per_class=-1), "cannot be", "a number below 0"),
        (Task(runs=-1), "cannot be", "a number below 0"),
        (Task(strategies=("luck",)), "no strategy “luck”", "one that nobody knows"),
        (Task(dataset_id="gone-0123456789abcdef"), "no data set", "photos that are not there"),
        (Task(dataset_id="../x"), "names no data set", "no id"),
        (Task(dataset_id="owners", classes=("cat", "hen")), "not cat, hen", "its photos have other classes"),
        (Task(dataset_id="owners", photos_per_class=7), "has 8 photos", "its photos are too many"),
        (Task(dataset_id="hidden"), "are the hidden test", "all groups would see it"),
        (Task(dataset_id="birds"), "The hidden test has the classes", "nor on these photos’ models"),
        (Task(classes=("cat", "hen")), "The hidden test has the classes", "no model could be judged on it"),
    ],
)
def test_what_could_never_be_done_is_refused(lesson, tmp_path, task, words, reason):
    workspace, classroom, group, (photos, hidden) = lesson
    change_classroom(workspace, classroom.id, hidden_test=hidden.id)
    birds = photos_of(workspace, tmp_path, "", {"hen": 6, "owl": 6}, 3)
    ids = {"owners": photos.id, "hidden": hidden.id, "birds": birds.id}
    given = Task(**(vars(task) | {"dataset_id": ids.get(task.dataset_id, task.dataset_id)}))
    with pytest.raises(UserError, match=words):
        set_task(workspace, classroom.id, given)
    assert not rights_given(workspace, group.visitor), reason


def test_all_groups_see_the_photos_of_the_task_those_that_join_later_too(lesson):
    workspace, classroom, group, (photos, _) = lesson
    newer = leave_out(workspace, photos, [photos.photos["path"].iat[0]])
    assert set_task(workspace, classroom.id, Task(dataset_id=photos.id)).task.dataset_id == newer.id
    later = a_group(workspace, "Owls")
    for each in (group, later):
        assert rights_given(workspace, each.visitor) == {photos.id: "see", newer.id: "see"}


def test_a_hidden_test_is_the_owners_own_and_no_groups(lesson, tmp_path):
    workspace, classroom, group, (photos, other) = lesson
    theirs = photos_of(workspace, tmp_path, group.visitor, {"cat": 6, "dog": 6})
    set_task(workspace, classroom.id, Task(dataset_id=photos.id))
    for dataset, words in ((theirs, "made by a visitor"), (photos, "All groups see")):
        with pytest.raises(UserError, match=words):
            set_hidden_test(workspace, classroom.id, dataset.id)
    set_task(workspace, classroom.id, Task())
    with pytest.raises(UserError, match="“Foxes” can see"):  # what was seen once is not hidden any more
        set_hidden_test(workspace, classroom.id, photos.id)
    assert set_hidden_test(workspace, classroom.id, other.id).hidden_test == other.id
    assert hidden_folders(workspace) == {other.id}
    assert set_hidden_test(workspace, classroom.id, "").hidden_test == "" and not hidden_folders(workspace)


def test_what_a_device_of_a_group_was_shown_is_not_hidden(lesson):
    """It may have had the link before it joined."""
    workspace, classroom, group, (photos, _) = lesson
    [device] = devices_by_group(workspace, classroom.id)[group.id]
    give_rights(workspace, device.visitor, {photos.id: "see"})
    with pytest.raises(UserError, match="“Foxes” can see"):
        set_hidden_test(workspace, classroom.id, photos.id)


def test_what_shows_a_hidden_test_is_seen_by_nobody_else(lesson):
    """Its data set in any version, and the runs and races on it, whatever links were given to them."""
    workspace, classroom, group, (photos, other) = lesson
    run = create_run(workspace, f"{photos.id}@2", QUICK, "x")
    race = create_comparison(workspace, photos.id, [QUICK, QUICK], "x")
    fine = create_run(workspace, other.id, QUICK, "x")
    given = dict.fromkeys((photos.id, f"{photos.id}@2", run.id, race.id, fine.id, other.id), "see")
    assert without_hidden(workspace, given) == given
    change_classroom(workspace, classroom.id, hidden_test=photos.id)
    assert without_hidden(workspace, given) == {fine.id: "see", other.id: "see"}


@pytest.mark.parametrize("way", ["a link to a run", "a run of its own"])
def test_photos_that_a_run_showed_are_not_hidden(lesson, way):
    workspace, classroom, group, (photos, _) = lesson
    run = create_run(workspace, photos.id, QUICK, "x", group.visitor if way == "a run of its own" else "")
    if way == "a link to a run":
        give_rights(workspace, group.visitor, {run.id: "see"})
    with pytest.raises(UserError, match="“Foxes” can see"):
        set_hidden_test(workspace, classroom.id, photos.id)


def test_a_hidden_test_has_the_classes_of_the_task(lesson):
    workspace, classroom, _, (photos, _) = lesson
    set_task(workspace, classroom.id, Task(classes=("oak", "elm")))
    with pytest.raises(UserError, match="the task asks for oak, elm"):
        set_hidden_test(workspace, classroom.id, photos.id)
    set_task(workspace, classroom.id, Task(classes=("DOG", "Cat")))
    set_hidden_test(workspace, classroom.id, photos.id)
