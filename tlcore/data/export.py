"""Writing a data set to a folder or a zip that any program can read: class folders, and what was changed, as tables.

<target>/<class>/<photo>                    or, with parts, <target>/<train, validation or test>/<class>/<photo>
<target>/labels.csv                         a row a photo: its file here, class, part, group, path in the data set, and
                                            what a table said of it besides
<target>/changes.csv                        a row for each photo that is not as it was imported, and what was done

Names of classes become names of folders that every system takes; labels.csv has them as they are, and importing the
folder or the zip gives the same classes and parts again (exported.py).
"""

import csv
import io
import os
import re
import secrets
import shutil
import zipfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pandas as pd

from tlcore.data.compare import compare_photos
from tlcore.data.exported import CHANGES, LABELS, LABELS_HEADER
from tlcore.data.manifest import Dataset
from tlcore.data.names import clean_text, make_unique, shorten
from tlcore.data.table_columns import COLUMN
from tlcore.errors import UserError
from tlcore.events import Event, Progress, ShouldStop, StageKey, never
from tlcore.workspace import disk_error

CHANGES_HEADER = ("photo", "original class", "class", "what was done", "original part", "part")
MOST_CHARACTERS, MOST_BYTES = 100, 200  # of a name; systems take 255 bytes
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_STEP = 20  # photos between two events

Write = Callable[[str, bytes], None]
"""Writes one file of the export, under its path with `/`."""


def export_dataset(
    dataset: Dataset, original: Dataset, target: Path, with_parts: bool = False, should_stop: ShouldStop = never
) -> Generator[Event, None, Path | None]:
    """Write the photos of a data set, labels.csv and changes.csv; whole or not at all.

    Args:
        original: the data set as it was imported.
        target: a folder that is not there yet or empty, or a file that ends in .zip.
        with_parts: whether train, validation and test become folders around the classes.

    Returns:
        `target`, or None when stopped.

    Raises:
        UserError: something is there already, a photo cannot be read, or the disk is full.
    """
    target = target.expanduser()
    with _written_whole(target) as write:
        total = len(dataset.photos)
        yield Progress(StageKey.EXPORT, 0, total)
        for done, (file, content) in enumerate(export_files(dataset, original, with_parts), start=1):
            write(file, content)
            if done % _STEP == 0 and done <= total:
                if should_stop():
                    raise _Stopped
                yield Progress(StageKey.EXPORT, done, total)
        yield Progress(StageKey.EXPORT, total, total, 0.0)
        return target
    return None


def export_files(
    dataset: Dataset, original: Dataset, with_parts: bool = False, missing: list[str] | None = None
) -> Iterator[tuple[str, bytes]]:
    """The files of an export one after the other: the path of each with `/`, and its content.

    Args:
        original, with_parts: as of `export_dataset`.
        missing: takes the paths of photos that cannot be read, which then are left out.

    Raises:
        UserError: a photo cannot be read, where there is no `missing`.
    """
    files = file_paths(dataset, with_parts)
    for path, file in files.items():
        try:
            content = dataset.read(path)
        except UserError:
            if missing is None:
                raise
            missing.append(path)
            continue
        yield file, content
    yield LABELS, _labels_table(dataset, files)
    yield CHANGES, _changes_table(dataset, original)


def file_paths(dataset: Dataset, with_parts: bool = False) -> dict[str, str]:
    """Where each photo of a data set goes, by its path there: names that every system takes, each once."""
    folders, names = class_folders(dataset.labels), FileNames()
    files = {}
    for row in dataset.photos.itertuples():
        own, suffix = PurePosixPath(str(row.path)).name, PurePosixPath(str(row.file)).suffix
        stem = own.rpartition(".")[0] or own
        part = f"{row.split}/" if with_parts else ""
        files[str(row.path)] = names.unique(
            f"{part}{folders[str(row.label)]}/{stem}{suffix or PurePosixPath(own).suffix}"
        )
    return files


