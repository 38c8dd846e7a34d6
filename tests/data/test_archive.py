"""Zips of every kind, the hostile ones too: each works, or ends in a plain sentence, and nothing is lost or escapes."""

import errno
import os
import stat
import struct
import zipfile

import pytest

from tests.photos import class_files, make_photo, run_job, write_files, write_zip
from tlcore.data import archive, collect, folder
from tlcore.data.archive import ZipSource, split_name
from tlcore.data.ingest import ingest_path, ingest_zip
from tlcore.data.manifest import load_dataset
from tlcore.data.names import make_unique
from tlcore.errors import UserError

TWO = class_files({"cats": 4, "dogs": 4})
GOOD = make_photo(700)


def _ingest(workspace, path):
    return run_job(ingest_path(workspace, path))[0]


@pytest.mark.parametrize("prefix", ["", "pets/", "a/b/c/", "./", "pets//"])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zips_with_any_wrapping_become_a_data_set_of_their_own(workspace, tmp_path, prefix, compression):
    path = write_zip(tmp_path / "pets.zip", {prefix + name: data for name, data in TWO.items()}, compression)
    dataset = _ingest(workspace, path)
    path.unlink()  # the photos were copied
    assert (dataset.name, dataset.labels, len(dataset.photos)) == ("pets", ("cats", "dogs"), 8)
    assert sorted(dataset.read(path) for path in dataset.photos["path"]) == sorted(TWO.values())
    assert load_dataset(workspace, dataset.id).read(dataset.photos["path"][0])


def test_given_parts_in_a_zip(workspace, tmp_path):
    files = class_files({"a": 5, "b": 5}, "x/train/", 1) | class_files({"a": 5, "b": 5}, "x/validation/", 2)
    dataset = _ingest(workspace, write_zip(tmp_path / "a.zip", files))
    assert dataset.photos["split"].value_counts().to_dict() == {"train": 10, "validation": 8, "test": 2}


def test_backslashes_are_separators(workspace, tmp_path):
    path = write_zip(tmp_path / "a.zip", {name.replace("/", "\\"): data for name, data in TWO.items()})
    assert set(_ingest(workspace, path).photos["path"]) == set(TWO)


def test_very_many_equal_names_do_not_take_very_long():
    taken: dict[str, int] = {}
    names = [make_unique("a/b.jpg", taken) for _ in range(50_000)]
    assert names[-1] == "a/b (50000).jpg" and len(set(names)) == 50_000


HOSTILE = [
    # name of an entry, words of the reason
    ("../../evil.jpg", "outside"),
    ("cats/../../evil.jpg", "outside"),
    ("/etc/evil.jpg", "outside"),
    ("C:\\windows\\evil.jpg", "outside"),
    ("c:evil.jpg", "outside"),
    ("\\\\server\\share\\evil.jpg", "outside"),
    ("cats\\..\\..\\evil.jpg", "outside"),
    ("cats/" * 10_000 + "deep.jpg", "folders deep"),
]


@pytest.mark.parametrize(("name", "words"), HOSTILE, ids=[case[0][:30] for case in HOSTILE])
def test_entries_that_point_elsewhere_are_refused_and_the_rest_works(workspace, tmp_path, name, words):
    before = {path for path in tmp_path.rglob("*") if "datasets" not in path.parts} | {tmp_path / "a.zip"}
    dataset = _ingest(workspace, write_zip(tmp_path / "a.zip", TWO | {name: GOOD}))
    assert len(dataset.photos) == 8
    assert len(dataset.refused) == 1 and words in dataset.refused["reason"][0]
    assert {path for path in tmp_path.rglob("*") if "datasets" not in path.parts} == before
    for path in dataset.root.rglob("*"):  # names on disk come from hashes only
        assert path.is_dir() or len(path.stem) == 64


