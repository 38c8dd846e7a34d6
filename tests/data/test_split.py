"""Parts are stratified, repeatable, honest about duplicates, and never without a class."""

import hashlib

import pandas as pd
import pytest

from tlcore.data.split import complete_given, decide_parts, split_photos
from tlcore.errors import UserError


def _photos(counts: dict[str, int], **columns) -> pd.DataFrame:
    labels = [label for label, count in counts.items() for _ in range(count)]
    hashes = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(len(labels))]
    return pd.DataFrame({"sha256": hashes, "label": labels, **columns})


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (3, (1, 1, 1)),  # the least: one each
        (4, (2, 1, 1)),
        (7, (5, 1, 1)),
        (10, (6, 2, 2)),  # 1.5 is rounded up
        (100, (70, 15, 15)),
        (1399, (979, 210, 210)),
    ],
)
def test_every_class_is_parted_70_15_15_with_one_at_least_in_each(count, expected):
    photos = _photos({"a": count, "b": 20})
    parts = split_photos(photos)[photos["label"] == "a"]
    assert tuple((parts == part).sum() for part in ("train", "validation", "test")) == expected


def test_the_seed_decides_and_the_order_of_files_does_not():
    photos = _photos({"a": 40, "b": 60})
    parts = split_photos(photos, seed=3)
    shuffled = split_photos(photos.sample(frac=1, random_state=0), seed=3)
    assert shuffled.sort_index().equals(parts)
    assert not split_photos(photos, seed=4).equals(parts)


def test_300_classes_of_three_photos_work():
    photos = _photos({f"class {number}": 3 for number in range(300)})
    assert split_photos(photos).groupby(photos["label"]).nunique().eq(3).all()


@pytest.mark.parametrize(
    ("counts", "copies", "words"),
    [
        ({"a": 1, "b": 9}, 1, "The class a has only 1 different photo"),
        ({"a": 2, "b": 9}, 1, "The class a has only 2 different photos"),
        ({"a": 2, "b": 9}, 5, "The class a has only 2 different photos in 10 files .the rest are copies"),
        ({"a": 1, "b": 2, "c": 9}, 1, "2 classes have too few different photos: a .1., b .2."),
    ],
)
def test_a_class_with_too_few_different_photos_is_named(counts, copies, words):
    photos = pd.concat([_photos(counts)] * copies, ignore_index=True)
    with pytest.raises(UserError, match=words) as caught:
        split_photos(photos)
    assert "at least 3" in caught.value.fix


def test_equal_photos_and_groups_are_on_one_side():
    photos = _photos({"a": 60, "b": 60})
    photos.loc[1, "sha256"] = photos.loc[0, "sha256"]
    photos.loc[70, "sha256"] = photos.loc[0, "sha256"]  # the same photo in two classes
    photos["group"] = [str(number // 2) if number > 10 else None for number in range(120)]
    for seed in range(20):
        parts = split_photos(photos, seed)
        assert parts.groupby(photos["sha256"]).nunique().max() == 1
        assert parts.groupby(photos["group"]).nunique().max() == 1
        assert parts.notna().all()


def test_rows_with_a_part_keep_it_and_new_ones_are_parted_among_themselves():
    photos = _photos({"a": 100, "b": 100}, split=None)
    photos["split"] = split_photos(photos)
    more = pd.concat([photos, _photos({"c": 10}).assign(sha256=[f"c{n}" for n in range(10)])], ignore_index=True)
    parts = split_photos(more)
    assert parts[:200].equals(photos["split"])
    assert parts[200:].value_counts().to_dict() == {"train": 6, "validation": 2, "test": 2}


def _given(counts: dict[str, dict[str, int]]) -> pd.DataFrame:
    photos = _photos({f"{part} {label}": n for part, labels in counts.items() for label, n in labels.items()})
    names = photos["label"].str.split(" ", n=1)
    return photos.assign(split=names.str[0], label=names.str[1])


def test_given_parts_are_honoured_and_a_fifth_of_validation_becomes_the_test():
    photos = _given({"train": {"a": 50, "b": 50}, "validation": {"a": 20, "b": 2}})
    parts, notes = complete_given(photos)
    assert (parts[photos["split"] == "train"] == "train").all()
    assert pd.crosstab(photos["label"], parts)["test"].to_dict() == {"a": 4, "b": 1}
    assert notes == ["There was no test part, so a fifth of the validation photos were moved there (5)."]
    assert complete_given(photos.sample(frac=1, random_state=1))[0].sort_index().equals(parts)


def test_without_validation_a_part_of_the_training_photos_becomes_one():
    parts, notes = complete_given(_given({"train": {"a": 20, "b": 20}, "test": {"a": 5, "b": 5}}))
    assert parts.value_counts().to_dict() == {"train": 34, "test": 10, "validation": 6}
    assert "no validation part" in notes[0]


def test_all_three_parts_given_stay_as_they_are():
    photos = _given({"train": {"a": 4, "b": 4}, "validation": {"a": 1, "b": 1}, "test": {"a": 2, "b": 1}})
    parts, notes = complete_given(photos)
    assert parts.tolist() == photos["split"].tolist() and notes == []


def test_a_photo_in_train_and_test_counts_for_train_only():
    photos = _given({"train": {"a": 9, "b": 9}, "validation": {"a": 3, "b": 3}, "test": {"a": 3, "b": 3}})
    leaked = photos.index[photos["split"] == "test"][0]
    photos.loc[leaked, "sha256"] = photos.loc[0, "sha256"]
    parts, notes = complete_given(photos)
    assert parts[leaked] == "train" and (parts == "test").sum() == 5
    assert "1 validation or test photo is also in an earlier part" in notes[0]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (
            {"train": {"a": 5}, "validation": {"a": 5, "b": 5}},
            "The class b has no training photos",
        ),  # cannot be learned
        ({"train": {"a": 5, "b": 5}, "validation": {"a": 1, "b": 1}}, "too few photos for a test part"),
    ],
)
def test_given_parts_that_cannot_work_end_in_a_sentence(counts, words):
    with pytest.raises(UserError, match=words):
        complete_given(_given(counts))


def test_validation_that_only_repeats_training_ends_in_a_sentence():
    photos = _given({"train": {"a": 5, "b": 5}, "validation": {"a": 5, "b": 5}})
    photos["sha256"] = list(photos["sha256"][:10]) * 2
    with pytest.raises(UserError, match="nothing is left for testing"):
        complete_given(photos)


def test_a_class_that_validation_lacks_is_told():
    _, notes = complete_given(_given({"train": {"a": 9, "b": 9}, "validation": {"a": 9}}))
    assert "The validation part has no photos of: b." in notes


def test_given_and_new_photos_together():
    photos = _given({"train": {"a": 20, "b": 20}, "validation": {"a": 10, "b": 10}, "None": {"c": 10}})
    photos["split"] = photos["split"].where(photos["split"] != "None", None)
    parts, _ = decide_parts(photos)
    table = pd.crosstab(photos["label"], parts)
    assert table.loc["a"].to_dict() == {"test": 2, "train": 20, "validation": 8}
    assert table.loc["c"].to_dict() == {"test": 2, "train": 6, "validation": 2}
