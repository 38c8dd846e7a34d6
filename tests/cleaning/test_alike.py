"""Photos that are alike: by features, look and time, held against what is usual, whatever the block size."""

import numpy as np
import pandas as pd
import pytest

from tlcore.cleaning import alike
from tlcore.cleaning.alike import find_alike

FULL = (1 << 64) - 1


def direction(cosine: float, dimension: int = 400, seed: int = 1) -> np.ndarray:
    """A vector at this cosine to the first axis, at random otherwise."""
    other = np.random.default_rng(seed).normal(size=dimension)
    other[0] = 0
    other *= np.sqrt(1 - cosine**2) / np.linalg.norm(other)
    other[0] = cosine
    return other


def pair(cosine: float, bits: int = 32, seconds: tuple[float, float] = (np.nan, np.nan), **columns):
    """Features and rows of two photos, and 98 others that are like nothing else."""
    draw = np.random.default_rng(0)
    features = np.concatenate([[direction(1.0), direction(cosine)], draw.normal(size=(98, 400))])
    looks = draw.integers(0, 2**63, 100, np.uint64)
    looks[1] = looks[0] ^ np.uint64((1 << bits) - 1)
    photos = pd.DataFrame({"sha256": [f"{n:064x}" for n in range(100)], "label": ["a", "b"] * 50, "look": looks})
    photos = photos.assign(taken=np.nan, camera="", spread=1.0, flat=0.0, width=500, height=400)
    photos.loc[[0, 1], "taken"] = list(seconds)
    for name, values in columns.items():
        photos.loc[[0, 1], name] = values
    return features.astype(np.float32), photos


@pytest.mark.parametrize(
    ("photos", "found", "reason"),
    [
        (pair(0.95), True, "edits and bursts"),
        (pair(0.88), False, "other photos reach this"),
        (pair(0.88, bits=10), True, "not so near, but it looks nearly the same"),
        (pair(0.70, bits=0), False, "the same look alone: two drawings on white"),
        (pair(0.85, seconds=(10.0, 12.5)), True, "one camera took them within seconds"),
        (pair(0.85, seconds=(10.0, 15.0)), False, "later"),
        (pair(0.60, seconds=(10.0, 10.5)), False, "at once, but of something else"),
        (pair(0.85, seconds=(10.0, 11.0), camera=["one", "two"]), False, "two cameras"),
        (pair(0.99, spread=[0.0, 0.0]), False, "two photos of one colour are empty, not copies"),
        (pair(0.97, bits=12, flat=[0.5, 0.4]), False, "two drawings are alike by nature"),
        (pair(0.97, bits=2, flat=[0.5, 0.4]), True, "the same drawing, saved again"),
        (pair(0.97, bits=12, flat=[0.5, 0.1]), True, "a drawing and a photo"),
        (pair(0.97, bits=12, width=[64, 64]), False, "two digits"),
        (pair(0.85, bits=40, flat=[0.5, 0.4], seconds=(10.0, 11.0)), True, "one camera took them all the same"),
        (pair(0.30, sha256=["f" * 64, "f" * 64]), True, "the same file twice"),
    ],
)
def test_what_counts_as_alike(photos, found, reason):
    result = find_alike(*photos)
    assert result.pairs[["first", "second"]].to_numpy().tolist() == ([[0, 1]] if found else []), reason
    assert (result.group[0] is not None and result.group[0] == result.group[1]) is found
    assert all(each is None for each in result.group[2:])


def test_a_burst_has_the_seconds_between_its_photos_and_a_copy_has_none():
    assert find_alike(*pair(0.95, seconds=(10.0, 11.5))).pairs["seconds"].tolist() == [1.5]
    assert np.isnan(find_alike(*pair(0.95, seconds=(10.0, 90.0))).pairs["seconds"]).all()


def test_where_all_photos_are_alike_only_those_that_are_much_more_so_count():
    draw = np.random.default_rng(0)
    features = np.ones((200, 400)) + 0.3 * draw.normal(size=(200, 400))  # any two: 0.92
    features[1] = features[0] + 0.01 * draw.normal(size=400)
    photos = pd.concat([pair(0)[1]] * 2, ignore_index=True).assign(sha256=[f"{n:064x}" for n in range(200)])
    result = find_alike(features.astype(np.float32), photos)
    assert result.pairs[["first", "second"]].to_numpy().tolist() == [[0, 1]]
    assert result.similarity.min() > 0.9, "all are similar all the same"


def test_a_class_of_two_long_bursts_is_two_groups():
    draw = np.random.default_rng(0)
    centres = draw.normal(size=(4, 400))
    features = np.repeat(centres, 25, axis=0) + 0.15 * draw.normal(size=(100, 400))
    photos = pair(0)[1].assign(label=np.repeat(["a", "b"], 50))
    groups = find_alike(features.astype(np.float32), photos).group
    assert [len(set(groups[start : start + 25])) for start in (0, 25, 50, 75)] == [1] * 4
    assert len(set(groups)) == 4 and None not in set(groups)


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_the_size_of_the_blocks_changes_nothing(monkeypatch, block):
    features, photos = pair(0.95)
    expected = find_alike(features, photos)
    monkeypatch.setattr(alike, "BLOCK", block)
    found = find_alike(features, photos)
    assert np.allclose(found.similarity, expected.similarity, atol=1e-6)
    assert found.pairs["first"].tolist() == expected.pairs["first"].tolist()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_few_photos_are_no_trouble(number):
    features, photos = pair(0.95)
    result = find_alike(features[:number], photos.head(number))
    assert len(result.similarity) == number and len(result.pairs) == (number > 1)
