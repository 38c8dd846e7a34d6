"""Making one edit of a data set: under its lock, checked, written to the log, and then made the current version."""

import os
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from tlcore.checksums import file_checksum
from tlcore.data import made_versions
from tlcore.data.changes import Change
from tlcore.data.deep import Range
from tlcore.data.edit_log import Entry, Head, Log, RowChange, append, editor, locked, point, read_head, read_log
from tlcore.data.manifest import REPORT, SPLITS, Dataset, fingerprint
from tlcore.data.parquet import to_parquet
from tlcore.data.parts import complete_parts, torn_parts
from tlcore.data.replay import replay
from tlcore.data.saving import check_whole
from tlcore.data.thumbnails import BROUGHT
from tlcore.data.versions import folder_of_newest, load_current
from tlcore.errors import UserError
from tlcore.naming import given_name
from tlcore.workspace import Workspace, discard, disk_error, version_id, write_atomic


@dataclass(frozen=True, eq=False)
class Brought:
    """What an edit brings along.

    Attributes:
        draft: a folder with its files, in photos/ under their hash, and thumbnails; its content is moved.
        photos: the rows, of photos that are there already (turned) or new; `file` below photos/ or absolute.
        report: what was left out, changed or guessed meanwhile (report.py).
    """

    draft: Path
    photos: pd.DataFrame
    report: pd.DataFrame | None = None


@dataclass(frozen=True, eq=False)
class Edited:
    """A data set that is being edited. `given`: as the caller saw it; `current`: as it is, which the edit changes."""

    workspace: Workspace
    given: Dataset
    current: Dataset
    head: Head
    log: Log

    def rows(self, paths: Iterable[str], among: pd.DataFrame | None = None) -> pd.DataFrame:
        """The rows of these photos.

        Args:
            among: rows to look in; by default those of the photos that are not left out.

        Raises:
            UserError: there is no such photo; the message says where it has gone.
        """
        wanted = {paths} if isinstance(paths, str) else set(paths)
        found = self.current.photos if among is None else among
        rows = found[found["path"].isin(wanted)] if wanted else found.iloc[:0]
        if len(rows) < len(wanted):
            raise self._unknown(sorted(wanted - set(rows["path"]))[0], among is not None)
        return rows

    def _unknown(self, path: str, among_left_out: bool) -> UserError:
        if among_left_out:
            return UserError(f"The photo {path} is not among those that were left out.", "Choose one that was.")
        was_there = path in set(self.current.left_out["path"]) or path in set(self.given.photos["path"])
        if was_there:
            return UserError(f"The photo {path} was left out or deleted before.", _look_again(self.current))
        return UserError(f"“{self.current.name}” has no photo {path}.", "Choose one of its photos.")

    def classes(self, labels: Iterable[str]) -> tuple[str, ...]:
        """The classes of these names, each once. Raises UserError where there is no such class."""
        wanted = tuple(dict.fromkeys([labels] if isinstance(labels, str) else labels))
        for label in wanted:
            if label in self.current.labels:
                continue
            if label in self.given.labels:
                raise UserError(
                    f"The class “{label[:80]}” was renamed, merged or deleted before.", _look_again(self.current)
                )
            raise UserError(
                f"“{self.current.name}” has no class “{label[:80]}”.", f"It has {', '.join(self.current.labels)}."
            )
        return wanted

    def entry(self, change: Change, paths: tuple[str, ...] = (), **fields: Any) -> Entry:
        """The entry of an edit, without what comes of it."""
        version = self.log.next_version
        return Entry(version, self.head.version, time.time(), change, (), 0, {}, "", paths, by=editor(), **fields)

    def after(self, entry: Entry, brought: pd.DataFrame | None = None) -> pd.DataFrame:
        """All rows after an edit, those left out included."""
        before = pd.concat(
            [self.current.photos.assign(left_out=False), self.current.left_out.assign(left_out=True)], ignore_index=True
        )
        return replay(before, (entry,), lambda _: pd.DataFrame() if brought is None else brought)


@contextmanager
def editing(workspace: Workspace, dataset: Dataset) -> Iterator[Edited]:
    """Hold a data set to edit its current version; processes that want to do so at once wait for one another.

    Raises:
        UserError: it is gone, or damaged, or somebody else holds it for too long.
    """
    folder = folder_of_newest(workspace, dataset.id)
    with locked(folder):
        head = read_head(folder)
        same = dataset.id == version_id(folder.name, head.version)
        current = dataset if same else load_current(workspace, folder.name)
        name = given_name(folder) or current.name
        current = current if name == current.name else replace(current, name=name)
        yield Edited(workspace, dataset, current, head, read_log(folder))


