"""A finished run tested on other photos: what is counted, what is kept of them, and what is refused."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import copy_of
from tests.small import CLASSES, write_small_folder
from tlcore.analysis.test_set_results import MOST_KEPT, Results, by_interest, list_test_sets, load_results, save_results
from tlcore.api.model import load_model
from tlcore.data import incoming
from tlcore.data.thumbnails import Thumbnails
from tlcore.errors import UserError
from tlcore.evaluation.report import figures
from tlcore.jobs.status import job_status
from tlcore.jobs.store import analysis_job, create_run
from tlcore.worker.runner import run_job


@pytest.fixture(scope="module")
def other(tmp_path_factory) -> Path:
    """Photos of the same classes that nobody has seen, one file of them broken."""
    folder = write_small_folder(tmp_path_factory.mktemp("other") / "park", 4, seed=50)
    (folder / "disc" / "broken.jpg").write_bytes(b"nothing")
    return folder


@pytest.fixture(scope="module")
def place(trained, tmp_path_factory):
    """A copy of the workspace with a finished run, for this file."""
    return copy_of(trained, tmp_path_factory.mktemp("tested") / "home")


def an_area(workspace, files: dict[str, bytes]) -> str:
    area = incoming.new_incoming(workspace)
    incoming.add_files(workspace, area, [(name, data, None) for name, data in files.items()])
    return area


def files_of(folder: Path, prefix: str = "") -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {prefix + path.relative_to(folder.parent).as_posix(): path.read_bytes() for path in paths}


def zipped(folder: Path, to: Path) -> Path:
    with zipfile.ZipFile(to, "w") as archive:
        for name, data in files_of(folder).items():
            archive.writestr(name, data)
    return to


def test_the_same_figures_by_every_way_in(place, other, tmp_path):
    """A folder that was uploaded, a zip, a path, and the terminal's way: one function counts all of them."""
    workspace, _, run = place
    archive = zipped(other, tmp_path / "park.zip")
    uploads = (files_of(other), {"park.zip": archive.read_bytes()})
    jobs = [{"area": an_area(workspace, files), "name": "Park"} for files in uploads]
    expected, files = load_model(run.id, workspace=workspace).evaluate(other)
    for options in (*jobs, {"path": str(other)}, {"path": str(archive)}):
        job = analysis_job(workspace, run, "test-set", options)
        assert run_job(workspace, job).type == "finished"
        results = load_results(job)
        assert results is not None and results.report is not None
        assert figures(results.report) == figures(expected)
        assert list(results.files["reason"]) == list(files["reason"])
        if "area" in options:
            assert not (workspace.incoming / options["area"]).exists(), "nothing of the upload is kept"
    assert len(list_test_sets(workspace, run)) == 4


def test_of_the_photos_only_thumbnails_are_kept(place, other):
    workspace, _, run = place
    job = analysis_job(workspace, run, "test-set", {"path": str(other)})
    if load_results(job) is None:
        run_job(workspace, job)
    names = {path.name for path in job.folder.iterdir()}
    assert not [name for name in names if name.endswith((".png", ".jpg"))]
    first = by_interest(load_results(job).predictions)["sha256"].iat[0]
    assert Thumbnails(job.folder).read(first)


def test_photos_that_it_learned_from_are_counted(place):
    """Its own training photos make any score too good, which a person has to know."""
    workspace, dataset, run = place
    job = analysis_job(workspace, run, "test-set", {"path": str(dataset.root)})
    assert run_job(workspace, job).type == "finished"
    assert load_results(job).num_learned == (dataset.photos["split"] != "test").sum()


@pytest.mark.parametrize("in_folder", [True, False], ids=["a folder", "loose photos"])
def test_photos_without_a_class_get_predictions_of_two_runs(place, other, in_folder):
    workspace, dataset, run = place
    second = create_run(workspace, dataset.id, run.config, "Second")
    shutil.copytree(run.folder, second.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("job.json"))
    photos = sorted(other.rglob("*.png"))
    names = [f"{'holiday/' * in_folder}IMG_{number:04}.png" for number, _ in enumerate(photos)]
    area = an_area(workspace, {name: each.read_bytes() for name, each in zip(names, photos)})
    job = analysis_job(workspace, run, "test-set", {"area": area})
    assert run_job(workspace, job).type == "finished", job_status(job).error
    results = load_results(job)
    assert results.report is None and len(results.predictions) == len(photos)
    assert results.other == second.id and (results.predictions["other"] == results.predictions["predicted"]).all()
    assert not {"label", "correct"} & set(results.predictions), "nobody said what they show"
    shown = by_interest(results.predictions)
    assert shown["known"].is_monotonic_increasing, "none of these first"
    for _, rows in shown.groupby("known"):
        assert (np.diff(rows["probability"]) >= 0).all(), "then the least certain"