@pytest.mark.parametrize(
    ("name", "parts"), [("a/./b//c", ("a", "b", "c")), ("a\\b", ("a", "b")), ("..a/b..", ("..a", "b.."))]
)
def test_harmless_names_pass(name, parts):
    assert split_name(name) == (parts, "")


def test_a_zip_of_nothing_but_bad_names_says_why(workspace, tmp_path):
    with pytest.raises(UserError, match="points outside the archive"):
        _ingest(workspace, write_zip(tmp_path / "a.zip", {"../" + name: data for name, data in TWO.items()}))


def test_links_in_a_zip_are_refused(workspace, tmp_path):
    path = write_zip(tmp_path / "a.zip", TWO)
    with zipfile.ZipFile(path, "a") as target:
        entry = zipfile.ZipInfo("cats/link.jpg")
        entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        target.writestr(entry, "/etc/passwd")
    dataset = _ingest(workspace, path)
    assert dataset.refused.values.tolist() == [["cats/link.jpg", "is a link, not a file"]]


def test_what_computers_put_into_zips_is_skipped_without_a_word(workspace, tmp_path):
    junk = ["__MACOSX/cats/._photo 0.jpg", "cats/.DS_Store", "dogs/Thumbs.db", ".git/config"]
    dataset = _ingest(workspace, write_zip(tmp_path / "a.zip", TWO | dict.fromkeys(junk, b"x")))
    assert len(dataset.photos) == 8 and dataset.refused.empty and dataset.notes == ()


def test_names_of_any_script_and_length(workspace, tmp_path):
    names = {f"猫 Kätzchen/{name}.jpg": make_photo(len(name)) for name in ("x" * 3000, "🐈", "ü ö ä")}
    dataset = _ingest(workspace, write_zip(tmp_path / "a.zip", class_files({"dogs": 3}, seed=5) | names))
    assert dataset.labels == ("dogs", "猫 Kätzchen") and dataset.refused.empty
    assert dataset.photos["path"].str.len().max() < 150


def test_utf8_names_without_the_flag_are_read_as_they_were_meant(workspace, tmp_path):
    path = write_zip(tmp_path / "a.zip", class_files({"Bär": 3, "dog": 3}))
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = data.find(signature)
        while position >= 0:  # clear the flag that says UTF-8, as some Macs do
            flags = struct.unpack_from("<H", data, position + offset)[0]
            struct.pack_into("<H", data, position + offset, flags & ~0x800)
            position = data.find(signature, position + 1)
    path.write_bytes(data)
    assert _ingest(workspace, path).labels == ("Bär", "dog")


@pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile's own, when the test writes the zip
def test_two_entries_of_one_name_are_both_kept(workspace, tmp_path):
    path = write_zip(tmp_path / "a.zip", TWO)
    with zipfile.ZipFile(path, "a") as target:
        target.writestr("cats/photo 0.jpg", GOOD)
    dataset = _ingest(workspace, path)
    assert len(dataset.photos) == 9 and "cats/photo 0 (2).jpg" in set(dataset.photos["path"])


def _lock(path, only: str = ""):
    """Set the flag "encrypted" of entries, as a zip with a password has it."""
    data = bytearray(path.read_bytes())
    for signature, flag, name in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        position = data.find(signature)
        while position >= 0:
            if data[position + name :].startswith(only.encode()):
                data[position + flag] |= 1
            position = data.find(signature, position + 1)
    path.write_bytes(data)
    return path


def test_locked_zips(workspace, tmp_path):
    with pytest.raises(UserError, match="locked with a password"):
        _ingest(workspace, _lock(write_zip(tmp_path / "all.zip", TWO)))
    dataset = _ingest(workspace, _lock(write_zip(tmp_path / "one.zip", TWO | {"cats/z.jpg": GOOD}), "cats/z.jpg"))
    assert dataset.refused.values.tolist() == [["cats/z.jpg", "is locked with a password"]]


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("cut in the middle", lambda data: data[: len(data) // 2]),
        ("cut by one byte", lambda data: data[:-1]),
        ("empty", lambda data: b""),
        ("text", lambda data: b"I am not a zip"),
        ("table of contents overwritten", lambda data: data.replace(b"PK\x01\x02", b"XXXX")),
    ],
)
def test_what_is_no_whole_zip_ends_in_a_sentence(workspace, tmp_path, name, spoil):
    path = write_zip(tmp_path / "a.zip", TWO)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(UserError, match="it is damaged, or not a zip file"):
        _ingest(workspace, path)
    assert list(workspace.datasets.iterdir()) == []