def commit(
    edited: Edited,
    change: Change,
    paths: tuple[str, ...] = (),
    classes: Mapping[str, str] | None = None,
    rows: tuple[RowChange, ...] = (),
    brought: Brought | None = None,
    order: tuple[str, ...] | None = None,
    notes: tuple[str, ...] = (),
    data_ranges: Mapping[str, Range] | None = None,
) -> Dataset:
    """Make an edit: what it leaves must be a data set to train on. Returns the newer version.

    Args:
        change, paths, classes, rows: as of `edit_log.Entry`.
        brought: files that come along. order: of all classes, where the edit changes that. notes, data_ranges: of
            what it brings, as of `Dataset`.

    Raises:
        UserError: fewer than two classes, or a class with too few photos, would be left; or the disk is full.
    """
    current = edited.current
    entry = edited.entry(
        change, paths, classes=classes or {}, rows=rows, brings={} if brought is None else {"photos.parquet": {}}
    )
    everything = edited.after(entry, None if brought is None else _placed(brought, current))
    kept = everything[~everything["left_out"]]
    if kept["label"].nunique() < 2:
        raise UserError("At least two classes are needed.", "Add another class first, or delete the whole data set.")
    parts = complete_parts(kept, torn_parts(current.photos, kept))
    moved = changed_rows(kept, parts)
    everything.loc[kept.index, "split"] = parts
    kept = everything[~everything["left_out"]]
    labels = order or _labels(current.labels, classes or {}, set(kept["label"]))
    entry = replace(
        entry,
        labels=labels,
        num_photos=len(kept),
        parts={split: int((kept["split"] == split).sum()) for split in SPLITS},
        fingerprint=fingerprint(kept),
        rows=(*rows, *moved),
        notes=notes,
        data_ranges=data_ranges or {},
    )
    if brought is not None:
        entry = replace(entry, **_store(edited, entry.version, brought))
    append(current.folder, entry)
    point(current.folder, Head(entry.version))
    report = current.report
    if brought is not None and brought.report is not None:
        report = pd.concat([report, brought.report], ignore_index=True)
    plain = everything.drop(columns="left_out")
    made = replace(
        current,
        id=version_id(current.folder.name, entry.version),
        version=entry.version,
        labels=labels,
        photos=plain[~everything["left_out"]].reset_index(drop=True),
        left_out=plain[everything["left_out"]].reset_index(drop=True),
        fingerprint=entry.fingerprint,
        report=report,
        notes=(*current.notes, *notes),
        data_ranges={**current.data_ranges, **(data_ranges or {})},
    )
    made_versions.keep(made)
    return made


def changed_rows(photos: pd.DataFrame, values: pd.Series, column: str = "split") -> tuple[RowChange, ...]:
    """The rows whose value of a column is another one in `values`, as changes."""
    columns = (photos["path"], photos[column].fillna(""), values.fillna(""))
    changed: dict[str, list[str]] = {}
    for path, old, new in zip(*(each.to_numpy(dtype=object) for each in columns), strict=True):
        if old != new:
            changed.setdefault(new, []).append(path)
    return tuple(RowChange(column, value or None, tuple(paths)) for value, paths in sorted(changed.items()))


def _labels(before: tuple[str, ...], classes: Mapping[str, str], there: Collection[str]) -> tuple[str, ...]:
    """The classes in their order: sorted by name, unless a person gave them another one, which then stays."""
    if list(before) == _sorted(before):
        return tuple(_sorted(there))
    kept = dict.fromkeys(classes.get(label, label) for label in before)
    return (*(label for label in kept if label in there), *_sorted(set(there) - set(kept)))


def _sorted(labels: Iterable[str]) -> list[str]:
    return sorted(labels, key=lambda label: (label.casefold(), label))


def _placed(brought: Brought, dataset: Dataset) -> pd.DataFrame:
    """The rows that are brought, with `file` as the data set has it."""
    if dataset.root == dataset.folder / "photos":
        return brought.photos
    return brought.photos.assign(file=[str(dataset.folder / "photos" / file) for file in brought.photos["file"]])


def _store(edited: Edited, version: int, brought: Brought) -> dict[str, Any]:
    """Move what is brought into the data set's folder; returns the fields of the entry that tell of it.

    Photos lie under their hash, so those of an edit that a kill ended harm nobody.
    """
    folder, draft = edited.current.folder, brought.draft
    check_whole(draft, brought.photos)
    files = {"photos.parquet": to_parquet(brought.photos)}
    if brought.report is not None:
        files[REPORT] = to_parquet(brought.report)
    for name, data in files.items():
        write_atomic(draft / name, data)
    target = folder / BROUGHT / str(version)
    try:
        for file in sorted({file for file in brought.photos["file"] if not Path(file).is_absolute()}):
            place = folder / "photos" / file
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(draft / "photos" / file, place)
        shutil.rmtree(draft / "photos", ignore_errors=True)
        target.parent.mkdir(exist_ok=True)
        discard(edited.workspace, target)  # of an edit that was never made
        os.replace(draft, target)
    except OSError as error:
        raise disk_error(target, error) from error
    own = [not Path(file).is_absolute() for file in brought.photos["file"]]
    copies = brought.photos[own].drop_duplicates("sha256")
    return {
        "brings": {name: file_checksum(data) for name, data in files.items()},
        "stored_photos": int((~brought.photos["path"].isin(edited.current.photos["path"])).sum()),
        "stored_bytes": int(copies["bytes"].sum()),
    }


def _look_again(dataset: Dataset) -> str:
    """What to do when something has changed since it was seen."""
    return f"Open the newest version of “{dataset.name}” ({dataset.id}). Its classes are {', '.join(dataset.labels)}."
