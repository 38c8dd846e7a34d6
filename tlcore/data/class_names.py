"""Names for classes that are called by an id: n02084071 is a dog, by a file beside the photos that says so."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from tlcore.data.names import has_photo_ending
from tlcore.data.table_rows import parse_rows
from tlcore.data.text_files import parse_json

SUFFIXES = (".txt", ".csv", ".tsv", ".json", ".names")
KNOWN_SHARE = 0.8
"""So many of the ids need a name; the others keep their id."""
_LINE = re.compile(r"([^\s,;:]+)[\s,;:]+(.+)")
_ID = re.compile(r"n\d{8}|[a-z]{0,3}\d+|[a-z]{1,2}", re.IGNORECASE)
_MOST_LINES, _LONGEST_LINE = 200_000, 1_000


def are_ids(labels: Collection[str]) -> bool:
    """Whether classes are called by ids: numbers, or numbers after a few letters."""
    return len(labels) > 1 and all(_ID.fullmatch(label) for label in labels)


def names_for(labels: Collection[str], name: str, text: str) -> dict[str, str] | None:
    """The name of each class by a file of names; None where the file has none for most of them.

    Args:
        labels: the ids. name: of the file, for its ending. text: of the file.

    Returns:
        by id, every id with a name of its own; an id that the file does not know keeps itself.
    """
    for found in _readings(name, text):
        known = {label: names for label in labels if (names := _look_up(found, label))}
        if len(known) < max(2, KNOWN_SHARE * len(labels)):
            continue
        if len(set(known.values())) < 2 or any(map(_is_path, known.values())) or all(map(_same, known.items())):
            continue
        often = Counter(known.values())
        return {
            label: label
            if label not in known
            else known[label]
            if often[known[label]] == 1
            else f"{known[label]} ({label})"
            for label in labels
        }
    return None


def _readings(name: str, text: str) -> Iterable[dict[str, str]]:
    """The ways to read a file as ids with names."""
    if name.casefold().endswith(".json"):
        yield from _of_json(parse_json(text))
        return
    lines = [line.strip() for line in text.splitlines()[:_MOST_LINES] if line.strip() and len(line) < _LONGEST_LINE]
    if name.casefold().endswith((".csv", ".tsv")):
        rows = parse_rows(name, text)
        yield from _of_columns(rows.cells) if rows is not None else ()
        return
    pairs = [found for line in lines if (found := _LINE.fullmatch(line))]
    if len(pairs) > 0.8 * len(lines):
        yield {found[1]: _first_name(found[2]) for found in pairs}
    if len(lines) <= 2_000:
        yield {str(number): line for number, line in enumerate(lines)}  # a name a line, counted from 0


def _of_json(values: Any) -> Iterable[dict[str, str]]:
    """ids and names of a JSON object: id to name, name to number, or number to id and name."""
    if isinstance(values, list) and all(isinstance(each, str) for each in values):
        yield {str(number): each for number, each in enumerate(values)}
    if not isinstance(values, dict):
        return
    if all(isinstance(each, str) for each in values.values()):
        yield {key: _first_name(each) for key, each in values.items()}
    if all(isinstance(each, int) for each in values.values()):
        yield {str(each): key for key, each in values.items()}
    pairs = [each for each in values.values() if isinstance(each, list) and len(each) == 2]
    if pairs and len(pairs) == len(values) and all(isinstance(text, str) for each in pairs for text in each):
        yield {first: _first_name(second) for first, second in pairs}
        yield {key: _first_name(each[1]) for key, each in values.items()}


def _of_columns(cells: list[list[str]]) -> Iterable[dict[str, str]]:
    """Every column that has each value once, with every other column of words."""
    columns = [list(column) for column in zip(*cells)][:20]
    for keys in columns:
        if len(set(keys[1:])) < len(keys) - 1:
            continue
        for names in columns:
            if names is not keys and sum(not re.fullmatch(r"[\d.,-]*", name) for name in names[1:]) > 0.8 * len(
                names[1:]
            ):
                yield dict(zip(keys, names))


def _is_path(name: str) -> bool:
    return "/" in name or has_photo_ending(name)


def _same(pair: tuple[str, str]) -> bool:
    return pair[0] == pair[1]


def _look_up(found: dict[str, str], label: str) -> str:
    """The name of an id, which may have zeros before it."""
    return found.get(label) or (found.get(str(int(label))) if label.isdecimal() else None) or ""


def _first_name(text: str) -> str:
    """The first of several names: dog, domestic dog, Canis familiaris."""
    return text.strip().strip("\"'").split(",")[0].strip()
