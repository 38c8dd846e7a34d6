"""Classes from a table beside the photos: which column names the files, which the classes, and which the parts.

How a table is written (commas, tabs, JSON) is read in table_rows.py, which photo a cell means in photo_index.py.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tlcore.data.folder_names import part_in, part_of, words_of
from tlcore.data.photo_index import PhotoIndex
from tlcore.data.table_rows import Rows

FILE_COLUMNS = (
    "file filename filenames filepath path paths image images img imagename imageid imagefile imagepath imageurl id "
    "ids photo photoid name picture pic fname"
).split()
LABEL_COLUMNS = (
    "label labels class classes classname classlabel classid category categories categoryname labelname species breed "
    "target targets dx diagnosis finding findinglabels type kind variety tag tags genus family emotion expression y "
    "groundtruth labelid"
).split()
SPLIT_COLUMNS = "split set subset part partition phase usage datasplit dataset datatype".split()
_EMPTY = frozenset(("", "nan", "none", "null", "n/a", "na", "?", "-"))
_ONE_HOT = {"0": 0, "0.0": 0, "": 0, "1": 1, "1.0": 1}
MOST_NAMELESS = 4
"""Columns that are proposed where none has a name that means a class."""
MOST_FILE_COLUMNS = 50
MOST_CLASSES = 2_000
LEAST_MATCHED = 0.4
"""So many of the rows need a photo, or so many of the photos a row."""
_SAMPLE_ROWS = 1_000
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


@dataclass(frozen=True)
class TableFile:
    """A table and where it lies. `parts`: of its path."""

    parts: tuple[str, ...]
    rows: Rows

    @property
    def path(self) -> str:
        return "/".join(self.parts)


def is_submission(name: str) -> bool:
    """Whether a table is the sample of an answer, as competitions add them: its classes are made up."""
    return "submission" in words_of(name) or "samplesubmission" in words_of(name)


def read_table(table: TableFile, index: PhotoIndex, parts: Sequence[str | None]) -> list[TableLabels]:
    """What a table says of the photos, once for each column that may be the classes, the likeliest first.

    Args:
        parts: of each photo, as its folder says it; they tell photos of one name apart.
    """
    cells = table.rows.cells
    column = _file_column(cells, index)
    if column is None:
        return []
    has_header = not index.find(cells[0][column]) and not all(cell.replace(".", "").isdigit() for cell in cells[0])
    header = tuple(_unique(cells[0] if has_header else [f"column {number + 1}" for number in range(len(cells[0]))]))
    rows = cells[has_header:]
    found = _match(table, [row[column] for row in rows], index, parts)
    others = [number for number in range(len(header)) if number != column]
    one_hot, columns = _one_hot(table, header, others, rows, found)
    labels = _label_columns(header, rows, [number for number in others if number not in columns], found)
    split = next((number for number in others if _squeeze(header[number]) in SPLIT_COLUMNS), None)
    answers = [
        _labels_of(table, header, number, [row[number] for row in rows], found, is_named) for number, is_named in labels
    ]
    if one_hot is not None and not any(is_named for _, is_named in labels):
        answers = [one_hot, *answers]
    hint = part_in(table.parts[-1].rpartition(".")[0])
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


@dataclass
class _Found:
    """The photo of each row (None for none), what is missing, and photos that cannot be told apart."""

    numbers: list[int | None]
    missing: list[str]
    unclear: set[int]


def _file_column(cells: list[list[str]], index: PhotoIndex) -> int | None:
    """The column that names the most photos, one of a usual name before others; None where none names enough."""
    sample = cells[:: max(1, len(cells) // _SAMPLE_ROWS)]
    best: tuple[float, int, int] | None = None
    for column in range(min(len(cells[0]), MOST_FILE_COLUMNS)):
        found = [numbers[0] for row in sample if (numbers := index.find(row[column]))]
        is_named = any(word in FILE_COLUMNS for word in (_squeeze(cells[0][column]), *words_of(cells[0][column])))
        score = len(set(found)) * (2.0 if is_named else 1.0)
        if len(set(found)) > 1 and (best is None or score > best[0]):
            best = (score, column, len(found))
    if best is None or best[2] >= LEAST_MATCHED * len(sample):
        return best[1] if best else None
    photos = {numbers[0] for row in cells if (numbers := index.find(row[best[1]]))}
    return best[1] if len(photos) >= LEAST_MATCHED * len(index.paths) else None


def _match(table: TableFile, names: list[str], index: PhotoIndex, parts: Sequence[str | None]) -> _Found:
    """The photo that each row means. Of several of one name those in the table's own part or folder are meant, or
    those in the folder that has most of the others too."""
    candidates = [index.find(name) for name in names]
    hint = part_in(table.parts[-1].rpartition(".")[0])
    near = table.parts[:-1]
    folders = Counter(index.paths[number][:-1] for found in candidates for number in found)
    found = _Found([], [name for name, numbers in zip(names, candidates) if name and not numbers], set())
    for numbers in candidates:
        if len(numbers) > 1 and hint:
            numbers = [number for number in numbers if parts[number] == hint] or numbers
        if len(numbers) > 1 and near:
            numbers = [number for number in numbers if index.paths[number][: len(near)] == near] or numbers
        if len(numbers) > 1:
            most = max(folders[index.paths[number][:-1]] for number in numbers)
            numbers = [number for number in numbers if folders[index.paths[number][:-1]] == most]
        if len(numbers) > 1:
            found.unclear.update(numbers)
        found.numbers.append(numbers[0] if len(numbers) == 1 else None)
    return found


def _label_columns(
    header: tuple[str, ...], rows: list[list[str]], others: list[int], found: _Found
) -> list[tuple[int, bool]]:
    """The columns that may be the classes, and whether their names mean it."""
    named = sorted(
        (LABEL_COLUMNS.index(_squeeze(header[number])), number)
        for number in others
        if _squeeze(header[number]) in LABEL_COLUMNS
    )
    usable = [number for _, number in named if _is_usable([row[number] for row in rows], found, is_named=True)]
    if usable:
        return [(number, True) for number in usable]
    nameless = [
        number
        for number in others
        if _squeeze(header[number]) not in SPLIT_COLUMNS and _is_usable([row[number] for row in rows], found)
    ]
    return [(number, False) for number in nameless[:MOST_NAMELESS]]


def _is_usable(values: list[str], found: _Found, is_named: bool = False) -> bool:
    """Whether the values of a column can be classes: few different ones, each of several photos, no measurements."""
    seen = Counter(
        value for value, number in zip(values, found.numbers) if number is not None and value.casefold() not in _EMPTY
    )
    single = {value: number for value, number in seen.items() if not _KINDS.search(value)}
    total, most = sum(single.values()), 2 if is_named else 3
    if (
        len(single) < (1 if is_named else 2)
        or len(single) > MOST_CLASSES
        or total < min(most * len(single), len(single) + 1)
    ):
        return False
    return not all(re.fullmatch(r"-?\d+[.,]\d*[1-9]\d*", value) for value in seen)


def _labels_of(
    table: TableFile, header: tuple[str, ...], column: int, values: list[str], found: _Found, is_named: bool
) -> TableLabels:
    """The classes in a column, by photo."""
    answer = TableLabels([table.path], header[column], header, is_named=is_named)
    single = {value for value in values if not _KINDS.search(value)}
    for value, number in zip(values, found.numbers):
        if number is None or value.casefold() in _EMPTY:
            continue
        kinds = [each.strip() for each in _KINDS.split(value) if each.strip()]
        if len(kinds) > 1 and ("|" in value or all(each in single for each in kinds)):
            answer.several.add(number)
        label = re.sub(r"^(\d+)\.0+$", r"\1", value)
        if answer.labels.setdefault(number, label) != label:
            answer.several.add(number)
    return answer


def _one_hot(
    table: TableFile, header: tuple[str, ...], others: list[int], rows: list[list[str]], found: _Found
) -> tuple[TableLabels | None, list[int]]:
    """The classes of a table with a column a class, 1 where the photo shows it, and these columns; None without."""
    columns = [number for number in others if all(row[number] in _ONE_HOT for row in rows)]
    if len(columns) < 2:
        return None, []
    answer = TableLabels([table.path], "", header)
    for row, number in zip(rows, found.numbers):
        shown = [header[column] for column in columns if _ONE_HOT[row[column]]]
        if number is None or not shown:
            continue
        if len(shown) > 1 or answer.labels.setdefault(number, shown[0]) != shown[0]:
            answer.several.add(number)
            answer.labels.setdefault(number, shown[0])
    return (answer, columns) if len(answer.several) * 2 < len(answer.labels) else (None, [])


def _parts_of(values: list[str], found: _Found) -> dict[int, str]:
    """The part of each photo in a column of parts."""
    parts = {value: part_of(value) for value in set(values)}
    pairs = ((number, parts[value]) for value, number in zip(values, found.numbers))
    return {number: part for number, part in pairs if number is not None and part is not None}


def _squeeze(name: str) -> str:
    """The letters and digits of a column's name: "Image ID" → imageid."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _unique(names: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        shown = name or f"column {number + 1}"
        yield shown if shown not in seen else f"{shown} ({number + 1})"
        seen.add(shown)
