"""Project files that somebody damaged or made for harm: each ends in a sentence, and nothing of it is left behind."""

import io
import json
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import finish
from tlcore.checksums import dump_json, file_checksum, parse_json
from tlcore.data.allowance import Allowance
from tlcore.data.edit_log import dump_log, parse_log
from tlcore.errors import UserError
from tlcore.projects.opening import open_project
from tlcore.workspace import open_workspace

Members = dict[str, bytes]
ORDER = ("project.json",)


def written(members: Members, path: Path, recount: bool = True, extra: Callable | None = None) -> Path:
    """A project file of these members, whose `files.json` fits them unless it is to be that of before."""
    if recount:
        counted = {name: file_checksum(data) for name, data in members.items() if name != "files.json"}
        members["files.json"] = json.dumps({"files": counted}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(members, key=lambda name: (name not in ORDER, name == "files.json")):
            archive.writestr(name, members[name])
        if extra is not None:
            extra(archive)
    return path


def in_json(members: Members, name: str, change: Callable[[dict], object]) -> None:
    values = parse_json(members[name])
    change(values)
    members[name] = dump_json(values)


def in_table(members: Members, name: str, column: str, value: object, row: int = 0) -> None:
    values = json.loads(members[name])
    values["columns"][column]["values"][row] = value
    members[name] = json.dumps(values).encode()


def in_log(members: Members, **fields: object) -> None:
    """Change fields of the last edit, with checksums that fit."""
    log = parse_log(members["dataset/edits.jsonl"].decode())
    last = max(log.entries)
    values = {**vars(log.entries[last]), **fields}
    entries = {**log.entries, last: type(log.entries[last])(**values)}
    members["dataset/edits.jsonl"] = dump_log(type(log)(entries))


def first(members: Members, end: str, start: str = "") -> str:
    return next(name for name in sorted(members) if name.endswith(end) and name.startswith(start))


def replaced_photo(members: Members, data: bytes) -> None:
    members[first(members, next(name for name in members if name.startswith("photos/")))] = data


def renamed(members: Members, old: str, new: str) -> None:
    members[new] = members.pop(old)


def with_pickle(members: Members) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **{"vectors/0": np.array([{"a": print}], dtype=object)})
    members[first(members, "embedding.npz")] = buffer.getvalue()


HOSTILE: list[tuple[str, Callable[[Members], object], str]] = [
    ("a path out of the folder", lambda m: m.update({"photos/../../evil": b"x"}), "which no project contains"),
    ("an absolute path", lambda m: m.update({"/etc/passwd": b"x"}), "which no project contains"),
    ("a member that nobody knows", lambda m: m.update({"dataset/setup.py": b"x"}), "which no project contains"),
    ("a pickle", lambda m: m.update({"runs/x/model.pkl": b"x"}), "which no project contains"),
    ("a table in Parquet", lambda m: m.update({"dataset/photos.parquet": b"PAR1"}), "which no project contains"),
    ("an array that is a pickle", with_pickle, "can’t be read"),
    (
        "a photo under another hash",
        lambda m: replaced_photo(m, next(data for name, data in m.items() if name.startswith("photos/"))[:-1]),
        "photo",
    ),
    ("a photo that is none", lambda m: replaced_photo(m, b"<svg onload=alert(1)>"), "photo"),
    ("a photo that is missing", lambda m: m.pop(next(n for n in m if n.startswith("photos/"))), "damaged"),
    ("no data set", lambda m: m.pop("dataset/dataset.json"), "damaged"),
    ("no figures", lambda m: m.pop(first(m, "/predictions.json")), "damaged"),
    ("no model", lambda m: m.pop(first(m, "model.tflite")), "no trained model"),
    ("a model of something else", lambda m: m.update({first(m, "model.tflite"): b"TFL3" * 100}), "damaged"),
    ("another version", lambda m: in_json(m, "project.json", lambda v: v.update(version=3)), "newer version"),
    ("an id that is a path", lambda m: in_json(m, "project.json", lambda v: v.update(dataset="../x")), "damaged"),
    ("the same run twice", lambda m: in_json(m, "project.json", lambda v: v.update(runs=v["runs"][:1] * 2)), "damaged"),
    ("nested too deep", lambda m: m.update({"samples.json": b"[" * 100_000}), "damaged"),
    ("a path in the table", lambda m: in_table(m, "dataset/photos.json", "path", "../../x.png"), "damaged"),
    ("a part that is none", lambda m: in_table(m, "dataset/photos.json", "split", "__proto__"), "damaged"),
    ("a number for a class", lambda m: in_table(m, "dataset/photos.json", "label", 7), "damaged"),
    ("a text that turns round", lambda m: in_table(m, "dataset/photos.json", "label", "a\u202eb"), "damaged"),
    ("a hash that is none", lambda m: in_table(m, "dataset/photos.json", "sha256", "x" * 64), "damaged"),
    (
        "two photos of one name",
        lambda m: in_table(
            m, "dataset/photos.json", "path", json.loads(m["dataset/photos.json"])["columns"]["path"]["values"][1]
        ),
        "damaged",
    ),
    ("an edit of a column that is none", lambda m: in_log(m, rows=(_row("folder", "/etc"),)), "damaged"),
    ("an edit before itself", lambda m: in_log(m, before=99), "damaged"),
    ("an edit that brings a script", lambda m: in_log(m, brings={"x.py": {}}), "damaged"),
    (
        "a head without its version",
        lambda m: in_json(m, "dataset/head.json", lambda v: v.update(version=77)),
        "damaged",
    ),
    (
        "a score that is not that of the predictions",
        lambda m: in_json(m, first(m, "/report.json", "runs/"), lambda v: v.update(correct=v["total"] + 1)),
        "damaged",
    ),
    (
        "settings that are none",
        lambda m: in_json(m, first(m, "job.json"), lambda v: v["spec"]["config"].update(epochs="many")),
        "not allowed",
    ),
    ("another kind of job", lambda m: in_json(m, first(m, "job.json"), lambda v: v.update(kind="import")), "damaged"),
    (
        "a run of another data set",
        lambda m: in_json(m, first(m, "job.json"), lambda v: v["spec"].update(dataset="elsewhere-1")),
        "damaged",
    ),
    (
        "answers that the model does not give",
        lambda m: m.update(
            {"samples.json": m["samples.json"].replace(b'"probabilities": [0.', b'"probabilities": [0.1')}
        ),
        "answers differently",
    ),
]


