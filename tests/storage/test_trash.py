"""Deleting one thing: it is gone from every list, all of it comes back for a day, and then the disk is free."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.photos import class_files, run_job, write_zip
from tests.storage.test_deletion import FOX, OWL, known, rows_of, upload
from tlcore.comparison.store import create_comparison, list_comparisons, load_comparison
from tlcore.config import TrainConfig
from tlcore.data import incoming
from tlcore.data.dataset_list import list_datasets, list_versions
from tlcore.data.edit_log import log_bytes
from tlcore.data.edits import delete_photos, rename_class
from tlcore.data.ingest import ingest_incoming, ingest_zip
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.jobs.line import Line
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import ImportSpec, create_import, create_run, list_runs, load_run, recommendation_job
from tlcore.listing import mark_deleted
from tlcore.messages.deletions import undoable_message
from tlcore.settings import HOSTED, OWN, load_limits
from tlcore.storage import put_aside, trash
from tlcore.storage.belongings import COMPARISON, DATASET, RUN
from tlcore.storage.cleanup import clean
from tlcore.storage.deletion import delete_everything, delete_marked
from tlcore.storage.pending import finish_deletions
from tlcore.storage.put_aside import list_deletions, make_room
from tlcore.storage.quota import check_disk, check_room
from tlcore.storage.renaming import rename
from tlcore.storage.trash import delete, plan_deletion, restore
from tlcore.storage.undoable import list_undoable
from tlcore.storage.usage import usage
from tlcore.workspace import read_json

DAY = 24 * 3600 + 60


def pets(workspace, visitor=FOX, number=12):
    return run_job(ingest_incoming(workspace, upload(workspace, visitor, number), "pets", visitor=visitor))[0]


def a_run(workspace, dataset, visitor=FOX):
    return create_run(workspace, dataset.id, TrainConfig(), dataset.name, visitor)


def listed(workspace):
    lists = (list_datasets(workspace), list_runs(workspace), list_comparisons(workspace))
    return {each.id for found in lists for each in found}


def files_below(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock" and path.name != "used"
    }


@pytest.mark.parametrize("kind", ["data set", "run", "race"])
def test_what_was_deleted_is_in_no_list_and_comes_back_as_it_was(workspace, kind):
    dataset = pets(workspace)
    run = a_run(workspace, dataset)
    race = create_comparison(workspace, dataset.id, [TrainConfig(), TrainConfig(seed=1)], "x", FOX)
    recommendation_job(workspace, dataset.id)
    thing, gone = {
        "data set": (dataset, {dataset.id, run.id, race.id, *race.run_ids}),
        "run": (run, {run.id}),
        "race": (race, {race.id, *race.run_ids}),
    }[kind]
    before, files = listed(workspace), files_below(thing.folder)
    deletion = delete(workspace, thing.id, by=FOX)
    assert listed(workspace) == before - gone and not thing.folder.exists()
    assert (deletion.kind, deletion.visitor, deletion.deleted_by) == (kind, FOX, FOX) and deletion.bytes > 0
    assert [each.id for each in list_deletions(workspace)] == [thing.id]
    assert restore(workspace, thing.id) == deletion
    assert listed(workspace) == before and files_below(thing.folder) == files
    assert not list_deletions(workspace)


ALONG = [
    ("data set", {}, {RUN: 3, COMPARISON: 1}, "all that learned from it"),
    ("race", {}, {RUN: 2}, "the runs that were made for it"),
    ("race", {"keep_runs": True}, {}, "unless its runs shall stay"),
    ("run", {}, {}, "the race has another one"),
]


@pytest.mark.parametrize(("kind", "options", "along", "reason"), ALONG)
def test_what_goes_along_is_said_before(workspace, kind, options, along, reason):
    dataset = pets(workspace)
    a_run(workspace, dataset)
    race = create_comparison(workspace, dataset.id, [TrainConfig(), TrainConfig(seed=1)], "x", FOX)
    thing = {"data set": dataset.id, "race": race.id, "run": race.run_ids[0]}[kind]
    plan = plan_deletion(workspace, thing, **options)
    assert {each: plan.along(each) for each in (DATASET, RUN, COMPARISON) if plan.along(each)} == along, reason


def test_a_race_goes_with_its_last_run(workspace):
    race = create_comparison(workspace, pets(workspace).id, [TrainConfig(), TrainConfig(seed=1)], "x", FOX)
    delete(workspace, race.run_ids[0])
    assert load_comparison(workspace, race.id)
    assert delete(workspace, race.run_ids[1]).along(COMPARISON) == 1
    assert not list_comparisons(workspace)


def test_runs_of_others_on_shared_photos_are_not_deleted_by_their_maker(workspace):
    dataset = pets(workspace)
    others = a_run(workspace, dataset, OWL)
    assert delete(workspace, dataset.id, by=FOX).along(RUN) == 0
    assert load_run(workspace, others.id)


def test_a_run_comes_back_with_the_photos_that_were_deleted_after_it(workspace):
    dataset = pets(workspace)
    run = a_run(workspace, dataset)
    delete(workspace, run.id)
    delete(workspace, dataset.id)
    restore(workspace, run.id)
    assert listed(workspace) == {run.id, dataset.id}


def test_a_run_whose_photos_are_gone_for_good_says_so(workspace):
    dataset = pets(workspace)
    run = a_run(workspace, dataset)
    delete(workspace, run.id)
    put_aside.purge(workspace, delete(workspace, dataset.id))
    with pytest.raises(UserError, match="gone for good"):
        restore(workspace, run.id)


@pytest.mark.parametrize("an_id", ["nobody-0123456789abcdef", "../runs", "", "x" * 500])
def test_an_id_that_leads_nowhere(workspace, an_id):
    for act in (delete, restore, plan_deletion, lambda place, each: rename(place, each, "x")):
        with pytest.raises(UserError):
            act(workspace, an_id)


def test_what_waits_leaves_the_line(workspace):
    run, line = a_run(workspace, pets(workspace)), Line(workspace)
    with line.locked():
        line.add(run)
    delete(workspace, run.id)
    assert line.waiting("train") == []
    restore(workspace, run.id)
    assert line.waiting("train") == [] and load_run(workspace, run.id)


@pytest.fixture
def at_work(workspace):
    """A data set, and a run on it that a process is working on; and that process's lock."""
    dataset = pets(workspace)
    run = a_run(workspace, dataset)
    with FileLock(run.folder / LOCK) as lock:
        yield dataset, run, lock