def test_photos_of_other_things_count_in_no_figure(place, other):
    """A folder "none" is no class; how familiar the photos are is read back as it was."""
    workspace, _, run = place
    strange = {f"park/none/{each.name}": each.read_bytes() for each in sorted(other.rglob("*.png"))[:3]}
    job = analysis_job(workspace, run, "test-set", {"area": an_area(workspace, files_of(other) | strange)})
    assert run_job(workspace, job).type == "finished"
    report = load_results(job).report
    expected = load_model(run.id, workspace=workspace).evaluate(other)[0]
    assert figures(report) == figures(expected) and len(report.unknown) == 3
    assert report.predictions["familiarity"].to_list() == expected.predictions["familiarity"].to_list()
    assert report.predictions["familiarity"].notna().all()


@pytest.mark.parametrize(
    ("folders", "message", "reason"),
    [
        (("cats", "dogs"), "doesn’t know these classes: cats, dogs", "other classes than the model's"),
        (("disc", "dogs"), "doesn’t know these classes: dogs", "one class that it does not know"),
    ],
)
def test_classes_that_it_does_not_know_are_refused(place, other, folders, message, reason):
    workspace, _, run = place
    photos = sorted(other.rglob("*.png"))
    files = {f"park/{folder}/{each.name}": each.read_bytes() for folder in folders for each in photos[:2]}
    job = analysis_job(workspace, run, "test-set", {"area": an_area(workspace, files)})
    assert run_job(workspace, job).type == "failed"
    error = job_status(job).error
    assert message in error.what and error.fix == f"It knows: {', '.join(CLASSES)}.", reason
    assert (workspace.incoming / job.spec["options"]["area"]).exists(), "another try needs them"


def test_stopped_means_nothing_was_counted(place, other):
    workspace, _, run = place
    job = analysis_job(workspace, run, "test-set", {"area": an_area(workspace, files_of(other))})
    (job.folder / "stop").touch()
    assert run_job(workspace, job).type == "stopped"
    assert load_results(job) is None and (workspace.incoming / job.spec["options"]["area"]).exists()


def test_unlabelled_photos_cannot_be_counted_in_the_terminal(place, other, tmp_path):
    workspace, _, run = place
    (tmp_path / "holiday").mkdir()
    for number, photo in enumerate(sorted(other.rglob("*.png"))):
        shutil.copy(photo, tmp_path / "holiday" / f"IMG_{number:04}.png")
    with pytest.raises(UserError, match="have no classes"):
        load_model(run.id, workspace=workspace).evaluate(tmp_path / "holiday")


def test_a_damaged_result_is_none(place, other, tmp_path):
    workspace, _, run = place
    job = analysis_job(workspace, run, "test-set", {"path": str(other), "name": "damaged"})
    run_job(workspace, job)
    for name in ("predictions.parquet", "report.json", "test-set.json"):
        data = (job.folder / name).read_bytes()
        (job.folder / name).write_bytes(data[: len(data) // 2])
        (job.folder / "test-set.json").touch()
        assert load_results(job) is None, name
        (job.folder / name).write_bytes(data)


def test_no_more_thumbnails_than_are_looked_at(place, other, tmp_path):
    """Of very many photos the folder stays small: mistakes first."""
    workspace, _, run = place
    job = analysis_job(workspace, run, "test-set", {"path": str(other), "name": "many"})
    run_job(workspace, job)
    results = load_results(job)
    many = results.predictions.sample(n=MOST_KEPT + 50, replace=True, random_state=0).reset_index(drop=True)
    many = many.assign(sha256=[f"{row:064d}" for row in range(len(many))])

    class AllOfThem:
        def read(self, sha256):
            return b"picture"

    (tmp_path / "job").mkdir()
    save_results(tmp_path / "job", Results("m", many.drop(columns=["label"]), None, results.files), AllOfThem())
    kept = Thumbnails(tmp_path / "job")
    shown = by_interest(many)["sha256"]
    assert kept.read(shown.iat[0]) and kept.read(shown.iat[MOST_KEPT - 1]) and not kept.read(shown.iat[MOST_KEPT])