def _row(column: str, value: str) -> object:
    from tlcore.data.edit_log import RowChange

    return RowChange(column, value, None)


@pytest.fixture(scope="module")
def members(project) -> Members:
    with zipfile.ZipFile(project[3]) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def refused(tmp_path):
    """Opens a file that must be refused; gives the sentence, and sees that nothing was left."""

    def try_to_open(path: Path, **options: object) -> str:
        workspace = open_workspace(tmp_path / "home")
        with pytest.raises(UserError) as error:
            finish(open_project(workspace, path, **options))
        assert not [each for each in workspace.datasets.iterdir() if each.suffix != ".lock"]
        assert not list(workspace.runs.iterdir())
        return str(error.value)

    return try_to_open


@pytest.mark.parametrize(("what", "change", "sentence"), HOSTILE, ids=[each[0] for each in HOSTILE])
def test_what_is_in_it_is_not_believed(what, change, sentence, members, refused, tmp_path):
    changed = dict(members)
    change(changed)
    assert sentence in refused(written(changed, tmp_path / "project.zip"))


def link(archive: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("photos/" + "a" * 64)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(entry, "/etc/passwd")


def twice(archive: zipfile.ZipFile) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("dataset/head.json", b"{}")


def bomb(archive: zipfile.ZipFile) -> None:
    archive.writestr("runs/x/bundle/model.tflite", bytes(60_000_000), zipfile.ZIP_DEFLATED)


def lzma(archive: zipfile.ZipFile) -> None:
    archive.writestr("photos/" + "b" * 64, b"x" * 1000, zipfile.ZIP_LZMA)


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (link, "which no project contains"),
        (twice, "damaged"),
        (bomb, "too large"),
        (lzma, "which no project contains"),
    ],
)
def test_the_zip_itself_is_not_believed(extra, sentence, members, refused, tmp_path):
    assert sentence in refused(written(dict(members), tmp_path / "project.zip", extra=extra))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_file_that_is_cut_off(share, project, refused, tmp_path):
    path = tmp_path / "project.zip"
    data = project[3].read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert "damaged" in refused(path)


def test_a_flipped_bit_is_found(members, refused, tmp_path):
    changed = dict(members)
    name = first(changed, "weights.npz")
    data = bytearray(changed[name])
    data[len(data) // 2] ^= 1
    changed[name] = bytes(data)
    assert "damaged" in refused(written(changed, tmp_path / "project.zip", recount=False))


def test_more_than_a_visitor_may_keep(project, refused):
    assert "at most 10 photos" in refused(project[3], visitor="v", allowance=Allowance(dataset_photos=10))


def test_a_disk_that_is_full(project, refused, tmp_path, monkeypatch):
    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(os, "rename", full)
    assert "disk is full" in refused(project[3])
