"""The hidden test scored end to end by real models, and what of it a group can find."""

import shutil

import pytest

from tests.classroom.hall import a_group, run_like
from tests.conftest import QUICK, copy_of, finish
from tests.small import write_small_folder
from tlcore.api.classroom import Classroom
from tlcore.classroom.hidden_test import scores, set_hidden_test, start_scoring
from tlcore.classroom.overview import overview
from tlcore.classroom.podium import podium
from tlcore.classroom.store import change_group, create_classroom, load_classroom
from tlcore.data.edits import rename_class
from tlcore.data.ingest import ingest_folder
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.events import Progress, StageKey
from tlcore.jobs.status import job_status
from tlcore.jobs.store import create_run, request_stop
from tlcore.serving.bundle import FOLDER
from tlcore.worker.runner import run_job
from tlcore.workspace import read_json, write_json


@pytest.fixture(scope="module")
def scored(trained, tmp_path_factory):
    """A classroom with four groups, scored: Foxes with a model, Owls with another one, Bears with other class names,
    and Hares with none. Returns the workspace, the classroom, the groups by name, the hidden photos, and the events."""
    workspace, dataset, run = copy_of(trained, tmp_path_factory.mktemp("scored") / "home")
    classroom = create_classroom(workspace, "4b")
    groups = {name: a_group(workspace, name) for name in ("Foxes", "Owls", "Bears", "Hares")}
    run_like(workspace, run, groups["Foxes"].visitor)
    few = write_small_folder(tmp_path_factory.mktemp("few") / "Shapes", photos_per_class=4, seed=3)
    named = rename_class(workspace, finish(ingest_folder(workspace, few))[1], "disc", "Disc")  # as others write it
    owls = create_run(workspace, named.id, QUICK, "few", groups["Owls"].visitor)
    assert run_job(workspace, owls).type == "finished"
    bears = run_like(workspace, run, groups["Bears"].visitor)
    _rename_in_bundle(bears.folder / FOLDER)
    hidden = finish(ingest_folder(workspace, write_small_folder(tmp_path_factory.mktemp("hidden") / "secret", 6, 11)))[
        1
    ]
    classroom = set_hidden_test(workspace, classroom.id, hidden.id)
    events = []
    assert run_job(workspace, start_scoring(workspace, classroom), events.append).type == "finished"
    return workspace, classroom, groups, hidden, events


def _rename_in_bundle(bundle):
    """A model that calls its discs otherwise, whole and with the right checksums."""
    from tlcore.checksums import file_checksum

    text = (bundle / "labels.txt").read_text().replace("disc", "ball").encode()
    (bundle / "labels.txt").write_bytes(text)
    info = read_json(bundle / "model.json")
    info["files"]["labels.txt"] = file_checksum(text)
    info["output"]["labels"] = ["ball" if each == "disc" else each for each in info["output"]["labels"]]
    write_json(bundle / "model.json", info)


def by_name(scored):
    workspace, classroom, groups, _, _ = scored
    names = {group.id: name for name, group in groups.items()}
    return {names[each.group_id]: each for each in scores(workspace, load_classroom(workspace, classroom.id))}


def test_each_group_is_scored_on_every_photo_or_has_a_sentence(scored, trained):
    workspace, _, _, hidden, _ = scored
    found = by_name(scored)
    for name in ("Foxes", "Owls"):
        assert found[name].total == len(hidden.photos) == 18 and not found[name].problem, name
    assert found["Foxes"].correct >= 12, "it was trained on such photos"
    assert found["Bears"].right == () and "doesn’t know “disc”" in found["Bears"].problem
    assert found["Hares"].right == () and found["Hares"].problem == "This group has no trained model yet."
    expected, _ = _load_model(trained).evaluate(hidden.root)
    rows = expected.predictions.sort_values("path")
    assert found["Foxes"].right == tuple(map(bool, rows["correct"])), "photo by photo what testing the model says"


def _load_model(trained):
    from tlcore.api.model import load_model

    return load_model(trained[2].id, workspace=trained[0])


def test_progress_counts_groups_and_knows_the_time_left(scored):
    told = [each for each in scored[4] if isinstance(each, Progress)]
    assert {each.stage for each in told} == {StageKey.SCORE} and {each.unit for each in told} == {"groups"}
    assert (told[0].done, told[-1].done, told[-1].total) == (0, 3, 3), "the groups that hand in a model"
    shares = [each.share for each in told if each.share is not None]
    assert shares == sorted(shares) and told[-1].seconds_left == 0.0


