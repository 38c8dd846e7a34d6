"""What decodes photos for a page: limited processes of their own, never the one that answers everybody's browser."""

import base64

import streamlit as st

from pages.shared import state
from tlcore.data.decoder import PhotoDecoder, shared_decoder
from tlcore.data.images import PhotoRefused
from tlcore.data.manifest import Dataset
from tlcore.data.wanted import PhotoInfo, Wanted
from tlcore.errors import UserError
from tlcore.settings import load_limits

PNG_START, WEBP_START = b"\x89PNG", b"RIFF"
EMPTY_PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


def decoder() -> PhotoDecoder:
    """The one decoder of this server, with the limits of its workspace."""
    return shared_decoder(load_limits(state.workspace()))


def preview(data: bytes, size: int) -> tuple[str, PhotoInfo]:
    """All of a photo, its longer side at most `size` pixels, as a data address; and what its file says.

    Raises:
        PhotoRefused: the bytes are not a usable photo.
        UserError: no process for decoding can be started.
    """
    decoded = decoder().decode(data, Wanted(thumbnail_size=size, whole=True))
    return picture_address(decoded.thumbnail), decoded.info


def dataset_thumbnail(dataset: Dataset, path: str, sha256: str, size: int) -> str:
    """The thumbnail of a photo of a data set as a data address; an empty one when the photo has gone."""
    made_at_import = dataset.thumbnails.read(sha256)
    if made_at_import is not None:
        return picture_address(made_at_import)
    try:
        return _made_now(dataset, path, sha256, size)
    except (UserError, PhotoRefused):
        return EMPTY_PIXEL


@st.cache_data(max_entries=500, show_spinner=False)
def _made_now(_dataset: Dataset, path: str, sha256: str, size: int) -> str:
    """For data sets of a version that kept no thumbnails."""
    return picture_address(decoder().thumbnail(_dataset.read(path), size))


def picture_address(picture: bytes) -> str:
    """The bytes of a picture that was made here, a JPEG, a PNG or a WebP, as a data address."""
    if picture.startswith(WEBP_START):
        return "data:image/webp;base64," + base64.b64encode(picture).decode("ascii")
    if picture.startswith(PNG_START):
        return "data:image/png;base64," + base64.b64encode(picture).decode("ascii")
    return jpeg_address(picture)


def jpeg_address(jpeg: bytes) -> str:
    """The bytes of a JPEG as a data address."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
