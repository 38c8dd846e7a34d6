"""A data set on disk: its photos as they were imported, fixed once made, and the edits since (edit_log.py).

Where the photos come from: ingest.py. Every version that edits made has an id of its own, "leaves-…@3", and can be
loaded as long as the data set is there; the id without a number is the version as imported.

datasets/<id>/dataset.json      name, labels, counts, notes: readable by a person
datasets/<id>/name.json         the name that somebody gave it later (naming.py)
datasets/<id>/photos.parquet    one row a photo
datasets/<id>/report.parquet    one row a file that was left out, changed or guessed, with the reason (report.py);
                                up to version 0.1.0 refused.parquet, which has only what was left out
datasets/<id>/thumbnails.*      its thumbnails, see thumbnails.py
datasets/<id>/photos/           the photos' own bytes, unless they stay in a folder of the person
datasets/<id>/edits.jsonl …     the edits, see edit_log.py
datasets/.known/<signature>     the id of the data set that was made of exactly this folder before
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from tlcore.checksums import DamagedFile
from tlcore.data import made_versions
from tlcore.data.deep import Range, parse_ranges
from tlcore.data.edit_log import Entry, read_log
from tlcore.data.parquet import read_parquet
from tlcore.data.replay import replay
from tlcore.data.report import left_out, refused_frame, report_frame
from tlcore.data.thumbnails import BROUGHT, Thumbnails
from tlcore.error_reasons import why_file_failed
from tlcore.errors import LayoutChoice, UserError
from tlcore.listing import is_deleted
from tlcore.naming import given_name
from tlcore.workspace import (
    Workspace,
    is_id,
    read_json,
    split_version,
    version_id,
)

COLUMNS = ("path", "sha256", "label", "split", "width", "height", "bytes")
"""The columns that everybody may rely on. `path` is unique and readable; behind them stands `file`, the place of the
photo under `Dataset.root` (or an absolute path), which may differ from `path`; and `group`, what the photo belongs to
(photos of one group are on one side of the split), or None."""

REPORT = "report.parquet"

ORIGINAL = "original_sha256"
"""A column of data sets with photos of more than 8 bits a channel: the hash of the file that such a photo was made of,
once, by `Dataset.data_ranges`; "" for photos that are as they came. The picture of 8 bits is the data set's own: `file`
is its place under the data set's photos/, wherever the others lie."""

SPLITS = ("train", "validation", "test")

LINES_AT_ONCE = 10_000  # of what a fingerprint is made of


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in one of its versions. `photos`: a row a photo, `COLUMNS` first; `report`: what its imports left out,
    changed or guessed, as path, what ("left out", "changed" or "guessed"), reason.

    `root` is where the photos lie; `fingerprint` is the SHA-256 (hex) over all (path, sha256, label, split);
    `created` is Unix seconds; `notes` are sentences for the person who made it; `visitor` is the public name of who
    asked for it, "" where nobody did in a browser; `version` is 1 as imported; `left_out` has the rows of photos that
    an edit left out and another may bring back, with the columns of `photos`; `layout`: how its folders or files were
    read, without classes and examples, None where a person put the photos into classes; `data_ranges`: which values of
    its photos of more than 8 bits a channel became 0 and 255, by their kind ("uint16", "float"), {} where it has none;
    `given_test`: its test part came with the photos, and was not drawn from them here.
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
    version: int = 1
    left_out: pd.DataFrame = field(default_factory=pd.DataFrame)
    layout: LayoutChoice | None = None
    data_ranges: Mapping[str, Range] = field(default_factory=dict)
    given_test: bool = False

    def __repr__(self) -> str:
        return f"Dataset({self.id or self.name!r}, {len(self.photos):,} photos, {len(self.labels)} classes)"

    @cached_property
    def _places(self) -> dict[str, int]:
        return {path: row for row, path in enumerate(self.photos["path"].tolist())}

    @cached_property
    def _values(self) -> Mapping[str, pd.api.extensions.ExtensionArray]:
        """What `read` needs of each photo; a frame takes longer to give one value, and other threads wait for it."""
        return {name: self.photos[name].array for name in ("sha256", "file", ORIGINAL) if name in self.photos}

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
        original = self._values[ORIGINAL][row] if ORIGINAL in self._values else ""
        own = isinstance(original, str) and original != ""
        return (self.folder / "photos" if own else self.root) / str(self._values["file"][row])

    def read(self, path: str) -> bytes:
        """The bytes of the photo with this `path`, checked against its hash.

        Raises:
            UserError: there is no such photo, or it was moved, deleted or changed since the data set was made.
        """
        place, sha256 = self.place(path), self._values["sha256"][self._places[path]]
        fix = "Put the original file back, or import the folder again."
        try:
            data = place.read_bytes()
        except OSError as error:
            where = "" if place.is_relative_to(self.folder) else f" It was at {place}."  # a folder somebody gave
            raise UserError(f"The photo {path} can’t be read: {why_file_failed(error)}.{where}", fix) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise UserError(f"The photo {path} has changed since it was imported into {self.name}.", fix)
        return data

    def part(self, split: str) -> pd.DataFrame:
        """The rows of "train", "validation" or "test"."""
        return self.photos[self.photos["split"] == split].reset_index(drop=True)


