"""The check as a job: what is planted is found, what was found stays true after changes, and goes with its data set."""

import shutil

import pandas as pd
import pytest
from filelock import FileLock
from PIL import Image

from tests.conftest import finish
from tests.small import write_small_folder
from tlcore.cleaning import results
from tlcore.cleaning.belonging import groups_to_keep
from tlcore.cleaning.check import find_issues
from tlcore.cleaning.issues import COLUMNS, COPY, EMPTY, MEASURES, TWO_CLASSES, WRONG_LABEL
from tlcore.cleaning.kept import forget_kept, keep_issues
from tlcore.cleaning.results import CHECK, check_folder, is_current, load_check, load_issues, load_measures
from tlcore.data import edits
from tlcore.data.ingest import ingest_folder
from tlcore.data.manifest import load_dataset
from tlcore.events import Progress, StageKey, decode, encode
from tlcore.jobs.line import Line
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import check_job, open_job
from tlcore.settings import OWN
from tlcore.storage import trash
from tlcore.storage.cleanup import clean
from tlcore.storage.deletion import delete_everything
from tlcore.storage.usage import usage
from tlcore.worker.runner import run_job
from tlcore.workspace import open_workspace, read_json

WRONG, TWICE, GREY = "disc/square011.png", "square/twice.png", "stripes/grey.png"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A checked data set: a square among the discs, a picture twice, one in two classes, and a grey one."""
    root = tmp_path_factory.mktemp("checked")
    folder = write_small_folder(root / "shapes")
    (folder / "square" / "square011.png").rename(folder / WRONG)
    shutil.copy(folder / "square" / "square000.png", folder / TWICE)
    shutil.copy(folder / "stripes" / "stripes000.png", folder / "disc" / "stripes000.png")
    Image.new("RGB", (96, 96), (90, 90, 90)).save(folder / GREY)
    workspace = open_workspace(root / "home")
    dataset = finish(ingest_folder(workspace, folder))[1]
    events = []
    last = run_job(workspace, check_job(workspace, dataset.id, "ann"), events.append)
    assert last.type == "finished" and last.result == dataset.id, last
    return root, dataset.id, events


@pytest.fixture
def checked(template, tmp_path):
    """A copy of it that a test may change."""
    root, dataset_id, _ = template
    shutil.copytree(root / "home", tmp_path / "home")
    workspace = open_workspace(tmp_path / "home")
    return workspace, load_dataset(workspace, dataset_id)


def found(issues: pd.DataFrame, kind: str) -> list[tuple[str, str, str]]:
    """The issues of a kind: path, other, proposed."""
    rows = issues[issues["kind"] == kind]
    return list(rows[["path", "other", "proposed"]].itertuples(index=False, name=None))


def named(issues: pd.DataFrame, kind: str, path: str) -> bool:
    return path in issues.loc[issues["kind"] == kind, "path"].tolist()


def test_what_is_planted_is_found(checked):
    workspace, dataset = checked
    issues = load_issues(workspace, dataset)
    assert tuple(issues.columns) == COLUMNS and issues["score"].between(0, 1).all() and issues["reason"].all()
    assert (WRONG, "", "square") in found(issues, WRONG_LABEL)
    assert found(issues, COPY) == [(TWICE, "square/square000.png", "")], "plain shapes are alike, and no copies"
    assert ("disc/stripes000.png", "stripes/stripes000.png", "stripes") in found(issues, TWO_CLASSES)
    assert found(issues, EMPTY) == [(GREY, "", "")]
    assert "Looks like square: " in issues.set_index("path").at[WRONG, "reason"]
    measures = load_measures(workspace, dataset)
    assert tuple(measures.columns) == MEASURES and set(measures.index) == set(dataset.photos["path"])
    assert measures.stack().between(0, 1).all() and measures.at[TWICE, "similarity"] == 1
    assert set(measures["doubt"].nlargest(2).index) == {WRONG, "disc/stripes000.png"}, "both lie in the wrong class"


def test_the_whole_way_is_told_and_never_goes_back(template):
    events = [event for event in template[2] if isinstance(event, Progress)]
    assert list(dict.fromkeys(event.stage for event in events)) == [
        StageKey.EXTRACT_FEATURES,
        StageKey.MEASURE,
        StageKey.COMPARE,
    ]
    shares = [event.share for event in events]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1
    assert all(event.left is not None and event.left[0] <= event.left[1] for event in events)
    assert decode(encode(events[-1])) == events[-1]


def test_a_stop_leaves_what_was_found_before(checked):
    workspace, dataset = checked
    stop = []
    job = find_issues(workspace, dataset, lambda: bool(stop))
    assert finish(stopping(job, stop))[1] is None
    assert load_issues(workspace, dataset) is not None


def stopping(job, stop):
    """A job that is asked to stop at its first event."""
    try:
        while True:
            yield next(job)
            stop.append(True)
    except StopIteration as end:
        return end.value


def test_after_a_change_what_still_holds_is_still_there(checked):
    workspace, dataset = checked
    newer = edits.relabel(workspace, dataset, [WRONG], "square")
    check = load_check(workspace, newer)
    assert check is not None and is_current(check, dataset) and not is_current(check, newer)
    issues = load_issues(workspace, newer)
    assert not named(issues, WRONG_LABEL, WRONG), "its label was corrected"
    assert named(issues, COPY, TWICE) and named(issues, EMPTY, GREY)
    assert load_measures(workspace, newer).at[WRONG, "doubt"] == 0
    newer = edits.leave_out(workspace, newer, [TWICE, GREY])
    issues = load_issues(workspace, newer)
    assert not named(issues, COPY, TWICE) and not found(issues, EMPTY)
    assert TWICE not in load_measures(workspace, newer).index
    for _ in range(2):
        newer = edits.undo(workspace, newer)
    assert len(load_issues(workspace, newer)) == len(load_issues(workspace, dataset)), "undone, all of it is back"


def test_a_class_that_is_gone_is_proposed_no_more(checked):
    workspace, dataset = checked
    newer = edits.rename_class(workspace, dataset, "square", "box")
    assert not named(load_issues(workspace, newer), WRONG_LABEL, WRONG)


def test_what_is_kept_is_never_suggested_again(checked):
    workspace, dataset = checked
    issues = load_issues(workspace, dataset)
    folder = check_folder(workspace, dataset)
    keep_issues(folder, dataset, issues[issues["kind"].isin((COPY, WRONG_LABEL))])
    left = load_issues(workspace, dataset)
    assert not found(left, COPY) and not found(left, WRONG_LABEL) and found(left, EMPTY)
    newer = edits.leave_out(workspace, dataset, [GREY])
    run_job(workspace, check_job(workspace, dataset.id, ""))
    again = load_issues(workspace, newer)
    assert is_current(load_check(workspace, newer), newer)
    assert not named(again, COPY, TWICE) and not named(again, WRONG_LABEL, WRONG)
    forget_kept(folder)
    assert named(load_issues(workspace, newer), COPY, TWICE)


@pytest.mark.parametrize("name", ["check.json", "photos.parquet", "issues.parquet"])
def test_damaged_files_are_no_check(checked, name):
    workspace, dataset = checked
    path = check_folder(workspace, dataset) / name
    path.write_bytes(path.read_bytes()[:-9] + b"123456789")
    results._read.cache_clear()
    assert load_check(workspace, dataset) is None and load_issues(workspace, dataset) is None
    assert load_measures(workspace, dataset) is None


def test_a_check_of_another_version_of_the_program_is_passed_over(checked, monkeypatch):
    workspace, dataset = checked
    monkeypatch.setattr(results, "VERSION", results.VERSION + 1)
    results._read.cache_clear()
    assert load_check(workspace, dataset) is None


def test_a_damaged_note_of_what_is_kept_shows_all(checked):
    workspace, dataset = checked
    (check_folder(workspace, dataset) / "kept.json").write_text("{")
    assert len(load_issues(workspace, dataset))


def test_it_goes_and_comes_back_with_its_data_set(checked):
    workspace, dataset = checked
    folder = check_folder(workspace, dataset)
    newer = edits.leave_out(workspace, dataset, [GREY])
    assert check_folder(workspace, newer) == folder, "one for all versions"
    gone = trash.delete(workspace, newer.id)
    assert not folder.exists()
    trash.restore(workspace, gone.id)
    assert load_issues(workspace, newer) is not None


def test_it_counts_and_goes_for_good_with_what_its_visitor_made(checked):
    workspace, _ = checked
    assert open_job(next(workspace.checks.iterdir())).visitor == "ann" and usage(workspace, "ann").bytes > 0
    delete_everything(workspace, "ann")
    assert not list(workspace.checks.iterdir())


def test_a_cleaning_takes_a_check_only_without_its_data_set(checked):
    workspace, dataset = checked
    folder = check_folder(workspace, dataset)
    clean(workspace, OWN)
    assert folder.exists()
    shutil.rmtree(dataset.folder)
    with FileLock(folder / LOCK):
        clean(workspace, OWN)
        assert folder.exists(), "at work"
    clean(workspace, OWN)
    assert not folder.exists()


def test_the_groups_that_a_split_keeps_together(checked):
    workspace, dataset = checked
    groups = groups_to_keep(dataset, load_check(workspace, dataset), "alike")
    assert groups[TWICE] == groups["square/square000.png"] != groups["disc/stripes000.png"]
    assert GREY not in groups, "what is like nothing else is in no group"
    newer = edits.set_groups(workspace, dataset, groups, resplit=True)
    parts = newer.photos.set_index("path")["split"]
    assert parts[TWICE] == parts["square/square000.png"]


def test_it_has_a_line_of_its_own(workspace):
    assert Line(workspace).slot("check") != Line(workspace).slot("advice")
    assert read_json(check_job(workspace, "pets-0123456789abcdef", "").folder / "job.json")["kind"] == "check"
    assert not (workspace.checks / "pets-0123456789abcdef" / CHECK).exists()
