"""From files to a data set: every file is accepted or refused with a reason, nothing is lost, nothing is changed.

Jobs here are generators: they yield `Progress` and return the `Dataset` (None when stopped). Which folder is a class
is decided in layout.py, who goes into which part in split.py, what a photo is in images.py; uploads are in uploads.py.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path

from tlcore.data import thumbnails
from tlcore.data.archive_kinds import without_ending
from tlcore.data.archives import open_archive
from tlcore.data.assemble import Ingestion, Origin, assemble_dataset
from tlcore.data.collect import Collected, Reading, Source, collect
from tlcore.data.copies import copy_dataset
from tlcore.data.dataset_list import find_known
from tlcore.data.decode_budget import DecodeBudget
from tlcore.data.drafts import draft_folder
from tlcore.data.examples import examples_at_hand
from tlcore.data.folder import FolderSource, path_not_found
from tlcore.data.images import decode, thumbnail
from tlcore.data.layout import HOW, Table, leave_out, read_layout
from tlcore.data.listing_archives import opening
from tlcore.data.reasons import reasons_given
from tlcore.data.report import guessed
from tlcore.data.thumbnails import ThumbnailWriter
from tlcore.data.uploads import ingest_incoming
from tlcore.data.wanted import DecodedPhoto, Wanted
from tlcore.errors import UserError
from tlcore.events import ShouldStop, never
from tlcore.settings import load_limits
from tlcore.workspace import Workspace

__all__ = ["ingest_folder", "ingest_incoming", "ingest_path", "ingest_source", "ingest_zip"]

SHARED = "any visitor's"  # in a signature, where a visitor's name stands else; no name has a space
VERSION = 3
"""Part of every signature: raise it when the same files would give another data set than before."""


def ingest_folder(
    workspace: Workspace,
    path: Path | str,
    name: str | None = None,
    seed: int = 0,
    should_stop: ShouldStop = never,
    visitor: str = "",
    without: Collection[str] = (),
    layout: str = "",
    table: Table | None = None,
) -> Ingestion:
    """Make a data set of a folder. The photos stay where they are; the data set points to them.

    A folder that has not changed since (same files, sizes, times, and the same seed and name) gives the data set that
    was made of it before, at once.

    Raises:
        UserError: the folder cannot be used as it is; see layout.py and split.py.
    """
    source = FolderSource(Path(path))
    origin = Origin(name or "", str(source.root), visitor=visitor)
    return (yield from ingest_source(workspace, source, origin, seed, should_stop, None, without, layout, table))


def ingest_zip(
    workspace: Workspace,
    path: Path | str,
    name: str | None = None,
    seed: int = 0,
    should_stop: ShouldStop = never,
    visitor: str = "",
    without: Collection[str] = (),
    layout: str = "",
    encoding: str = "",
    table: Table | None = None,
) -> Ingestion:
    """Make a data set of a zip or a tar. The photos are copied into the data set, so it may go away afterwards.

    Args:
        encoding: of the names in it, where it does not say it; "" to find out.

    Raises:
        UndecidedEncoding: its folders read differently in several encodings. UserError: it cannot be used as it is; see
            archives.py, layout.py and split.py.
    """
    path = Path(path).expanduser()
    origin = Origin(name or without_ending(path.name), str(path), visitor=visitor)
    source = yield from opening(lambda went: open_archive(path, encoding=encoding, went=went), should_stop)
    if source is None:
        return None
    return (yield from ingest_source(workspace, source, origin, seed, should_stop, None, without, layout, table))


def ingest_path(
    workspace: Workspace,
    path: Path | str,
    name: str | None = None,
    seed: int = 0,
    should_stop: ShouldStop = never,
    visitor: str = "",
    without: Collection[str] = (),
    layout: str = "",
    encoding: str = "",
    table: Table | None = None,
) -> Ingestion:
    """Make a data set of a folder, a zip or a tar, whichever the path is; the content decides, not the name.

    Args:
        encoding: see `ingest_zip`; of no use to a folder.

    Raises:
        UserError: it is neither, or cannot be used as it is.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise path_not_found(path)
    if path.is_dir():
        return (yield from ingest_folder(workspace, path, name, seed, should_stop, visitor, without, layout, table))
    return (yield from ingest_zip(workspace, path, name, seed, should_stop, visitor, without, layout, encoding, table))


def ingest_source(
    workspace: Workspace,
    source: Source,
    origin: Origin,
    seed: int = 0,
    should_stop: ShouldStop = never,
    group: Callable[[str], str] | None = None,
    without: Collection[str] = (),
    layout: str = "",
    table: Table | None = None,
) -> Ingestion:
    """Make a data set of any source whose folders tell the classes.

    Args:
        group: from a shown path to what it shows, where two photos of one thing belong on one side of the split.
        without: classes to leave out. layout: how the folders are to be read, a `LayoutChoice.key`; "" where that is
            clear. table: one with labels that lies elsewhere.

    Raises:
        TooFewPhotos: some classes have too few. UndecidedLayout: the folders can be read in several ways. UserError:
            the source cannot be used as it is.
    """
    content = (
        source.signature(),
        origin.name,
        seed,
        *sorted(without),
        *([("layout", layout, table)] if layout else []),
    )
    own = sign(*content, origin.visitor) if origin.visitor else sign(*content)
    known = find_known(workspace, own)
    if known is not None:
        return known
    shared = sign(*content, SHARED)
    others = find_known(workspace, shared)
    if others is not None:
        return copy_dataset(workspace, others, origin, own)
    if source.refused and not source.files:
        with reasons_given(source.refused):
            raise UserError(f"No file in {source.name} can be used.", HOW)
    with examples_at_hand(
        source.files, source.read, partial(thumbnail, budget=DecodeBudget.of(load_limits(workspace)))
    ):
        found = read_layout(source.name, source.files, source.folders, source.read, layout, table=table)
    collected = Collected(
        refused=[*source.refused, *found.refused],
        lines=guessed(source.guessed),
        notes=list(found.notes),
        empty=list(found.empty),
        layout=found.choice,
    )
    placed = leave_out(found.placed, without, collected.refused)
    with draft_folder(workspace) as folder:
        with ThumbnailWriter(folder) as writer:
            keep, wanted = None if source.keeps_photos else folder, Wanted(thumbnail_size=thumbnails.SIZE)
            reading = Reading(decode_own(workspace), keep, writer, wanted, folder)
            if not (yield from collect(source, placed, collected, reading, should_stop)):
                return None
        photos = collected.photos()
        if group is not None:
            photos["group"] = photos["path"].map(group)
        named = replace(origin, name=origin.name or source.name)
        return assemble_dataset(
            workspace,
            folder,
            photos,
            collected,
            named,
            seed,
            root=source.root if source.keeps_photos else None,
            signatures=(own, shared),
        )


def decode_own(workspace: Workspace) -> Callable[[bytes, Wanted], DecodedPhoto]:
    """What decodes photos of the person at this machine: in this process, within the workspace's limits."""
    budget = DecodeBudget.of(load_limits(workspace))
    return lambda data, wanted: decode(data, wanted, budget)


def sign(*parts: object) -> str:
    """The signature under which a data set can be found again: a SHA-256 in hex."""
    return hashlib.sha256(repr((VERSION, *parts)).encode("utf-8", "surrogateescape")).hexdigest()
