"""Bursts of a camera stay on one side of the split; a class that has little else is cut where it was recorded."""

import hashlib

import pandas as pd
import pytest

from tests.photos import make_photo, run_job
from tlcore.data import incoming, receive
from tlcore.data.bursts import part_bursts
from tlcore.data.receive import Part, SentFile
from tlcore.data.split import decide_parts
from tlcore.data.uploads import ingest_incoming
from tlcore.errors import TooFewPhotos
from tlcore.settings import OWN


def _rows(label, *bursts, single=0):
    """The photos of a class: bursts of so many photos, and some by themselves."""
    rows = []
    for number, size in enumerate([*bursts, *[1] * single]):
        for shot in range(size):
            group = f"burst {label}{number}" if number < len(bursts) else None
            rows.append(
                {"path": f"{label}/camera-{number}-{shot:03d}.jpg", "label": label, "split": None, "group": group}
            )
    return rows


def _photos(*classes):
    photos = pd.DataFrame([row for rows in classes for row in rows])
    return photos.assign(sha256=[hashlib.sha256(path.encode()).hexdigest() for path in photos["path"]])


def _split(photos):
    photos, notes = part_bursts(photos)
    parts, _ = decide_parts(photos)
    return photos.assign(split=parts), notes


def test_a_burst_is_in_one_part_where_there_are_enough():
    photos, notes = _split(_photos(_rows("cup", 10, 8, 12, 9), _rows("pen", single=12), _rows("key", 10, single=2)))
    for _, rows in photos[photos["group"].notna()].groupby("group"):
        assert rows["split"].nunique() == 1
    for _, rows in photos.groupby("label"):
        assert set(rows["split"]) == {"train", "validation", "test"}
    assert notes == []


@pytest.mark.parametrize(
    ("bursts", "single", "parts", "words"),
    [
        ((20,), 0, {"train": 14, "validation": 3, "test": 3}, "come from one recording"),
        ((3,), 0, {"train": 1, "validation": 1, "test": 1}, "come from one recording"),
        ((20, 10), 0, {"train": 20, "validation": 5, "test": 5}, "recorded twice"),
        ((20, 2), 0, {"train": 16, "validation": 3, "test": 3}, "come from one recording"),
        ((10,), 1, {"train": 7, "validation": 2, "test": 2}, "come from one recording"),
    ],
)
def test_a_class_of_one_or_two_bursts_is_cut_in_the_order_of_time_and_says_so(bursts, single, parts, words):
    photos, notes = _split(_photos(_rows("cup", *bursts, single=single), _rows("pen", single=12)))
    cup = photos[photos["label"] == "cup"].sort_values("path")
    assert cup["split"].value_counts().to_dict() == parts
    assert len(notes) == 1 and "cup" in notes[0] and words in notes[0]
    first = cup[cup["path"].str.startswith("cup/camera-0-")]["split"].tolist()
    assert first == sorted(first, key=["train", "validation", "test"].index), "never back and forth"
    assert set(photos[photos["label"] == "pen"]["split"]) == {"train", "validation", "test"}


def test_equal_photos_tie_neither_classes_nor_parts_together():
    """A virtual camera that stands still gives the same picture again and again."""
    photos = _photos(_rows("cup", 10, 10, 10), _rows("pen", 10, 10, 10))
    photos.loc[[0, 10, 20, 30, 40, 50], "sha256"] = "e" * 64
    photos.loc[[1, 11, 21], "sha256"] = "f" * 64
    split, notes = _split(photos)
    for _, rows in split.groupby("label"):
        assert set(rows["split"]) == {"train", "validation", "test"}
    assert (split.groupby("sha256")["split"].nunique() == 1).all()
    assert len(notes) == 1 and "cup" in notes[0], "its three bursts are one"


def test_two_photos_of_a_burst_are_too_few_as_ever():
    with pytest.raises(TooFewPhotos, match="cup has only 2 different photos"):
        _split(_photos(_rows("cup", 2), _rows("pen", single=12)))


@pytest.mark.parametrize("group", ["../../x", "abc", "0123456789ABCDEF", 7, None])
def test_a_group_that_a_browser_made_up_is_refused(group):
    with pytest.raises(ValueError):
        receive.check_mark(group)
    assert receive.check_mark("") == "" and receive.check_mark("0123456789abcdef")


def _send(workspace, area, number, label, group=""):
    data, file_id = make_photo(number), f"{'a' * 16}-{number}"
    part = Part(workspace, area, file_id, 0)
    part.write(data)
    part.close()
    file = SentFile(file_id, f"camera-{1000 + number}-1.jpg", label, len(data), group=group)
    receive.commit(workspace, area, [file], OWN)


def test_bursts_of_the_camera_are_groups_of_the_data_set(workspace):
    area = incoming.new_incoming(workspace)
    for number in range(18):
        _send(workspace, area, number, "cup", f"{number // 6:016x}")
    for number in range(18, 30):
        _send(workspace, area, number, "pen")
    _send(workspace, area, 30, "pen", "f" * 16)  # a burst of one photo
    dataset = run_job(ingest_incoming(workspace, area, "Desk"))[0]
    cups, pens = (dataset.photos[dataset.photos["label"] == label] for label in ("cup", "pen"))
    assert sorted(cups["group"].value_counts()) == [6, 6, 6] and cups.groupby("group")["split"].nunique().max() == 1
    assert pens["group"].isna().all() and dataset.notes == ()


def test_a_class_of_one_burst_becomes_a_data_set_with_a_note(workspace):
    area = incoming.new_incoming(workspace)
    for number in range(20):
        _send(workspace, area, number, "cup", "1" * 16)
        _send(workspace, area, 100 + number, "pen")
    dataset = run_job(ingest_incoming(workspace, area, "Desk"))[0]
    assert set(dataset.photos["split"]) == {"train", "validation", "test"}
    assert any("All photos of cup come from one recording" in note for note in dataset.notes)
