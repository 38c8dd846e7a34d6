"""Reading what export.py wrote: labels.csv says the class and the part of every photo, whatever the folders are called.

It counts only while it fits: once somebody moved photos between the folders or added some, the folders say the classes.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tlcore.data.names import clean_label, clean_text, is_junk, shorten
from tlcore.data.placed import Layout, Placed, SourceFile
from tlcore.data.table_columns import COLUMN, MOST_COLUMNS, MOST_NAME, MOST_VALUE

LABELS, CHANGES = "labels.csv", "changes.csv"
LABELS_HEADER = ("file", "class", "part", "group", "photo in the data set")
MOST_BYTES = 200_000_000
_PARTS = ("train", "validation", "test")


def read_export(
    files: Sequence[SourceFile], read: Callable[[Iterable[SourceFile]], Iterator[tuple[SourceFile, object]]]
) -> Layout | None:
    """The layout of an export; None where the files are none, or not any more.

    Args:
        files: of a folder or an archive; an export may lie in one folder of it.
    """
    tables = [each for each in files if each.parts[-1] == LABELS and each.size <= MOST_BYTES]
    if len(tables) != 1 or len(tables[0].parts) > 2:
        return None
    table, around = tables[0], tables[0].parts[:-1]
    rows = _rows(next((data for _, data in read([table])), None))
    if rows is None:
        return None
    own = (*around, LABELS), (*around, CHANGES)
    photos = [each for each in files if each.parts not in own and not is_junk(each.parts)]
    if {"/".join(each.parts[len(around) :]) for each in photos} != rows.keys():
        return None
    if any(each.parts[: len(around)] != around for each in photos):
        return None
    layout = Layout()
    has_parts = any(row.part == "train" for row in rows.values())
    for each in photos:
        row = rows["/".join(each.parts[len(around) :])]
        part_there = row.part if has_parts and row.part in _PARTS else None
        layout.placed.append(Placed(each, clean_label(row.label), part_there, row.group or None, row.columns))
    return layout


@dataclass(frozen=True)
class _Row:
    """What the table says of a photo."""

    label: str
    part: str
    group: str
    columns: tuple[tuple[str, str], ...]


def _rows(data: object) -> dict[str, _Row] | None:
    """What the table says by file; None where the bytes are no table of an export."""
    if not isinstance(data, bytes):
        return None
    try:
        header, *cells = csv.reader(data.decode("utf-8-sig").splitlines())
    except (ValueError, csv.Error):
        return None
    number = len(LABELS_HEADER)
    names = header[number:]
    if tuple(header[:number]) != LABELS_HEADER or any(len(row) != len(header) for row in cells):
        return None
    if len(names) > MOST_COLUMNS or not all(name.startswith(COLUMN) for name in names):
        return None
    shown = [shorten(clean_text(name.removeprefix(COLUMN)), MOST_NAME) for name in names]
    return {
        row[0]: _Row(
            row[1],
            row[2],
            row[3],
            tuple((name, shorten(clean_text(value), MOST_VALUE)) for name, value in zip(shown, row[number:]) if value),
        )
        for row in cells
    }
