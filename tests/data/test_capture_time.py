"""When a photo was taken, as far as its EXIF data says so in a readable way."""

import pytest
from PIL import Image

from tests.photos import encode, make_image
from tlcore.data.capture_time import Capture, capture_of

TAKEN, SUBSECONDS = 0x9003, 0x9291


def photo(details: dict[int, object], image_format: str = "JPEG", **base: object) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = base.get("maker", "Maker"), base.get("model", "One")
    exif.get_ifd(0x8769).update(details)
    return encode(make_image(), image_format, exif=exif)


@pytest.mark.parametrize(
    ("data", "seconds", "reason"),
    [
        (photo({TAKEN: "2024:05:01 10:00:00"}), 1714557600.0, "to the second"),
        (photo({TAKEN: "2024:05:01 10:00:00", SUBSECONDS: "25"}), 1714557600.25, "finer"),
        (photo({TAKEN: "2024:05:01 10:00:00", SUBSECONDS: "x"}), 1714557600.0, "what is no number is passed over"),
        (photo({TAKEN: "2024:05:01 10:00:00"}, "WEBP"), 1714557600.0, "another format"),
        (photo({TAKEN: "2000:01:01 00:00:00"}), None, "a clock that nobody set"),
        (photo({TAKEN: "    :  :     :  :  "}), None, "blank, as some cameras write it"),
        (photo({}), None, "no time"),
        (encode(make_image(), "PNG"), None, "no EXIF"),
        (b"\xff\xd8\xff\xe1\xff\xffExif\0\0MM", None, "damaged"),
        (b"", None, "nothing"),
    ],
)
def test_the_time(data, seconds, reason):
    found = capture_of(data)
    assert (found.seconds if found else None) == seconds, reason


def test_the_camera_is_maker_model_and_number():
    taken = {TAKEN: "2024:05:01 10:00:00"}
    assert capture_of(photo(taken | {0xA431: "77"})) == Capture(1714557600.0, "Maker One 77")
    assert capture_of(photo(taken)).camera != capture_of(photo(taken, model="Two")).camera
