"""Thumbnails are made once, at import, and read from then on; what is damaged or missing is not shown for another."""

from io import BytesIO

import pandas as pd
import pytest
from PIL import Image

from tests.photos import class_files, run_job, write_files, write_zip
from tlcore.data import images, incoming, thumbnails
from tlcore.data.assemble import Origin
from tlcore.data.copies import copy_dataset
from tlcore.data.ingest import ingest_folder, ingest_incoming, ingest_zip
from tlcore.data.manifest import load_dataset
from tlcore.data.thumbnails import INDEX, PIXELS, Thumbnails, ThumbnailWriter

FILES = class_files({"a": 4, "b": 4}) | {"a/again.jpg": class_files({"a": 1})["a/photo 0.jpg"]}


def from_folder(workspace, tmp_path):
    return run_job(ingest_folder(workspace, write_files(tmp_path / "x", FILES)))[0]


def from_zip(workspace, tmp_path):
    return run_job(ingest_zip(workspace, write_zip(tmp_path / "x.zip", FILES)))[0]


@pytest.mark.parametrize("make", [from_folder, from_zip])
def test_every_photo_has_one_after_an_import(make, workspace, tmp_path):
    dataset = make(workspace, tmp_path)
    for path, sha256 in zip(dataset.photos["path"], dataset.photos["sha256"], strict=True):
        small = Image.open(BytesIO(dataset.thumbnails.read(sha256)))
        assert (small.format, small.size) == ("PNG", (40, 40))
        assert dataset.thumbnails.read(sha256) == images.thumbnail(dataset.read(path), thumbnails.SIZE)
    assert load_dataset(workspace, dataset.id).thumbnails.read(dataset.photos["sha256"][0])


def test_uploads_have_them_and_bring_those_of_an_earlier_data_set_along(workspace, tmp_path):
    base = from_zip(workspace, tmp_path)
    incoming_id = incoming.new_incoming(workspace)
    new = class_files({"c": 3}, seed=9)
    incoming.add_files(workspace, incoming_id, [(path, data, "c") for path, data in new.items()])
    dataset = run_job(ingest_incoming(workspace, incoming_id, "more", base=base.id))[0]
    assert len(dataset.photos) == len(base.photos) + 3
    assert all(dataset.thumbnails.read(sha256) for sha256 in dataset.photos["sha256"])


def test_damage_is_noticed_and_never_shown(tmp_path):
    with ThumbnailWriter(tmp_path) as writer:
        for number in range(3):
            writer.add(str(number), bytes([number]) * 50)
    assert [Thumbnails(tmp_path).read(str(number)) for number in range(4)] == [bytes([n]) * 50 for n in range(3)] + [
        None
    ]
    content = bytearray((tmp_path / PIXELS).read_bytes())
    content[60] ^= 1
    (tmp_path / PIXELS).write_bytes(content[:-1])
    assert [Thumbnails(tmp_path).read(str(number)) for number in range(3)] == [bytes(50), None, None]
    index = pd.read_parquet(tmp_path / INDEX)
    index["sha256"] = ["2", "1", "0"]
    index.to_parquet(tmp_path / INDEX)
    assert Thumbnails(tmp_path).read("2") is None, "an index that was damaged shows no other photo"
    (tmp_path / INDEX).write_bytes(b"nonsense")
    assert Thumbnails(tmp_path).read("0") is None
    (tmp_path / INDEX).unlink()  # as in a data set of version 0.1.0
    assert Thumbnails(tmp_path).read("0") is None


def test_a_copy_of_a_data_set_for_somebody_else_has_them_too(workspace, tmp_path):
    dataset = from_zip(workspace, tmp_path)
    copy = copy_dataset(workspace, dataset, Origin("x", visitor="somebody"), "0" * 64)
    assert copy.id != dataset.id
    assert all(copy.thumbnails.read(sha256) for sha256 in copy.photos["sha256"])