def test_what_is_at_work_is_out_of_sight_at_once_and_goes_when_it_has_ended(workspace, at_work):
    dataset, run, lock = at_work
    race = create_comparison(workspace, dataset.id, [TrainConfig(), TrainConfig(seed=1)], "x", FOX)
    before, files = listed(workspace), files_below(run.folder)
    gone = delete(workspace, dataset.id, wait_seconds=0)
    assert (run.folder / "stop").exists() and dataset.folder.exists(), "nothing goes from under a process"
    assert listed(workspace) == set() and [each.id for each in list_deletions(workspace)] == [dataset.id]
    for look in (load_run, load_dataset, load_comparison, plan_deletion):
        for thing in (run, dataset, race):
            with pytest.raises(UserError):
                look(workspace, thing.id)
    assert finish_deletions(workspace) == []
    lock.release()
    assert delete_marked(workspace) == [], "what can be brought back never goes for good"
    assert finish_deletions(workspace) == [gone]
    assert not run.folder.exists() and not dataset.folder.exists() and list_deletions(workspace) == [gone]
    restore(workspace, dataset.id)
    assert listed(workspace) == before
    assert files_below(run.folder).keys() - files.keys() == {Path("stop")}, "it can be continued"


def test_a_deletion_can_be_undone_before_the_run_has_ended(workspace, at_work):
    dataset, run, lock = at_work
    delete(workspace, run.id, wait_seconds=0)
    assert listed(workspace) == {dataset.id}
    restore(workspace, run.id)
    assert listed(workspace) == {dataset.id, run.id} and not list_deletions(workspace)
    lock.release()
    clean(workspace, OWN)
    assert listed(workspace) == {dataset.id, run.id}, "nobody takes it away later"


