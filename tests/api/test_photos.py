"""`read_photo`: what people see of a file, or one sentence why not."""

from pathlib import Path

import numpy as np
import pytest

import tlcore
from tests.photos import make_halves, make_photo
from tests.pictures import png


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_upright_rgb(tmp_path, orientation):
    data = make_halves(orientation)
    (tmp_path / "turned.jpg").write_bytes(data)
    photo = tlcore.read_photo(tmp_path / "turned.jpg")
    assert photo.dtype == np.uint8 and photo.shape == (32, 64, 3)
    assert photo[16, 8, 0] > 200 and photo[16, 56, 2] > 200, "red left, blue right"
    np.testing.assert_array_equal(photo, tlcore.read_photo(data))
    photo[:] = 0  # the array is the caller's own


@pytest.mark.parametrize(
    ("photo", "message", "reason"),
    [
        (b"", r"The photo is empty \(0 bytes\)", "an empty file"),
        (b"<html>", "is a web page", "no picture"),
        (make_photo()[:200], "is", "a file that is cut off"),
        ("nowhere.jpg", "nowhere.jpg can’t be read: it no longer exists", "a wrong name is reported"),
        (Path("nowhere") / "x.jpg", "x.jpg can’t be read", "the same as a path"),
        ("a\0b.jpg", "can’t be read: no file can have this name", "a name that no file can have"),
    ],
)
def test_what_is_no_photo_is_refused(photo, message, reason):
    with pytest.raises(tlcore.PhotoRefused, match=message):
        tlcore.read_photo(photo)


@pytest.mark.parametrize("photo", [None, 5, np.zeros((8, 8, 3), np.uint8), ["a.jpg"]], ids=repr)
def test_what_is_neither_path_nor_bytes_is_a_mistake(photo):
    with pytest.raises(tlcore.UserError, match="Use the path of a file, or its bytes"):
        tlcore.read_photo(photo)


@pytest.mark.parametrize(
    ("data_range", "brightest", "reason"),
    [
        (None, 255, "its own range"),
        ((0, 65_535), 35, "two numbers"),
        ({"uint16": (0, 18_000)}, 128, "the ranges of a data set"),
        ({"float": (0, 1)}, 255, "a data set without such photos has none for it"),
    ],
)
def test_values_of_more_than_8_bits_are_stretched_as_asked_for(data_range, brightest, reason):
    data = png(np.linspace(7_000, 9_000, 480).reshape(20, 24).astype(np.uint16))
    assert tlcore.read_photo(data, data_range=data_range).max() == pytest.approx(brightest, abs=1), reason


@pytest.mark.parametrize("data_range", [(1,), (2, 1), "ab", {"uint16": 3}, 7, (0, float("nan"))])
def test_what_is_no_range_is_told(data_range):
    with pytest.raises(tlcore.UserError, match="is not a range of values.*Use two numbers"):
        tlcore.read_photo(png(np.zeros((9, 9), np.uint16)), data_range=data_range)
