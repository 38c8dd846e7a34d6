"""A data set on disk: one row a photo, fixed once made. Where the photos come from: ingest.py.

datasets/<id>/dataset.json      name, labels, counts, notes: readable by a person
datasets/<id>/name.json         the name that somebody gave it later (naming.py)
datasets/<id>/photos.parquet    one row a photo
datasets/<id>/report.parquet    one row a file that was left out, changed or guessed, with the reason (report.py);
                                up to version 0.1.0 refused.parquet, which has only what was left out
datasets/<id>/thumbnails.*      its thumbnails, see thumbnails.py
datasets/<id>/photos/           the photos' own bytes, unless they stay in a folder of the person
datasets/.known/<signature>     the id of the data set that was made of exactly this folder before
"""

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from tlcore.checksums import DamagedFile, file_checksum
from tlcore.data.changes import Change, read_change
from tlcore.data.deep import Range, parse_ranges
from tlcore.data.names import slug
from tlcore.data.parquet import read_parquet, to_parquet
from tlcore.data.report import left_out, refused_frame, report_frame
from tlcore.data.thumbnails import Thumbnails
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError
from tlcore.listing import FolderList
from tlcore.naming import given_name
from tlcore.workspace import Workspace, disk_error, is_id, new_id, read_json, write_atomic, write_json

COLUMNS = ("path", "sha256", "label", "split", "width", "height", "bytes")
"""The columns that everybody may rely on. `path` is unique and readable; behind them stands `file`, the place of the
photo under `Dataset.root` (or an absolute path), which may differ from `path`."""

REPORT = "report.parquet"

