"""Turning photos of a data set: new files beside the old ones, with thumbnails; the old files stay as they are."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import PurePath

import pandas as pd
from PIL import Image

from tlcore.data.commit import Brought
from tlcore.data.decoder import shared_decoder
from tlcore.data.drafts import draft_folder
from tlcore.data.manifest import Dataset
from tlcore.data.orientation import CLOCKWISE, CannotTurn, turn
from tlcore.data.refusals import PhotoRefused
from tlcore.data.saving import store_photo
from tlcore.data.thumbnails import ThumbnailWriter
from tlcore.data.wanted import Wanted
from tlcore.errors import UserError
from tlcore.settings import load_limits
from tlcore.workspace import Workspace

DEGREES = tuple(CLOCKWISE)
_TRANSPOSE = {
    90: Image.Transpose.ROTATE_270,  # Pillow counts the other way round
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


@contextmanager
def turned(workspace: Workspace, dataset: Dataset, rows: pd.DataFrame, degrees: int) -> Iterator[Brought]:
    """The photos in these rows of a data set turned clockwise, in a draft, for `commit.commit`.

    Raises:
        UserError: one cannot be read, or is of a kind that cannot be turned; or the disk is full.
    """
    made = []
    with draft_folder(workspace) as folder:
        with ThumbnailWriter(folder) as writer:
            for row in rows.to_dict("records"):
                data = _turned_file(workspace, dataset, str(row["path"]), degrees)
                sha256 = hashlib.sha256(data).hexdigest()
                extension = "png" if data.startswith(b"\x89PNG") else "jpg"
                file = store_photo(folder, sha256, extension, data)
                made.append(row | {"sha256": sha256, "bytes": len(data), "file": PurePath(file).as_posix()})
                small = dataset.thumbnails.read(str(row["sha256"]))
                if small is not None:
                    writer.add(sha256, _turn_thumbnail(small, degrees))
        photos = pd.DataFrame(made, columns=list(rows.columns)).astype(rows.dtypes.to_dict())
        if degrees != 180:
            photos[["width", "height"]] = photos[["height", "width"]].to_numpy()
        yield Brought(folder, photos)


def _turned_file(workspace: Workspace, dataset: Dataset, path: str, degrees: int) -> bytes:
    """The file of a photo turned: a JPEG or a PNG with another orientation, anything else as a PNG of its pixels."""
    data = dataset.read(path)
    try:
        return turn(data, degrees)
    except CannotTurn:
        wanted = Wanted(render=True, any_depth=True, data_ranges=dataset.data_ranges)
        try:  # in a limited process: strangers may have made it
            return turn(shared_decoder(load_limits(workspace)).decode(data, wanted).rendered, degrees)
        except (PhotoRefused, CannotTurn) as error:
            why = error.reason if isinstance(error, PhotoRefused) else "can’t be opened"
            raise UserError(f"The photo {path} {why}, so it can’t be rotated.", "Choose other photos.") from error


def _turn_thumbnail(thumbnail: bytes, degrees: int) -> bytes:
    """A thumbnail, which was made here, turned."""
    with Image.open(BytesIO(thumbnail), formats=["JPEG", "PNG"]) as picture:
        target, kind = BytesIO(), str(picture.format)
        picture.transpose(_TRANSPOSE[degrees]).save(target, kind, **({"quality": 90} if kind == "JPEG" else {}))
    return target.getvalue()
