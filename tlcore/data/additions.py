"""Adding photos to a data set: one edit, of which a later version can still be without.

Photos that are there keep their class and their part; only new ones are put into parts, those of a copy or a group of
photos that are there into the same part as these.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from tlcore.data.archives import open_archive
from tlcore.data.assemble import Ingestion
from tlcore.data.bursts import part_bursts
from tlcore.data.changes import ADDED, Change
from tlcore.data.collect import Collected, Reading, Source, collect
from tlcore.data.commit import Brought, Edited, commit, editing
from tlcore.data.drafts import draft_folder
from tlcore.data.duplicates import describe_duplicates
from tlcore.data.folder import FolderSource, path_not_found
from tlcore.data.layout import HOW, Layout, label_all, leave_out, name_classes, read_layout
from tlcore.data.listing_archives import Went, opening
from tlcore.data.manifest import ORIGINAL, Dataset, every_path
from tlcore.data.names import make_unique
from tlcore.data.reasons import reasons_given
from tlcore.data.report import guessed
from tlcore.data.split import split_photos
from tlcore.data.thumbnails import ThumbnailWriter
from tlcore.errors import UserError
from tlcore.events import ShouldStop, never
from tlcore.workspace import Workspace

IS_THERE = "is already in this data set"
WAS_LEFT_OUT = "was left out of this data set before; bring it back instead"


@dataclass(frozen=True)
class Reads:
    """How the files of a source are read.

    `label`: the class of all of them, "" where folders say it; `layout`: a `LayoutChoice.key`, "" where that is clear;
    `encoding`: of names in an archive, "" to find out; `without`: classes to leave out.
    """

    label: str = ""
    layout: str = ""
    encoding: str = ""
    without: Collection[str] = ()


def add_path(
    workspace: Workspace,
    dataset: Dataset,
    path: Path | str,
    decode: Reading,
    reads: Reads = Reads(),
    seed: int = 0,
    should_stop: ShouldStop = never,
) -> Ingestion:
    """Add the photos of a folder or an archive. Those of a folder stay there; those of an archive are copied.

    Args:
        decode: what is done with each file; where it keeps copies is decided here.
        seed: decides which of the new photos train, validate and test.

    Raises:
        TooFewPhotos: a new class has too few. UndecidedLayout: the folders can be read in several ways.
        UndecidedEncoding: the names in an archive can. UserError: the source cannot be used as it is, or there is no
            new photo in it.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise path_not_found(path)

    def open_it(went: Went) -> Source:
        return FolderSource(path) if path.is_dir() else open_archive(path, encoding=reads.encoding, went=went)

    source = yield from opening(open_it, should_stop)
    if source is None:
        return None
    found = _layout(source, reads)
    collected = Collected(
        refused=[*source.refused, *found.refused],
        lines=guessed(source.guessed),
        notes=list(found.notes),
        empty=list(found.empty),
        data_ranges=dict(dataset.data_ranges),
    )
    placed = leave_out(found.placed, reads.without, collected.refused)
    with draft_folder(workspace) as folder:
        with ThumbnailWriter(folder) as writer:
            keep = None if source.keeps_photos else folder
            reading = replace(decode, keep=keep, thumbnails=writer, draft=folder)
            if not (yield from collect(source, placed, collected, reading, should_stop)):
                return None
        if source.keeps_photos:
            for row in collected.rows:
                row["file"] = row["file"] if row.get(ORIGINAL) else str(source.root / row["file"])
        return add_photos(workspace, dataset, folder, collected, seed)


def _layout(source: Source, reads: Reads) -> Layout:
    if reads.label:
        return label_all(source.files, reads.label)
    return read_layout(source.name, source.files, source.folders, source.read, reads.layout, least_classes=1)


def add_photos(workspace: Workspace, dataset: Dataset, folder: Path, collected: Collected, seed: int = 0) -> Dataset:
    """Add photos that were read into a draft, as one edit of a data set's current version.

    Args:
        folder: the draft, with copies of the photos in photos/ where they were copied, and their thumbnails.
        collected: their rows; what was refused gets a line for each that is there already.

    Raises:
        TooFewPhotos: a new class has too few. UserError: there is no new photo, or the disk is full.
    """
    with editing(workspace, dataset) as edited, reasons_given(collected.refused):
        photos = _new_photos(edited, collected)
        parts = _parts(edited.current.photos, photos, seed)
        photos = photos.assign(split=parts).astype({"width": "int32", "height": "int32", "bytes": "int64"})
        kinds = {name: kind for name, kind in edited.current.photos.dtypes.items() if name in photos}
        notes = [*collected.notes, *describe_duplicates(photos)]
        brought = Brought(folder, photos.astype(kinds), collected.report())
        new = {kind: pair for kind, pair in collected.data_ranges.items() if kind not in edited.current.data_ranges}
        return commit(edited, Change(ADDED, photos=len(photos)), brought=brought, notes=tuple(notes), data_ranges=new)


def _new_photos(edited: Edited, collected: Collected) -> pd.DataFrame:
    """The rows of photos that are not there yet, under paths that no photo ever had."""
    photos, current = collected.photos(), edited.current
    if len(photos):
        photos["label"] = photos["label"].map(name_classes(photos["label"], collected.notes, current.labels))
        photos = _with_bursts(photos, current.labels, collected.notes)
    there = set(zip(current.photos["sha256"], current.photos["label"]))
    gone = set(current.left_out["sha256"]) - set(current.photos["sha256"])
    reasons = {
        row.path: IS_THERE if (row.sha256, row.label) in there else WAS_LEFT_OUT
        for row in photos.itertuples()
        if (row.sha256, row.label) in there or row.sha256 in gone
    }
    collected.refused += [(str(path), reason) for path, reason in reasons.items()]
    photos = photos[~photos["path"].isin(reasons)].reset_index(drop=True)
    if photos.empty:
        raise UserError(f"There is no new photo for “{current.name}”.", f"Choose other photos. {HOW}")
    taken = dict.fromkeys(every_path(current.folder), 1)
    return photos.assign(path=[make_unique(path, taken) for path in photos["path"]])


def _with_bursts(photos: pd.DataFrame, known: Collection[str], notes: list[str]) -> pd.DataFrame:
    """The rows with the bursts of a new class cut where it has nothing else; elsewhere they stay whole."""
    if "group" not in photos:
        return photos
    is_new = ~photos["label"].isin(list(known))
    cut, more = part_bursts(photos[is_new])
    notes += more
    return pd.concat([photos[~is_new], cut]).sort_index()


def _parts(there: pd.DataFrame, photos: pd.DataFrame, seed: int) -> pd.Series:
    """The part of each new photo: that of its copy, else the one that it came with, else a fresh one."""
    known: Mapping[str, str] = dict(zip(there["sha256"], there["split"]))
    own = photos["split"] if "split" in photos else pd.Series(None, index=photos.index, dtype=object)
    copies = photos["sha256"].map(known).astype(object)
    photos = photos.assign(split=copies.where(copies.notna(), own.astype(object)))
    if photos["split"].notna().all():
        return photos["split"]
    everything = pd.concat([there, photos], ignore_index=True, keys=None)
    everything["split"] = everything["split"].astype(object).where(everything["split"].notna(), None)
    sizes = everything.groupby("label")["sha256"].nunique()
    small = set(sizes.index[sizes < 3]) - set(photos["label"])  # came so, and nothing is added to them
    parts = split_photos(everything[~everything["label"].isin(small)], seed)
    return parts.tail(len(photos)).set_axis(photos.index)
