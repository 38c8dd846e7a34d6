"""Similarity to ImageNet: the head is the network's own, the scale has its ends where the calibration put them."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.photos import encode
from tlcore.advice.similarity import photo_scores, similarity, similarity_interval
from tlcore.data.images import load_input
from tlcore.data.samples import EMOJI, DigitsSource
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.features.extract import Photo, run_photos
from tlcore.models.imagenet_head import ImageNetHead, load_imagenet_head
from tlcore.models.litert_runtime import LiteModel, litert_pool
from tlcore.models.registry import BUILT_IN
from tlcore.models.weights import asset_path

IMAGENET = Path(__file__).resolve().parents[3] / "shared" / "data" / "imagenet-100"
SIZE = BUILT_IN.default_image_size


@pytest.fixture(scope="module")
def head():
    return load_imagenet_head(BUILT_IN)


def features_of(files: list[bytes]) -> np.ndarray:
    """Pooled features of files."""
    photos = [Photo(str(number), str(number)) for number in range(len(files))]
    pool = litert_pool(asset_path(BUILT_IN), ("pooled",))
    chunks = list(run_photos(pool, photos, lambda path: load_input(files[int(path)], SIZE, RESIZE_POLICY)))
    return np.concatenate([rows for _, (rows,) in chunks])


def test_the_head_gives_what_the_network_gives(head):
    image = np.random.default_rng(0).integers(0, 256, (1, SIZE, SIZE, 3), dtype=np.uint8)
    model = LiteModel(asset_path(BUILT_IN))
    logits = model.run(image, "logits")[0].astype(np.float64)
    expected = np.exp(logits - logits.max())
    np.testing.assert_allclose(head.probabilities(model.run(image, "pooled"))[0], expected / expected.sum(), atol=1e-5)
    assert head.weights.shape == (1000, 1280) and head.bias.shape == (1000,) and len(head.labels) == 1000


def emoji(number: int) -> list[bytes]:
    """Emoji of all families."""
    with zipfile.ZipFile(EMOJI) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        return [archive.read(name) for name in names[:: max(1, len(names) // number)]]


def digits(number: int) -> list[bytes]:
    source = DigitsSource()
    return [data for _, data in source.read(source.files[:number])]


@pytest.mark.parametrize(
    ("files", "low", "high", "reason"),
    [(lambda: digits(60), 0.0, 0.2, "digits: the low end"), (lambda: emoji(100), 0.4, 0.68, "emoji: between")],
    ids=["digits", "emoji"],
)
def test_where_known_sets_lie(head, files, low, high, reason):
    assert low <= similarity(photo_scores(features_of(files()), head)) <= high, reason


@pytest.mark.skipif(not IMAGENET.is_dir(), reason="needs the 100 ImageNet photos in ../shared/data/imagenet-100")
def test_photos_of_imagenet_are_the_high_end(head):
    scores = photo_scores(features_of([path.read_bytes() for path in sorted(IMAGENET.glob("*.JPEG"))]), head)
    assert similarity(scores) > 0.9
    assert np.mean(scores == 1) == pytest.approx(0.72, abs=0.03), "nearly three quarters are at the end of the scale"


def test_a_picture_of_one_colour_is_like_nothing(head):
    flat = [encode(Image.new("RGB", (64, 64), (shade,) * 3), "PNG") for shade in (0, 128, 255)]
    assert similarity(photo_scores(features_of(flat), head)) < 0.1


def test_being_torn_between_breeds_is_not_being_at_a_loss():
    """Two pairs of classes with nearly the same weights: sure of a pair counts like sure of one of it."""
    weights = np.array([[9, 0, 0], [9, 0.1, 0], [0, 9, 0], [0, 9, 0.1], [0, 0, 9], [-9, 0, 0.0]], np.float32)
    head = ImageNetHead(weights, np.zeros(6, np.float32), tuple("abcdef"))
    torn, lost = photo_scores(np.array([[1, 0, 0], [0.1, 0.1, 0.1]], np.float32), head)
    assert head.probabilities(np.array([[1, 0, 0]], np.float32)).max() < 0.6, "of one of the pair it is not sure"
    assert torn == 1 and lost < 0.5


@pytest.mark.parametrize(
    ("scores", "expected", "reason"),
    [([0, 0, 0], 0, "nothing known"), ([1, 1], 1, "all known"), ([0, 1, 0, 0], 0.5, "the root of the mean")],
)
def test_the_similarity_of_a_set(scores, expected, reason):
    low, high = similarity_interval(np.array(scores, float))
    assert similarity(np.array(scores, float)) == pytest.approx(expected), reason
    assert 0 <= low <= expected <= high <= 1


@pytest.mark.parametrize("count", [1, 3])
def test_a_few_photos_that_are_alike_are_not_taken_for_certainty(count):
    low, high = similarity_interval(np.full(count, 0.45))
    assert low < 0.3 and high == 1


def test_more_photos_make_the_interval_narrower():
    scores = np.tile([0.2, 0.9], 10)
    narrow, wide = similarity_interval(np.tile(scores, 10)), similarity_interval(scores)
    assert narrow[1] - narrow[0] < 0.4 * (wide[1] - wide[0])
