"""A data set out of what a visitor uploaded: photos put into named classes, zips, and photos of an earlier data set."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from tlcore.data import incoming, thumbnails
from tlcore.data.additions import add_photos
from tlcore.data.allowance import UNLIMITED, Allowance
from tlcore.data.archive_kinds import NESTED_IN_FOLDER, file_kind, named_like_archive
from tlcore.data.archives import ArchiveSource, open_archive
from tlcore.data.assemble import Ingestion, Origin, assemble_dataset
from tlcore.data.bursts import part_bursts
from tlcore.data.collect import Collected, Reading, collect
from tlcore.data.copies import link_or_copy
from tlcore.data.decoder import shared_decoder
from tlcore.data.default_name import dataset_name
from tlcore.data.drafts import draft_folder
from tlcore.data.edit_log import edited_by
from tlcore.data.examples import examples_at_hand
from tlcore.data.images import PhotoRefused
from tlcore.data.layout import (
    KEYS,
    Layout,
    Placed,
    Read,
    SourceFile,
    UnknownLayout,
    label_all,
    leave_out,
    name_classes,
    read_layout,
)
from tlcore.data.listing_archives import Went, opening
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.report import guessed, report_lines
from tlcore.data.thumbnails import ThumbnailWriter
from tlcore.data.unlabelled import read_labels, without_labels
from tlcore.data.unsent import read_unsent, unsent_refusals
from tlcore.data.upload_classes import read_classes, suggested_name
from tlcore.data.wanted import Wanted
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UndecidedEncoding, UndecidedLayout, UserError
from tlcore.events import ShouldStop, never
from tlcore.settings import load_limits
from tlcore.workspace import Workspace


def ingest_incoming(
    workspace: Workspace,
    incoming_id: str,
    name: str,
    seed: int = 0,
    base: str | None = None,
    should_stop: ShouldStop = never,
    visitor: str = "",
    allowance: Allowance = UNLIMITED,
    without: Collection[str] = (),
    layout: str = "",
    encoding: str = "",
) -> Ingestion:
    """Make a data set of uploads; they stay in their upload area until `incoming.clear`.

    Args:
        name: what the data set is called; "" for a name made of its folder, its zip or its classes.
        base: the id of a data set that the photos are added to, as an edit of it (additions.py). Where it is somebody
            else's its photos come along into a new one, in the parts that they are in; those in a folder of a person
            stay there, others are copied.
        visitor: the public name of who asked for it. allowance: what may come in. without: classes to leave out.
        layout: how the folders are to be read, a `LayoutChoice.key`; "" where that is clear. encoding: of names in
            archives that do not say it, "" to find out.

    Raises:
        TooFewPhotos: some classes have too few. UndecidedLayout: the folders can be read in several ways.
        UndecidedEncoding: the names in an archive can. UserError: the uploads are gone, cannot be used as they are or
            are too many, or there is no such base.
    """
    earlier = load_dataset(workspace, base) if base is not None else None
    is_own = earlier is not None and earlier.visitor == visitor
    alone = earlier is None
    source = yield from opening(
        lambda went: UploadSource(workspace, incoming_id, alone, without, layout, encoding, went=went), should_stop
    )
    if source is None:
        return None
    placed = leave_out(source.placed, without, source.refused)
    collected = Collected(
        refused=list(source.refused),
        lines=guessed(source.guessed),
        notes=list(source.notes),
        empty=list(source.empty),
        allowance=allowance,
        num_brought=0 if earlier is None else len(earlier.photos),
        in_cards=source.in_cards,
        data_ranges={} if earlier is None else dict(earlier.data_ranges),
        layout=source.layouts[0].choice if len(source.layouts) == 1 and not source.in_cards and not earlier else None,
    )
    with incoming.held(workspace, incoming_id), draft_folder(workspace) as folder:
        with ThumbnailWriter(folder) as writer:
            # limited processes, since it came over a network
            decoder, wanted = shared_decoder(load_limits(workspace)), Wanted(thumbnail_size=thumbnails.SIZE)
            reading = Reading(decoder.decode, folder, writer, wanted, folder)
            if not (yield from collect(source, placed, collected, reading, should_stop)):
                return None
            if earlier is not None and not is_own:
                collected.rows += _bring_along(earlier, folder, collected)
                _bring_thumbnails(earlier, writer)
        if earlier is not None and is_own:
            with edited_by(visitor):
                return add_photos(workspace, earlier, folder, collected, seed)
        photos = collected.photos()
        if len(photos):
            photos, notes = part_bursts(photos)
            collected.notes += notes
            known = earlier.labels if earlier is not None else ()
            photos["label"] = photos["label"].map(name_classes(photos["label"], collected.notes, known))
        named = name or source.suggested_name or dataset_name(sorted(set(photos["label"])))
        origin = Origin(named, "uploads", visitor=visitor, base=base or "")
        return assemble_dataset(workspace, folder, photos, collected, origin, seed)


class UploadSource:
    """The files of an upload area, those within its archives included.

    Args:
        alone: whether nothing else comes along, so that a single zip has to hold two classes itself. without: classes
            that are left out, and not named in `suggested_name`. layout: how folders are to be read, "" where that is
            clear. encoding: of names in archives that do not say it. known: the classes of a model, where it is to be
            tested on the files: then some of these classes will do, or photos without any (unlabelled.py). went: is
            told how far listing an archive is. unsorted: only the photos are wanted, and folders are no classes.

    Raises:
        UndecidedLayout: folders can be read in several ways. UndecidedEncoding: names in an archive can. UserError: the
            uploads are gone, or an archive is all there is and cannot be used.
    """

    def __init__(
        self,
        workspace: Workspace,
        incoming_id: str,
        alone: bool = True,
        without: Collection[str] = (),
        layout: str = "",
        encoding: str = "",
        known: tuple[str, ...] = (),
        went: Went = lambda done, total: None,
        unsorted: bool = False,
    ) -> None:
        self.name = "The upload"
        self._layout, self._encoding, self._known, self._went = layout, encoding, known, went
        self._unsorted = unsorted
        self._thumbnail = lambda data, size: shared_decoder(load_limits(workspace)).thumbnail(data, size)
        self.placed: list[Placed] = []
        self.refused: list[tuple[str, str]] = []
        self.guessed: list[tuple[str, str]] = []
        self.layouts: list[Layout] = []
        self.notes: list[str] = []
        self.empty: list[str] = []
        classes = read_classes(workspace, incoming_id)
        names = classes.names()
        uploads = [each for each in incoming.list_uploads(workspace, incoming_id) if each.label not in classes.removed]
        uploads = [each._replace(label=names.get(each.label, each.label)) if each.label else each for each in uploads]
        self.suggested_name = suggested_name(workspace, incoming_id, classes, without)
        self.in_cards = any(each.label is not None for each in uploads)
        if not uploads and alone:
            raise UserError("Nothing has been uploaded yet.", "Add photos for at least two classes, or upload a zip.")
        here = [(each.label, each.name) for each in incoming.list_uploads(workspace, incoming_id)]
        self.refused += unsent_refusals(read_unsent(workspace, incoming_id), names, classes.removed, here)
        self._take_all(uploads, [incoming.file_path(workspace, incoming_id, each.number) for each in uploads], alone)

    def _take_all(self, uploads: list[incoming.Upload], paths: list[Path], alone: bool) -> None:
        in_folders: list[SourceFile] = []
        archives = {upload.number for upload, path in zip(uploads, paths) if _is_archive(upload, path)}
        others = [each for each in uploads if each.number not in archives]
        has_folders = any(_in_folder(each) for each in others)
        alone = alone and len(archives) + has_folders + any(each.label is not None for each in others) == 1
        for upload, path in zip(uploads, paths):
            if upload.number in archives:
                self._take_archive(path, upload, alone)
            elif _in_folder(upload) and named_like_archive(upload.name) and file_kind(path):
                self.refused.append((upload.name, NESTED_IN_FOLDER))
            elif _in_folder(upload) or ((self._known or self._unsorted) and upload.label is None):
                in_folders.append(SourceFile(tuple(upload.name.split("/")), path, upload.size))
            elif upload.label is None:
                self.refused.append((upload.name, "is not in a class folder"))
            else:
                file = SourceFile((upload.label, upload.name), path, upload.size)
                group = f"burst {upload.group}" if upload.group else None
                self.placed.append(Placed(file, upload.label, group=group))
        if in_folders:
            self._take_folder(in_folders, alone)

    def read(self, files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, bytes | PhotoRefused]]:
        """The bytes of each file, or why it cannot be read."""
        for source, group in groupby(files, key=lambda file: file.handle[0] if _in_archive(file) else None):
            if source is not None:
                inner = {id(file.handle[1]): file for file in group}
                for entry, data in source.read([file.handle[1] for file in inner.values()]):
                    yield inner[id(entry)], data
                continue
            for file in group:
                try:
                    yield file, file.handle.read_bytes()
                except FileNotFoundError as error:
                    raise UserError(
                        "Some uploads disappeared from the disk while they were read. Nothing was saved.",
                        "Check what is still there, and add the rest again.",
                    ) from error
                except OSError as error:
                    yield file, PhotoRefused(f"can’t be read: {why_file_failed(error)}; upload it again")

    def _take_folder(self, files: list[SourceFile], alone: bool) -> None:
        """The files of uploaded folders, whose names are the classes."""
        try:
            with examples_at_hand(files, self.read, self._thumbnail):
                layout = self._read_layout(self.name, files, (), self.read, alone)
        except UserError as error:
            if alone or isinstance(error, UndecidedLayout | UndecidedEncoding):
                raise
            self.refused += [("/".join(file.parts), f"can’t be used: {error.what}") for file in files]
            return
        self.layouts.append(layout)
        self.placed += layout.placed
        self.refused += layout.refused
        self.notes += layout.notes

    def _take_archive(self, path: Path, upload: incoming.Upload, alone: bool) -> None:
        try:
            source = open_archive(path, upload.name, self._encoding, self._went)
            if upload.label is not None:
                layout = label_all(source.files, upload.label)
            else:
                with examples_at_hand(source.files, source.read, self._thumbnail):
                    layout = self._read_layout(upload.name, source.files, source.folders, source.read, alone)
        except UserError as error:
            if alone or isinstance(error, UndecidedLayout | UndecidedEncoding):
                raise
            self.refused.append((upload.name, f"can’t be used: {error.what}"))
            return
        self._add(source, layout)

    def _read_layout(
        self, name: str, files: list[SourceFile], folders: Iterable[tuple[str, ...]], read: Read, alone: bool
    ) -> Layout:
        """The layout that was chosen. Of several uploads each has its own: one of the keys, or a clear one without."""
        keys = self._layout.split(KEYS)

        def by(key: str) -> Layout:
            if self._unsorted:
                return without_labels(files)
            if self._known:
                return read_labels(name, files, folders, read, self._known, key)
            return read_layout(name, files, folders, read, key, 2 if alone else 1)

        if alone and len(keys) == 1:
            return by(self._layout)
        for key in filter(None, reversed(keys)):
            with suppress(UnknownLayout):
                return by(key)
        return by("")

    def _add(self, source: ArchiveSource, layout: Layout) -> None:
        self.layouts.append(layout)
        for item in layout.placed:
            file = SourceFile(item.file.parts, (source, item.file), item.file.size)
            self.placed.append(replace(item, file=file))
        self.refused += source.refused + layout.refused
        self.guessed += source.guessed
        self.notes += layout.notes
        self.empty += layout.empty


def _in_folder(upload: incoming.Upload) -> bool:
    """Whether it came with a folder, whose names tell the class."""
    return upload.label is None and "/" in upload.name


def _is_archive(upload: incoming.Upload, path: Path) -> bool:
    """Whether it is opened: those within folders are not, as on every other way in."""
    return not _in_folder(upload) and (
        bool(file_kind(path)) or (upload.label is None and named_like_archive(upload.name))
    )


def _in_archive(file: SourceFile) -> bool:
    return isinstance(file.handle, tuple)


def _bring_along(earlier: Dataset, folder: Path, collected: Collected) -> list[dict[str, Any]]:
    """The rows of an earlier data set, its own photos linked or copied; new photos equal to one follow its part."""
    rows = [{str(column): value for column, value in row.items()} for row in earlier.photos.to_dict("records")]
    own = earlier.root == earlier.folder / "photos"
    for row in rows:
        place = earlier.place(row["path"])
        if (own or place.is_relative_to(earlier.folder)) and not Path(row["file"]).is_absolute():
            link_or_copy(place, folder / "photos" / row["file"])
        else:
            row["file"] = str(place)
    parts = dict(zip(earlier.photos["sha256"], earlier.photos["split"]))
    for row in collected.rows:
        row["split"] = parts.get(row["sha256"], row["split"])
    collected.notes += earlier.notes
    collected.refused += list(earlier.refused[["path", "reason"]].itertuples(index=False, name=None))
    collected.lines += report_lines(earlier.report)
    return rows


def _bring_thumbnails(earlier: Dataset, writer: ThumbnailWriter) -> None:
    for sha256 in earlier.photos["sha256"]:
        thumbnail = earlier.thumbnails.read(sha256)
        if thumbnail is not None:
            writer.add(sha256, thumbnail)
