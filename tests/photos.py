"""Photos, folders and zips for tests, made in code: no test needs a file from elsewhere."""

import io
import random
import struct
import zipfile
import zlib
from pathlib import Path

from PIL import Image, ImageDraw

from tlcore.events import run_to_end


def make_image(seed: int = 0, size: tuple[int, int] = (48, 40), mode: str = "RGB") -> Image.Image:
    """A picture of a coloured background with a few random rectangles: every seed gives another one."""
    draw = random.Random(seed)
    image = Image.new("RGB", size, tuple(draw.randrange(256) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    for _ in range(6):
        left, top = draw.randrange(size[0]), draw.randrange(size[1])
        colour = tuple(draw.randrange(256) for _ in range(3))
        pen.rectangle((left, top, left + draw.randrange(4, 20), top + draw.randrange(4, 20)), fill=colour)
    return image.convert(mode)


def make_photo(seed: int = 0, size: tuple[int, int] = (48, 40), image_format: str = "JPEG", **options) -> bytes:
    """The bytes of `make_image` in a file format; `options` go to Pillow's save."""
    return encode(make_image(seed, size), image_format, **options)


def encode(image: Image.Image, image_format: str, **options) -> bytes:
    """The bytes of an image in a file format."""
    target = io.BytesIO()
    image.save(target, image_format, **options)
    return target.getvalue()


def make_halves(orientation: int, image_format: str = "JPEG") -> bytes:
    """A picture that looks upright as red left, blue right, 64 × 32, stored turned as an EXIF orientation says."""
    upright = Image.new("RGB", (64, 32), (255, 0, 0))
    upright.paste((0, 0, 255), (32, 0, 64, 32))
    turns = {  # the inverse of what a viewer has to do
        1: (),
        2: (Image.Transpose.FLIP_LEFT_RIGHT,),
        3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,),
        5: (Image.Transpose.TRANSPOSE,),
        6: (Image.Transpose.ROTATE_90,),
        7: (Image.Transpose.TRANSVERSE,),
        8: (Image.Transpose.ROTATE_270,),
    }
    for turn in turns[orientation]:
        upright = upright.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95, "subsampling": 0} if image_format == "JPEG" else {}
    return encode(upright, image_format, exif=exif, **options)


def heic(image: Image.Image, **options) -> bytes:
    """The bytes of an image as HEIC, without loss unless `options` (of pillow-heif's save) say otherwise."""
    import pillow_heif

    target = io.BytesIO()
    lossless = {} if "quality" in options else {"quality": -1, "chroma": 444, "matrix_coefficients": 0}
    pillow_heif.from_pillow(image).save(target, **(lossless | options))
    return target.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def class_files(classes: dict[str, int], prefix: str = "", seed: int = 0) -> dict[str, bytes]:
    """Relative path → bytes: so many different photos for every class."""
    files, number = {}, seed * 100_000
    for label, count in classes.items():
        for position in range(count):
            files[f"{prefix}{label}/photo {position}.jpg"] = make_photo(number := number + 1)
    return files


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    """Write relative paths under a folder, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def write_zip(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    """Write a zip; names go in exactly as given, whatever harm they mean."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo("x")
            entry.filename = name  # ZipInfo's own constructor would tidy the name up
            entry.compress_type = compression
            archive.writestr(entry, data)
    return path


def run_job(job):
    """Run a generator to its end; returns its result and the events it gave."""
    events = []
    result = run_to_end(job, events.append)
    return result, events
