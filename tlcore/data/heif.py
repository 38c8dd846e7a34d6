"""HEIC photos of phones, and AVIF: which of the two a file is, and opening HEIC with pillow-heif's decoder alone."""

from io import BytesIO

from PIL import AvifImagePlugin, Image

HEIF = "HEIF"
_HEIF_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"))
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_MOST_BRANDS = 32

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # photos are decoded side by side already; each thread takes memory of its own


def brand_of(data: bytes) -> str:
    """ "HEIF" or "AVIF" by what a file says it is compatible with; "" where it is neither."""
    if data[4:8] != b"ftyp":
        return ""
    end = min(int.from_bytes(data[:4], "big"), 16 + 4 * _MOST_BRANDS)
    brands = {data[8:12], *(data[place : place + 4] for place in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return HEIF if brands & _HEIF_BRANDS else ""


def open_heif(data: bytes) -> Image.Image:
    """The main picture of a HEIC file, not decoded yet; it is turned upright while it is decoded.

    Values of 10 or 12 bits become 8. Pillow's own list of formats stays as it is: nothing else is read this way.

    Raises:
        Exception: nearly anything where the file is damaged.
    """
    from pillow_heif import options
    from pillow_heif.as_plugin import HeifImageFile

    options.DECODE_THREADS = 1
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    image: Image.Image = HeifImageFile(BytesIO(data))  # type: ignore[no-untyped-call]
    return image
