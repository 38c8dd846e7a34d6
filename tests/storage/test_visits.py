"""What each visitor used last: his own, and nothing that could be wrong keeps a page from opening."""

import os
import time

import pytest

from tlcore.settings import HOSTED, OWN
from tlcore.storage.cleanup import clean
from tlcore.storage.deletion import delete_everything
from tlcore.storage.visits import OWNER, LastUsed, last_visit, note_visit

FOX, OWL = "a" * 32, "b" * 32


def test_everybody_finds_his_own(workspace):
    assert last_visit(workspace, FOX) == LastUsed()
    for visitor, used in ((FOX, LastUsed("pets-1", "run-1")), (OWL, LastUsed("leaves-1")), (OWNER, LastUsed("x"))):
        note_visit(workspace, visitor, used)
        assert last_visit(workspace, visitor) == used
    assert last_visit(workspace, FOX).run == "run-1"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"dataset": "../../etc", "run": 5}'])
def test_a_damaged_file_is_no_visit(workspace, text):
    note_visit(workspace, FOX, LastUsed("pets-1"))
    (workspace.root / "visitors" / f"{FOX}-last.json").write_text(text)
    found = last_visit(workspace, FOX)
    assert found.dataset == "" and found.run in ("", "5")


def test_a_name_that_is_none_writes_no_file(workspace):
    with pytest.raises(ValueError):
        note_visit(workspace, "../x", LastUsed("pets-1"))
    assert last_visit(workspace, "../x") == LastUsed()


@pytest.mark.parametrize(("limits", "kept"), [(HOSTED, {OWNER}), (OWN, {FOX, OWNER})])
def test_old_visits_go_with_the_visitors_things(workspace, limits, kept):
    old = time.time() - 100 * 24 * 3600
    for visitor in (FOX, OWNER):
        note_visit(workspace, visitor, LastUsed("pets-1"))
        os.utime(workspace.root / "visitors" / f"{visitor}-last.json", (old, old))
    clean(workspace, limits)
    assert {each for each in (FOX, OWNER) if last_visit(workspace, each) != LastUsed()} == kept


def test_deleting_everything_forgets_it(workspace):
    note_visit(workspace, FOX, LastUsed("pets-1"))
    delete_everything(workspace, FOX)
    assert last_visit(workspace, FOX) == LastUsed()
