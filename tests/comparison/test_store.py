"""A comparison on disk: a note about ordinary runs, found again by an id that may come from anywhere."""

import json

import pytest

from tlcore.comparison.store import (
    create_comparison,
    list_comparisons,
    load_comparison,
    runs_of,
)
from tlcore.config import TrainConfig, defaults_for
from tlcore.errors import UserError
from tlcore.jobs.store import load_run

TWO = (TrainConfig(), defaults_for("hybrid"))


def test_a_race_is_a_note_about_ordinary_runs(workspace):
    race = create_comparison(workspace, "data-1", TWO, "leaves")
    assert load_comparison(workspace, race.id) == race
    assert [load_run(workspace, run_id).config for run_id in race.run_ids] == list(TWO)
    assert json.loads((race.folder / "race.json").read_text())["runs"] == list(race.run_ids)
    assert [run.dataset_id for run in runs_of(workspace, race)] == ["data-1", "data-1"]


@pytest.mark.parametrize(("number", "reason"), [(0, "nothing"), (1, "nobody to race against"), (13, "too many lines")])
def test_too_few_or_too_many_make_no_race_and_no_runs(workspace, number, reason):
    with pytest.raises(UserError):
        create_comparison(workspace, "data-1", [TrainConfig()] * number, "x")
    assert not list(workspace.runs.iterdir()) and not list_comparisons(workspace), reason


@pytest.mark.parametrize("race_id", ["", "..", "../runs", "a/b", "A" * 500, "none-of-these", "\x00"])
def test_ids_out_of_a_url_reach_no_other_folder(workspace, race_id):
    with pytest.raises(UserError, match="There is no race"):
        load_comparison(workspace, race_id)


def test_half_made_and_foreign_folders_are_passed_over_and_the_newest_comes_first(workspace):
    first, second = (create_comparison(workspace, "data-1", TWO, name) for name in ("first", "second"))
    (workspace.root / "races" / "half").mkdir()
    (workspace.root / "races" / "foreign").mkdir()
    (workspace.root / "races" / "foreign" / "race.json").write_text("[]")
    assert list_comparisons(workspace) == [second, first]


def test_a_deleted_run_is_left_out_and_a_race_without_any_is_told(workspace):
    race = create_comparison(workspace, "data-1", TWO, "x")
    for run, left in zip(runs_of(workspace, race), (1, 0)):
        (run.folder / "job.json").unlink()
        if left:
            assert [run.id for run in runs_of(workspace, race)] == [race.run_ids[1]]
    with pytest.raises(UserError, match="have been deleted"):
        runs_of(workspace, race)
