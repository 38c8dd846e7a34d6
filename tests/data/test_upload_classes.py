"""Cards of the Data page: what they are called, what was removed, and the name of a data set that got none."""

import pytest

from tests.photos import make_photo, run_job
from tlcore.data import incoming
from tlcore.data.default_name import dataset_name
from tlcore.data.ingest import ingest_incoming
from tlcore.data.upload_classes import (
    UploadClass,
    UploadClasses,
    add_class,
    classes_from,
    name_of_uploads,
    read_classes,
    write_classes,
)
from tlcore.errors import TooFewPhotos
from tlcore.events import Failed
from tlcore.jobs.store import ImportSpec, create_import
from tlcore.worker.runner import run_job as run_in_this_process

CATS, DOGS = UploadClass(("card-0",), "cats"), UploadClass(("card-1", "card-2"), "dogs")
BIRDS = UploadClass(("card-3",))


def upload(workspace, counts):
    """An upload area with so many photos under each label."""
    area = incoming.new_incoming(workspace)
    number = 0
    for label, count in counts.items():
        for _ in range(count):
            incoming.add_file(workspace, area, f"{number}.jpg", make_photo(number := number + 1), label)
    return area


def test_labels_become_the_names_of_their_cards(workspace):
    area = upload(workspace, {"card-0": 4, "card-1": 3, "card-2": 3, "card-3": 3, "Ponies": 4})
    write_classes(workspace, area, UploadClasses((CATS, DOGS, BIRDS)))
    dataset, _ = run_job(ingest_incoming(workspace, area, "x"))
    assert dataset.photos["label"].value_counts().to_dict() == {"cats": 4, "dogs": 6, "Class 3": 3, "Ponies": 4}


def test_what_was_removed_is_not_imported_even_where_it_came_late(workspace):
    area = upload(workspace, {"card-0": 4, "card-1": 4})
    write_classes(workspace, area, UploadClasses((CATS, DOGS), removed=("card-3",)))
    incoming.add_file(workspace, area, "late.jpg", make_photo(99), "card-3")
    dataset, _ = run_job(ingest_incoming(workspace, area, ""))
    assert dataset.labels == ("cats", "dogs") and dataset.name == "cats and dogs"
    write_classes(workspace, area, UploadClasses((CATS, DOGS), removed=("card-3",)))
    assert len(incoming.list_uploads(workspace, area)) == 8


def test_a_photo_that_was_sent_twice_stays_when_one_of_them_is_taken_out(workspace):
    area = upload(workspace, {"card-0": 1})
    folder = incoming.area_folder(workspace, area)
    first = incoming.read_index(folder)[0]
    incoming.append_index(folder, [first | {"id": "f" * 16 + "-0"}])
    incoming.remove_sent(workspace, area, {"f" * 16 + "-0"})
    assert incoming.read_file(workspace, area, first["number"]) == make_photo(1)


def test_small_classes_are_named_and_can_be_left_out(workspace):
    area = upload(workspace, {"cats": 4, "dogs": 4, "birds": 2, "bees": 1})
    job = create_import(workspace, ImportSpec("incoming", area))
    last = run_in_this_process(workspace, job)
    assert isinstance(last, Failed) and last.small_classes == ("bees", "birds")
    dataset, _ = run_job(ingest_incoming(workspace, area, "", without=last.small_classes))
    assert dataset.labels == ("cats", "dogs") and dataset.name == "cats and dogs"
    assert dataset.refused["reason"].tolist() == ["its class was left out, as you asked"] * 3


def test_with_one_class_left_there_is_nothing_to_go_on_with(workspace):
    area = upload(workspace, {"cats": 4, "birds": 2})
    with pytest.raises(TooFewPhotos) as refusal:
        run_job(ingest_incoming(workspace, area, ""))
    assert refusal.value.classes == ()


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ([], "My photos"),
        (["cats"], "cats"),
        (["cats", "dogs"], "cats and dogs"),
        (["cats", "dogs", "birds"], "cats, dogs and birds"),
        (["cats", "dogs", "birds", "bees"], "cats, dogs and 2 more"),
        (["cats", "dogs", "a", "b", "c"], "cats, dogs and 3 more"),
    ],
)
def test_a_data_set_is_called_after_its_classes(labels, name):
    assert dataset_name(labels) == name


