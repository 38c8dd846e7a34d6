"""Thumbnails that the browser fetches one by one, as it comes to see them: so a page of photos is there at once.

Streamlit keeps what it serves so for the session that asked, under a hash of the content, and forgets it with the page.
"""

import base64

import streamlit as st
from streamlit import runtime

from pages.shared.decoding import EMPTY_PIXEL, dataset_thumbnail
from tlcore.data.manifest import Dataset


def thumbnail_address(dataset: Dataset, path: str, sha256: str, size: int) -> str:
    """Where the browser gets the thumbnail of a photo; an empty picture when the photo has gone."""
    thumbnail = dataset.thumbnails.read(sha256)
    if thumbnail is None:  # a data set of a version that kept none
        address = dataset_thumbnail(dataset, path, sha256, size)
        if address == EMPTY_PIXEL:
            return address
        thumbnail = base64.b64decode(address.partition(",")[2])
    return media_address(thumbnail, f"thumbnail {dataset.id} {path}")


def media_address(picture: bytes, place: str) -> str:
    """Let Streamlit serve a picture to this session; returns its address on this server.

    Streamlit has no public name for this: st.image does the same, but draws the picture too.

    Args:
        picture: a JPEG or PNG. place: names what it is shown as; another one for each picture of a page.
    """
    kind = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
    url = runtime.get_instance().media_file_mgr.add(picture, kind, place)
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{url}" if base else url
