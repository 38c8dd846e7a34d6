"""The rows of a table of labels, whatever form it has: commas, semicolons, tabs, spaces, JSON. Opens no file."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tlcore.data.text_files import parse_json

SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".lst", ".json", ".jsonl", ".ndjson")
MOST_ROWS = 500_000
MOST_COLUMNS = 300
_SAMPLE_LINES = 40


@dataclass(frozen=True)
class Rows:
    """The cells of a table, all as text, every row as long as the first. The first row may be names of columns."""

    cells: list[list[str]]


def parse_rows(name: str, text: str) -> Rows | None:
    """The rows of a table; None where it is none.

    Args:
        name: of the file, for its ending.
    """
    suffix = name[name.rfind(".") :].casefold()
    if suffix in (".json", ".jsonl", ".ndjson"):
        return _json_rows(text, lines=suffix != ".json")
    if text[:4].casefold() == "sep=":  # Excel's own first line
        text = text.partition("\n")[2]
    delimiter = _delimiter(text, suffix)
    if delimiter is None:
        return None
    try:
        cells = list(_cells(text, delimiter, MOST_ROWS + 1))
    except csv.Error:
        return None
    return _even(cells) if len(cells) <= MOST_ROWS else None


def _delimiter(text: str, suffix: str) -> str | None:
    """What stands between the columns: the character by which most rows have equally many."""
    candidates = "\t,;|" if suffix in (".tsv", ".tab") else ",;\t|"
    best: tuple[float, int, str] | None = None
    for delimiter in candidates + (" " if suffix in (".txt", ".lst") else ""):
        try:
            widths = Counter(len(row) for row in _cells(text[:200_000], delimiter, _SAMPLE_LINES))
        except csv.Error:
            continue
        width, often = widths.most_common(1)[0] if widths else (0, 0)
        share = often / max(1, widths.total())
        if width > 1 and share > 0.8 and (best is None or (share, width) > best[:2]):
            best = (share, width, delimiter)
    return best[2] if best else None


def _cells(text: str, delimiter: str, most: int) -> Iterator[list[str]]:
    lines = (line.removeprefix("#") if number == 0 else line for number, line in enumerate(_lines(text)))
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    for row in reader:
        if most == 0:
            return
        most -= 1
        yield [cell.strip() for cell in row[:MOST_COLUMNS]]


def _lines(text: str) -> Iterator[str]:
    """The lines without empty ones and, but for the first, without comments."""
    kept = False
    for line in text.splitlines():
        if line.strip() and not (kept and line.startswith("#")):
            kept = True
            yield line


def _even(cells: list[list[str]]) -> Rows | None:
    """Rows of equal length, the usual one; a trailing empty cell too many is cut off, a missing one is empty."""
    if len(cells) < 2:
        return None
    width = Counter(map(len, cells)).most_common(1)[0][0]
    return Rows([(row + [""] * width)[:width] for row in cells]) if width > 1 else None


def _json_rows(text: str, lines: bool) -> Rows | None:
    """Rows out of a list of objects, one a line, or an object of file names and labels, either way round."""
    if lines:
        try:
            values: Any = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            return None
    else:
        values = parse_json(text)
    if isinstance(values, dict) and len(values) > 1 and all(isinstance(each, str | int) for each in values.values()):
        return _even([["file", "label"], *([key, str(value)] for key, value in values.items())])
    if isinstance(values, dict) and len(values) > 1 and all(isinstance(each, list) for each in values.values()):
        listed = [[str(file), label] for label, files in values.items() for file in files if isinstance(file, str)]
        return _even([["file", "label"], *listed[:MOST_ROWS]])
    if not isinstance(values, list) or not values or not all(isinstance(each, dict) for each in values):
        return None
    if len(values) > MOST_ROWS:
        return None
    names = list(dict.fromkeys(name for each in values[:100] for name in each))[:MOST_COLUMNS]
    return _even([names, *([_text(each.get(name)) for name in names] for each in values)])


def _text(value: Any) -> str:
    """A value as the cell of a table; several values are several labels."""
    if isinstance(value, list) and all(isinstance(each, str | int) for each in value):
        return "|".join(map(str, value))
    return str(value) if isinstance(value, str | int | float) else ""
