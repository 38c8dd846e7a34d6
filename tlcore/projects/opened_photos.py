"""The photos of a project and its tables, checked, as a data set in the making."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from tlcore.checksums import file_checksum
from tlcore.data import thumbnails
from tlcore.data.allowance import Allowance
from tlcore.data.changes import ADDED
from tlcore.data.collect import Collected, Reading, collect
from tlcore.data.decoder import PhotoDecoder
from tlcore.data.deep import parse_ranges
from tlcore.data.edit_log import LOG, Entry, Head, Log, dump_log, parse_log, point
from tlcore.data.images import PhotoRefused
from tlcore.data.manifest import ORIGINAL, REPORT, SPLITS, fingerprint
from tlcore.data.names import clean_path, clean_text
from tlcore.data.parquet import to_parquet
from tlcore.data.placed import Placed, SourceFile
from tlcore.data.report import KINDS, refused_frame, report_frame
from tlcore.data.table_columns import COLUMN
from tlcore.data.thumbnails import BROUGHT, ThumbnailWriter
from tlcore.data.wanted import Wanted
from tlcore.errors import UserError
from tlcore.events import Progress, ShouldStop
from tlcore.projects.file import ProjectFile, refusing_damage
from tlcore.projects.tables import parse_table
from tlcore.workspace import write_atomic, write_json

_PHOTO = {"path": "text", "sha256": "text", "label": "text", "split": "text", "width": "int32", "height": "int32"}
_REPORT = {"path": "text", "what": "text", "reason": "text"}
_COLUMNS = ("path", "sha256", "label", "split", "width", "height", "bytes", "file", "group")
_CHANGED = frozenset({"label", "split", "group", "left_out"})
LONGEST_NAME = 200
ATTEMPTS = 2  # a decoder that a busy machine ended is no fault of a photo, and one photo would refuse the whole


@dataclass(frozen=True)
class _Reader:
    """Gives the photos of a project to whoever checks them."""

    project: ProjectFile

    def read(self, files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, bytes | PhotoRefused]]:
        for file in files:
            yield file, self.project.read(file.handle)


def take_photos(
    project: ProjectFile, folder: Path, decoder: PhotoDecoder, allowance: Allowance, should_stop: ShouldStop
) -> Generator[Progress, None, Mapping[str, dict[str, Any]] | None]:
    """Check all photos in limited processes and keep them and their thumbnails in a draft.

    Returns:
        what the manifest says of each, by its hash; None when stopped.

    Raises:
        UserError: one is no photo, or they are more than may come in.
    """
    names = project.names("photos/")
    files = [SourceFile((name.removeprefix("photos/"),), name, project.size(name)) for name in names]
    collected = Collected(allowance=allowance)
    with ThumbnailWriter(folder) as writer:
        reading = Reading(decoder.decode, folder, writer, Wanted(thumbnail_size=thumbnails.SIZE))
        for _ in range(ATTEMPTS):
            done = {row["path"] for row in collected.rows}
            placed = [Placed(file, "") for file in files if file.parts[0] not in done]
            collected.refused.clear()
            if placed and not (yield from collect(_Reader(project), placed, collected, reading, should_stop)):
                return None
    if collected.refused:
        raise UserError(f"A photo in “{project.name}” {collected.refused[0][1]}.", "Get a new copy of the project.")
    rows = {row["path"]: row for row in collected.rows}
    if any(name != row["sha256"] for name, row in rows.items()):
        raise UserError(f"A photo in “{project.name}” is not the one it claims to be.", "Get a new copy.")
    return rows


def write_dataset(
    project: ProjectFile,
    folder: Path,
    photos: Mapping[str, dict[str, Any]],
    visitor: str,
    created: float,
    notes: Iterable[str] = (),
) -> None:
    """Write the files of the data set into a draft that holds its photos already.

    Args:
        photos: as `take_photos` gives them. visitor: whose it is now. created: Unix seconds.
        notes: sentences on what opening the project came to, which are kept with those on the photos.

    Raises:
        UserError: something in it can't be right, or the disk is full.
    """
    with refusing_damage(project.name):
        log = _read_log(project)
        rows = _photo_rows(project, "dataset/photos.json", photos, log)
        report = _report_rows(project, "dataset/report.json")
        brought = {version: _brought(project, entry, photos, log) for version, entry in log.entries.items()}
        values = _values(project.read_json("dataset/dataset.json"), rows, report)
        values["notes"] = list(dict.fromkeys([*values["notes"], *notes]))
        files = {"photos.parquet": to_parquet(rows), REPORT: to_parquet(report)}
        checksums = {name: file_checksum(data) for name, data in files.items()}
        values |= {"visitor": visitor, "created": created, "files": checksums}
        head = project.read_json("dataset/head.json")
        current = Head(int(head["version"]), tuple(int(each) for each in head["redo"]))
        known = [log.has(version) for version in (current.version, *current.redo, *log.entries)]
        name = project.read_json("dataset/name.json")["name"] if project.has("dataset/name.json") else ""
        if not all(known) or not isinstance(name, str):
            raise ValueError("A version is missing.")
    for file, data in files.items():
        write_atomic(folder / file, data)
    write_json(folder / "dataset.json", values)
    if name:
        write_json(folder / "name.json", {"name": clean_text(name)[:LONGEST_NAME]})
    if log.entries:
        entries = {version: _store(folder, log.entries[version], brought[version]) for version in log.entries}
        write_atomic(folder / LOG, dump_log(replace(log, entries=entries, purged_bytes=0)))
        point(folder, current)


def _read_log(project: ProjectFile) -> Log:
    """The edits, all of whose texts and values are such as an edit has."""
    if not project.has("dataset/edits.jsonl"):
        return Log()
    text = project.read("dataset/edits.jsonl").decode("utf-8")
    log = parse_log(text)
    if len(log.entries) + bool(log.purged) != sum(1 for line in text.split("\n") if line):
        raise ValueError("A line of the history is damaged.")
    for entry in log.entries.values():
        _check_entry(entry)
    return log


def _check_entry(entry: Entry) -> None:
    """Raise ValueError for an edit that this program would not have written."""
    values = [each.value for each in entry.rows if each.column in ("label", "group")]
    names = [*entry.labels, *entry.classes, *entry.classes.values(), *values]
    shown = [entry.change.label, entry.change.name, *entry.notes]
    fits = entry.version > 1 and 1 <= entry.before < entry.version and {each.column for each in entry.rows} <= _CHANGED
    splits = {each.value for each in entry.rows if each.column == "split"}
    left_out = all(type(each.value) is bool for each in entry.rows if each.column == "left_out")
    plain = all(each is None or (isinstance(each, str) and _is_plain(each)) for each in names)
    if not (fits and plain and left_out and splits <= set(SPLITS)) or not all(map(_is_plain, shown)):
        raise ValueError(f"The edit {entry.version} can’t be right.")
    parse_ranges(dict(entry.data_ranges) or None)
    if set(entry.brings) - {"photos.parquet", REPORT}:
        raise ValueError(f"The edit {entry.version} brings something else.")


def _is_plain(text: Any) -> bool:
    """Whether a text is one that can be shown: composed, without control or direction characters."""
    return isinstance(text, str) and clean_text(text) == text.strip() and len(text) <= 2_000


def _photo_rows(project: ProjectFile, member: str, photos: Mapping[str, dict[str, Any]], log: Log) -> pd.DataFrame:
    """A table of photos; what their files are is taken from the files, whatever the table says."""
    rows = parse_table(project.read(member), _PHOTO)
    extra = [name for name in rows.columns if name in ("group", ORIGINAL) or str(name).startswith(COLUMN)]
    texts = rows[["path", "sha256", "label", "split", *extra]]
    if texts[["path", "sha256", "label", "split"]].isna().any(axis=None) or rows["path"].duplicated().any():
        raise ValueError("A photo has no name, or two have the same.")
    if not all(clean_path(tuple(path.split("/"))) == path for path in rows["path"]):
        raise ValueError("A path can’t be one.")
    if not all(map(_is_plain, {*rows["label"], *map(str, extra)})) or not set(rows["split"]) <= set(SPLITS):
        raise ValueError("A class or a part can’t be one.")
    if not all(value is None or _is_plain(value) for name in extra for value in rows[name]):
        raise ValueError("A text can’t be shown.")
    found = [_place(photos, str(row.sha256), row.path in log.purged) for row in rows.itertuples()]
    known = pd.DataFrame(found, columns=["width", "height", "bytes", "file"], index=rows.index)
    made = texts.assign(**{str(name): known[name] for name in known}).astype({"width": "int32", "height": "int32"})
    if "group" not in made:
        made["group"] = None
    return made[[*_COLUMNS, *(name for name in made.columns if name not in _COLUMNS)]]


def _place(photos: Mapping[str, dict[str, Any]], sha256: str, is_gone: bool) -> tuple[int, int, int, str]:
    row = photos.get(sha256)
    if row is not None:
        return row["width"], row["height"], row["bytes"], row["file"]
    if not is_gone or len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise ValueError("A photo is missing.")
    return 1, 1, 0, f"{sha256[:2]}/{sha256}.jpg"  # of no version any more; nothing reads it


def _report_rows(project: ProjectFile, member: str) -> pd.DataFrame:
    rows = parse_table(project.read(member), _REPORT)[list(_REPORT)]
    if not set(rows["what"]) <= set(KINDS) or not all(map(_is_plain, [*rows["path"], *rows["reason"]])):
        raise ValueError("A line of the report can’t be right.")
    return report_frame(rows.itertuples(index=False, name=None))


def _brought(
    project: ProjectFile, entry: Entry, photos: Mapping[str, dict[str, Any]], log: Log
) -> dict[str, pd.DataFrame]:
    """The tables that an edit brought, by the names of their files."""
    place, tables = f"dataset/edits/{entry.version}", {}
    if "photos.parquet" in entry.brings:
        tables["photos.parquet"] = _photo_rows(project, f"{place}/photos.json", photos, log)
    if entry.has_report:
        tables[REPORT] = _report_rows(project, f"{place}/report.json")
    return tables


def _store(folder: Path, entry: Entry, tables: Mapping[str, pd.DataFrame]) -> Entry:
    """Write what an edit brought, and count it once more: what stands in a log counts for what somebody may keep."""
    files = {name: to_parquet(rows) for name, rows in tables.items()}
    for name, data in files.items():
        place = folder / BROUGHT / str(entry.version)
        place.mkdir(parents=True, exist_ok=True)
        write_atomic(place / name, data)
    rows = tables.get("photos.parquet", pd.DataFrame({"sha256": [], "bytes": []})).drop_duplicates("sha256")
    return replace(
        entry,
        brings={name: file_checksum(data) for name, data in files.items()},
        stored_photos=len(rows) if entry.change.kind == ADDED else 0,
        stored_bytes=int(rows["bytes"].sum()),
        by=None if entry.by is None else clean_text(entry.by)[:20],
    )


def _values(given: Mapping[str, Any], rows: pd.DataFrame, report: pd.DataFrame) -> dict[str, Any]:
    """The content of `dataset.json`: what only its maker knows is taken over as text, everything else is counted."""
    name, labels = given["name"], given["labels"]
    texts = [name, given["source"], given["licence"], *given["notes"], *labels]
    if not all(map(_is_plain, texts)) or not clean_text(name):
        raise ValueError("A text can’t be shown.")
    if set(labels) != set(rows["label"]) or len(set(labels)) != len(labels) or len(labels) < 2:
        raise ValueError("The classes are not those of the photos.")
    ranges, layout = given.get("data_ranges"), given.get("layout")
    parse_ranges(ranges)
    return {
        "version": 1,
        "name": name[:LONGEST_NAME],
        "num_photos": len(rows),
        "num_refused": len(refused_frame(report)),
        "labels": list(labels),
        "parts": {split: int((rows["split"] == split).sum()) for split in SPLITS},
        "given_test": bool(given.get("given_test", False)),
        "fingerprint": fingerprint(rows),
        "root": None,
        "source": given["source"],
        "licence": given["licence"],
        "notes": list(given["notes"]),
        "bytes": int(rows.drop_duplicates("sha256")["bytes"].sum()),
        "base": "",
        "sample": "",
        "layout": layout if isinstance(layout, dict) else None,
        "data_ranges": ranges,
    }
