"""When a photo was taken and with which camera, as its EXIF data says."""

import calendar
import time
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from tlcore.data.opening import FORMATS

_EXIF_FOLDER, _TAKEN, _SUBSECONDS, _SERIAL = 0x8769, 0x9003, 0x9291, 0xA431
_MAKE, _MODEL = 0x010F, 0x0110


@dataclass(frozen=True)
class Capture:
    """`seconds`: by the camera's own clock, since 1970 as if it stood in Greenwich; only differences count.

    `camera`: maker, model and serial number, as far as the camera writes them.
    """

    seconds: float
    camera: str


def capture_of(data: bytes) -> Capture | None:
    """When the photo with these bytes was taken; None where it does not say so, or not in a readable way.

    Only the file's head is read. A time of midnight on the first day of a year is that of a clock which nobody set.
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            exif = image.getexif()
            details = exif.get_ifd(_EXIF_FOLDER)
        moment = time.strptime(_text(details[_TAKEN]), "%Y:%m:%d %H:%M:%S")
        if moment[1:6] == (1, 1, 0, 0, 0):
            return None
        digits = "".join(each for each in _text(details.get(_SUBSECONDS, "")) if each in "0123456789")
        camera = (exif.get(_MAKE, ""), exif.get(_MODEL, ""), details.get(_SERIAL, ""))
        return Capture(calendar.timegm(moment) + float(f"0.{digits or 0}"), " ".join(map(_text, camera)))
    except Exception:  # Pillow raises nearly anything on damaged EXIF; the photo itself is fine
        return None


def _text(value: object) -> str:
    """What EXIF has as text, without the zeros that some cameras fill it up with."""
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return text.split("\0")[0].strip()
