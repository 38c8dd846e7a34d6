"""Uploads are kept by number, and become data sets alone, with zips, and with an earlier data set."""

import pytest

from tests.photos import class_files, make_photo, run_job, write_files, write_zip
from tlcore.data import incoming
from tlcore.data.ingest import ingest_folder, ingest_incoming, ingest_zip
from tlcore.errors import UserError


@pytest.fixture
def area(workspace):
    """An empty upload area."""
    return incoming.new_incoming(workspace)


def _add(workspace, area, label, numbers):
    for number in numbers:
        incoming.add_file(workspace, area, f"{number}.jpg", make_photo(number), label)


def test_names_never_become_paths(workspace, area):
    for name in ("../../evil.jpg", "C:\\x\\evil.jpg", "/etc/passwd", "a\0b", "x" * 5000, "", "naïve 🐈.jpg"):
        incoming.add_file(workspace, area, name, b"data", "../cats")
    names = {path.name for path in (workspace.incoming / area).iterdir()} - {".lock"}
    assert names == {f"{number:06d}.bin" for number in range(1, 8)} | {"index.jsonl"}
    frame = incoming.summary(workspace, area)
    assert frame["name"].tolist()[:3] == ["evil.jpg", "evil.jpg", "passwd"]
    assert frame["name"].str.len().max() <= 120
    assert incoming.read_file(workspace, area, 7) == b"data"


def test_removing_and_clearing(workspace, area):
    _add(workspace, area, "cats", range(3))
    _add(workspace, area, "dogs", range(10, 12))
    incoming.add_file(workspace, area, "a.zip", b"PK", None)
    assert incoming.summary(workspace, area)["label"].tolist() == ["cats"] * 3 + ["dogs"] * 2 + [None]
    incoming.remove_class(workspace, area, "dogs")
    incoming.remove_class(workspace, area, None)
    assert incoming.summary(workspace, area)["number"].tolist() == [1, 2, 3]
    assert sorted(path.name for path in (workspace.incoming / area).glob("*.bin")) == [
        "000001.bin",
        "000002.bin",
        "000003.bin",
    ]
    with pytest.raises(UserError, match="no longer there"):
        incoming.read_file(workspace, area, 4)
    incoming.clear(workspace, area)
    incoming.clear(workspace, area)
    with pytest.raises(UserError, match="uploads are no longer there"):
        incoming.summary(workspace, area)


@pytest.mark.parametrize("bad", ["..", "", "incoming-1", "../datasets", "incoming-" + "g" * 16])
def test_ids_out_of_a_url_are_not_trusted(workspace, bad):
    incoming.clear(workspace, bad)
    assert workspace.datasets.exists()
    with pytest.raises(UserError, match="uploads are no longer there"):
        incoming.add_file(workspace, bad, "a", b"", None)


def test_a_torn_last_line_of_the_index_is_passed_over(workspace, area):
    _add(workspace, area, "cats", range(2))
    with open(workspace.incoming / area / "index.jsonl", "a", encoding="utf-8") as index:
        index.write('{"number": 3, "na')
    assert len(incoming.summary(workspace, area)) == 2
    _add(workspace, area, "cats", [7])
    assert incoming.summary(workspace, area)["name"].tolist() == ["0.jpg", "1.jpg", "7.jpg"]


def test_uploads_become_a_data_set(workspace, area):
    _add(workspace, area, "cats", range(5))
    _add(workspace, area, "Dogs", range(10, 15))
    _add(workspace, area, "dogs", range(20, 23))
    incoming.add_file(workspace, area, "bad.jpg", b"<html>", "cats")
    incoming.add_file(workspace, area, "lost.jpg", make_photo(99), None)
    dataset, events = run_job(ingest_incoming(workspace, area, "My pets"))
    incoming.clear(workspace, area)
    assert (dataset.name, dataset.labels, len(dataset.photos)) == ("My pets", ("cats", "Dogs", "dogs"), 13)
    assert set(dataset.refused["path"]) == {"cats/bad.jpg", "lost.jpg"}
    assert dataset.read("cats/3.jpg") == make_photo(3)
    assert events[-1].done == events[-1].total


def test_zips_and_photos_together(workspace, area, tmp_path):
    birds = write_zip(tmp_path / "birds.zip", class_files({"birds": 4}, seed=3))  # one class is enough beside others
    loose = write_zip(tmp_path / "loose.zip", {f"{number}.jpg": make_photo(900 + number) for number in range(4)})
    incoming.add_file(workspace, area, "birds.zip", birds.read_bytes(), None)
    incoming.add_file(workspace, area, "loose.zip", loose.read_bytes(), "fish")  # a zip put into a class
    incoming.add_file(workspace, area, "bad.zip", loose.read_bytes()[:500], None)
    _add(workspace, area, "cats", range(5))
    dataset = run_job(ingest_incoming(workspace, area, "All"))[0]
    assert dataset.photos["label"].value_counts().to_dict() == {"cats": 5, "birds": 4, "fish": 4}
    assert dataset.refused["path"].tolist() == ["bad.zip"]


