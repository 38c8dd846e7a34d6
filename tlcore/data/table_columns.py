"""What tables say of photos besides class and part: further columns (site, animal, patient), kept to group photos by.

In the rows of a data set such a column is called "column:" and its name.
"""

import re
from collections.abc import Collection, Iterable

from tlcore.data.label_tables import SPLIT_COLUMNS
from tlcore.data.names import clean_text, shorten
from tlcore.data.table_match import EMPTY, MatchedTable, squeeze

COLUMN = "column:"
"""How the name of a column begins that came from a table."""
MOST_COLUMNS = 12
"""Columns that are kept; a table of measurements may have hundreds."""
MOST_NAME, MOST_VALUE = 40, 80  # characters
_CLASSES = frozenset("label labels labelid class classes classid classname target targets y".split())
LEAST_COVERED = 0.5
"""So many of the photos need a value."""
_MEASURED = re.compile(r"-?\d+[.,]\d*[1-9]\d*(?:e[+-]?\d+)?|-?\d(?:[.,]\d+)?e[+-]?\d+", re.IGNORECASE)


def further_columns(
    tables: Iterable[MatchedTable], num_photos: int, without: Collection[str] = ()
) -> dict[str, dict[int, str]]:
    """The values of columns that may say what belongs together, by column and by the number of the photo.

    Left out are columns in which nearly every photo has a value of its own or all have the same, and measurements.

    Args:
        tables: those beside the photos; columns of one name are put together, as of train.csv and test.csv.
        without: names of columns that say something else, as the classes.
    """
    found: dict[str, dict[int, str]] = {}
    for table in tables:
        for place, name in enumerate(table.header):
            if place != table.column and name not in without and squeeze(name) not in (*SPLIT_COLUMNS, *_CLASSES):
                shown = shorten(clean_text(name), MOST_NAME)
                values = found.setdefault(shown, {})
                for number, value in zip(table.numbers, table.values(place)):
                    if number is not None and value.casefold() not in EMPTY:
                        values.setdefault(number, value)
    useful = {name: values for name, values in found.items() if name and _is_useful(values, num_photos)}
    return {name: _cleaned(useful[name]) for name in list(useful)[:MOST_COLUMNS]}


def _is_useful(values: dict[int, str], num_photos: int) -> bool:
    different = set(values.values())
    if len(values) < LEAST_COVERED * num_photos or not 2 <= len(different) < 0.9 * len(values):
        return False
    return not all(_MEASURED.fullmatch(value) for value in different if value not in ("0", "1"))


def _cleaned(values: dict[int, str]) -> dict[int, str]:
    shown = {value: shorten(clean_text(value), MOST_VALUE) for value in set(values.values())}
    return {number: shown[value] for number, value in values.items()}