def class_folders(labels: tuple[str, ...]) -> dict[str, str]:
    """The name of a folder for each class, different for each on every system."""
    taken = {LABELS: 1, CHANGES: 1}
    folders = {}
    for label in labels:
        name = safe_name(label)
        unique = make_unique(name.casefold(), taken)
        folders[label] = name if unique == name.casefold() else _with_number(name, unique)
    return folders


class FileNames:
    """Names of files for every system, each given once; some systems take capitals for the same."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def unique(self, file: str) -> str:
        """A path with "/" whose folders are safe, with a safe name, and a number where another had it."""
        folder, _, own = file.rpartition("/")
        stem, suffix = own.rpartition(".")[0] or own, PurePosixPath(own).suffix
        safe = f"{folder}/{safe_name(stem)}{suffix}" if folder else f"{safe_name(stem)}{suffix}"
        unique = make_unique(safe.casefold(), self._taken)
        return safe if unique == safe.casefold() else _with_number(safe, unique)


def safe_name(text: str) -> str:
    """A text as the name of a file or folder: nothing that a system forbids, hides or gives a meaning."""
    name = _FORBIDDEN.sub("_", clean_text(text))
    name = shorten(name, MOST_CHARACTERS).encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore")
    name = name.strip(" .") or "unnamed"
    return f"_{name}" if _DEVICES.fullmatch(name) or name[0] in "~-" else name


def _with_number(name: str, unique: str) -> str:
    """A name with the number that `make_unique` gave to the same in small letters."""
    suffix = PurePosixPath(name).suffix
    number = re.findall(r"\(\d+\)", unique)[-1]
    return f"{name[: len(name) - len(suffix)]} {number}{suffix}"


def _labels_table(dataset: Dataset, files: dict[str, str]) -> bytes:
    rows = dataset.photos
    columns = [str(name) for name in rows.columns if str(name).startswith(COLUMN)]
    values = zip(
        (files[path] for path in rows["path"]),
        rows["label"],
        rows["split"],
        rows["group"].fillna(""),
        rows["path"],
        *(rows[name].fillna("") for name in columns),
    )
    return _table((*LABELS_HEADER, *columns), values)


def _changes_table(dataset: Dataset, original: Dataset) -> bytes:
    """A row for each photo that differs from the data set as imported."""
    changes = compare_photos(original.photos, dataset.photos)
    done = changes.groupby("path", sort=True)["what"].agg(lambda kinds: "; ".join(map(_in_words, kinds)))
    before, after = (_by_path(each.photos) for each in (original, dataset))
    rows = [
        (path, before[0].get(path, ""), after[0].get(path, ""), what, before[1].get(path, ""), after[1].get(path, ""))
        for path, what in zip(map(str, done.index), done)
    ]
    return _table(CHANGES_HEADER, rows)


def _in_words(what: str) -> str:
    return {"class": "moved to another class", "part": "moved to another part", "group": "put into a group"}.get(
        what, what
    )


def _by_path(photos: pd.DataFrame) -> tuple[dict[str, str], dict[str, str]]:
    return dict(zip(photos["path"], photos["label"])), dict(zip(photos["path"], photos["split"]))


def _table(header: tuple[str, ...], rows: object) -> bytes:
    """A CSV with every cell in quotation marks; the mark at its start has spreadsheets read UTF-8."""
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows(rows)  # type: ignore[arg-type]
    return target.getvalue().encode("utf-8-sig", "replace")


class _Stopped(Exception):
    """Somebody stopped the export."""


@contextmanager
def _written_whole(target: Path) -> Iterator[Write]:
    """What writes the files of an export beside `target`; at the end of the block they take its place."""
    if target.is_file() or (target.is_dir() and (target.suffix.lower() == ".zip" or any(target.iterdir()))):
        raise UserError(f"“{target.name}” is there already.", "Choose another name, or an empty folder.")
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix.lower() == ".zip":
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
                yield archive.writestr
        else:
            yield lambda file, data: _write(partial / file, data)
            if target.is_dir():
                target.rmdir()
        os.replace(partial, target)
    except _Stopped:
        return
    except OSError as error:
        raise disk_error(target, error) from error
    finally:
        if partial.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
        partial.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
