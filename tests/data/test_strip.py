"""The strip of a data set: a few of its photos, made once, and nothing where there is nothing to show."""

import io

import pytest
from PIL import Image

from tests.photos import class_files, run_job, write_zip
from tlcore.data.ingest import ingest_zip
from tlcore.data.strip import FILE, PHOTOS, SIDE, dataset_strip


@pytest.fixture
def dataset(workspace, tmp_path):
    files = class_files({"cats": 4, "dogs": 4})
    return run_job(ingest_zip(workspace, write_zip(tmp_path / "pets.zip", files)))[0]


def test_a_strip_is_made_once_of_as_many_photos_as_fit(workspace, dataset):
    made = dataset_strip(workspace, dataset.id)
    assert Image.open(io.BytesIO(made)).size == (PHOTOS * SIDE, SIDE)
    (dataset.folder / "thumbnails.bin").unlink()
    assert dataset_strip(workspace, dataset.id) == made == (dataset.folder / FILE).read_bytes()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda folder: (folder / "thumbnails.bin").unlink(), "an earlier version kept none"),
        (lambda folder: (folder / "thumbnails.bin").write_bytes(b"x" * 100_000), "they are damaged"),
        (lambda folder: (folder / "photos.parquet").write_bytes(b"x"), "the table is damaged"),
    ],
)
def test_where_there_is_nothing_to_show_nothing_fails(workspace, dataset, harm, reason):
    harm(dataset.folder)
    assert dataset_strip(workspace, dataset.id) == b"", reason


@pytest.mark.parametrize("an_id", ["nobody-0123456789abcdef", "../x", ""])
def test_an_id_that_leads_nowhere_has_no_strip(workspace, an_id):
    assert dataset_strip(workspace, an_id) == b""
