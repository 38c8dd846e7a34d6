"""Lists of folders: right whatever came, went or was replaced, and no folder read twice."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tlcore.listing import SETTLED_NANOSECONDS, FolderList, tell_of_change

NOTE = "note"


class Reader:
    """Reads a folder's note, a number, and counts how often."""

    def __init__(self) -> None:
        self.reads = 0

    def __call__(self, folder: Path) -> float | None:
        self.reads += 1
        try:
            return float((folder / NOTE).read_text())
        except (OSError, ValueError):
            return None


def put(parent: Path, name: str, number: float | str = 1) -> None:
    (parent / name).mkdir(parents=True, exist_ok=True)
    (parent / name / NOTE).write_text(str(number))


def settle(parent: Path) -> None:
    """As if the last change of a folder were long over."""
    before = time.time_ns() - 2 * SETTLED_NANOSECONDS
    os.utime(parent, ns=(before, before))


def replace(parent: Path) -> None:
    put(parent, ".new", 7)
    shutil.rmtree(parent / "b")
    (parent / ".new").rename(parent / "b")


CHANGES: dict[str, tuple[Callable[[Path], object], tuple[float, ...]]] = {
    "nothing": (lambda parent: None, (3, 2, 1)),
    "one came": (lambda parent: put(parent, "d", 9), (9, 3, 2, 1)),
    "one went": (lambda parent: shutil.rmtree(parent / "b"), (3, 1)),
    "one was put in the place of another": (replace, (7, 3, 1)),
    "one got another name": (lambda parent: (parent / "b").rename(parent / "e"), (3, 2, 1)),
    "one that is being made": (lambda parent: put(parent, ".draft", 9), (3, 2, 1)),
    "a file beside them": (lambda parent: (parent / "readme").write_text("9"), (3, 2, 1)),
    "one without a note": (lambda parent: (parent / "d").mkdir(), (3, 2, 1)),
    "one with a broken note": (lambda parent: put(parent, "d", "{"), (3, 2, 1)),
    "all went": (lambda parent: shutil.rmtree(parent), ()),
}


@pytest.mark.parametrize("settled", [True, False], ids=["long after", "at once"])
@pytest.mark.parametrize(("change", "values"), CHANGES.values(), ids=CHANGES)
def test_a_list_is_that_of_the_folders_as_they_are(tmp_path, change, values, settled):
    parent = tmp_path / "parent"
    for number, name in enumerate("abc", start=1):
        put(parent, name, number)
    if settled:
        settle(parent)
    listed = FolderList(parent, Reader(), float)
    assert listed.values() == (3, 2, 1)
    change(parent)
    assert listed.values() == values


def test_a_folder_that_was_not_whole_is_read_again(tmp_path):
    (tmp_path / "a").mkdir()
    settle(tmp_path)
    listed = FolderList(tmp_path, Reader(), float)
    assert listed.values() == ()
    (tmp_path / "a" / NOTE).write_text("4")  # which the time of the folder around does not tell
    assert listed.values() == (4,)


def test_a_folder_is_read_once(tmp_path):
    for name in "abc":
        put(tmp_path, name)
    reader = Reader()
    listed = FolderList(tmp_path, reader, float)
    for _ in range(3):
        listed.values()
        settle(tmp_path)
    put(tmp_path, "d")
    listed.values()
    assert reader.reads == 4


def test_the_same_tuple_stands_for_no_change(tmp_path):
    put(tmp_path, "a")
    settle(tmp_path)
    listed = FolderList(tmp_path, Reader(), float)
    assert listed.values() is listed.values()
    before = listed.values()
    tell_of_change(tmp_path / "a")
    assert listed.values() is not before, "who keeps what follows from a list must hear of a job that was begun again"


def test_a_damaged_folder_costs_one_read_and_changes_no_list(tmp_path):
    """With one damaged among thousands, what follows from the list would else be found anew for every page."""
    for name in "abc":
        put(tmp_path, name)
    put(tmp_path, "d", "{")
    settle(tmp_path)
    reader = Reader()
    listed = FolderList(tmp_path, reader, float)
    before = listed.values()
    assert reader.reads == 4
    assert listed.values() is before
    assert reader.reads == 5


def test_two_changes_within_a_tick_of_the_clock_are_both_seen(tmp_path):
    """A file system's clock may stand still between them: the second leaves the time that the first one left."""
    listed = FolderList(tmp_path, Reader(), float)
    put(tmp_path, "a", 1)
    now = time.time_ns()
    os.utime(tmp_path, ns=(now, now))
    assert listed.values() == (1,)
    put(tmp_path, "b", 2)
    os.utime(tmp_path, ns=(now, now))
    assert listed.values() == (2, 1)


def test_no_parent_is_no_folder(tmp_path):
    assert FolderList(tmp_path / "none", Reader(), float).values() == ()
