"""Poor photos: what a person would agree with, and not what is usual among photos of the same class."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageFilter

from tests.photos import encode
from tlcore.cleaning.issues import BLURRED, BURNT_OUT, DARK, EMPTY, TINY
from tlcore.cleaning.quality import find_poor, measure_photo


def scene(seed: int = 0, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture with edges of all directions and a range of light, about as sharp as a photo."""
    draw = np.random.default_rng(seed)
    small = draw.integers(0, 256, (size[1] // 10, size[0] // 10, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.NEAREST).filter(ImageFilter.GaussianBlur(0.6))


def blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(5))


def smeared(image: Image.Image) -> Image.Image:
    """As by a hand that moved sideways."""
    pixels = np.asarray(image, float)
    return Image.fromarray(np.mean([np.roll(pixels, shift, axis=1) for shift in range(24)], axis=0).astype(np.uint8))


def with_sharp_subject(image: Image.Image) -> Image.Image:
    """What is behind the subject is out of focus, as in a portrait."""
    soft = blurred(image)
    soft.paste(image.crop((100, 60, 240, 200)), (100, 60))
    return soft


def with_sharp_date(image: Image.Image) -> Image.Image:
    """Blurred, with the date in a corner."""
    soft = blurred(image)
    soft.paste(image.crop((0, 0, 70, 14)), (0, 226))
    return soft


def as_product(image: Image.Image) -> Image.Image:
    """A thing on white, as shops show them."""
    page = Image.new("RGB", image.size, "white")
    page.paste(image.crop((100, 60, 220, 180)), (100, 60))
    return page


def scaled(factor: float, offset: float = 0):
    return lambda image: image.point(lambda value: min(255, offset + value * factor))


CASES = [
    (lambda image: image, None, "as it is"),
    (blurred, BLURRED, "out of focus"),
    (smeared, BLURRED, "moved"),
    (with_sharp_subject, None, "a blurred background is no fault"),
    (with_sharp_date, BLURRED, "a date in the corner makes no photo sharp"),
    (scaled(0.1), DARK, "the lamp was off"),
    (scaled(0.5), None, "a dim room"),
    (scaled(0.6, 200), BURNT_OUT, "against the sun"),
    (as_product, None, "a thing on white is not overexposed"),
    (scaled(0, 90), EMPTY, "one colour"),
    (scaled(0, 0), EMPTY, "black: empty rather than dark"),
    (lambda image: image.resize((40, 30)), TINY, "a thumbnail among photos"),
    (lambda image: image.resize((200, 150)), None, "smaller, but not tiny"),
]


def table(images: list[Image.Image], labels: list[str] | None = None) -> pd.DataFrame:
    """The photos with what is measured of them."""
    rows = [measure_photo(encode(image, "JPEG", quality=92)).__dict__ for image in images]
    sizes = pd.DataFrame([image.size for image in images], columns=["width", "height"])
    frame = pd.concat([pd.DataFrame(rows), sizes], axis=1)
    return frame.assign(path=[str(number) for number in range(len(images))], label=labels or "a")


@pytest.fixture(scope="module")
def usual() -> list[Image.Image]:
    return [scene(seed) for seed in range(1, 12)]


@pytest.mark.parametrize(("change", "kind", "reason"), CASES, ids=[case[2] for case in CASES])
def test_one_photo_among_usual_ones(usual, change, kind, reason):
    found = find_poor(table([change(scene()), *usual]))
    assert found[["path", "kind"]].to_numpy().tolist() == ([["0", kind]] if kind else []), reason
    assert found["score"].between(0, 1).all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (scaled(0.1), "animals at night"),
        (blurred, "drawings without an edge"),
        (lambda image: image.resize((8, 8)), "a set of 8 × 8 digits"),
        (scaled(0, 90), "a class of empty pictures"),
        (scaled(0.6, 200), "snow"),
    ],
)
def test_what_a_whole_class_is_like_is_no_fault(usual, change, reason):
    images = [change(image) for image in usual]
    assert find_poor(table(images)).empty, reason
    if reason != "a set of 8 × 8 digits":  # beside photos those are tiny
        both = table([*images, *usual], ["odd"] * len(images) + ["usual"] * len(usual))
        assert find_poor(both).empty, f"{reason}, beside a usual class"


def test_one_dark_photo_of_a_small_class_is_found(usual):
    assert find_poor(table([scaled(0.1)(scene()), *usual[:2]]))["kind"].tolist() == [DARK]


def test_a_measure_is_between_nothing_and_all():
    for image in (scene(), scene(size=(5, 4)), Image.new("RGB", (300, 4)), Image.new("L", (64, 64), 255)):
        found = measure_photo(encode(image, "PNG"))
        values = [found.sharpness, found.brightness, found.shadows, found.highlights, found.white, found.spread]
        assert all(0 <= value <= 1 for value in values) and 0 <= found.look < 2**64