def test_photos_of_a_run_that_was_deleted_before_and_still_ends_wait_for_it(workspace, at_work):
    dataset, run, lock = at_work
    delete(workspace, run.id, wait_seconds=0)
    delete(workspace, dataset.id, wait_seconds=0)
    assert dataset.folder.exists() and listed(workspace) == set()
    lock.release()
    clean(workspace, OWN)
    assert not dataset.folder.exists() and not run.folder.exists()
    restore(workspace, run.id)
    assert listed(workspace) == {dataset.id, run.id}


def test_what_can_be_brought_back_no_more_goes_for_good_when_it_has_ended(workspace, at_work):
    dataset, run, lock = at_work
    put_aside.purge(workspace, delete(workspace, dataset.id, wait_seconds=0))
    clean(workspace, OWN)
    assert run.folder.exists() and dataset.folder.exists() and listed(workspace) == set()
    lock.release()
    clean(workspace, OWN)
    assert not run.folder.exists() and not dataset.folder.exists()


def test_a_worker_takes_away_what_was_deleted_while_it_was_at_it(workspace):
    dataset = pets(workspace)
    run, line = a_run(workspace, dataset), Line(workspace)
    with line.locked():
        line.add(run)
    (run.folder / "stop").touch()
    mark_deleted(run.folder, run.id)
    put_aside.write_note(workspace, plan_like(run))
    command = [sys.executable, "-m", "tlcore.worker.process"]
    subprocess.run(command, input=f"{run.folder}\n", text=True, check=True, timeout=120)
    assert not run.folder.exists()
    restore(workspace, run.id)
    assert listed(workspace) == {dataset.id, run.id}


def plan_like(run):
    """The note of a run's deletion."""
    return put_aside.Deletion(run.id, RUN, run.name, FOX, FOX, time.time(), ((RUN, run.id),), (run.dataset_id,), 1)


def test_photos_that_are_being_added_to_stay(workspace):
    dataset = pets(workspace)
    job = create_import(workspace, ImportSpec("incoming", upload(workspace, FOX), "y", base=dataset.id), FOX)
    with FileLock(job.folder / LOCK), pytest.raises(UserError, match="being added"):
        delete(workspace, dataset.id)
    assert listed(workspace) == {dataset.id}


def test_where_one_folder_cannot_go_none_does(workspace, monkeypatch):
    dataset = pets(workspace)
    runs = [a_run(workspace, dataset).id for _ in range(2)]
    move = put_aside.move_out

    def stuck(place, deletion_id, kind, an_id):
        if kind == DATASET:
            raise OSError(16, "busy")
        move(place, deletion_id, kind, an_id)

    monkeypatch.setattr(trash, "move_out", stuck)
    with pytest.raises(UserError, match="could not be deleted"):
        delete(workspace, dataset.id)
    assert listed(workspace) == {dataset.id, *runs} and not list_deletions(workspace)


def test_a_kill_in_the_middle_loses_nothing(workspace, monkeypatch):
    dataset = pets(workspace)
    run = a_run(workspace, dataset)
    move = put_aside.move_out

    def killed(place, deletion_id, kind, an_id):
        move(place, deletion_id, kind, an_id)
        raise KeyboardInterrupt

    monkeypatch.setattr(trash, "move_out", killed)
    with pytest.raises(KeyboardInterrupt):
        delete(workspace, dataset.id)
    monkeypatch.undo()
    assert listed(workspace) == {dataset.id}, "the run had gone"
    restore(workspace, dataset.id)
    assert listed(workspace) == {dataset.id, run.id}


def test_what_was_computed_goes_at_once_and_the_photos_after_a_day(workspace):
    mine, others = pets(workspace, FOX, 12), pets(workspace, OWL, 8)
    rows_of(workspace, mine).close()
    alone = sorted(set(mine.photos["sha256"]) - set(others.photos["sha256"]))
    delete(workspace, mine.id)
    assert known(workspace, alone) == 0 and known(workspace, sorted(others.photos["sha256"])) == 8
    assert not [path for path in (workspace.root / "activations").iterdir() if path.is_dir()]
    deleted = list_deletions(workspace)[0].deleted
    clean(workspace, OWN, now=deleted + 23 * 3600)
    assert list_deletions(workspace)
    clean(workspace, OWN, by_age=False, now=deleted + DAY)
    assert list_deletions(workspace), "not after a sleep: nobody could have come back for it"
    gone = clean(workspace, OWN, now=deleted + DAY)
    assert [each.kind for each in gone if each.id == mine.id] == ["deleted data set"]
    assert not list((workspace.root / "deleted").iterdir())


