"""A group that is removed comes back for a day; a classroom that is erased leaves nothing on the disk."""

import pytest
from filelock import FileLock

from tests.classroom.hall import a_group, photos_of, run_like
from tests.conftest import QUICK, copy_of
from tests.photos import make_photo
from tlcore.classroom.contributions import num_waiting, use_area
from tlcore.classroom.hidden_test import HiddenScore, save_score
from tlcore.classroom.keeping import clean_workspace, kept_visitors
from tlcore.classroom.membership import devices_by_group, group_of, working_name
from tlcore.classroom.removal import erase, list_removed, remove_group, restore_group
from tlcore.classroom.rules import admit
from tlcore.classroom.store import change_classroom, create_classroom, list_classrooms, list_groups, load_classroom
from tlcore.classroom.values import Task
from tlcore.comparison.store import create_comparison
from tlcore.data import incoming
from tlcore.data.dataset_list import list_datasets
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.grants import give_rights
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import ImportSpec, analysis_job, create_import, create_run, list_imports, list_runs, scoring_job
from tlcore.settings import HOSTED, OWN
from tlcore.storage.belongings import belongings_of
from tlcore.storage.cleanup import DAY, clean
from tlcore.storage.visits import LastUsed, note_visit
from tlcore.workspace import last_used, touch_used


@pytest.fixture
def lesson(workspace, tmp_path):
    """A classroom with Foxes and Owls: each has photos, a run, a race and an upload; the owner has photos for all."""
    classroom = create_classroom(workspace, "Class of Ada")
    shared = photos_of(workspace, tmp_path, "", {"oak": 6, "elm": 6}, 5)
    change_classroom(workspace, classroom.id, task=Task(dataset_id=shared.id))
    for number, name in enumerate(("Foxes", "Owls")):
        fill(workspace, tmp_path, a_group(workspace, name), number, shared)
    return workspace, load_classroom(workspace, classroom.id), list_groups(workspace, classroom.id), shared


def fill(workspace, place, group, number, shared):
    """One of everything for a group."""
    own = photos_of(workspace, place, group.visitor, {"cat": 6, "dog": 6}, 10 + number)
    create_comparison(workspace, own.id, [QUICK, QUICK], "race", group.visitor)
    run = create_run(workspace, shared.id, QUICK, f"of {group.name}", group.visitor)
    analysis_job(workspace, run, "photo-map")
    area = incoming.new_incoming(workspace, group.visitor)
    incoming.add_files(workspace, area, [("Secret.jpg", make_photo(700 + number), "cat")])
    create_import(workspace, ImportSpec("incoming", area, "x"), group.visitor)
    note_visit(workspace, group.visitor, LastUsed(own.id))
    save_score(workspace, group, HiddenScore(group.id, "x", "y", "z", (True, False), when=1.0))
    admit(run, by_owner=False)


def of(workspace, group):
    return {each.id for each in belongings_of(workspace, group.visitor)}


def test_a_group_that_is_removed_is_gone_with_all_that_it_made_and_nobody_elses(lesson):
    workspace, classroom, (foxes, owls), shared = lesson
    [device] = devices_by_group(workspace, classroom.id)[foxes.id]
    before = of(workspace, owls)
    removed = remove_group(workspace, classroom.id, foxes.id)
    assert removed.group == foxes and removed.devices == (device.visitor,)
    assert list_groups(workspace, classroom.id) == [owls]
    assert {each.kind for each in belongings_of(workspace, foxes.visitor)} == {"uploads"}, "for when it comes back"
    assert group_of(workspace, device.visitor) is None and working_name(workspace, device.visitor) == device.visitor
    assert of(workspace, owls) == before and load_dataset(workspace, shared.id)
    with pytest.raises(UserError, match="no longer exists"):
        remove_group(workspace, classroom.id, foxes.id)


