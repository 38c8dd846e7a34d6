"""What a zip will give, told by its table of contents before the import: nothing in it is read."""

import zipfile

import pytest

from tests.photos import class_files, write_zip
from tlcore.data import zip_preview
from tlcore.data.archive import ZipSource
from tlcore.data.zip_preview import preview_zip


def test_the_classes_are_named_with_their_photos(tmp_path, monkeypatch):
    path = write_zip(tmp_path / "pets.zip", class_files({"cats": 5, "dogs": 3}) | {"readme.txt": b"x"})
    monkeypatch.setattr(ZipSource, "_read", None)  # no file in it is opened
    found = preview_zip(path, "pets.zip")
    assert found.classes == (("cats", 5), ("dogs", 3)) and found.num_left_out == 1


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[: len(data) // 2], "cut off: it has no table of contents"),
        (lambda data: b"not a zip", "no zip at all"),
        (lambda data: b"", "empty"),
    ],
)
def test_what_cannot_be_opened_is_left_to_the_import(tmp_path, damage, reason):
    path = write_zip(tmp_path / "pets.zip", class_files({"cats": 3, "dogs": 3}))
    path.write_bytes(damage(path.read_bytes()))
    assert preview_zip(path, "pets.zip") is None, reason


def test_photos_without_class_folders_tell_nothing(tmp_path):
    path = write_zip(tmp_path / "loose.zip", {f"{number}.jpg": b"x" for number in range(4)})
    assert preview_zip(path, "loose.zip") is None


def test_a_long_table_of_contents_is_not_looked_at_in_a_page(tmp_path, monkeypatch):
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2_000):
            archive.writestr(f"cats/{number}.jpg", b"")
    monkeypatch.setattr(zip_preview, "MOST_CONTENTS_BYTES", 50_000)
    monkeypatch.setattr(zip_preview, "ZipSource", None)  # it would have to be read as a whole
    assert preview_zip(path, "many.zip") is None


def test_a_comment_at_the_end_hides_no_contents(tmp_path):
    path = write_zip(tmp_path / "pets.zip", class_files({"cats": 3, "dogs": 3}))
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"holidays" * 100
    assert preview_zip(path, "pets.zip") is not None
