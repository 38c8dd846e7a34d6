"""`load_dataset`: whatever means a data set gives it, and what means none gives a sentence."""

import shutil

import pytest

import tlcore
from tests.photos import class_files, write_files, write_zip
from tlcore.api.datasets import take_dataset
from tlcore.workspace import open_workspace


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def a_folder(place):
    return write_files(place / "pets", class_files({"cats": 6, "dogs": 6}))


def a_zip(place):
    return write_zip(place / "pets.zip", class_files({"cats": 6, "dogs": 6}))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (a_folder, "a Path to a folder"),
        (lambda place: str(a_folder(place)), "a folder's name"),
        (a_zip, "a Path to a zip"),
        (lambda place: str(a_zip(place)), "a zip's name"),
        (lambda place: tlcore.load_dataset(a_folder(place)).id, "the id of a data set"),
    ],
)
def test_a_source_gives_its_photos(tmp_path, make, reason):
    data = tlcore.load_dataset(make(tmp_path))
    assert data.labels == ("cats", "dogs") and len(data.photos) == 12, reason
    assert [item.id for item in tlcore.list_datasets()] == [data.id]
    assert repr(data) == f"Dataset('{data.id}', 12 photos, 2 classes)"


def test_a_sample_is_loaded_by_its_name(capfd):
    data = tlcore.load_dataset("emoji")
    assert len(data.photos) == 882 and "emoji" in {sample.key for sample in tlcore.list_samples()}
    assert capfd.readouterr() == ("", ""), "no bars where nobody looks at standard error"


def test_name_seed_workspace_and_events_reach_the_import(tmp_path):
    events = []
    folder, place = a_folder(tmp_path), tmp_path / "elsewhere"
    first = tlcore.load_dataset(folder, name="Pets", seed=1, workspace=place, on_event=events.append)
    other = tlcore.load_dataset(folder, name="Pets", seed=2, workspace=open_workspace(place))
    assert first.name == other.name == "Pets" and first.fingerprint != other.fingerprint
    assert {item.id for item in tlcore.list_datasets(place)} == {first.id, other.id} and not tlcore.list_datasets()
    assert events[-1].stage == "read" and events[-1].done == events[-1].total == 12


@pytest.mark.parametrize(
    ("given", "message", "reason"),
    [
        ("nowhere", "sample sets are emoji", "no path, sample or id"),
        ("", "no folder, zip", "nothing at all is not the current folder"),
        ("../datasets", "no folder, zip", "an id is no way out of the workspace"),
        (5, "of type int", "no path at all"),
        (None, "of type NoneType", "forgotten"),
        (b"pets", "of type bytes", "bytes are no path"),
    ],
)
def test_what_means_no_data_set_is_one_sentence(given, message, reason):
    with pytest.raises(tlcore.UserError, match=message):
        tlcore.load_dataset(given)


def test_a_dataset_is_used_in_the_workspace_that_it_is_in(tmp_path):
    data = tlcore.load_dataset(a_folder(tmp_path), workspace=tmp_path / "elsewhere")
    place, found = take_dataset(data, None, 0, lambda event: None)
    assert found is data and place.root == tmp_path / "elsewhere", "and not in the default one"
    with pytest.raises(tlcore.UserError, match="not in"):
        take_dataset(data, tmp_path / "third", 0, lambda event: None)
    shutil.rmtree(data.folder)
