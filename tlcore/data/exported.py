"""Reading what export.py wrote: labels.csv says the class and the part of every photo, whatever the folders are called.

It counts only while it fits: once somebody moved photos between the folders or added some, the folders say the classes.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence

from tlcore.data.names import clean_label, is_junk
from tlcore.data.placed import Layout, Placed, SourceFile

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
    has_parts = {rows[file][1] for file in rows} >= {"train"}
    for each in photos:
        label, part, group = rows["/".join(each.parts[len(around) :])]
        part_there = part if has_parts and part in _PARTS else None
        layout.placed.append(Placed(each, clean_label(label), part_there, group or None))
    return layout


def _rows(data: object) -> dict[str, tuple[str, str, str]] | None:
    """The class, the part and the group by file; None where the bytes are no table of an export."""
    if not isinstance(data, bytes):
        return None
    try:
        cells = list(csv.reader(data.decode("utf-8-sig").splitlines()))
    except (ValueError, csv.Error):
        return None
    if not cells or tuple(cells[0]) != LABELS_HEADER or any(len(row) != len(LABELS_HEADER) for row in cells):
        return None
    return {row[0]: (row[1], row[2], row[3]) for row in cells[1:]}