def test_the_podium_stands_on_the_same_photos(scored):
    workspace, classroom, groups, _, _ = scored
    found = podium(scores(workspace, classroom))
    assert {each.group_id for each in found.places} == {groups["Foxes"].id, groups["Owls"].id}
    assert {each.group_id for each in found.unranked} == {groups["Bears"].id, groups["Hares"].id}
    assert len(found.verdicts) == 1


def test_what_was_scored_is_scored_again_only_when_it_is_another_model(scored):
    workspace, classroom, groups, _, _ = scored
    before = by_name(scored)
    assert not any(each.has_newer for each in before.values())
    job = start_scoring(workspace, classroom)
    events = []
    assert run_job(workspace, job, events.append).type == "finished"
    assert events[1].cached == 2 and by_name(scored)["Foxes"].when == before["Foxes"].when
    foxes = overview(workspace, classroom)[0]
    newer = run_like(workspace, load_run_of(workspace, foxes.entry.id), groups["Foxes"].visitor)
    assert by_name(scored)["Foxes"].has_newer and overview(workspace, classroom)[0].entry.id == newer.id
    change_group(workspace, groups["Foxes"], entry=foxes.entry.id)  # the group hands in its first one all the same
    assert not by_name(scored)["Foxes"].has_newer


def load_run_of(workspace, run_id):
    from tlcore.jobs.store import load_run

    return load_run(workspace, run_id)


def test_nothing_of_it_lies_where_a_group_looks(scored):
    """Neither names nor hashes of the hidden photos stand in a run, an analysis or anything else of a group's."""
    workspace, classroom, _, hidden, _ = scored
    secrets = [*hidden.photos["sha256"], hidden.id]
    places = [workspace.runs, workspace.analyses, workspace.root / "visitors", workspace.checks]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    assert files and not [path for path in files for secret in secrets if secret.encode() in path.read_bytes()]
    others = list((classroom.folder / "scores").iterdir())
    assert len(others) == 4 and not [each for each in others if hidden.photos["sha256"].iat[0] in each.read_text()]


def test_another_test_makes_earlier_scores_none(scored, tmp_path):
    workspace, classroom, _, hidden, _ = scored
    other = finish(ingest_folder(workspace, write_small_folder(tmp_path / "other", 3, 12)))[1]
    changed = set_hidden_test(workspace, classroom.id, other.id)
    assert scores(workspace, changed) == []
    set_hidden_test(workspace, classroom.id, hidden.id)
    assert len(by_name(scored)) == 4


def test_a_stop_keeps_the_groups_that_were_scored(scored):
    workspace, classroom, groups, _, _ = scored
    for path in (classroom.folder / "scores").iterdir():
        path.unlink()
    job = start_scoring(workspace, classroom)
    (job.folder / "stop").unlink(missing_ok=True)
    seen = []

    def stop_after_one_group(event):
        if isinstance(event, Progress) and event.done == 1:
            request_stop(job)
        seen.append(event)

    assert run_job(workspace, job, stop_after_one_group).type == "stopped"
    (job.folder / "stop").unlink()
    assert job_status(job).stopped.kept == "The groups that were scored keep their scores."
    assert {"Foxes", "Hares"} <= by_name(scored).keys() and "Bears" not in by_name(scored)
    assert Classroom(classroom.id, workspace).score(progress=False).places
    assert {"Foxes", "Owls", "Bears", "Hares"} == by_name(scored).keys()


def test_photos_that_a_model_learned_from_are_counted(scored, tmp_path):
    """A test with copies of photos that it has seen makes any score too good, which the teacher has to know."""
    workspace, classroom, _, hidden, _ = scored
    foxes = overview(workspace, classroom)[0]
    learned = load_dataset(workspace, load_run_of(workspace, foxes.entry.id).dataset_id)
    copies = finish(ingest_folder(workspace, shutil.copytree(learned.root, tmp_path / "copies")))[1]
    changed = set_hidden_test(workspace, classroom.id, copies.id)
    run_job(workspace, start_scoring(workspace, changed))
    assert by_name(scored)["Foxes"].num_learned >= (learned.photos["split"] != "test").sum()
    set_hidden_test(workspace, classroom.id, hidden.id)


@pytest.mark.parametrize(("hidden", "words"), [("", "no hidden test"), ("x-0123456789abcdef", "no data set")])
def test_scoring_needs_a_test_and_a_model(workspace, hidden, words):
    from tlcore.classroom.store import change_classroom

    classroom = create_classroom(workspace, "x")
    a_group(workspace, "Foxes")
    classroom = change_classroom(workspace, classroom.id, hidden_test=hidden)
    with pytest.raises(UserError, match=words):
        start_scoring(workspace, classroom)
