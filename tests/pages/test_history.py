"""The versions of a data set on the Data page, the banner after an edit, and what Evaluate leads to."""

from contextlib import nullcontext

import pandas as pd
import pytest

from pages.shared.manage import moved
from tests.conftest import copy_of
from tests.pages.conftest import words
from tlcore.data import edit_log, edits
from tlcore.data.changes import KINDS, Change
from tlcore.data.dataset_list import list_datasets
from tlcore.data.edit_log import PYTHON, TERMINAL
from tlcore.data.manifest import load_dataset
from tlcore.messages.edits import comparison_message, difference_message, edit_message


@pytest.fixture
def own(trained, tmp_path):
    """A data set with a run that a test may change."""
    return copy_of(trained, tmp_path / "home")


@pytest.fixture
def edited(own):
    """The same after two edits: a wrong label corrected, a photo left out."""
    workspace, dataset, run = own
    discs = list(dataset.photos["path"][dataset.photos["label"] == "disc"])
    newer = edits.relabel(workspace, dataset, discs[:1], "stripes")
    return workspace, edits.leave_out(workspace, newer, discs[1:2]), run


def current(workspace):
    (found,) = list_datasets(workspace)
    return load_dataset(workspace, found.id)


def link_to(at, label: str):
    return [link.proto for link in at.get("page_link") if link.proto.label == label]


def test_every_version_is_listed_with_what_made_it_and_who_learned_from_it(visit, edited):
    workspace, dataset, run = edited
    at = visit("data", workspace, dataset=dataset.id, show="history")
    said = words(at)
    lines = ["Left out 1 photo", "Moved 1 photo from disc to stripes", "Imported “shapes”"]
    assert [said.index(line) for line in lines] == sorted(said.index(line) for line in lines), "the newest first"
    assert [link.proto.label for link in at.get("page_link")].count("Show photos") == 3
    assert any(label.proto.label.startswith("Trained model") for label in at.get("page_link"))
    assert said.count("· you") == 1, "the import; who made the edits nobody wrote down"
    assert at.button(key="history_redo").disabled and not at.button(key="history_undo").disabled


WHO = [
    (None, "", "nobody wrote it down"),
    (TERMINAL, "in the terminal", "the owner, by a command"),
    (PYTHON, "in Python", "the owner, with the package"),
    ("", "you", "the owner, in a browser"),
    ("0" * 32, "someone you share with", "a visitor"),
]


@pytest.mark.parametrize(("by", "who", "reason"), WHO)
def test_a_change_says_who_made_it(visit, own, by, who, reason):
    workspace, dataset, _ = own
    with nullcontext() if by is None else edit_log.edited_by(by):
        edits.relabel(
            workspace, dataset, list(dataset.photos["path"][dataset.photos["label"] == "disc"])[:1], "stripes"
        )
    at = visit("data", workspace, dataset=dataset.id, show="history")
    (line,) = [each.value for each in at.caption if each.value.endswith(" · Current")]
    assert line.split(" · ")[1:-1] == ([who] if who else []), reason


def test_an_earlier_version_is_seen_compared_and_restored(visit, edited):
    workspace, dataset, _ = edited
    at = visit("data", workspace, dataset=dataset.id, show="history", compare="1")
    assert "1 photo left out, 1 photo in another class" in words(at) and not at.exception
    at = visit("data", workspace, dataset=dataset.id, show="photos", version="1")
    assert "You are looking at version 1" in words(at) and "36 photos" in words(at)
    at = at.button(key="restore_version").click().run()
    assert len(current(workspace).photos) == 36 and not at.error
    assert "version" not in at.query_params
    at = visit("data", workspace, dataset=dataset.id, show="history")
    at.button(key="history_redo").click().run()
    assert len(current(workspace).photos) == 36, "the label is corrected again, the photo is still there"
    assert set(current(workspace).photos["label"].value_counts()) == {11, 12, 13}


@pytest.mark.parametrize("version", ["0", "99", "-1", "x", "1/../2", "1" * 50])
def test_a_version_that_is_not_there_gets_a_sentence_or_is_passed_over(visit, edited, version):
    workspace, dataset, _ = edited
    for show, key in (("photos", "version"), ("history", "compare")):
        at = visit("data", workspace, dataset=dataset.id, show=show, **{key: version})
        assert not at.exception and "bug" not in words(at)


def test_the_banner_undoes_an_edit_and_makes_it_again(visit, own):
    workspace, dataset, _ = own
    at = visit("data", workspace, dataset=dataset.id)
    at = next(each for each in at.menu_button if each.key == f"menu_page_{dataset.id}_0").click("Move later").run()
    first = dataset.labels[0]
    assert current(workspace).labels == moved(dataset.labels, first, 1) and "Reordered the classes." in words(at)
    at = at.button(key="undo").click().run()
    assert current(workspace).labels == dataset.labels and "Undone" in words(at)
    at = at.button(key="redo").click().run()
    assert current(workspace).labels == moved(dataset.labels, first, 1) and not at.error


@pytest.mark.parametrize(
    ("label", "step", "expected"),
    [("a", 1, "bac"), ("b", -1, "bac"), ("c", 1, "abc"), ("a", -1, "abc"), ("b", 1, "acb")],
)
def test_a_class_moves_one_place(label, step, expected):
    assert "".join(moved(("a", "b", "c"), label, step)) == expected


def test_a_model_that_learned_from_an_earlier_version_leads_to_what_changed(visit, edited):
    workspace, dataset, run = edited
    at = visit("evaluate", workspace, run=run.id)
    (link,) = link_to(at, "See what changed")
    assert "compare=1" in link.query_string and "show=history" in link.query_string
    assert not link_to(visit("data", workspace, dataset=dataset.id), "See what changed")


@pytest.mark.parametrize("kind", KINDS)
def test_every_edit_has_its_words(kind):
    said = edit_message(Change(kind, "cats", "dogs", 3))
    assert said != edit_message(Change("something else")) and not said.endswith(".")


def test_what_differs_is_counted_and_named():
    found = pd.DataFrame(
        [("a", "class", "cats", "dogs"), ("b", "class", "cats", "dogs"), ("c", "added", "", "cats")],
        columns=["path", "what", "before", "after"],
    )
    assert comparison_message(found) == "1 photo added, 2 photos in another class"
    assert comparison_message(found.head(0)) == "The photos are the same."
    assert difference_message("class", "cats", "dogs") == "class cats → dogs"
    assert difference_message("group", "", "site 3") == "group none → site 3"
    assert difference_message("left out", "cats", "") == "left out (cats)"
