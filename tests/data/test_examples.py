"""The question how photos are sorted brings small pictures of its examples, decoded as the photos themselves are."""

import pytest

from tests.photos import make_photo, run_job, write_files, write_zip
from tlcore.data import incoming
from tlcore.data.examples import keep_pictures, kept_pictures
from tlcore.data.ingest import ingest_incoming, ingest_path
from tlcore.errors import UndecidedLayout

PHOTOS = {f"train/{('cat', 'dog')[number % 2]}.{number}.jpg": make_photo(number) for number in range(10)}
BROKEN = {"train/cat.0.jpg": b"no photo", "train/dog.1.jpg": b""}


def asked(job) -> UndecidedLayout:
    with pytest.raises(UndecidedLayout) as caught:
        run_job(job)
    return caught.value


@pytest.fixture(params=["folder", "zip", "uploaded zip", "uploaded folder"])
def question(request, workspace, tmp_path, monkeypatch):
    """The same files on each way in; for what came over the network no photo is decoded in this process."""
    files = PHOTOS | BROKEN
    if request.param == "folder":
        return asked(ingest_path(workspace, write_files(tmp_path / "pets", files)))
    archive = write_zip(tmp_path / "pets.zip", files)
    if request.param == "zip":
        return asked(ingest_path(workspace, archive))
    monkeypatch.setattr("PIL.Image.open", None)
    area = incoming.new_incoming(workspace)
    sent = [("pets.zip", archive.read_bytes(), None)]
    if request.param == "uploaded folder":
        sent = [(f"pets/{name}", data, None) for name, data in files.items()]
    incoming.add_files(workspace, area, sent)
    return asked(ingest_incoming(workspace, area, "pets"))


def test_every_example_that_is_a_photo_has_a_picture(question, tmp_path):
    named = {path for choice in question.choices for path, _ in choice.examples}
    pictures = question.pictures()
    assert len(named) == 9 and {path.partition("train/")[2] for path in named - pictures.keys()} == {
        path.partition("train/")[2] for path in named if path.endswith(tuple(BROKEN))
    }
    assert all(picture.startswith((b"\xff\xd8", b"\x89PNG")) for picture in pictures.values())
    keep_pictures(tmp_path, pictures)
    kept = kept_pictures(tmp_path)
    assert {path: kept.read(path) for path in pictures} == pictures and kept.read("train/other.jpg") is None


def test_without_a_source_there_are_no_pictures():
    assert UndecidedLayout("x", "y", ()).pictures() == {}