def test_deleting_everything_leaves_nothing_to_bring_back(workspace):
    dataset, others = pets(workspace), pets(workspace, OWL)
    delete(workspace, dataset.id)
    delete(workspace, others.id)
    assert usage(workspace, FOX).put_aside == 1 and usage(workspace, FOX)
    assert delete_everything(workspace, FOX).put_aside == 1
    assert [each.id for each in list_deletions(workspace)] == [others.id]


def test_what_was_deleted_makes_room_for_its_maker(workspace):
    (workspace.root / "settings.toml").write_text("visitor_mb = 0.2")
    limits = load_limits(workspace, hosted=True)
    dataset, others = pets(workspace), pets(workspace, OWL)
    for each in (dataset, others):
        incoming_areas = [folder for folder in workspace.incoming.iterdir() if incoming.owner(workspace, folder.name)]
        delete(workspace, each.id)
    for area in incoming_areas:
        incoming.clear(workspace, area.name)
    check_room(workspace, FOX, 10_000, 1, limits)
    assert len(list_deletions(workspace)) == 2, "there is room for both"
    check_room(workspace, FOX, 199_000, 1, limits)
    assert [each.visitor for each in list_deletions(workspace)] == [OWL], "his own makes room, nobody else's"


def test_what_was_deleted_makes_room_on_a_full_disk(workspace):
    delete(workspace, pets(workspace).id)
    (workspace.root / "settings.toml").write_text("disk_mb = 0.001")
    with pytest.raises(UserError, match="not enough disk space"):
        check_disk(workspace, 10_000_000, load_limits(workspace))
    assert not list_deletions(workspace)


def test_the_oldest_goes_first_when_room_is_needed(workspace):
    first, second = pets(workspace), pets(workspace)
    for each in (first, second):
        delete(workspace, each.id)
        time.sleep(0.01)
    assert make_room(workspace, 1) > 0
    assert [each.id for each in list_deletions(workspace)] == [second.id]


def test_a_damaged_note_hides_what_was_deleted_and_harms_nothing(workspace):
    dataset = pets(workspace)
    delete(workspace, dataset.id)
    note = workspace.root / "deleted" / dataset.id / "deletion.json"
    note.write_text(note.read_text().replace("datasets", "../..").replace("data set", "../../x"))
    assert list_deletions(workspace) == []
    clean(workspace, OWN)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("Dora's pets", "Dora's pets"), ("  a\n b\u202e ", "a b"), ("x" * 300, "x" * 69 + "…" + "x" * 10)],
)
def test_a_new_name_is_in_every_list_at_once(workspace, given, kept):
    dataset = pets(workspace)
    run = a_run(workspace, dataset)
    race = create_comparison(workspace, dataset.id, [TrainConfig(), TrainConfig(seed=1)], "x", FOX)
    listed(workspace)
    for thing in (dataset, run, race):
        assert rename(workspace, thing.id, "first") == "first"
        assert rename(workspace, thing.id, given) == kept
    assert [each.name for each in list_datasets(workspace)] == [kept]
    assert {each.id: each.name for each in list_runs(workspace)}[run.id] == kept
    assert load_run(workspace, run.id).is_renamed and not load_run(workspace, race.run_ids[0]).is_renamed
    assert list_comparisons(workspace)[0].name == load_dataset(workspace, dataset.id).name == kept
    assert read_json(run.folder / "job.json")["name"] == "pets", "what was written once stays as it is"
    with pytest.raises(UserError, match="Enter a name"):
        rename(workspace, run.id, " \n")


