"""Why a file is no photo that can be used: the error, and what bytes are that no decoder knows."""

SAVE_AGAIN = "save it as JPEG or PNG and try again"
MAKE_SMALLER = "make it smaller (2,000 pixels on the longer side is plenty) and try again"
NO_MEMORY = f"needs more memory than is free; {MAKE_SMALLER}"

CAMERA_RAW = "is a camera RAW file (unprocessed sensor data); export it as JPEG in a photo program first"


class PhotoRefused(Exception):
    """The bytes are no photo that can be used. `reason` follows a file's name: "is empty (0 bytes)".

    Args:
        name: of the file, for the message of the error, where it is known.
    """

    def __init__(self, reason: str, name: str = "") -> None:
        super().__init__(f"{name} {reason}".strip())
        self.reason = reason


_RAW_BEGINNINGS = (
    b"FUJIFILMCCD-RAW",  # RAF
    b"II*\0\x10\0\0\0CR",  # CR2
    b"II\x1a\0\0\0HEAPCCDR",  # CRW
    b"IIRO",  # ORF
    b"IIRS",
    b"MMOR",
    b"IIU\0",  # RW2
    b"FOVb",  # X3F
    b"\0MRM",
    b"IIII",  # IIQ
)
_BEGINNINGS = (
    (b"%PDF", "is a PDF, not a picture"),
    (b"PK\x03\x04", "is a zip or office file, not a picture"),
    (b"Rar!", "is a RAR archive, not a picture"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive, not a picture"),
    (b"\x1f\x8b", "is a compressed file (gzip), not a picture"),
    (b"BZh", "is a compressed file (bzip2), not a picture"),
    (b"\xfd7zXZ\0", "is a compressed file (xz), not a picture"),
    (b"\0\0\0\x0cJXL ", f"is a JPEG XL picture, which isn’t supported; {SAVE_AGAIN}"),
    (b"\xff\x0a", f"is a JPEG XL picture, which isn’t supported; {SAVE_AGAIN}"),
    (b"\0\0\0\x0cjP  ", f"is a JPEG 2000 picture, which isn’t supported; {SAVE_AGAIN}"),
    (b"8BPS", f"is a Photoshop file; {SAVE_AGAIN}"),
    (b"\xff\xd8\xff", "is damaged: it starts like a JPEG, but the rest can’t be read"),
    (b"\x89PNG", "is damaged: it starts like a PNG, but the rest can’t be read"),
    (b"GIF8", "is damaged: it starts like a GIF, but the rest can’t be read"),
    (b"RIFF", "is damaged or not a picture"),
    (b"version https://git-lfs", "only stands for a picture that Git LFS keeps elsewhere; run “git lfs pull” first"),
)


def is_camera_raw(data: bytes) -> bool:
    """Whether these bytes begin like a camera RAW file; those that are TIFFs tell it by their tags (tiff.py)."""
    return data.startswith(_RAW_BEGINNINGS) or data[4:12] == b"ftypcrx "  # CR3


def what_it_is(data: bytes) -> str:
    """The reason for bytes that none of the allowed decoders knows."""
    if data[4:8] == b"ftyp":
        return "is a video, not a picture"
    for beginning, reason in _BEGINNINGS:
        if data.startswith(beginning):
            return reason
    head = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head:
        return f"is an SVG drawing, which has no pixels; {SAVE_AGAIN}"
    if head.startswith((b"<!doctype html", b"<html")) or b"<html" in head:
        return "is a web page (HTML), not a picture; download the picture again"
    return "is not a supported picture (JPEG, PNG, HEIC, AVIF, WebP, TIFF, BMP, GIF or PPM)"
