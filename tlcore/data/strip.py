"""A few photos of a data set as one small picture, for lists: made of its thumbnails when it is first asked for.

datasets/<id>/strip.jpg     `PHOTOS` squares of `SIDE` pixels side by side, of as many classes as there is room for
datasets/<id>/strip-3.jpg   the same of a later version
"""

import io
from contextlib import suppress
from pathlib import Path

from PIL import Image, ImageOps

from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.workspace import Workspace, is_id, split_version, write_atomic

PHOTOS, SIDE = 4, 72
FILE = "strip.jpg"
QUALITY = 82
PAPER = (241, 238, 231, 255)  # behind drawings without a background: JPEG knows none


def dataset_strip(workspace: Workspace, dataset_id: str) -> bytes:
    """The strip of a version of a data set as a JPEG; b"" where there is none, or it has no thumbnails."""
    if not is_id(dataset_id):
        return b""
    folder, version = workspace.dataset_folder(dataset_id), split_version(dataset_id)[1]
    place = folder / (FILE if version == 1 else f"{Path(FILE).stem}-{version}.jpg")
    try:
        return place.read_bytes()
    except OSError:
        made = _make(workspace, dataset_id)
    if made:
        with suppress(UserError):  # a full disk: it is made again the next time
            write_atomic(place, made)
    return made


def _make(workspace: Workspace, dataset_id: str) -> bytes:
    """The strip of a data set: its own thumbnails, which were made here, so nobody else's files."""
    try:
        dataset = load_dataset(workspace, dataset_id)
    except UserError:
        return b""
    photos, thumbnails = dataset.photos, dataset.thumbnails
    turn = photos.groupby("label", observed=True).cumcount()
    shown = photos.assign(_turn=turn).sort_values(["_turn", "label"], kind="stable")["sha256"].head(PHOTOS)
    squares = [square for data in map(thumbnails.read, shown) if data and (square := _square(data))]
    if not squares:
        return b""
    strip = Image.new("RGB", (len(squares) * SIDE, SIDE))
    for place, square in enumerate(squares):
        strip.paste(square, (place * SIDE, 0))
    target = io.BytesIO()
    strip.save(target, "JPEG", quality=QUALITY)
    return target.getvalue()


def _square(thumbnail: bytes) -> Image.Image | None:
    """A thumbnail as a small square; None where it is damaged."""
    try:
        with Image.open(io.BytesIO(thumbnail), formats=["JPEG", "PNG"]) as picture:  # PNG: drawings, see images.py
            picture.draft("RGB", (SIDE, SIDE))
            small = min(picture.size) < SIDE  # its pixels are shown as they are, not blurred
            how = Image.Resampling.NEAREST if small else Image.Resampling.BICUBIC
            paper = Image.new("RGBA", picture.size, PAPER)
            return ImageOps.fit(Image.alpha_composite(paper, picture.convert("RGBA")), (SIDE, SIDE), how)
    except (OSError, ValueError, SyntaxError):
        return None