def test_uploads_that_cannot_work_end_in_a_sentence(workspace, area, tmp_path):
    with pytest.raises(UserError, match="Nothing has been uploaded yet"):
        run_job(ingest_incoming(workspace, area, "x"))
    one = write_zip(tmp_path / "one.zip", class_files({"birds": 4}))
    incoming.add_file(workspace, area, "one.zip", one.read_bytes(), None)
    with pytest.raises(UserError, match="one.zip contains only one class, birds"):
        run_job(ingest_incoming(workspace, area, "x"))
    incoming.add_file(workspace, area, "bird.jpg", make_photo(3), "birds")
    incoming.add_file(workspace, area, "bad.jpg", b"no photo", "cats")
    with pytest.raises(UserError, match="Only the class birds has usable photos. cats/bad.jpg is not") as caught:
        run_job(ingest_incoming(workspace, area, "x"))
    assert "card" in caught.value.fix and "folder" not in caught.value.fix  # nobody who fills cards knows of folders


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_photos_can_be_added_to_an_earlier_data_set(workspace, area, tmp_path, kind):
    files = class_files({"cats": 20, "dogs": 20})
    if kind == "folder":
        base = run_job(ingest_folder(workspace, write_files(tmp_path / "base", files)))[0]
    else:
        base = run_job(ingest_zip(workspace, write_zip(tmp_path / "base.zip", files)))[0]
    _add(workspace, area, "cats", range(5_000, 5_010))
    _add(workspace, area, "birds", range(6_000, 6_003))
    tested = base.part("test").iloc[0]
    incoming.add_file(workspace, area, "again.jpg", base.read(tested["path"]), tested["label"])
    dataset = run_job(ingest_incoming(workspace, area, "More", base=base.id))[0]
    assert dataset.labels == ("birds", "cats", "dogs") and len(dataset.photos) == 53
    assert dataset.id == f"{base.id}@2" and dataset.name == base.name, "a version of the same data set"
    kept = dataset.photos.set_index("path")["split"]
    assert kept[base.photos["path"]].tolist() == base.photos["split"].tolist()
    assert [row[0] for row in dataset.report.values] == [f"{tested['label']}/again.jpg"], "that one is there already"
    assert all(dataset.read(path) for path in dataset.photos["path"])
    third = incoming.new_incoming(workspace)
    _add(workspace, third, "fish", range(7_000, 7_003))
    assert all(map(run_job(ingest_incoming(workspace, third, "3", base=dataset.id))[0].read, kept.index))


def test_an_unknown_base(workspace, area):
    with pytest.raises(UserError, match="There is no data set"):
        run_job(ingest_incoming(workspace, area, "x", base="nothing"))


@pytest.mark.parametrize(
    ("shape", "wrap", "reason"),
    [
        ("{label}/{name}", "", "class folders alone"),
        ("{label}/{name}", "holiday/photos/", "wrapped in what was chosen in the browser"),
        ("{label}/deeper/{name}", "photos/", "photos deeper in a class folder"),
    ],
)
def test_an_uploaded_folder_tells_its_classes(workspace, area, shape, wrap, reason):
    for number in range(8):
        label = ("cats", "dogs")[number % 2]
        path = wrap + shape.format(label=label, name=f"{number}.jpg")
        incoming.add_file(workspace, area, path, make_photo(number), None)
    dataset, _ = run_job(ingest_incoming(workspace, area, "Folder"))
    assert dataset.labels == ("cats", "dogs") and len(dataset.photos) == 8, reason


def test_the_parts_of_an_uploaded_folder_are_honoured(workspace):
    area, number = incoming.new_incoming(workspace), 0
    for part, count in (("train", 3), ("validation", 2), ("test", 2)):
        for label in ("cats", "dogs"):
            for _ in range(count):
                number += 1
                path = f"set\\{part}\\{label}\\{number}.jpg"
                incoming.add_file(workspace, area, path, make_photo(number), None)
    dataset, _ = run_job(ingest_incoming(workspace, area, "Folder"))
    assert dataset.photos["split"].value_counts().to_dict() == {"train": 6, "validation": 4, "test": 4}


def test_an_uploaded_folder_without_classes_is_told(workspace):
    area = incoming.new_incoming(workspace)
    for number in range(4):
        incoming.add_file(workspace, area, f"photos/{number}.jpg", make_photo(number), None)
    with pytest.raises(UserError, match="one class|class folders"):
        run_job(ingest_incoming(workspace, area, "Folder"))


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ("p/more.zip", "is an archive inside a folder; unpack it first, or add it on its own"),
        ("p/list.xlsx", "is not in a class folder"),
        ("p/cats/list.xlsx", "is a zip or office file, not a picture"),
        ("notes.txt", "is not in a class folder"),
    ],
)
def test_what_comes_along_with_a_folder_changes_nothing_about_it(workspace, area, tmp_path, extra, reason):
    office = write_zip(tmp_path / "a.zip", {"xl/workbook.xml": b"<x/>"}).read_bytes()
    incoming.add_file(workspace, area, extra, office if extra != "notes.txt" else b"hello", None)
    for number in range(4):
        incoming.add_file(workspace, area, f"p/cats/{number}.jpg", make_photo(number), None)
    with pytest.raises(UserError, match="contains only one class, cats"):
        run_job(ingest_incoming(workspace, area, "x"))
    for number in range(4):
        incoming.add_file(workspace, area, f"p/dogs/{number}.jpg", make_photo(9 + number), None)
    dataset = run_job(ingest_incoming(workspace, area, "x"))[0]
    assert dataset.labels == ("cats", "dogs") and dataset.refused.values.tolist() == [[extra, reason]]
