"""Turning photos of a data set: new files beside the old ones, with thumbnails; the old files stay as they are."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import PurePath

import pandas as pd
from PIL import Image

from tlcore.data.commit import Brought
from tlcore.data.drafts import draft_folder
from tlcore.data.manifest import Dataset, store_photo
from tlcore.data.orientation import CLOCKWISE, CannotTurn, turn
from tlcore.data.thumbnails import ThumbnailWriter
from tlcore.errors import UserError
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
                data = _turned_file(dataset, str(row["path"]), degrees)
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


def _turned_file(dataset: Dataset, path: str, degrees: int) -> bytes:
    data = dataset.read(path)
    try:
        return turn(data, degrees)
    except CannotTurn as error:
        raise UserError(
            f"The photo {path} can't be turned here: only JPEG and PNG files can.",
            "Turn it with another program and add it again.",
        ) from error


def _turn_thumbnail(thumbnail: bytes, degrees: int) -> bytes:
    """A thumbnail, which was made here, turned."""
    with Image.open(BytesIO(thumbnail), formats=["JPEG", "PNG"]) as picture:
        target, kind = BytesIO(), str(picture.format)
        picture.transpose(_TRANSPOSE[degrees]).save(target, kind, **({"quality": 90} if kind == "JPEG" else {}))
    return target.getvalue()
