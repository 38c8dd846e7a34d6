"""Mirroring is found where it turns one class into another, and nowhere else; names count where photos show none."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tlcore.advice.label_changing_flips import (
    SuspectedFlip,
    find_flips_to_avoid,
    find_label_changing_flips,
    suspect_flip,
)
from tlcore.advice.rule import LabelChangingFlip
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


@pytest.mark.parametrize(
    ("labels", "changes", "reason"),
    [
        (("left", "right"), ["horizontal_flip"], "the plain case"),
        (("Links", "Rechts"), ["horizontal_flip"], "German, capital"),
        (("turn left", "turn right", "stop"), ["horizontal_flip"], "with the same words beside"),
        (("arrow_up", "arrow_down"), ["vertical_flip"], "with an underscore"),
        (("0", "1", "2"), ["horizontal_flip", "vertical_flip"], "figures"),
        (("b", "d"), ["horizontal_flip", "vertical_flip"], "letters"),
        (("one", "two", "three"), ["horizontal_flip", "vertical_flip"], "figures in words"),
        (("cats", "dogs"), [], "animals may be mirrored"),
        (("left hand", "right foot"), [], "they differ in more than the side"),
        (("left", "middle"), [], "one side only"),
        (("one", "two"), [], "two words are not yet figures"),
        (("bright", "upset"), [], "words that only contain left, right or up"),
        ((), [], "no classes"),
    ],
)
def test_what_names_let_one_suspect(labels, changes, reason):
    assert [flip.change for flip in find_flips_to_avoid(labels)] == changes, reason


@pytest.mark.parametrize(
    ("labels", "found", "reason"),
    [
        (("stop", "turn left", "turn right"), ("opposites", ("turn left", "turn right")), "the two that change places"),
        (("b", "d", "q"), ("signs", ("b", "d")), "the first two of all"),
        (("l", "r"), ("opposites", ("l", "r")), "abbreviated sides are sides before they are letters"),
    ],
)
def test_the_classes_that_are_suspected_are_named(labels, found, reason):
    assert suspect_flip("horizontal_flip", labels) == SuspectedFlip("horizontal_flip", *found), reason


def test_what_the_photos_showed_comes_before_what_the_names_say():
    strong, weak = (LabelChangingFlip("horizontal_flip", *flip) for flip in (("2", "1", 0.8), ("6", "4", 0.5)))
    found = find_flips_to_avoid(("6", "4", "2", "1"), (weak, strong))
    assert found == [strong, SuspectedFlip("vertical_flip", "signs", ("6", "4"))]
