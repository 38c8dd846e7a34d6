"""From rows of photos to a data set on the disk, which is there whole or not at all."""

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pandas as pd

from tlcore.checksums import file_checksum
from tlcore.data.deep import Range
from tlcore.data.manifest import COLUMNS, ORIGINAL, REPORT, SPLITS, Dataset, fingerprint, make_dataset
from tlcore.data.names import slug
from tlcore.data.parquet import to_parquet
from tlcore.data.replay import with_edit_columns
from tlcore.data.report import refused_frame, report_frame
from tlcore.errors import LayoutChoice, UserError
from tlcore.workspace import Workspace, disk_error, new_id, write_atomic, write_json


@dataclass(frozen=True, eq=False)
class Draft:
    """What `save_dataset` makes a data set of. `folder` comes from `drafts.draft_folder` and may hold photos/ already.

    `root` is None where the photos lie in the draft; under each of the `signatures` it is found again.
    """

    folder: Path
    name: str
    photos: pd.DataFrame
    report: pd.DataFrame
    notes: tuple[str, ...]
    root: Path | None = None
    source: str = ""
    licence: str = ""
    signatures: tuple[str, ...] = ()
    visitor: str = ""
    base: str = ""
    sample: str = ""
    layout: LayoutChoice | None = None
    data_ranges: Mapping[str, Range] = field(default_factory=dict)
    given_test: bool = False


def store_photo(folder: Path, sha256: str, extension: str, data: bytes) -> str:
    """Keep a photo's bytes in a draft under their hash; returns the place relative to photos/."""
    file = f"{sha256[:2]}/{sha256}.{extension}"
    target = folder / "photos" / file
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.{os.urandom(4).hex()}")
        partial.write_bytes(data)
        os.replace(partial, target)
    return file


def save_dataset(workspace: Workspace, draft: Draft) -> Dataset:
    """Write the manifest and make the draft a data set, in one step: it is there whole or not at all.

    Raises:
        UserError: the disk is full, the workspace cannot be written, or photos of the draft are gone.
    """
    check_whole(draft.folder, draft.photos, draft.root)
    dataset_id = new_id(slug(draft.name))
    photos = draft.photos.sort_values("path", ignore_index=True)
    photos = photos[[*COLUMNS, *(name for name in photos.columns if name not in COLUMNS)]]
    labels = sorted(photos["label"].unique(), key=lambda label: (label.casefold(), label))
    report = report_frame(draft.report.itertuples(index=False, name=None))
    files = {"photos.parquet": to_parquet(photos), REPORT: to_parquet(report)}
    values = {
        "version": 1,
        "name": draft.name,
        "created": time.time(),
        "num_photos": len(photos),
        "num_refused": len(refused_frame(report)),
        "labels": labels,
        "parts": {split: int((photos["split"] == split).sum()) for split in SPLITS},
        "given_test": draft.given_test,
        "fingerprint": fingerprint(photos),
        "root": None if draft.root is None else str(draft.root),
        "source": draft.source,
        "licence": draft.licence,
        "notes": list(draft.notes),
        "bytes": _own_bytes(photos, draft.root),
        "visitor": draft.visitor,
        "base": draft.base,
        "sample": draft.sample,
        "layout": None if draft.layout is None else asdict(replace(draft.layout, classes=(), examples=())),
        "data_ranges": {kind: list(pair) for kind, pair in draft.data_ranges.items()} or None,
        "files": {name: file_checksum(data) for name, data in files.items()},
    }
    for name, data in files.items():
        write_atomic(draft.folder / name, data)
    write_json(draft.folder / "dataset.json", values)
    folder = workspace.datasets / dataset_id
    try:
        os.replace(draft.folder, folder)
        (workspace.datasets / ".known").mkdir(exist_ok=True)
        for signature in draft.signatures:
            write_atomic(workspace.datasets / ".known" / signature, dataset_id.encode())
    except OSError as error:
        raise disk_error(folder, error) from error
    return make_dataset(folder, values, with_edit_columns(photos), report, tuple(labels))


def _own_bytes(photos: pd.DataFrame, root: Path | None) -> int:
    """Bytes of the copies that a data set has: all of its photos, or those that were made of deeper ones."""
    if root is not None:
        photos = photos[photos[ORIGINAL] != ""] if ORIGINAL in photos else photos.head(0)
    return int(photos.drop_duplicates("sha256")["bytes"].sum())


def check_whole(folder: Path, photos: pd.DataFrame, root: Path | None = None) -> None:
    """Count the copies: every photo that was taken lies in a draft, with all its bytes. Raises UserError.

    Args:
        root: where the photos lie instead, None where they were copied.
    """
    if root is not None:
        return
    sizes = {
        file: size
        for file, size in zip(photos["file"], photos["bytes"])
        if not Path(file).is_absolute()  # else it stayed where an earlier data set had it
    }
    lost = [file for file, size in sizes.items() if _size(folder / "photos" / file) != size]
    if lost:
        raise UserError(
            f"{len(lost):,} of {len(sizes):,} photos disappeared from the disk while they were copied.",
            "Nothing was saved, and your uploads are still there. Import them again.",
        )


def _size(path: Path) -> int:
    """Bytes of a file, -1 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return -1