@pytest.mark.parametrize(
    ("uploads", "classes", "without", "name", "reason"),
    [
        ([("leaves.zip", None)], UploadClasses(), (), "leaves", "the zip"),
        ([("leaves/train/oak/1.jpg", None)], UploadClasses(), (), "leaves", "the folder"),
        ([("a.zip", None), ("b.zip", None)], UploadClasses(), (), "", "two zips have no common name"),
        (
            [("2.jpg", "card-1"), ("1.jpg", "card-0")],
            UploadClasses((CATS, DOGS)),
            (),
            "cats and dogs",
            "as cards stand",
        ),
        (
            [("1.jpg", "card-0")],
            UploadClasses((CATS, DOGS), folder="pets"),
            (),
            "pets",
            "the folder around the classes",
        ),
        ([("1.jpg", "card-0"), ("2.jpg", "card-3")], UploadClasses((CATS, BIRDS)), (), "", "one has no name yet"),
        ([("1.jpg", "card-0"), ("2.jpg", "card-1")], UploadClasses((CATS, DOGS)), ("dogs",), "cats", "left out"),
        ([("1.jpg", "oak"), ("2.jpg", "beech")], UploadClasses(), (), "beech and oak", "labels that are names"),
    ],
)
def test_a_data_set_without_a_name_is_called_after_what_it_is_made_of(uploads, classes, without, name, reason):
    assert name_of_uploads(uploads, classes, without) == name, reason


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (None, UploadClasses()),
        ({"classes": [{"labels": ["a", 7, ""], "name": " x \n y "}, 5]}, UploadClasses((UploadClass(("a",), "x y"),))),
        ({"classes": [{"labels": "abc", "name": 7}]}, UploadClasses((UploadClass(()),))),
        ({"removed": ["b", "a", None], "name": 3, "folder": "pets"}, UploadClasses((), ("a", "b"), "", "pets")),
    ],
)
def test_whatever_a_browser_says_is_made_fit_to_be_kept(said, kept):
    assert classes_from(said) == kept


def test_classes_that_cannot_be_read_are_none(workspace):
    area = incoming.new_incoming(workspace)
    write_classes(workspace, area, UploadClasses((CATS,), name="pets"))
    assert read_classes(workspace, area) == UploadClasses((CATS,), name="pets")
    (incoming.area_folder(workspace, area) / "classes.json").write_text("{", encoding="utf-8")
    assert read_classes(workspace, area) == UploadClasses()


A1, B1, PHONE = UploadClass(("a",), "oak"), UploadClass(("b",), "beech"), UploadClass(("p",), "elm")


@pytest.mark.parametrize(
    ("known", "said", "kept", "reason"),
    [
        (UploadClasses((A1, PHONE)), UploadClasses((A1,)), (A1, PHONE), "a class that a phone has added"),
        (UploadClasses((A1, B1)), UploadClasses((B1, A1)), (B1, A1), "the page's own order"),
        (
            UploadClasses((UploadClass(("a", "p"), "oak"),)),
            UploadClasses((UploadClass(("a",), "oak leaf"),)),
            (UploadClass(("a", "p"), "oak leaf"),),
            "a label that another page put onto its card",
        ),
        (UploadClasses((A1, B1)), UploadClasses((B1,), removed=("a",)), (B1,), "a card that was removed goes"),
        (UploadClasses((B1,), removed=("a",)), UploadClasses((B1,)), (B1,), "and what it sends late never counts"),
        (
            UploadClasses((UploadClass(("a", "p"), "oak"),)),
            UploadClasses((), removed=("a",)),
            (UploadClass(("p",), "oak"),),
            "of a removed card the photos of others stay",
        ),
        (
            UploadClasses((UploadClass((), "empty"),)),
            UploadClasses((A1,)),
            (A1,),
            "a card without labels holds nothing",
        ),
    ],
)
def test_pages_that_write_at_once_keep_each_others_classes(workspace, known, said, kept, reason):
    area = incoming.new_incoming(workspace)
    write_classes(workspace, area, known)
    write_classes(workspace, area, said)
    found = read_classes(workspace, area)
    assert found.classes == kept, reason
    assert set(found.removed) == {*known.removed, *said.removed}


def test_a_class_is_added_once(workspace):
    area = incoming.new_incoming(workspace)
    write_classes(workspace, area, UploadClasses((A1,), name="leaves"))
    assert add_class(workspace, area, " OAK ") == "a", "the card that is there"
    label = add_class(workspace, area, "elm")
    assert add_class(workspace, area, "Elm") == label
    assert read_classes(workspace, area) == UploadClasses((A1, UploadClass((label,), "elm")), name="leaves")
