"""The samples are what they say they are, and the built-in ones need no network."""

import io
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.photos import class_files, make_photo, run_job, write_zip
from tlcore.data import samples
from tlcore.data.images import load_input
from tlcore.data.samples import EMOJI, SAMPLES, find_sample, ingest_sample
from tlcore.data.tarball import TarSource
from tlcore.errors import UserError
from tlcore.workspace import open_workspace

BUILT_IN = [sample.key for sample in SAMPLES if not sample.download_bytes]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The built-in samples as data sets, and the workspace that they are in."""
    workspace = open_workspace(tmp_path_factory.mktemp("samples"))
    return workspace, {key: run_job(ingest_sample(workspace, key))[0] for key in BUILT_IN}


@pytest.mark.parametrize("key", BUILT_IN)
def test_built_in_samples_are_what_they_say(made, key):
    workspace, datasets = made
    sample, dataset = find_sample(key), datasets[key]
    assert (len(dataset.photos), len(dataset.labels)) == (sample.num_photos, sample.num_classes)
    assert dataset.refused.empty and dataset.notes == ()
    assert (dataset.licence, dataset.name) == (sample.licence, sample.title)
    assert set(dataset.photos["width"]) == set(dataset.photos["height"]) == {64}
    again, events = run_job(ingest_sample(workspace, key))
    assert (again.id, events) == (dataset.id, [])


def test_both_drawings_of_an_emoji_are_on_one_side(made):
    photos = made[1]["emoji"].photos
    emoji = photos["path"].str.replace(r"-(noto|twemoji)\.png$", "", regex=True)
    assert photos.groupby(emoji)["split"].nunique().max() == 1
    assert photos.groupby(emoji)["path"].count().eq(2).all()
    shares = photos.groupby("label")["split"].value_counts(normalize=True).unstack()
    assert shares["train"].between(0.65, 0.75).all() and shares["test"].between(0.1, 0.2).all()


def test_the_emoji_archive_is_small_balanced_and_attributed(made):
    assert EMOJI.stat().st_size <= 5_000_000
    counts = made[1]["emoji"].photos["label"].value_counts()
    assert 5 <= len(counts) <= 7 and counts.max() <= 3 * counts.min()
    text = (EMOJI.parent / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "Apache License 2.0" in text and "Attribution 4.0" in text and "Cal Henderson" in text
    with zipfile.ZipFile(EMOJI) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_digits_are_dark_on_white(made):
    dataset = made[1]["digits"]
    assert dataset.labels == tuple("0123456789")
    pixels = load_input(dataset.read("0/digit-0000.png"), 64)
    assert pixels[:, 0].min() > 200 and pixels.min() < 60 and np.ptp(pixels.astype(int), axis=2).max() == 0


def test_downloads_name_their_size_source_and_licence():
    for sample in SAMPLES:
        assert sample.title and sample.sentence and sample.licence and sample.source
        if sample.download_bytes:
            assert sample.url.startswith("https://") and len(sample.sha256) in (0, 64)


def test_an_unknown_sample():
    with pytest.raises(UserError, match="no sample set “x”. Choose one of: emoji, digits, cats-dogs, flowers"):
        find_sample("x")


def _tgz(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for kind, name in ((tarfile.SYMTYPE, "roses/link.jpg"), (tarfile.CHRTYPE, "roses/device.jpg")):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    return path


@pytest.mark.parametrize("kind", ["tgz", "zip"])
def test_a_downloaded_sample_becomes_a_data_set(workspace, tmp_path, monkeypatch, kind):
    files = class_files({"roses": 4, "tulips": 4}, "flowers/") | {"flowers/LICENSE.txt": b"CC-BY"}
    path = (_tgz if kind == "tgz" else write_zip)(tmp_path / f"flowers.{kind}", files)
    sample = replace(find_sample("flowers"), url=f"http://localhost/x.{kind}", download_bytes=path.stat().st_size)
    monkeypatch.setattr(samples, "SAMPLES", (sample,))

    def fetch(url, target, size, sha256, should_stop):
        yield from ()
        target.write_bytes(path.read_bytes())
        return target

    monkeypatch.setattr(samples, "fetch", fetch)
    dataset = run_job(ingest_sample(workspace, "flowers"))[0]
    assert dataset.labels == ("roses", "tulips") and len(dataset.photos) == 8
    refused = dict(dataset.refused.values.tolist())
    assert "not in a class folder" in refused["flowers/LICENSE.txt"]
    if kind == "tgz":
        assert "link or a device" in refused["roses/link.jpg"] and "link or a device" in refused["roses/device.jpg"]


@pytest.mark.parametrize(
    ("name", "spoil"),
    [("cut", lambda data: data[: len(data) // 2]), ("text", lambda data: b"no tar"), ("empty", lambda data: b"")],
)
def test_a_damaged_tar_ends_in_a_sentence(tmp_path, name, spoil):
    path = _tgz(tmp_path / "a.tgz", {f"a/{number}.jpg": make_photo(number, (300, 300)) for number in range(20)})
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(UserError, match="it is damaged"):
        TarSource(path)


def test_names_in_a_tar_do_not_lead_out(tmp_path):
    source = TarSource(
        _tgz(tmp_path / "a.tgz", {"../a.jpg": b"", "/b.jpg": b"", "a/c.zip": b"PK\3\4", "a/d.jpg": b"x"})
    )
    assert [file.parts for file in source.files] == [("a", "d.jpg")]
    assert {path for path, _ in source.refused} >= {"../a.jpg", "b.jpg", "a/c.zip"}