def test_it_comes_back_as_it_was_with_its_devices(lesson):
    workspace, classroom, (foxes, _), _ = lesson
    [device] = devices_by_group(workspace, classroom.id)[foxes.id]
    kept = {each.id for each in belongings_of(workspace, foxes.visitor) if each.kind != "import"}
    area = use_area(workspace, foxes)
    kept.add(area)
    incoming.add_files(workspace, area, [("late.jpg", make_photo(800), "cat")])
    remove_group(workspace, classroom.id, foxes.id)
    assert [each.group.id for each in list_removed(workspace, classroom.id)] == [foxes.id]
    foxes = restore_group(workspace, classroom.id, foxes.id)
    assert of(workspace, foxes) == kept
    assert num_waiting(workspace, foxes) == 1, "the photo that it had not imported yet"
    assert group_of(workspace, device.visitor) == foxes and not list_removed(workspace, classroom.id)
    with pytest.raises(UserError, match="can’t be brought back"):
        restore_group(workspace, classroom.id, foxes.id)


def test_a_device_that_has_joined_another_group_stays_there(lesson):
    workspace, classroom, (foxes, owls), _ = lesson
    from tlcore.classroom.membership import group_key, join_group

    [device] = devices_by_group(workspace, classroom.id)[foxes.id]
    remove_group(workspace, classroom.id, foxes.id)
    join_group(workspace, classroom.id, owls.id, group_key(workspace, owls), device.visitor)
    restore_group(workspace, classroom.id, foxes.id)
    assert group_of(workspace, device.visitor) == owls


def test_after_a_day_it_is_gone_for_good(lesson):
    workspace, classroom, (foxes, _), _ = lesson
    removed = remove_group(workspace, classroom.id, foxes.id)
    later = removed.removed + OWN.undo_hours * 3600
    clean_workspace(workspace, OWN, now=later - 60)
    assert list_removed(workspace, classroom.id)
    gone = clean_workspace(workspace, OWN, now=later + 60)
    assert "removed group" in {each.kind for each in gone} and not list_removed(workspace, classroom.id)
    assert not found(workspace.root, [foxes.visitor, "Foxes"])


def found(root, words):
    """The files and folders of a workspace in which one of these words stands, by content or by name."""
    wanted = [word.encode() for word in words]
    return [
        path
        for path in root.rglob("*")
        if any(word in path.name.encode() or (path.is_file() and word in path.read_bytes()) for word in wanted)
    ]


def test_an_erased_classroom_leaves_nothing(trained, tmp_path):
    """Names, hashes and codes are looked for in every byte of the workspace; what belongs to others stays."""
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    classroom = create_classroom(workspace, "Class of Ada")
    change_classroom(workspace, classroom.id, task=Task(dataset_id=dataset.id), hidden_test="")
    foxes, owls = a_group(workspace, "Foxes"), a_group(workspace, "Owls")
    [device] = devices_by_group(workspace, classroom.id)[foxes.id]
    give_rights(workspace, device.visitor, {dataset.id: "see"})
    for number, group in enumerate((foxes, owls)):
        fill(workspace, tmp_path, group, number, dataset)
        run_like(workspace, run, group.visitor)
    mine = [each for each in list_datasets(workspace) if each.visitor in (foxes.visitor, owls.visitor)]
    photos = [row for each in mine for row in load_dataset(workspace, each.id).photos["sha256"]]
    create_run(workspace, mine[0].id, QUICK, "the teacher tried the group's photos")
    create_import(workspace, ImportSpec("sample", "emoji"), "")
    scoring_job(workspace, classroom.id, classroom.name)
    remove_group(workspace, classroom.id, owls.id)
    words = ["Foxes", "Owls", "Class of Ada", classroom.code, foxes.visitor, owls.visitor, device.visitor, "Secret.jpg"]
    words += [*photos, *(each.id for each in mine), classroom.id]
    assert found(workspace.root, words), "or the look for them finds nothing at any time"
    erased = erase(workspace, classroom.id)
    assert (erased.groups, erased.still_ending) == (2, 0) and erased.bytes and erased.runs == 5
    assert not list_classrooms(workspace)
    assert not found(workspace.root, words)
    assert [each.id for each in list_runs(workspace)] == [run.id] and len(list_imports(workspace)) == 1
    assert load_dataset(workspace, dataset.id).read(dataset.photos["path"].iat[0]), "the owner's photos stay"
    with pytest.raises(UserError):
        erase(workspace, classroom.id)


