"""Why a file is no photo that can be used: the error, and what bytes are that no decoder knows."""

SAVE_AGAIN = "save it as JPEG or PNG and try again"
MAKE_SMALLER = "make it smaller (2,000 pixels on the longer side is plenty) and try again"
NO_MEMORY = f"needs more memory than is free; {MAKE_SMALLER}"


class PhotoRefused(Exception):
    """The bytes are no photo that can be used. `reason` follows a file's name: "is empty (0 bytes)".

    Args:
        name: of the file, for the message of the error, where it is known.
    """

    def __init__(self, reason: str, name: str = "") -> None:
        super().__init__(f"{name} {reason}".strip())
        self.reason = reason


_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_BEGINNINGS = (
    (b"%PDF", "is a PDF, not a picture"),
    (b"PK\x03\x04", "is a zip or office file, not a picture"),
    (b"Rar!", "is a RAR archive, not a picture"),
    (b"8BPS", f"is a Photoshop file; {SAVE_AGAIN}"),
    (b"\xff\xd8\xff", "is damaged: it starts like a JPEG, but the rest can't be read"),
    (b"\x89PNG", "is damaged: it starts like a PNG, but the rest can't be read"),
    (b"GIF8", "is damaged: it starts like a GIF, but the rest can't be read"),
    (b"RIFF", "is damaged or not a picture"),
)


def what_it_is(data: bytes) -> str:
    """The reason for bytes that none of the allowed decoders knows."""
    if data[4:8] == b"ftyp":
        if data[8:12] in _HEIF_BRANDS:
            return f"is a HEIC photo from a phone, which isn't supported; {SAVE_AGAIN}"
        if data[8:12] in (b"avif", b"avis"):
            return f"is an AVIF picture, which isn't supported; {SAVE_AGAIN}"
        return "is a video, not a picture"
    for beginning, reason in _BEGINNINGS:
        if data.startswith(beginning):
            return reason
    head = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head:
        return f"is an SVG drawing, which has no pixels; {SAVE_AGAIN}"
    if head.startswith((b"<!doctype html", b"<html")) or b"<html" in head:
        return "is a web page (HTML), not a picture; download the picture again"
    return "is not a supported picture (JPEG, PNG, WebP, BMP, TIFF or GIF)"