def load_dataset(workspace: Workspace, dataset_id: str) -> Dataset:
    """The data set with this id, in the version that the id names, or as it was imported.

    Raises:
        UserError: there is none, or its files are damaged.
    """
    folder, version = workspace.dataset_folder(dataset_id), split_version(dataset_id)[1]
    if not is_id(dataset_id) or not folder.is_dir() or is_deleted(folder):
        raise _no_dataset(dataset_id)
    if version != 1 and version not in (log := read_log(folder)).entries and log.next_version <= version:
        raise UserError(f"“{folder.name}” has no version {version}.", "Choose another version of these photos.")
    if (made := made_versions.find(folder, version)) is not None:
        return made
    try:
        return _load(folder, version)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"The data set {dataset_id} is damaged.",
            "Delete it and import the photos again. Your original photos are not affected.",
        ) from error


def _load(folder: Path, version: int) -> Dataset:
    """A version of the data set in a folder. Raises DamagedFile and much else where its files are damaged."""
    values = read_json(folder / "dataset.json")
    photos = read_parquet(folder / "photos.parquet", values)
    _check_content(values, photos)
    log = read_log(folder)
    chain = log.chain(version)
    rows = replay(photos, chain, lambda entry: brought_photos(folder, entry, values["root"] is None))
    kept = rows[~rows["left_out"]]
    whole = log.purged.isdisjoint(kept["path"])  # else it has fewer photos than when it was made
    if chain and whole and fingerprint(kept) != chain[-1].fingerprint:
        raise DamagedFile("The edits do not lead to what they made.")
    reports = [_read_report(folder, values), *(_brought_report(folder, entry) for entry in chain if entry.has_report)]
    labels = chain[-1].labels if chain else tuple(values["labels"])
    rows = rows[~rows["path"].isin(log.purged)] if log.purged else rows
    notes = [note for entry in chain for note in entry.notes]
    for entry in chain:
        values["data_ranges"] = {**(values.get("data_ranges") or {}), **entry.data_ranges} or None
    return make_dataset(folder, values, rows, pd.concat(reports, ignore_index=True), labels, version, notes)


def brought_photos(folder: Path, entry: Entry, own: bool) -> pd.DataFrame:
    """The rows that an edit brought, with `file` as it is below the root of the data set, or absolute.

    Args:
        own: whether the data set has copies of all its photos, so that its root is its own folder of photos.

    Raises:
        DamagedFile: they are not what was written. OSError: they cannot be read.
    """
    place = folder / BROUGHT / str(entry.version)
    rows = read_parquet(place / "photos.parquet", {"files": entry.brings})
    return rows if own else rows.assign(file=[str(folder / "photos" / file) for file in rows["file"]])


