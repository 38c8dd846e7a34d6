"""Classes that differ only in capitals stay apart until somebody merges them, with one press, which can be undone."""

import pytest

from tests.pages.conftest import words
from tests.photos import class_files, run_job, write_files
from tlcore.data.ingest import ingest_folder


@pytest.fixture
def letters(workspace, tmp_path):
    files = class_files({"a": 4, "A": 6, "b": 3, "c": 3})
    return run_job(ingest_folder(workspace, write_files(tmp_path / "letters", files)))[0]


def test_a_press_merges_them_into_the_larger_one(visit, workspace, letters):
    assert letters.labels == ("A", "a", "b", "c")
    at = visit("data", workspace, dataset=letters.id)
    assert "A and a differ only in capitals." in words(at)
    (button,) = [each for each in at.button if each.label.startswith("Merge ")]
    assert button.label == "Merge A and a"
    button.click().run()
    assert not at.exception and r"Merged “a” into “A”\: 10 photos." in words(at)
    assert "differ only in capitals" not in words(at) and at.query_params["dataset"] != letters.id
    at.button(key="undo").click().run()
    assert "A and a differ only in capitals." in words(at)


def test_who_may_only_look_is_offered_nothing(visit, workspace, letters, stranger):
    stranger(workspace, {letters.id: "see"})
    at = visit("data", workspace, dataset=letters.id)
    assert not [each for each in at.button if each.label.startswith("Merge ")]
