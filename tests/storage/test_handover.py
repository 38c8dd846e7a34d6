"""What somebody made without an account becomes his account's, all of it, whenever a kill comes."""

import pytest

from tlcore import access, grants
from tlcore.access import visitor_name
from tlcore.comparison.store import create_comparison, list_comparisons
from tlcore.config import TrainConfig
from tlcore.data import incoming
from tlcore.data.dataset_list import list_datasets
from tlcore.errors import UserError
from tlcore.jobs.line import Line
from tlcore.jobs.store import list_runs, load_run
from tlcore.messages.accounts import offer_message
from tlcore.settings import load_limits
from tlcore.storage import handover
from tlcore.storage.belongings import belongings_of
from tlcore.storage.cleanup import clean
from tlcore.storage.handover import finish_handovers, hand_over, is_busy, leave_behind, plan_handover
from tlcore.storage.put_aside import list_deletions
from tlcore.storage.trash import delete, restore
from tlcore.storage.visits import LastUsed, last_visit, note_visit
from tlcore.workspace import write_json

OLD, NEW, OTHER = (visitor_name(letter * 43) for letter in "abc")
D, GONE, THEIRS = "leaves-0123456789abcdef", "shells-0123456789abcdef", "stones-0123456789abcdef"


def add_dataset(workspace, an_id, visitor):
    folder = workspace.datasets / an_id
    folder.mkdir()
    values = {"visitor": visitor, "num_photos": 12, "name": an_id, "labels": ["a", "b"], "created": 1.0}
    write_json(folder / "dataset.json", values | {"source": "folder"})


@pytest.fixture
def made(workspace):
    """One of each kind of thing of a browser's, one of them deleted, and the same of somebody else's."""
    for an_id, visitor in ((D, OLD), (GONE, OLD), (THEIRS, OTHER)):
        add_dataset(workspace, an_id, visitor)
    for an_id, visitor in ((D, OLD), (THEIRS, OTHER)):
        create_comparison(workspace, an_id, [TrainConfig(), TrainConfig(seed=1)], "race", visitor)
        incoming.new_incoming(workspace, visitor)
    delete(workspace, GONE, OLD)
    grants.give_rights(workspace, OLD, {THEIRS: "see"}, ("dataset", THEIRS))
    note_visit(workspace, OLD, LastUsed(D))
    return workspace


def kinds(workspace, visitor):
    return sorted(each.kind for each in belongings_of(workspace, visitor))


EVERYTHING = ["data set", "race", "run", "run", "uploads"]


def test_everything_goes_over_and_lists_know_it_at_once(made):
    runs, datasets = list_runs(made), list_datasets(made)  # as they are kept in memory
    assert kinds(made, OLD) == EVERYTHING and {each.visitor for each in (*runs, *datasets)} == {OLD, OTHER}
    hand_over(made, OLD, NEW)
    assert (kinds(made, OLD), kinds(made, NEW), kinds(made, OTHER)) == ([], EVERYTHING, EVERYTHING)
    assert [each.visitor for each in list_datasets(made)].count(NEW) == 1
    assert [each.visitor for each in list_runs(made)].count(NEW) == 2
    assert [each.visitor for each in list_comparisons(made)].count(NEW) == 1
    assert all(load_run(made, run.id).visitor != OLD for run in runs)
    assert grants.rights_given(made, NEW) == {THEIRS: "see"} and grants.rights_given(made, OLD) == {}
    assert last_visit(made, NEW) == LastUsed(D) and last_visit(made, OLD) == LastUsed()


def test_what_was_deleted_comes_back_as_the_accounts(made):
    hand_over(made, OLD, NEW)
    (gone,) = list_deletions(made)
    assert (gone.visitor, gone.deleted_by) == (NEW, NEW)
    restore(made, GONE)
    assert kinds(made, NEW) == sorted([*EVERYTHING, "data set"]) and kinds(made, OLD) == []


@pytest.mark.parametrize("step", range(7))
def test_a_kill_loses_nothing_and_the_next_cleaning_ends_it(made, monkeypatch, step):
    real, left = handover.write_json, [step]

    def killed(path, value):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        real(path, value)

    monkeypatch.setattr(handover, "write_json", killed)
    with pytest.raises(KeyboardInterrupt):
        hand_over(made, OLD, NEW)
    assert sorted(kinds(made, OLD) + kinds(made, NEW)) == EVERYTHING, "each is the one's or the other's"
    monkeypatch.undo()
    clean(made, load_limits(made, hosted=True), by_age=False)
    finish_handovers(made)
    began = step > 0  # the first is the note
    assert kinds(made, NEW if began else OLD) == EVERYTHING and kinds(made, OLD if began else NEW) == []
    assert not list((made.root / access.VISITORS).glob("*-moving.json"))


def test_only_while_none_of_his_jobs_waits_or_works(made):
    run = next(run for run in list_runs(made) if run.visitor == OLD)
    other = next(run for run in list_runs(made) if run.visitor == OTHER)
    line = Line(made)
    with line.locked():
        line.add(other)
    assert not is_busy(made, OLD)
    with line.locked():
        line.add(run)
    assert is_busy(made, OLD)
    with pytest.raises(UserError, match="still running"):
        hand_over(made, OLD, NEW)
    assert kinds(made, OLD) == EVERYTHING


def test_what_would_come_along_is_said_and_asked_once(made):
    plan = plan_handover(made, OLD)
    assert offer_message(plan) == (
        "Before you logged in, you had 1 data set (12 photos), 2 runs, 1 race, 1 unfinished upload and "
        "1 item shared with you in this browser."
    )
    leave_behind(made, OLD)
    assert not plan_handover(made, OLD) and kinds(made, OLD) == EVERYTHING
    assert plan_handover(made, OTHER), "others are asked still"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [(OLD, OLD, "to himself"), ("", NEW, "of nobody"), ("../x", NEW, "no name"), (OLD, "x", "to no name")],
)
def test_no_other_names_take_over(made, old, new, reason):
    with pytest.raises(ValueError):
        hand_over(made, old, new)
    assert kinds(made, OLD) == EVERYTHING, reason


def test_what_goes_to_the_owner_is_nobodys(made):
    hand_over(made, OLD, "")
    assert kinds(made, OLD) == [] and [run.visitor for run in list_runs(made)].count("") == 2


def test_a_damaged_note_moves_nothing(made):
    (made.root / access.VISITORS / f"{OLD}-moving.json").write_text("{")
    finish_handovers(made)
    assert kinds(made, OLD) == EVERYTHING