def every_path(folder: Path) -> set[str]:
    """The paths of all photos that the data set in a folder ever had, in any of its versions. Raises OSError."""
    tables = (folder / "photos.parquet", *folder.glob(f"{BROUGHT}/*/photos.parquet"))
    return set().union(*(pd.read_parquet(each, columns=["path"])["path"] for each in tables))


def _brought_report(folder: Path, entry: Entry) -> pd.DataFrame:
    return read_parquet(folder / BROUGHT / str(entry.version) / REPORT, {"files": entry.brings})


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
            return str(read_json(workspace.dataset_folder(dataset_id) / "dataset.json").get("visitor", ""))
    except (OSError, ValueError, AttributeError):
        pass
    raise _no_dataset(dataset_id)


def _no_dataset(dataset_id: str) -> UserError:
    return UserError(f"There is no data set “{dataset_id[:100]}” here.", "Choose another data set, or make a new one.")


def make_dataset(
    folder: Path,
    values: dict[str, Any],
    rows: pd.DataFrame,
    report: pd.DataFrame,
    labels: tuple[str, ...],
    version: int = 1,
    notes: Iterable[str] = (),
) -> Dataset:
    """The value; `rows` as `replay` gives them."""
    is_left_out = rows["left_out"]
    rows = rows.drop(columns="left_out")
    photos = rows[~is_left_out].reset_index(drop=True)
    there = set(photos["label"])
    return Dataset(
        id=version_id(folder.name, version),
        name=given_name(folder) or values["name"],
        folder=folder,
        root=folder / "photos" if values["root"] is None else Path(values["root"]),
        labels=tuple(label for label in labels if label in there),
        photos=photos,
        report=report,
        fingerprint=fingerprint(photos) if version != 1 else values["fingerprint"],
        created=float(values["created"]),
        source=values["source"],
        licence=values["licence"],
        notes=(*values["notes"], *notes),
        visitor=str(values.get("visitor", "")),
        version=version,
        left_out=rows[is_left_out].reset_index(drop=True),
        layout=_read_layout(values.get("layout")),
        data_ranges=parse_ranges(values.get("data_ranges")) or {},
        given_test=bool(values["given_test"] if "given_test" in values else _in_test_folders(photos)),
    )


def _in_test_folders(photos: pd.DataFrame) -> bool:
    """Whether the test photos, and no others, lie in folders of that name: what earlier versions tell of it."""
    in_folder = photos["path"].map(lambda path: "test" in path.casefold().split("/")[:-1])
    return bool(in_folder.any() and (in_folder == (photos["split"] == "test")).all())


def _read_layout(values: Any) -> LayoutChoice | None:
    """How photos were read, from what was written; None where nothing was, or by a version that says it otherwise."""
    try:
        return LayoutChoice(**values)
    except TypeError:
        return None


def _check_content(values: dict[str, Any], photos: pd.DataFrame) -> None:
    """Raise DamagedFile where files without checksums, of version 0.1.0, do not fit one another."""
    if "files" in values:
        return
    if fingerprint(photos) != values["fingerprint"] or set(photos["label"]) != set(values["labels"]):
        raise DamagedFile("photos.parquet is not what was written.")


def fingerprint(photos: pd.DataFrame) -> str:
    """The SHA-256 (hex) over all (path, sha256, label, split)."""
    digest = hashlib.sha256()
    columns = (photos[name].to_numpy(dtype=object) for name in ("path", "sha256", "label", "split"))
    lines = map("\0".join, sorted(zip(*columns, strict=True)))
    while some := list(islice(lines, LINES_AT_ONCE)):
        digest.update(("\n".join(some) + "\n").encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
