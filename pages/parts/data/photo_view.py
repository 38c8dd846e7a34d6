"""What of a data set's photos is seen, as it stands in the address: class, part, order, page, size of the thumbnails.

A reload and the browser's Back show the same. An address may say anything: what is not known counts as not said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from pages.shared.navigation import PHOTOS, SHOW
from tlcore.data.manifest import SPLITS, Dataset

VERSION = "version"
"""In the address: the number of an earlier version whose photos are seen."""

LEFT_OUT = "left-out"
"""In place of a part: the photos that somebody left out."""

PARTS = (*SPLITS, LEFT_OUT)
ADDED, NAME, DOUBT, SIMILARITY, SHARPNESS, PIXELS = "newest", "name", "doubt", "alike", "blurred", "smallest"
SORTS = (ADDED, NAME, DOUBT, SIMILARITY, SHARPNESS, PIXELS)
SIZES = (96, 128, 160, 200, 240)  # pixels of a thumbnail's side
USUAL_SIZE = 128
PAGE_SIZE = 120
_KEYS = ("class", "part", "sort", "page", "size")


@dataclass(frozen=True)
class PhotoView:
    """What is seen. `label`, `part`: "" for all; `page` counts from 1; `size` is 0 where the browser decides."""

    label: str = ""
    part: str = ""
    sort: str = ADDED
    page: int = 1
    size: int = 0

    def over(self, **changes: str | int) -> "PhotoView":
        """The view after a filter or the order was changed: from its first page on."""
        return replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]


def read_view(values: Mapping[str, str], dataset: Dataset) -> PhotoView:
    """The view that an address asks for, as far as this data set has it."""
    part, sort, label = (values.get(key, "") for key in ("part", "sort", "class"))
    size = _whole_number(values.get("size", ""))
    return PhotoView(
        label if label in dataset.labels else "",
        part if part in PARTS else "",
        sort if sort in SORTS else ADDED,
        max(1, _whole_number(values.get("page", ""))),
        size if size in SIZES else 0,
    )


def view_values(view: PhotoView) -> dict[str, str]:
    """A view as the values of an address; what is usual is not in it."""
    usual = PhotoView()
    values = zip(_KEYS, (view.label, view.part, view.sort, view.page, view.size))
    before = (usual.label, usual.part, usual.sort, usual.page, usual.size)
    return {key: str(value) for (key, value), default in zip(values, before) if value != default}


def link(dataset_id: str, view: PhotoView | None = None, **ids: str | None) -> dict[str, str]:
    """The query parameters of a link to all photos of a data set, of which `view` is seen."""
    kept = {key: value for key, value in ids.items() if value}
    return {"dataset": dataset_id, **kept, SHOW: PHOTOS, **view_values(view or PhotoView())}


def current_view(dataset: Dataset) -> PhotoView:
    """The view in the address of this page."""
    return read_view(st.query_params.to_dict(), dataset)


def version_in_address(dataset: Dataset, key: str = VERSION) -> int | None:
    """The number of another version of a data set that the address names; None for none, and for its own."""
    version = _whole_number(st.query_params.get(key, ""))
    return version if version and version != dataset.version else None


def go(view: PhotoView) -> None:
    """Write a view into the address, in one step, so that Back leads to the one before."""
    kept = {key: value for key, value in st.query_params.to_dict().items() if key not in _KEYS}
    st.query_params.from_dict(kept | view_values(view))


def _whole_number(text: str) -> int:
    """A number of up to six digits; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0
