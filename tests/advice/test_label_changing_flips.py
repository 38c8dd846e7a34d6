"""Mirroring is found where it turns one class into another, and nowhere else; few photos are enough where it is so."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tlcore.advice.few_shot import few_photos
from tlcore.advice.label_changing_flips import find_label_changing_flips
from tlcore.data.images import load_input
from tlcore.data.samples import DigitsSource

SIDE = 16


def arrow(direction: str, random: np.random.Generator) -> Image.Image:
    """An arrow of random size, place and colours."""
    image = Image.new("RGB", (160, 160), tuple(random.integers(140, 256, 3).tolist()))
    pen, colour = ImageDraw.Draw(image), tuple(random.integers(0, 110, 3).tolist())
    row, reach, head = (int(random.integers(*limits)) for limits in ((60, 100), (6, 14), (22, 34)))
    start, end = int(random.integers(15, 35)), int(random.integers(125, 145))
    pen.rectangle((start, row - reach, end - head, row + reach), fill=colour)
    pen.polygon(((end - head, row - head), (end, row), (end - head, row + head)), fill=colour)
    return image.rotate({"right": 0, "up": 90, "left": 180, "down": 270}[direction])


def small(images: list[Image.Image]) -> np.ndarray:
    """uint8 (n, SIDE, SIDE, 3)."""
    return np.stack([np.asarray(image.convert("RGB").resize((SIDE, SIDE))) for image in images])


def pictures(kind: str, count: int) -> tuple[np.ndarray, list[str]]:
    """So many pictures of each class."""
    random = np.random.default_rng(2)
    if kind == "digits":
        source = DigitsSource()
        numbers = random.permutation(len(source.files))
        chosen = [
            source.files[i]
            for digit in range(10)
            for i in [i for i in numbers if source.files[i].parts[0] == str(digit)][:count]
        ]
        read = list(source.read(chosen))
        return np.stack([load_input(data, SIDE) for _, data in read]), [file.parts[0] for file, _ in read]
    if kind == "noise":
        return random.integers(0, 256, (2 * count, SIDE, SIDE, 3), dtype=np.uint8), ["a", "b"] * count
    if kind == "one colour":
        shades = np.repeat([[20], [200]], count, axis=1).ravel()
        return np.broadcast_to(shades[:, None, None, None], (2 * count, SIDE, SIDE, 3)).astype(np.uint8), (
            ["dark"] * count + ["bright"] * count
        )
    names = kind.split()
    return small([arrow(name, random) for name in names for _ in range(count)]), [
        name for name in names for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("kind", "count", "changes", "reason"),
    [
        ("left right", 30, {"horizontal_flip"}, "mirrored left is right; upside down it is still left"),
        ("up down", 30, {"vertical_flip"}, "the other way round"),
        ("left right up down", 25, {"horizontal_flip", "vertical_flip"}, "both"),
        ("digits", 10, {"horizontal_flip", "vertical_flip"}, "a mirrored figure is another one or none"),
        ("right up", 30, set(), "a mirrored right arrow would be left, which is no class here"),
        ("noise", 50, set(), "the rule cannot tell the classes apart, so it is not believed"),
        ("one colour", 20, set(), "pictures without anything on them"),
    ],
)
def test_what_mirroring_changes(kind, count, changes, reason):
    found = find_label_changing_flips(*pictures(kind, count))
    assert {each.change for each in found} == changes, reason
    assert all(each.label != each.becomes and 0.25 < each.share <= 1 for each in found)
    assert [each.share for each in found] == sorted((each.share for each in found), reverse=True)


def test_left_becomes_right():
    found = find_label_changing_flips(*pictures("left right", 30))
    assert {(each.label, each.becomes) for each in found} == {("left", "right"), ("right", "left")}


@pytest.mark.parametrize(
    ("labels", "reason"),
    [([], "nothing"), (["a"] * 4, "one class"), (["a", "b", "c", "d"], "one photo a class: nothing to compare")],
)
def test_too_little_to_say_anything(labels, reason):
    pixels = np.zeros((len(labels), SIDE, SIDE, 3), np.uint8)
    assert find_label_changing_flips(pixels, labels) == (), reason


def test_few_photos_are_enough_where_the_description_is_good():
    random = np.random.default_rng(0)
    classes = np.repeat(np.arange(3), 12)
    features = np.eye(3, 20)[classes].astype(np.float32) + 0.05 * random.normal(size=(36, 20)).astype(np.float32)
    noise = random.integers(0, 256, (36, 4, 4, 3), dtype=np.uint8)
    found = few_photos(features, noise, classes)
    assert [each.per_class for each in found] == [1, 2, 3, 5], "half of each class stays held out"
    assert all(each.features > 0.98 for each in found)
    assert all(0.1 < each.pixels < 0.45 for each in found), "noise is guessed: the examples themselves do not count"
    assert few_photos(features, noise, classes) == found, "the same photos give the same figures"


def test_more_examples_bring_more():
    random = np.random.default_rng(1)
    classes = np.repeat(np.arange(2), 60)
    features = (classes[:, None] * 0.6 + random.normal(size=(120, 10))).astype(np.float32)
    found = few_photos(features, np.zeros((120, 2, 2, 3), np.uint8), classes)
    assert found[-1].features > found[0].features + 0.1


@pytest.mark.parametrize("classes", [[0, 0, 0, 0], [0, 0, 0, 1], []], ids=["one class", "one lonely photo", "none"])
def test_too_few_for_any_figure(classes):
    number = len(classes)
    pixels = np.zeros((number, 2, 2, 3), np.uint8)
    assert few_photos(np.ones((number, 3), np.float32), pixels, np.array(classes, int)) == ()
