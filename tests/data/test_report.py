"""One report of an import: a line for whatever was left out, changed or guessed; kept by copies and newer versions."""

import io
import tarfile
from dataclasses import replace

import pytest

from tests.photos import class_files, make_photo, run_job, write_files, write_zip
from tlcore.checksums import file_checksum
from tlcore.data.assemble import Origin
from tlcore.data.collect import Collected, Reading, collect
from tlcore.data.copies import copy_dataset
from tlcore.data.edits import delete_photos
from tlcore.data.folder import FolderSource
from tlcore.data.images import decode
from tlcore.data.incoming import add_files, new_incoming
from tlcore.data.ingest import ingest_folder, ingest_incoming, ingest_path
from tlcore.data.layout import label_all
from tlcore.data.manifest import load_dataset
from tlcore.data.names import HIDDEN
from tlcore.data.parquet import to_parquet
from tlcore.data.report import CHANGED, GUESSED, LEFT_OUT, ReportLine, report_frame
from tlcore.data.wanted import DecodedPhoto, Wanted
from tlcore.events import never
from tlcore.messages.layouts import found_message
from tlcore.workspace import read_json, write_json

LINES = (
    ReportLine("cats/2.jpg", CHANGED, "has 16-bit values 51,241–52,181; they were stretched to 0–255"),
    ReportLine("dogs/犬.jpg", GUESSED, "has a name whose encoding the zip doesn’t say; it was read as Shift-JIS"),
    ReportLine("notes.txt", LEFT_OUT, "is not in a class folder"),
)


def rows(report):
    return [ReportLine(*row) for row in report.itertuples(index=False, name=None)]


@pytest.fixture
def dataset(workspace, tmp_path):
    """A data set whose report has a line of each kind, as if its photos had given rise to them."""
    folder = write_files(tmp_path / "pets", class_files({"cats": 4, "dogs": 5}) | {"notes.txt": b"x"})
    made = run_job(ingest_folder(workspace, folder))[0]
    assert rows(made.report) == [LINES[2]]
    data = to_parquet(report_frame(LINES))
    (made.folder / "report.parquet").write_bytes(data)
    values = read_json(made.folder / "dataset.json")
    values["files"]["report.parquet"] = file_checksum(data)
    write_json(made.folder / "dataset.json", values)
    return load_dataset(workspace, made.id)


def test_a_data_set_says_how_its_files_were_read(dataset):
    assert found_message(dataset.layout) == "Classes from folder names"


def test_every_line_is_kept_and_refused_has_only_what_was_left_out(dataset):
    assert rows(dataset.report) == list(LINES)
    assert dataset.refused.values.tolist() == [["notes.txt", "is not in a class folder"]]


@pytest.mark.parametrize("way", ["copy", "version", "photos added"])
def test_what_is_made_of_a_data_set_keeps_its_report(workspace, dataset, way):
    if way == "copy":
        newer = copy_dataset(workspace, dataset, Origin("", visitor="somebody"), "signature")
    elif way == "version":
        newer = delete_photos(workspace, dataset, dataset.photos["path"][:1])
    else:
        area = new_incoming(workspace)
        add_files(workspace, area, [("new.jpg", make_photo(77), "cats"), ("bad.jpg", b"x", "cats")])
        newer = run_job(ingest_incoming(workspace, area, "more", base=dataset.id))[0]
    newer = load_dataset(workspace, newer.id)
    assert newer.layout == dataset.layout, "how the folders of the import were read"
    found = rows(newer.report)
    assert set(LINES) <= set(found) and len(found) == len(LINES) + (way == "photos added")


def test_a_data_set_of_version_0_1_0_has_a_report_of_what_was_left_out(workspace, dataset):
    (dataset.folder / "report.parquet").unlink()
    data = to_parquet(dataset.refused)
    (dataset.folder / "refused.parquet").write_bytes(data)
    values = read_json(dataset.folder / "dataset.json")
    values["files"] = {key: value for key, value in values["files"].items() if key != "report.parquet"}
    values["files"]["refused.parquet"] = file_checksum(data)
    write_json(dataset.folder / "dataset.json", values)
    assert rows(load_dataset(workspace, dataset.id).report) == [LINES[2]]


def test_what_a_decoder_changed_becomes_a_line(workspace, tmp_path):
    source = FolderSource(write_files(tmp_path / "pets", class_files({"cats": 3, "dogs": 3})))
    placed, collected = label_all(source.files, "pet").placed, Collected()

    def stretching(data: bytes, wanted: Wanted) -> DecodedPhoto:
        return replace(decode(data, wanted), changed=LINES[0].reason)

    run_job(collect(source, placed, collected, Reading(stretching), never))
    changed = rows(collected.report())
    assert all((line.what, line.reason) == (CHANGED, LINES[0].reason) for line in changed)
    assert {line.path for line in changed} == {"/".join(file.parts) for file in source.files}


def test_a_line_stands_once():
    assert rows(report_frame([*LINES, LINES[0]])) == list(LINES)
    assert report_frame([]).columns.tolist() == ["path", "what", "reason"]


@pytest.mark.parametrize("way", ["folder", "zip", "tar"])
def test_a_photo_that_only_its_name_hides_has_a_line_and_what_computers_leave_behind_has_none(workspace, tmp_path, way):
    hidden = {"cats/.tabby.jpg": make_photo(50), ".old/1.jpg": make_photo(51)}
    left_behind = {
        "cats/._0.jpg": b"x",
        "__MACOSX/cats/0.jpg": b"x",
        ".thumbnails/1.jpg": make_photo(52),
        ".DS_Store": b"x",
    }
    files = class_files({"cats": 4, "dogs": 5}) | hidden | left_behind
    path = write_files(tmp_path / "pets", files) if way == "folder" else write_zip(tmp_path / "pets.zip", files)
    if way == "tar":
        path = tmp_path / "pets.tar"
        with tarfile.open(path, "w") as archive:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    dataset = run_job(ingest_path(workspace, path))[0]
    found = {
        ".old" if line.path == ".old/1.jpg" else line.path for line in rows(dataset.report)
    }  # a folder has one line
    assert found == {"cats/.tabby.jpg", ".old"} and set(dataset.refused["reason"]) == {HIDDEN}
