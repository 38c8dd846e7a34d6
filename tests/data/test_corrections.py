"""Corrections of several photos as one edit: what they do, what refuses them, and what of them is still to be done."""

import pytest

from tests.photos import class_files, run_job, write_zip
from tlcore.data.corrections import Correction, correct, outstanding
from tlcore.data.edits import history, leave_out, rename_class, undo
from tlcore.data.ingest import ingest_zip
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import current_version, load_current
from tlcore.errors import TooFewPhotos, UserError
from tlcore.messages.edits import edit_message


@pytest.fixture
def dataset(workspace, tmp_path):
    files = class_files({"cats": 6, "dogs": 6, "birds": 4})
    return run_job(ingest_zip(workspace, write_zip(tmp_path / "pets.zip", files)))[0]


def photos_of(dataset, label):
    return sorted(dataset.photos["path"][dataset.photos["label"] == label])


def test_many_corrections_are_one_edit_and_photos_keep_their_part(workspace, dataset):
    cat, other, *_ = photos_of(dataset, "cats")
    dog, bird = photos_of(dataset, "dogs")[0], photos_of(dataset, "birds")[0]
    wanted = [Correction(cat, "cats", "dogs"), Correction(dog, "dogs", "birds"), Correction(other, "cats")]
    newer = correct(workspace, dataset, wanted)
    now, before = newer.photos.set_index("path"), dataset.photos.set_index("path")
    assert (now.at[cat, "label"], now.at[dog, "label"]) == ("dogs", "birds") and other not in now.index
    kept = [cat, dog, bird]
    assert (now.loc[kept, "split"] == before.loc[kept, "split"]).all(), "test photos stay test photos"
    assert newer.version == 2 and [each.version for each in history(workspace, newer)] == [2]
    assert edit_message(history(workspace, newer)[0].change) == (
        "Corrected 3 photos: 2 moved to another class, 1 left out"
    )
    assert load_dataset(workspace, newer.id).fingerprint == newer.fingerprint, "the log leads to the same rows"
    assert undo(workspace, newer).fingerprint == dataset.fingerprint, "one undo takes all back"


def test_corrections_of_one_way_read_as_that_edit(workspace, dataset):
    cat, dog = photos_of(dataset, "cats")[0], photos_of(dataset, "dogs")[0]
    newer = correct(workspace, dataset, [Correction(cat, "cats", "birds"), Correction(dog, "dogs", "birds")])
    newer = correct(workspace, newer, [Correction(cat, "birds")])
    said = [edit_message(each.change) for each in history(workspace, newer)]
    assert said == ["Moved 2 photos from cats, dogs to birds", "Left out 1 photo"]


def test_doing_it_twice_is_doing_it_once(workspace, dataset):
    cat, dog = photos_of(dataset, "cats")[0], photos_of(dataset, "dogs")[0]
    wanted = [Correction(cat, "cats", "dogs"), Correction(dog, "dogs")]
    newer = correct(workspace, dataset, wanted)
    assert correct(workspace, dataset, wanted).id == newer.id, "as after a kill between the version and the run"


@pytest.mark.parametrize(
    ("wanted", "error", "said", "reason"),
    [
        (lambda d: [Correction(each, "birds") for each in photos_of(d, "birds")[:2]], TooFewPhotos, "birds", "2 left"),
        (lambda d: [Correction(photos_of(d, "cats")[0], "cats", "fish")], UserError, "no class “fish”", "no class"),
        (lambda d: [Correction("no.jpg", "cats", "dogs")], UserError, "no photo no.jpg", "no photo"),
        (
            lambda d: [Correction(path, "") for label in ("cats", "dogs") for path in photos_of(d, label)],
            UserError,
            "At least two classes",
            "one class left",
        ),
    ],
)
def test_what_cannot_be_done_changes_nothing(workspace, dataset, wanted, error, said, reason):
    good = Correction(photos_of(dataset, "dogs")[0], "dogs", "cats")
    with pytest.raises(error, match=said):
        correct(workspace, dataset, [good, *wanted(dataset)])
    assert current_version(workspace, dataset.id) == dataset.id, reason


def test_what_is_still_to_be_done_in_a_later_version(workspace, dataset):
    cats, dogs = photos_of(dataset, "cats"), photos_of(dataset, "dogs")
    wanted = {
        "to_do": Correction(cats[0], "cats", "dogs"),
        "done": Correction(cats[1], "cats"),
        "gone": Correction(cats[2], "cats", "dogs"),
        "no_class": Correction(dogs[0], "dogs", "birds"),
    }
    assert outstanding(dataset, wanted.values()).to_do == tuple(wanted.values()), "in the version that was looked at"
    newer = leave_out(workspace, dataset, [cats[1], cats[2]])
    newer = rename_class(workspace, newer, "birds", "owls")
    found = outstanding(newer, wanted.values())
    assert {name: getattr(found, name) for name in wanted} == {name: (each,) for name, each in wanted.items()}
    made = correct(workspace, dataset, found.to_do)
    assert made.version == 4 and "owls" in load_current(workspace, dataset.id).labels, "added to the newest version"
