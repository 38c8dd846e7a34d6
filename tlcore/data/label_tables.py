"""Classes from a table beside the photos: which column has the classes, and which the parts.

How a table is written (commas, tabs, JSON) is read in table_rows.py, which photo a row means in table_match.py.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tlcore.data.folder_names import part_in, part_of
from tlcore.data.table_match import EMPTY, MatchedTable, squeeze

LABEL_COLUMNS = (
    "label labels class classes classname classlabel classid category categories categoryname labelname species breed "
    "target targets dx diagnosis finding findinglabels type kind variety tag tags genus family emotion expression y "
    "groundtruth labelid"
).split()
SPLIT_COLUMNS = "split set subset part partition phase usage datasplit dataset datatype".split()
_ONE_HOT = {"0": 0, "0.0": 0, "": 0, "1": 1, "1.0": 1}
MOST_NAMELESS = 4
"""Columns that are proposed where none has a name that means a class."""
MOST_CLASSES = 2_000
_KINDS = re.compile(r"[|;]|,\s*")


@dataclass
class TableLabels:
    """What a table, or several of one kind, say of the photos.

    Attributes:
        files: the paths of the tables. column: with the classes; "" for a column a class.
        labels: by the number of the photo. parts: likewise, where a column or the tables' names say it.
        several: photos with more than one class. unclear: photos that cannot be told from others of the same name.
        missing: files that are listed and not there. is_named: whether the column's name means a class. has_split:
            whether the parts are those of a column.
    """

    files: list[str]
    column: str
    header: tuple[str, ...] = ()
    labels: dict[int, str] = field(default_factory=dict)
    parts: dict[int, str] = field(default_factory=dict)
    several: set[int] = field(default_factory=set)
    unclear: set[int] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)
    is_named: bool = True
    has_split: bool = False

    def add(self, other: "TableLabels") -> None:
        """Take in what another table of the same kind says."""
        self.files += other.files
        for number, label in other.labels.items():
            if self.labels.setdefault(number, label) != label:
                self.several.add(number)
        self.parts |= other.parts
        self.several |= other.several
        self.unclear |= other.unclear
        self.missing += other.missing


def read_table(found: MatchedTable) -> list[TableLabels]:
    """What a table says of the photos, once for each column that may be the classes, the likeliest first."""
    rows, header = found.rows, found.header
    others = [number for number in range(len(header)) if number != found.column]
    one_hot, columns = _one_hot(found, others)
    labels = _label_columns(found, [number for number in others if number not in columns])
    split = next((number for number in others if squeeze(header[number]) in SPLIT_COLUMNS), None)
    answers = [_labels_of(found, number, is_named) for number, is_named in labels]
    if one_hot is not None and not any(is_named for _, is_named in labels):
        answers = [one_hot, *answers]
    hint = part_in(found.file.parts[-1].rpartition(".")[0])
    for answer in answers:
        answer.missing = found.missing
        answer.unclear = found.unclear
        answer.parts = dict.fromkeys(answer.labels, hint) if hint else {}
        if split is not None:
            answer.parts = _parts_of([row[split] for row in rows], found)
            answer.has_split = bool(answer.parts)
    return answers


def merge_tables(found: Sequence[TableLabels]) -> list[TableLabels]:
    """Tables of the same columns, as train.csv and test.csv are, put together."""
    merged: dict[tuple[tuple[str, ...], str], TableLabels] = {}
    for each in found:
        key = each.header, each.column
        if key in merged:
            merged[key].add(each)
        else:
            merged[key] = each
    for each in merged.values():
        if len(each.files) == 1 and not each.has_split:
            each.parts = {}  # one table for all: its name says nothing
    return list(merged.values())


def _label_columns(found: MatchedTable, others: list[int]) -> list[tuple[int, bool]]:
    """The columns that may be the classes, and whether their names mean it."""
    header = found.header
    named = sorted(
        (LABEL_COLUMNS.index(squeeze(header[number])), number)
        for number in others
        if squeeze(header[number]) in LABEL_COLUMNS
    )
    usable = [number for _, number in named if _is_usable(found.values(number), found, is_named=True)]
    if usable:
        return [(number, True) for number in usable]
    nameless = [
        number
        for number in others
        if squeeze(header[number]) not in SPLIT_COLUMNS and _is_usable(found.values(number), found)
    ]
    return [(number, False) for number in nameless[:MOST_NAMELESS]]


def _is_usable(values: list[str], found: MatchedTable, is_named: bool = False) -> bool:
    """Whether the values of a column can be classes: few different ones, each of several photos, no measurements."""
    seen = Counter(
        value for value, number in zip(values, found.numbers) if number is not None and value.casefold() not in EMPTY
    )
    several = _lists(seen)
    single = {value: number for value, number in seen.items() if value not in several}
    total, most = sum(single.values()), 2 if is_named else 3
    if (
        len(single) < (1 if is_named else 2)
        or len(single) > MOST_CLASSES
        or total < min(most * len(single), len(single) + 1)
    ):
        return False
    return not all(re.fullmatch(r"-?\d+[.,]\d*[1-9]\d*", value) for value in seen)


def _lists(values: Iterable[str]) -> frozenset[str]:
    """The values that are lists of classes ("cat, dog"), not names with a comma ("tench, Tinca tinca"): each of their
    parts stands in another value too, alone or in another list.
    """
    parts = {value: {each.strip() for each in _KINDS.split(value) if each.strip()} for value in set(values)}
    numbers = Counter(each for found in parts.values() for each in found)
    return frozenset(
        value
        for value, found in parts.items()
        if len(found) > 1 and ("|" in value or all(numbers[each] > 1 for each in found))
    )


def _labels_of(found: MatchedTable, column: int, is_named: bool) -> TableLabels:
    """The classes in a column, by photo."""
    answer = TableLabels([found.file.path], found.header[column], found.header, is_named=is_named)
    values = found.values(column)
    several = _lists(values)
    for value, number in zip(values, found.numbers):
        if number is None or value.casefold() in EMPTY:
            continue
        if value in several:
            answer.several.add(number)
        label = re.sub(r"^(\d+)\.0+$", r"\1", value)
        if answer.labels.setdefault(number, label) != label:
            answer.several.add(number)
    return answer


def _one_hot(found: MatchedTable, others: list[int]) -> tuple[TableLabels | None, list[int]]:
    """The classes of a table with a column a class, 1 where the photo shows it, and these columns; None without."""
    header, rows = found.header, found.rows
    columns = [number for number in others if all(row[number] in _ONE_HOT for row in rows)]
    if len(columns) < 2:
        return None, []
    answer = TableLabels([found.file.path], "", header)
    for row, number in zip(rows, found.numbers):
        shown = [header[column] for column in columns if _ONE_HOT[row[column]]]
        if number is None or not shown:
            continue
        if len(shown) > 1 or answer.labels.setdefault(number, shown[0]) != shown[0]:
            answer.several.add(number)
            answer.labels.setdefault(number, shown[0])
    return (answer, columns) if len(answer.several) * 2 < len(answer.labels) else (None, [])


def _parts_of(values: list[str], found: MatchedTable) -> dict[int, str]:
    """The part of each photo in a column of parts."""
    parts = {value: part_of(value) for value in set(values)}
    pairs = ((number, parts[value]) for value, number in zip(values, found.numbers))
    return {number: part for number, part in pairs if number is not None and part is not None}
