"""The embedding keeps who is near whom, is small, and is read back as it was written or not at all."""

import numpy as np
import pandas as pd
import pytest

from tlcore.evaluation.embedding import (
    ARRAYS,
    INFO,
    MOST_DIMENSIONS,
    PHOTOS,
    load_embedding,
    make_embedding,
    nearest,
    save_embedding,
)


def made(number: int, dimension: int, rank: int, seed: int = 0):
    """Features without negative values, as a network pools them, that lie near a space of `rank` dimensions."""
    random = np.random.default_rng(seed)
    base = random.gamma(1.0, size=(rank, dimension))
    features = random.gamma(0.4, size=(number, rank)) @ base + random.gamma(0.5, 0.02, size=(number, dimension))
    rows = {"path": [f"{n}.png" for n in range(number)], "sha256": [f"{n:064x}" for n in range(number)]}
    return pd.DataFrame(rows | {"label": "a", "split": "train"}), features.astype(np.float32)


def cosines(features, other):
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    return unit @ (other / np.linalg.norm(other))


@pytest.mark.parametrize(
    ("number", "dimension", "rank", "most"),
    [
        (300, 200, 40, 0.003),  # more photos than dimensions
        (60, 500, 40, 0.003),  # fewer: the other Gram matrix
        (2, 64, 2, 0.003),  # two photos have two dimensions
        (400, 600, 300, 0.02),  # more than is kept: near, and no longer equal
    ],
)
def test_similarities_are_the_cosines_of_the_features(number, dimension, rank, most):
    photos, features = made(number, dimension, rank)
    embedding = make_embedding(photos, features)
    assert embedding.vectors.shape[1] <= MOST_DIMENSIONS
    np.testing.assert_allclose(np.linalg.norm(embedding.vectors.astype(np.float32), axis=1), 1, atol=2e-3)
    new = features[0]
    np.testing.assert_allclose(embedding.similarities(new), cosines(features, new), atol=most)


def test_what_a_photo_has_beside_the_projection_counts_as_unlike():
    photos, features = made(200, 300, 20)
    embedding = make_embedding(photos, features)
    outside = np.linalg.svd(features)[2][-1].astype(np.float32)  # a direction that hardly any photo has
    assert embedding.similarities(outside).max() < 0.1


def test_a_photo_is_wholly_like_itself_though_part_of_it_is_lost():
    photos, features = made(400, 600, 300)
    embedding = make_embedding(photos, features)
    assert embedding.photos["kept"].min() < 0.9995
    assert [embedding.similarities(row)[n] for n, row in enumerate(features)] == pytest.approx([1] * 400, abs=4e-3)


def test_the_nearest_are_of_the_class_that_was_asked_for_and_of_the_photos_that_may_be_shown():
    photos, features = made(60, 64, 30)
    photos["label"] = ["cat", "dog"] * 30
    features[2] = features[0]
    photos.loc[2, "sha256"] = photos["sha256"][0]  # a copy
    embedding = make_embedding(photos, features)
    among = set(photos["path"]) - {"4.png"}
    found = nearest(embedding, features[4], "cat", 3, among)
    cosine = cosines(features, features[4])
    best = sorted((cosine[n] for n in range(60) if n % 2 == 0 and n not in (2, 4)), reverse=True)[:3]
    places = [photos.index[photos["path"] == each.path][0] for each in found]
    np.testing.assert_allclose([cosine[place] for place in places], best, atol=1e-3)
    np.testing.assert_allclose([each.similarity for each in found], best, atol=0.01)
    everything = [each.path for each in nearest(embedding, features[0], "cat", 99, among)]
    assert len(everything) == 28, "29 may be shown, and two of them are the same photo"


def test_photos_that_are_all_the_same_have_an_embedding():
    photos, features = made(5, 32, 3)
    embedding = make_embedding(photos, np.repeat(features[:1], 5, axis=0))
    np.testing.assert_allclose(embedding.similarities(features[0]), 1, atol=2e-3)


def test_it_is_read_back_as_it_was_written(tmp_path):
    photos, features = made(50, 64, 10)
    embedding = make_embedding(photos, features)
    save_embedding(tmp_path, embedding)
    again = load_embedding(tmp_path)
    pd.testing.assert_frame_equal(again.photos, embedding.photos)
    for name in ("vectors", "projection", "mean"):
        np.testing.assert_array_equal(getattr(again, name), getattr(embedding, name))


@pytest.mark.parametrize("name", [INFO, PHOTOS, ARRAYS])
@pytest.mark.parametrize("damage", ["gone", "flipped", "cut"])
def test_a_damaged_one_is_none(tmp_path, name, damage):
    photos, features = made(20, 16, 4)
    save_embedding(tmp_path, make_embedding(photos, features))
    data = bytearray((tmp_path / name).read_bytes())
    if damage == "gone":
        (tmp_path / name).unlink()
    else:
        data[len(data) // 2] ^= 1
        (tmp_path / name).write_bytes(data if damage == "flipped" else data[:-5])
    assert load_embedding(tmp_path) is None


def test_twenty_thousand_photos_stay_small(tmp_path):
    photos, features = made(20_000, 256, 150)
    save_embedding(tmp_path, make_embedding(photos, features))
    assert (tmp_path / ARRAYS).stat().st_size < 5.5e6
