"""Who keeps how much, without a look at every file each time: what is known of folders, and what is measured anew."""

import pytest

from tlcore import access
from tlcore.storage import sizes
from tlcore.storage.overview import list_visitors
from tlcore.storage.sizes import NOTE, OLD_SECONDS, measure_folders
from tlcore.workspace import write_json

ANN = access.visitor_name("a" * 43)


def make_run(workspace, number, visitor=ANN, size=1000):
    folder = workspace.runs / f"20260101-0000-{number:016x}"
    folder.mkdir(parents=True)
    (folder / "weights").write_bytes(b"x" * size)
    write_json(folder / "job.json", {"visitor": visitor, "kind": "train", "spec": {"dataset": "pets-1", "config": {}}})
    return folder


@pytest.mark.parametrize(
    ("seconds", "later", "grown", "reason"),
    [
        (0.0, 1.0, False, "no time: what is known stands"),
        (60.0, 1.0, False, "it was measured a moment ago"),
        (60.0, OLD_SECONDS + 1, True, "it is old"),
        (60.0, -5.0, True, "the clock was put back"),
        (None, 1.0, True, "all is measured anew"),
    ],
)
def test_a_folder_is_measured_when_it_is_due(workspace, seconds, later, grown, reason):
    folder = make_run(workspace, 1)
    first = measure_folders(workspace, [folder], None, now=1e9)[folder]
    (folder / "more").write_bytes(b"x" * 500)
    again = measure_folders(workspace, [folder], seconds, now=1e9 + later)[folder]
    assert again - first == (500 if grown else 0), reason


def test_what_there_was_no_time_for_is_left_out_and_comes_first_next_time(workspace, monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(sizes.time, "monotonic", lambda: next(clock))
    folders = [make_run(workspace, number) for number in range(5)]
    first = measure_folders(workspace, folders, 3)
    second = measure_folders(workspace, folders, 3)
    assert 0 < len(first) < len(folders) and set(first) < set(second)


@pytest.mark.parametrize("note", [b"", b"[]", b'{"sizes": {"runs/x": 3}}'])
def test_a_damaged_note_is_measured_over(workspace, note):
    folder = make_run(workspace, 1)
    (workspace.root / NOTE).write_bytes(note)
    assert measure_folders(workspace, [folder], 60.0)[folder] > 1000


def test_folders_that_are_gone_leave_the_note(workspace):
    folder, other = make_run(workspace, 1), make_run(workspace, 2)
    measure_folders(workspace, [folder, other])
    measure_folders(workspace, [other])
    assert folder.name not in (workspace.root / NOTE).read_text() and other.name in (workspace.root / NOTE).read_text()


def test_a_visitor_is_listed_before_all_of_it_is_measured(workspace):
    make_run(workspace, 1)
    make_run(workspace, 2, visitor="")
    (unmeasured, _) = sorted(list_visitors(workspace, 0.0), key=lambda each: -len(each.visitor))
    assert (unmeasured.visitor, unmeasured.complete, unmeasured.usage.runs) == (ANN, False, 1)
    measured = {each.visitor: each for each in list_visitors(workspace)}
    assert measured[ANN].complete and measured[ANN].usage.bytes > 1000 and measured[""].usage.runs == 1
    assert {each.visitor: each for each in list_visitors(workspace, 0.0)} == measured, "and it stays known"