def test_photos_that_somebody_else_has_too_stay_known(lesson, tmp_path, monkeypatch):
    """What was computed of them is his as well."""
    workspace, classroom, _, _ = lesson
    kept = set(photos_of(workspace, tmp_path, "f" * 32, {"cat": 6, "dog": 6}, 10).photos["sha256"])  # those of Foxes
    forgotten = set()
    monkeypatch.setattr("tlcore.storage.forgetting.forget_photos", lambda place, gone: not forgotten.update(gone))
    erase(workspace, classroom.id)
    assert len(forgotten) == 12 and forgotten.isdisjoint(kept)


def test_what_is_at_work_goes_as_soon_as_it_has_ended(lesson):
    workspace, classroom, (foxes, _), _ = lesson
    run = next(each for each in list_runs(workspace) if each.visitor == foxes.visitor)
    with FileLock(run.folder / LOCK):
        erased = erase(workspace, classroom.id, wait_seconds=0.0)
        assert erased.still_ending == 1 and run.id not in {each.id for each in list_runs(workspace)}
    clean(workspace, OWN)
    assert not run.folder.exists()


def test_a_kill_in_the_middle_leaves_what_can_be_erased_once_more(lesson, monkeypatch):
    workspace, classroom, _, _ = lesson

    def killed(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("tlcore.classroom.removal._delete_visitors", killed)
    with pytest.raises(KeyboardInterrupt):
        erase(workspace, classroom.id)
    monkeypatch.undo()
    [left] = list_classrooms(workspace)
    assert not left.is_open, "nobody works on in what is being erased"
    assert erase(workspace, left.id).groups == 2 and not found(workspace.root, ["Foxes", "Owls"])


@pytest.mark.parametrize(
    ("closed_days", "limits", "stays", "reason"),
    [
        (None, HOSTED, True, "it is open, though nobody used anything for a year"),
        (HOSTED.keep_days - 0.1, HOSTED, True, "closed not long ago"),
        (HOSTED.keep_days + 0.1, HOSTED, False, "closed longer ago than such things are kept"),
        (1000, OWN, True, "on one's own computer everything is kept"),
    ],
)
def test_how_long_a_classroom_is_kept(lesson, closed_days, limits, stays, reason):
    workspace, classroom, groups, shared = lesson
    now = last_used(workspace.datasets) + 400 * DAY
    if closed_days is not None:
        change_classroom(workspace, classroom.id, is_open=False, closed=now - closed_days * DAY)
    told = clean_workspace(workspace, limits, dry_run=True, now=now)
    assert ("classroom" in {each.kind for each in told}) is not stays
    gone = clean_workspace(workspace, limits, now=now)
    assert bool(list_classrooms(workspace)) == stays, reason
    assert all(bool(of(workspace, group)) == stays for group in groups), reason
    assert load_dataset(workspace, shared.id) and len(gone) >= len(told) * (not stays)


def test_who_is_in_no_classroom_is_not_spared(lesson, tmp_path):
    workspace, classroom, groups, _ = lesson
    assert kept_visitors(workspace) == {group.visitor for group in groups}
    other = photos_of(workspace, tmp_path, "e" * 32, {"cat": 6, "dog": 6}, 99)
    touch_used(other.folder)
    clean_workspace(workspace, HOSTED, now=last_used(other.folder) + HOSTED.keep_days * DAY + 60)
    assert not other.folder.exists()
    assert len(list_groups(workspace, classroom.id)) == 2