ORIGINAL = "original_sha256"
"""A column of data sets with photos of more than 8 bits a channel: the hash of the file that such a photo was made of,
once, by `Dataset.data_ranges`; "" for photos that are as they came. The picture of 8 bits is the data set's own: `file`
is its place under the data set's photos/, wherever the others lie."""

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set. `photos`: a row a photo, `COLUMNS` first; `report`: what its import left out, changed or guessed, as
    path, what ("left out", "changed" or "guessed"), reason.

    `root` is where the photos lie; `fingerprint` is the SHA-256 (hex) over all (path, sha256, label, split);
    `created` is Unix seconds; `notes` are sentences for the person who made it; `visitor` is the public name of who
    asked for it, "" where nobody did in a browser; `data_ranges`: which values of its photos of more than 8 bits a
    channel became 0 and 255, by their kind ("uint16", "float"), {} where it has no such photos.
    """

    id: str
    name: str
    folder: Path
    root: Path
    labels: tuple[str, ...]
    photos: pd.DataFrame
    report: pd.DataFrame
    fingerprint: str
    created: float
    source: str
    licence: str
    notes: tuple[str, ...]
    visitor: str = ""
    data_ranges: Mapping[str, Range] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Dataset({self.id or self.name!r}, {len(self.photos):,} photos, {len(self.labels)} classes)"

    @cached_property
    def _places(self) -> dict[str, int]:
        return {path: row for row, path in enumerate(self.photos["path"])}

    @cached_property
    def refused(self) -> pd.DataFrame:
        """The files that were left out: path, reason."""
        return refused_frame(self.report)

    @cached_property
    def thumbnails(self) -> Thumbnails:
        """Small pictures of the photos, made when the data set was."""
        return Thumbnails(self.folder)

    @property
    def duplicates(self) -> pd.DataFrame:
        """Photos that are there more than once, byte for byte: sha256, count, paths, labels."""
        repeated = self.photos[self.photos.duplicated("sha256", keep=False)]
        rows = [
            (sha256, len(group), tuple(group["path"]), tuple(sorted(set(group["label"]))))
            for sha256, group in repeated.groupby("sha256")
        ]
        return pd.DataFrame(rows, columns=["sha256", "count", "paths", "labels"])

    def place(self, path: str) -> Path:
        """Where the photo with this `path` lies. Raises UserError where there is no such photo."""
        if path not in self._places:
            raise UserError(f"The data set {self.name} has no photo {path}.", "Choose one of its photos.")
        row = self._places[path]
        own = ORIGINAL in self.photos and bool(self.photos[ORIGINAL].iat[row])
        return (self.folder / "photos" if own else self.root) / str(self.photos["file"].iat[row])

    def read(self, path: str) -> bytes:
        """The bytes of the photo with this `path`, checked against its hash.

        Raises:
            UserError: there is no such photo, or it was moved, deleted or changed since the data set was made.
        """
        place, sha256 = self.place(path), self.photos["sha256"].iat[self._places[path]]
        fix = "Put the original file back, or import the folder again."
        try:
            data = place.read_bytes()
        except OSError as error:
            where = "" if place.is_relative_to(self.folder) else f" It was at {place}."  # a folder somebody gave
            raise UserError(f"The photo {path} can't be read: {why_file_failed(error)}.{where}", fix) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise UserError(f"The photo {path} has changed since it was imported into {self.name}.", fix)
        return data

    def part(self, split: str) -> pd.DataFrame:
        """The rows of "train", "validation" or "test"."""
        return self.photos[self.photos["split"] == split].reset_index(drop=True)


@dataclass(frozen=True)
class DatasetSummary:
    """What a list of data sets shows.

    `bytes`: of its own copies of photos, 0 where they stay in a folder; `visitor`: as in `Dataset`; `base`: the id of
    the data set whose photos came along, "" for none; `sample`: the key of the sample it was made of, "" for none;
    `replaces`: the ids of the data sets that it is a newer version of (versions.py), the latest first; `change`: what
    was changed in the latest of them to make it, None where nothing was or nobody noted it.
    """

    id: str
    name: str
    num_photos: int
    labels: tuple[str, ...]
    created: float
    source: str
    bytes: int = 0
    visitor: str = ""
    base: str = ""
    sample: str = ""
    replaces: tuple[str, ...] = ()
    change: Change | None = None


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
    replaces: tuple[str, ...] = ()
    change: Change | None = None
    data_ranges: Mapping[str, Range] = field(default_factory=dict)


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
    _check_whole(draft)
    dataset_id = new_id(slug(draft.name))
    photos = draft.photos.sort_values("path", ignore_index=True)
    photos = photos[[*COLUMNS, *(name for name in photos.columns if name not in COLUMNS)]]
    report = report_frame(draft.report.itertuples(index=False, name=None))
    files = {"photos.parquet": to_parquet(photos), REPORT: to_parquet(report)}
    values = {
        "version": 1,
        "name": draft.name,
        "created": time.time(),
        "num_photos": len(photos),
        "num_refused": len(refused_frame(report)),
        "labels": sorted(photos["label"].unique(), key=lambda label: (label.casefold(), label)),
        "parts": {split: int((photos["split"] == split).sum()) for split in SPLITS},
        "fingerprint": _fingerprint(photos),
        "root": None if draft.root is None else str(draft.root),
        "source": draft.source,
        "licence": draft.licence,
        "notes": list(draft.notes),
        "bytes": _own_bytes(photos, draft.root),
        "visitor": draft.visitor,
        "base": draft.base,
        "sample": draft.sample,
        "replaces": list(draft.replaces),
        "change": None if draft.change is None else asdict(draft.change),
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
    return _dataset(folder, values, photos, report)


def _own_bytes(photos: pd.DataFrame, root: Path | None) -> int:
    """Bytes of the copies that a data set has: all of its photos, or those that were made of deeper ones."""
    if root is not None:
        photos = photos[photos[ORIGINAL] != ""] if ORIGINAL in photos else photos.head(0)
    return int(photos.drop_duplicates("sha256")["bytes"].sum())


def _check_whole(draft: Draft) -> None:
    """Count the copies: every photo that was taken lies in the draft, with all its bytes."""
    if draft.root is not None:
        return
    sizes = {
        file: size
        for file, size in zip(draft.photos["file"], draft.photos["bytes"])
        if not Path(file).is_absolute()  # else it stayed where an earlier data set had it
    }
    lost = [file for file, size in sizes.items() if _size(draft.folder / "photos" / file) != size]
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


def load_dataset(workspace: Workspace, dataset_id: str) -> Dataset:
    """The data set with this id.

    Raises:
        UserError: there is none, or its files are damaged.
    """
    folder = workspace.datasets / dataset_id
    if not is_id(dataset_id) or not folder.is_dir():
        raise _no_dataset(dataset_id)
    try:
        values = read_json(folder / "dataset.json")
        photos = read_parquet(folder / "photos.parquet", values)
        _check_content(values, photos)
        return _dataset(folder, values, photos, _read_report(folder, values))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"The data set {dataset_id} is damaged.",
            "Delete it and import the photos again. Your original photos are not affected.",
        ) from error


def _read_report(folder: Path, values: dict[str, Any]) -> pd.DataFrame:
    """What the import left out, changed or guessed; earlier versions wrote down only what was left out."""
    if REPORT in values.get("files", ()):
        return read_parquet(folder / REPORT, values)
    refused = read_parquet(folder / "refused.parquet", values)
    return report_frame(left_out(refused[["path", "reason"]].itertuples(index=False, name=None)))


def dataset_visitor(workspace: Workspace, dataset_id: str) -> str:
    """The public name of who asked for a data set, "" where nobody did in a browser; reads one small file.

    Raises:
        UserError: there is none, or its files are damaged.
    """
    try:
        if is_id(dataset_id):
            return str(read_json(workspace.datasets / dataset_id / "dataset.json").get("visitor", ""))
    except (OSError, ValueError, AttributeError):
        pass
    raise _no_dataset(dataset_id)


def _no_dataset(dataset_id: str) -> UserError:
    return UserError(f"There is no data set “{dataset_id[:100]}” here.", "Choose another data set, or make a new one.")


def list_datasets(workspace: Workspace) -> list[DatasetSummary]:
    """The data sets of a workspace, newest first, of each only its current version; damaged ones are left out."""
    found = list_versions(workspace)
    replaced = {earlier for each in found for earlier in each.replaces}
    return [each for each in found if each.id not in replaced]


def list_versions(workspace: Workspace) -> tuple[DatasetSummary, ...]:
    """All data sets, newest first, those included that a newer version has replaced; reads one small file each."""
    return _listed(workspace.datasets).values()


def dataset_names(workspace: Workspace) -> dict[str, str]:
    """What each data set is called now, earlier versions included, by its id."""
    return {each.id: each.name for each in list_versions(workspace)}


@lru_cache(maxsize=8)
def _listed(parent: Path) -> FolderList[DatasetSummary]:
    return FolderList(parent, _summary, lambda summary: summary.created)


def _summary(folder: Path) -> DatasetSummary | None:
    """What a list shows of the data set in a folder; None where there is none that is whole."""
    if not is_id(folder.name):
        return None
    try:
        values = read_json(folder / "dataset.json")
        return DatasetSummary(
            folder.name,
            given_name(folder) or values["name"],
            values["num_photos"],
            tuple(values["labels"]),
            float(values["created"]),
            values["source"],
            int(values.get("bytes", 0)),
            str(values.get("visitor", "")),
            str(values.get("base", "")),
            str(values.get("sample", "")),
            tuple(map(str, values.get("replaces", ()))),
            read_change(values.get("change")),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def find_known(workspace: Workspace, signature: str) -> Dataset | None:
    """The data set that was made under this signature before, if it is still there and whole."""
    try:
        dataset_id = (workspace.datasets / ".known" / signature).read_text(encoding="utf-8")
        if any(dataset_id in each.replaces for each in list_versions(workspace)):
            return None  # it was changed since, and this folder was not
        return load_dataset(workspace, dataset_id)
    except (OSError, UserError):
        return None


def _dataset(folder: Path, values: dict[str, Any], photos: pd.DataFrame, report: pd.DataFrame) -> Dataset:
    return Dataset(
        id=folder.name,
        name=given_name(folder) or values["name"],
        folder=folder,
        root=folder / "photos" if values["root"] is None else Path(values["root"]),
        labels=tuple(values["labels"]),
        photos=photos,
        report=report,
        fingerprint=values["fingerprint"],
        created=float(values["created"]),
        source=values["source"],
        licence=values["licence"],
        notes=tuple(values["notes"]),
        visitor=str(values.get("visitor", "")),
        data_ranges=parse_ranges(values.get("data_ranges")) or {},
    )


def _check_content(values: dict[str, Any], photos: pd.DataFrame) -> None:
    """Raise DamagedFile where files without checksums, of version 0.1.0, do not fit one another."""
    if "files" in values:
        return
    if _fingerprint(photos) != values["fingerprint"] or set(photos["label"]) != set(values["labels"]):
        raise DamagedFile("photos.parquet is not what was written.")


def _fingerprint(photos: pd.DataFrame) -> str:
    digest = hashlib.sha256()
    for row in sorted(zip(photos["path"], photos["sha256"], photos["label"], photos["split"])):
        digest.update("\0".join(row).encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()
