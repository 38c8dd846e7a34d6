"""Which photos the rows of a table mean: the column that names the files, and the photo of each row."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tlcore.data.folder_names import part_in, words_of
from tlcore.data.photo_index import PhotoIndex
from tlcore.data.table_rows import Rows

FILE_COLUMNS = (
    "file filename filenames filepath path paths image images img imagename imageid imagefile imagepath imageurl id "
    "ids photo photoid name picture pic fname"
).split()
EMPTY = frozenset(("", "nan", "none", "null", "n/a", "na", "?", "-"))
"""What stands in a cell that says nothing, in lower case."""
MOST_FILE_COLUMNS = 50
LEAST_MATCHED = 0.4
"""So many of the rows need a photo, or so many of the photos a row."""
_SAMPLE_ROWS = 1_000


@dataclass(frozen=True)
class TableFile:
    """A table and where it lies. `parts`: of its path."""

    parts: tuple[str, ...]
    rows: Rows

    @property
    def path(self) -> str:
        return "/".join(self.parts)


@dataclass
class MatchedTable:
    """A table whose rows mean photos.

    Attributes:
        header: names of the columns, each once. rows: without the header. column: the number of that with the files.
        numbers: the photo of each row, None for none. missing: files that are listed and not there. unclear: photos
            that cannot be told from others of the same name.
    """

    file: TableFile
    header: tuple[str, ...]
    rows: list[list[str]] = field(repr=False)
    column: int
    numbers: list[int | None] = field(default_factory=list, repr=False)
    missing: list[str] = field(default_factory=list, repr=False)
    unclear: set[int] = field(default_factory=set, repr=False)

    def values(self, column: int) -> list[str]:
        """The cells of a column, a row each."""
        return [row[column] for row in self.rows]


def match_table(table: TableFile, index: PhotoIndex, parts: Sequence[str | None]) -> MatchedTable | None:
    """The photos that the rows of a table mean; None where it names none.

    Args:
        parts: of each photo, as its folder says it; they tell photos of one name apart.
    """
    cells = table.rows.cells
    column = _file_column(cells, index)
    if column is None:
        return None
    has_header = not index.find(cells[0][column]) and not all(cell.replace(".", "").isdigit() for cell in cells[0])
    header = tuple(_unique(cells[0] if has_header else [f"column {number + 1}" for number in range(len(cells[0]))]))
    found = MatchedTable(table, header, cells[has_header:], column)
    _match(found, index, parts)
    return found


def is_submission(name: str) -> bool:
    """Whether a table is the sample of an answer, as competitions add them: its classes are made up."""
    return "submission" in words_of(name) or "samplesubmission" in words_of(name)


def squeeze(name: str) -> str:
    """The letters and digits of a column's name: "Image ID" → imageid."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _file_column(cells: list[list[str]], index: PhotoIndex) -> int | None:
    """The column that names the most photos, one of a usual name before others; None where none names enough."""
    sample = cells[:: max(1, len(cells) // _SAMPLE_ROWS)]
    best: tuple[float, int, int] | None = None
    for column in range(min(len(cells[0]), MOST_FILE_COLUMNS)):
        found = [numbers[0] for row in sample if (numbers := index.find(row[column]))]
        is_named = any(word in FILE_COLUMNS for word in (squeeze(cells[0][column]), *words_of(cells[0][column])))
        score = len(set(found)) * (2.0 if is_named else 1.0)
        if len(set(found)) > 1 and (best is None or score > best[0]):
            best = (score, column, len(found))
    if best is None or best[2] >= LEAST_MATCHED * len(sample):
        return best[1] if best else None
    photos = {numbers[0] for row in cells if (numbers := index.find(row[best[1]]))}
    return best[1] if len(photos) >= LEAST_MATCHED * len(index.paths) else None


def _match(table: MatchedTable, index: PhotoIndex, parts: Sequence[str | None]) -> None:
    """Find the photo that each row means. Of several of one name those in the table's own part or folder are meant, or
    those in the folder that has most of the others too."""
    names = table.values(table.column)
    candidates = [index.find(name) for name in names]
    hint = part_in(table.file.parts[-1].rpartition(".")[0])
    near = table.file.parts[:-1]
    folders = Counter(index.paths[number][:-1] for found in candidates for number in found)
    table.missing += [name for name, numbers in zip(names, candidates) if name and not numbers]
    for numbers in candidates:
        if len(numbers) > 1 and hint:
            numbers = [number for number in numbers if parts[number] == hint] or numbers
        if len(numbers) > 1 and near:
            numbers = [number for number in numbers if index.paths[number][: len(near)] == near] or numbers
        if len(numbers) > 1:
            most = max(folders[index.paths[number][:-1]] for number in numbers)
            numbers = [number for number in numbers if folders[index.paths[number][:-1]] == most]
        if len(numbers) > 1:
            table.unclear.update(numbers)
        table.numbers.append(numbers[0] if len(numbers) == 1 else None)


def _unique(names: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        shown = name or f"column {number + 1}"
        yield shown if shown not in seen else f"{shown} ({number + 1})"
        seen.add(shown)
