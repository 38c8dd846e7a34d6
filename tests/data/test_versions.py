"""Another name for a class, a class or photos less: a newer version with the same files, and nothing lost."""

import pytest

from tests.photos import class_files, run_job, write_files, write_zip
from tests.storage.test_deletion import FOX, upload
from tlcore.data.dataset_list import list_datasets
from tlcore.data.edits import delete_class, delete_photos, rename_class
from tlcore.data.ingest import ingest_folder, ingest_incoming, ingest_zip
from tlcore.data.manifest import SPLITS, load_dataset
from tlcore.data.versions import current_version, version_before
from tlcore.errors import UserError
from tlcore.storage.renaming import rename

CLASSES = {"cats": 8, "dogs": 8, "birds": 8}


@pytest.fixture
def dataset(workspace, tmp_path):
    return run_job(ingest_zip(workspace, write_zip(tmp_path / "pets.zip", class_files(CLASSES))))[0]


def parts(dataset):
    return dict(zip(dataset.photos["path"], dataset.photos["split"]))


CHANGES = [
    (
        lambda place, data: rename_class(place, data, "cats", "felines"),
        {"felines": 8, "dogs": 8, "birds": 8},
        "renamed",
    ),
    (lambda place, data: rename_class(place, data, "cats", "CATS"), {"CATS": 8, "dogs": 8, "birds": 8}, "capitals"),
    (lambda place, data: rename_class(place, data, "cats", "Dogs "), {"dogs": 16, "birds": 8}, "merged"),
    (lambda place, data: delete_class(place, data, "cats"), {"dogs": 8, "birds": 8}, "a class less"),
    (
        lambda place, data: delete_photos(place, data, [data.part("train")["path"][0]]),
        None,
        "a photo less",
    ),
]


@pytest.mark.parametrize(("change", "expected", "reason"), CHANGES, ids=[case[2] for case in CHANGES])
def test_a_change_makes_a_newer_version(workspace, dataset, change, expected, reason):
    rename(workspace, dataset.id, "My pets")
    changed = change(workspace, dataset)
    counts = changed.photos["label"].value_counts().to_dict()
    assert counts == expected if expected else sum(counts.values()) == 23, reason
    assert set(changed.labels) == set(counts) and changed.name == "My pets"
    assert all(map(changed.read, changed.photos["path"])), "every photo that stays is there"
    assert all(changed.thumbnails.read(sha256) for sha256 in changed.photos["sha256"])
    before = parts(dataset)
    assert all(before[path] == part for path, part in parts(changed).items()), "each photo stays in its part"
    assert [each.id for each in list_datasets(workspace)] == [changed.id], "only the newest is in the list"
    assert current_version(workspace, dataset.id) == changed.id
    assert version_before(workspace, changed.id) == dataset.id
    old = load_dataset(workspace, dataset.id)
    assert old.fingerprint == dataset.fingerprint and all(map(old.read, old.photos["path"])), "the old one is whole"


def test_a_class_that_loses_its_last_test_photo_is_split_once_more(workspace, dataset):
    test = dataset.part("test")
    changed = delete_photos(workspace, dataset, test[test["label"] == "cats"]["path"])
    cats = changed.photos[changed.photos["label"] == "cats"]
    assert set(cats["split"]) == set(SPLITS)
    before, after = parts(dataset), parts(changed)
    assert all(before[path] == after[path] for path in after if not path.startswith("cats/")), "the others stay"


REFUSED = [
    (lambda place, data: rename_class(place, data, "fish", "x"), "no class “fish”", "an unknown class"),
    (lambda place, data: rename_class(place, data, "cats", "  "), "Enter a name", "no name"),
    (lambda place, data: delete_photos(place, data, ["x.jpg"]), "no photo x.jpg", "an unknown photo"),
    (
        lambda place, data: delete_photos(place, data, data.photos[data.photos["label"] == "cats"]["path"][:6]),
        "2 different photos",
        "too few are left",
    ),
    (
        lambda place, data: delete_class(place, rename_class(place, data, "cats", "dogs"), "birds"),
        "two classes are needed",
        "one class is left",
    ),
    (
        lambda place, data: (rename_class(place, data, "cats", "a"), rename_class(place, data, "cats", "b")),
        "renamed, merged or deleted before",
        "a class that an earlier version had",
    ),
    (
        lambda place, data: [delete_photos(place, data, [data.part("train")["path"][0]]) for _ in range(2)],
        "was left out or deleted before",
        "a photo that an earlier version had",
    ),
]


@pytest.mark.parametrize(("change", "words", "reason"), REFUSED, ids=[case[2] for case in REFUSED])
def test_what_cannot_be_changed_is_one_sentence(workspace, dataset, change, words, reason):
    with pytest.raises(UserError, match=words):
        change(workspace, dataset)
    assert load_dataset(workspace, dataset.id)
    assert not list(workspace.datasets.glob(".draft-*")), "nothing half-made stays"


def test_a_change_of_an_earlier_version_is_made_to_the_newest(workspace, dataset):
    second = rename_class(workspace, dataset, "cats", "felines")
    third = rename_class(workspace, dataset, "dogs", "hounds")
    fourth = delete_photos(workspace, dataset, [dataset.part("train")["path"][0]])
    assert set(fourth.labels) == {"felines", "hounds", "birds"} and len(fourth.photos) == 23
    assert [version_before(workspace, each.id) for each in (dataset, second, third, fourth)] == [
        *("", dataset.id, second.id, third.id)
    ]
    assert [each.id for each in list_datasets(workspace)] == [fourth.id]


def test_every_version_has_the_name_of_the_newest(workspace, dataset):
    newer = rename_class(workspace, dataset, "cats", "felines")
    for an_id, name in ((newer.id, "By the new id"), (dataset.id, "By the old id")):
        rename(workspace, an_id, name)
        assert {load_dataset(workspace, each.id).name for each in (dataset, newer)} == {name}
        assert [each.name for each in list_datasets(workspace)] == [name]


def test_what_changes_nothing_makes_nothing(workspace, dataset):
    assert rename_class(workspace, dataset, "cats", "cats") is dataset
    assert delete_photos(workspace, dataset, []) is dataset
    assert len(list_datasets(workspace)) == 1


def test_photos_in_a_persons_folder_are_never_touched(workspace, tmp_path):
    folder = write_files(tmp_path / "pets", class_files(CLASSES))
    dataset = run_job(ingest_folder(workspace, folder))[0]
    files = sorted(folder.rglob("*.jpg"))
    changed = delete_photos(workspace, dataset, [dataset.part("train")["path"][0]])
    assert changed.root == dataset.root and all(map(changed.read, changed.photos["path"]))
    assert sorted(folder.rglob("*.jpg")) == files
    again = run_job(ingest_folder(workspace, folder))[0]
    assert len(again.photos) == 24 and again.id not in (dataset.id, changed.id), "the folder is as it was"


def test_a_visitors_change_is_his_own(workspace):
    dataset = run_job(ingest_incoming(workspace, upload(workspace, FOX, 12), "x", visitor=FOX))[0]
    assert rename_class(workspace, dataset, "cats", "felines").visitor == FOX