def test_a_damaged_entry_costs_only_itself(workspace, tmp_path):
    path = write_zip(tmp_path / "a.zip", TWO | {"cats/z.jpg": GOOD})
    data = bytearray(path.read_bytes())
    data[data.find(GOOD) + 300] ^= 255
    path.write_bytes(data)
    dataset = _ingest(workspace, path)
    assert len(dataset.photos) == 8 and "damaged inside the zip" in dataset.refused["reason"][0]


def _claim(path, size: int):
    """Let the last entry of the table of contents claim a size, whatever it holds."""
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.rfind(b"PK\x01\x02") + 24, size)
    path.write_bytes(data)
    return path


def test_bombs(workspace, tmp_path, monkeypatch):
    claims = _claim(write_zip(tmp_path / "claims.zip", TWO | {"cats/z.jpg": GOOD}), 4_000_000_000)
    with pytest.raises(UserError, match="would unpack to 4.0 GB, so it can’t be a zip"):
        _ingest(workspace, claims)
    monkeypatch.setattr(archive, "MAX_PHOTO_BYTES", 1_000_000)  # so that honest bombs need not be large
    monkeypatch.setattr(folder, "MAX_PHOTO_BYTES", 1_000_000)
    honest = write_zip(tmp_path / "honest.zip", TWO | {"cats/z.bmp": bytes(3_000_000)}, zipfile.ZIP_DEFLATED)
    assert honest.stat().st_size < 20_000
    assert "is too large (3 MB; at most 1 MB)" in _ingest(workspace, honest).refused["reason"][0]
    liar = _claim(write_zip(tmp_path / "liar.zip", TWO | {"cats/z.bmp": bytes(3_000_000)}, zipfile.ZIP_DEFLATED), 500)
    assert "damaged inside the zip" in _ingest(workspace, liar).refused["reason"][0]
    monkeypatch.setattr(archive, "MAX_RATIO_FREE", 1_000_000)
    with pytest.raises(UserError, match="would unpack to"):
        _ingest(workspace, honest)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_limit_are_refused(workspace, tmp_path, compression):
    path = write_zip(tmp_path / "a.zip", TWO)
    with zipfile.ZipFile(path, "a", compression) as target:
        target.writestr("cats/z.jpg", GOOD)
    assert "compressed in an unsupported way" in _ingest(workspace, path).refused["reason"][0]


def test_too_many_entries(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_FILES", 7)
    with pytest.raises(UserError, match="more than 7 files"):
        ZipSource(write_zip(tmp_path / "a.zip", TWO))


def test_a_disk_that_fills_up_while_photos_are_copied(workspace, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(collect, "store_photo", fail)
    with pytest.raises(UserError, match="is full"):
        _ingest(workspace, write_zip(tmp_path / "a.zip", TWO))
    assert list(workspace.datasets.iterdir()) == []


def test_an_unchanged_zip_is_recognised_and_a_folder_is_told_from_a_zip(workspace, tmp_path):
    path = write_zip(tmp_path / "a.zip", TWO)
    assert _ingest(workspace, path).id == _ingest(workspace, path).id
    assert run_job(ingest_zip(workspace, path, name="Other"))[0].name == "Other"
    assert _ingest(workspace, write_files(tmp_path / "b.zip", TWO)).root == tmp_path / "b.zip"  # a folder named so
    with pytest.raises(UserError, match="There is no file or folder"):
        _ingest(workspace, tmp_path / "nothing.zip")
