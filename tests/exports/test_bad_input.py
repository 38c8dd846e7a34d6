"""Whatever is wrong with a run, its photos or the place for an export ends in a sentence; nothing half-made stays."""

import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import copy_of
from tlcore.api.model import Model, load_model
from tlcore.errors import UserError
from tlcore.exports.export_job import WHAT, export_options
from tlcore.exports.exporter import KINDS, ExportSource, export
from tlcore.exports.file_names import export_file_name
from tlcore.exports.samples import make_samples
from tlcore.jobs.store import analysis_job
from tlcore.serving.bundle import Bundle, load_bundle
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace

ODD = '../"Fische" & <b>Ü\n---\n{name} 🐟\\'
QUICK_KINDS = ("html", "python", "service", "space", "tflite-float16")
"""Those that are made in a moment; the others share all but their converter with them."""


@pytest.fixture(scope="module")
def model(trained) -> Model:
    return load_model(trained[2].id, workspace=trained[0].root)


@pytest.fixture
def source(trained) -> ExportSource:
    return ExportSource(load_bundle(trained[2].folder), trained[2].folder)


@pytest.mark.parametrize("key", KINDS)
def test_every_kind_tells_of_a_target_that_is_there(key, model, tmp_path):
    taken = tmp_path / f"mine{KINDS[key].suffix}"
    taken.write_text("dear")
    with pytest.raises(UserError, match="already there"):
        model.export(key, taken)
    assert taken.read_text() == "dear"


@pytest.mark.parametrize("key", KINDS)
def test_every_kind_tells_of_a_place_that_cannot_be_written(key, model, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match="no longer exists|could not be saved"):
        model.export(key, tmp_path / "file" / f"take{KINDS[key].suffix}")


@pytest.mark.parametrize("key", KINDS)
def test_every_kind_tells_of_a_full_disk_and_leaves_nothing(key, model, tmp_path, monkeypatch):
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x")

    monkeypatch.setattr(os, "replace", full)  # the last step of whatever is written whole
    with pytest.raises(UserError, match="disk is full"):
        model.export(key, tmp_path / f"take{KINDS[key].suffix}")
    assert list(tmp_path.iterdir()) == []


def test_an_odd_name_stays_one_line_of_a_space(source, tmp_path):
    info = source.bundle.info | {"dataset": {**source.bundle.info["dataset"], "name": ODD}}
    odd = replace(source, bundle=replace(source.bundle, info=info))
    made = export(odd, KINDS["space"], tmp_path / "space", make_samples(odd.bundle, odd.place))
    lines = (made.path / "README.md").read_text("utf-8").splitlines()
    assert lines[0] == "---" and lines.index("---", 1) == 7
    assert json.loads(lines[1].removeprefix("title: ")) == ODD[:60]


@pytest.mark.parametrize("key", QUICK_KINDS)
def test_a_model_of_an_older_version_and_an_odd_name_can_be_taken_along(key, source, tmp_path):
    kept = {"input", "output", "dataset"}
    info = {key: value for key, value in source.bundle.info.items() if key in kept}
    old = Bundle(source.bundle.tflite, source.bundle.labels, info | {"dataset": {"name": ODD}})
    kind = KINDS[key]
    name = export_file_name(ExportSource(old, tmp_path).name, kind)
    assert name == ("fische-b-u-name.html" if key == "html" else f"fische-b-u-name-{key}{kind.suffix}")
    made = export(ExportSource(old, tmp_path), kind, tmp_path / name, make_samples(old, tmp_path))
    assert made.check.largest_difference <= kind.tolerance and made.score is None
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("key", ["keras", "savedmodel", "notebook"])
def test_an_ensemble_has_nothing_to_continue_from(key, source, tmp_path):
    info = {k: v for k, v in source.bundle.info.items() if k != "files"}
    shutil.copytree(source.place / "bundle", tmp_path / "bundle", ignore=shutil.ignore_patterns("weights.npz"))
    alone = ExportSource(replace(source.bundle, info=info), tmp_path / "bundle")
    with pytest.raises(UserError, match="no weights"):
        export(alone, KINDS[key], tmp_path / "take.zip", make_samples(alone.bundle, alone.place))
    assert not (tmp_path / "take.zip").exists()


def test_two_kinds_need_a_run_and_say_so(trained, tmp_path):
    shutil.copytree(trained[2].folder / "bundle", tmp_path / "bundle")
    loaded = load_model(tmp_path / "bundle")
    for key, why in (("project", "no project around it"), ("tflite-int8", "training photos")):
        with pytest.raises(UserError, match=why):
            loaded.export(key, tmp_path / "take.zip")


def photo_gone(workspace: Workspace, place: Path, photos: Path) -> None:
    for photo in photos.rglob("*.png"):
        photo.unlink()


def photo_changed(workspace: Workspace, place: Path, photos: Path) -> None:
    for photo in photos.rglob("*.png"):
        photo.write_bytes(b"another")


def model_damaged(workspace: Workspace, place: Path, photos: Path) -> None:
    data = bytearray((place / "bundle" / "model.tflite").read_bytes())
    data[1000] ^= 1
    (place / "bundle" / "model.tflite").write_bytes(data)


def model_gone(workspace: Workspace, place: Path, photos: Path) -> None:
    shutil.rmtree(place / "bundle")


def figures_damaged(workspace: Workspace, place: Path, photos: Path) -> None:
    (place / "report.json").write_text("{")


def dataset_gone(workspace: Workspace, place: Path, photos: Path) -> None:
    shutil.rmtree(workspace.datasets)
    workspace.datasets.mkdir()


@pytest.mark.parametrize(
    ("key", "break_it", "sentence"),
    [
        ("project", photo_gone, "can’t be read"),
        ("project", photo_changed, "has changed"),
        ("project", figures_damaged, "damaged"),
        ("project", dataset_gone, "no data set"),
        ("tflite-int8", photo_gone, "can’t be read"),
        ("tflite-int8", dataset_gone, "no data set"),
        ("python", model_damaged, "damaged"),
        ("html", model_gone, "no trained model"),
    ],
)
def test_a_job_for_a_run_that_is_not_whole_fails_in_words(key, break_it, sentence, trained, small_folder, tmp_path):
    workspace, dataset, run = with_own_photos(trained, small_folder, tmp_path)
    break_it(workspace, run.folder, tmp_path / "shapes")
    last = run_job(workspace, analysis_job(workspace, run, WHAT, export_options(KINDS[key], False)))
    assert last.type == "failed" and not last.bug, last
    assert sentence in last.what


def with_own_photos(trained, small_folder: Path, tmp_path: Path):
    """The run on a copy of the folder of photos that it points to."""
    from tlcore.checksums import dump_json, parse_json

    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    shutil.copytree(small_folder, tmp_path / "shapes")
    path = dataset.folder / "dataset.json"
    path.write_bytes(dump_json(parse_json(path.read_bytes()) | {"root": str(tmp_path / "shapes")}))
    return workspace, dataset, run


def test_samples_of_photos_that_are_gone(trained, tmp_path):
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    for name in ("thumbnails.bin", "thumbnails.parquet"):
        (dataset.folder / name).unlink()
    with pytest.raises(UserError, match="test photos of this run are gone"):
        load_model(run.id, workspace=workspace.root).export("python", tmp_path / "take", include_photos=True)