def test_a_name_goes_and_comes_back_with_its_thing(workspace):
    run = a_run(workspace, pets(workspace))
    rename(workspace, run.id, "best")
    assert delete(workspace, run.id).name == "best"
    restore(workspace, run.id)
    assert load_run(workspace, run.id).name == "best"


def zipped(workspace, tmp_path):
    files = class_files({"cats": 8, "dogs": 8, "birds": 8})
    return run_job(ingest_zip(workspace, write_zip(tmp_path / "pets.zip", files)))[0]


def test_a_data_set_goes_with_all_its_versions_and_their_runs(workspace, tmp_path):
    first = zipped(workspace, tmp_path)
    runs = [a_run(workspace, first, "")]
    second = rename_class(workspace, first, "cats", "felines")
    runs.append(a_run(workspace, second, ""))
    for an_id in (first.id, second.id):
        gone = delete(workspace, an_id)
        assert (gone.id, gone.along(DATASET), gone.along(RUN)) == (first.id, 0, 2)
        assert listed(workspace) == set() and list_versions(workspace) == ()
        restore(workspace, second.id)
        assert listed(workspace) == {second.id, *(run.id for run in runs)}


def test_undoing_a_change_makes_the_earlier_version_current_again(workspace, tmp_path):
    first = zipped(workspace, tmp_path)
    second = delete_photos(workspace, first, [first.photos["path"][0]])
    restore(workspace, first.id)
    assert listed(workspace) == {first.id}
    restore(workspace, second.id)
    assert listed(workspace) == {second.id}, "and the change can be made once more"
    run = a_run(workspace, second, "")
    restore(workspace, first.id)
    assert listed(workspace) == {first.id, run.id}
    assert load_dataset(workspace, load_run(workspace, run.id).dataset_id).id == second.id, "the run keeps its version"


def test_what_an_edit_before_the_last_one_did_is_not_undone_alone(workspace, tmp_path):
    first = zipped(workspace, tmp_path)
    second = rename_class(workspace, first, "cats", "felines")
    third = rename_class(workspace, second, "dogs", "hounds")
    with pytest.raises(UserError, match="changed again since"):
        restore(workspace, first.id)
    assert listed(workspace) == {third.id}


def test_what_can_be_undone_is_listed_in_words_with_the_id_that_undoes_it(workspace, tmp_path):
    first = zipped(workspace, tmp_path)
    run = a_run(workspace, first, "")
    second = rename_class(workspace, first, "cats", "felines")
    third = rename_class(workspace, second, "felines", "dogs")
    delete_photos(workspace, third, [third.part("train")["path"][0]])
    delete(workspace, run.id)

    def lines():
        found = list_undoable(workspace, OWN, time.time())
        return [(each.id, undoable_message(each), each.is_latest) for each in found]

    assert lines() == [
        (run.id, "run pets", True),
        (third.id, "1 photo of pets deleted", True),
        (second.id, "Merged “felines” into “dogs” (8 photos) in pets", False),
        (first.id, "Renamed the class “cats” to “felines” in pets", False),
    ]
    for an_id, left in ((third.id, 3), (run.id, 2), (second.id, 1), (first.id, 0)):
        restore(workspace, an_id)
        assert len(lines()) == left, "what was undone is not listed"
    delete(workspace, first.id)
    assert [words for _, words, _ in lines()] == ["data set pets"]
    assert not list_undoable(workspace, OWN, time.time() + DAY)[1:], "a change cannot be undone for ever"


def test_a_visitors_photos_count_once_over_all_versions(workspace):
    dataset = pets(workspace, FOX, 12)
    for area in list(workspace.incoming.iterdir()):
        incoming.clear(workspace, area.name)
    before = usage(workspace, FOX)
    changed = delete_photos(workspace, dataset, [dataset.photos["path"][0]])
    assert changed.visitor == FOX
    now, log = usage(workspace, FOX), log_bytes(dataset.folder)
    assert (now.photos, now.bytes) == (before.photos, before.bytes + log) and log > 0
    clean(workspace, HOSTED, now=time.time() + DAY)
    assert usage(workspace, FOX).photos == before.photos - 1, "the photo that was deleted has gone for good"
