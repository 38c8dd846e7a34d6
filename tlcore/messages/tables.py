"""Tables for spreadsheets: what looks like a formula is kept from being one, on the page and in the terminal alike.

https://owasp.org/www-community/attacks/CSV_Injection lists what spreadsheets take for a formula.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

_FORMULA = re.compile(r"(^|[;\t\r\n])([\"'\s]*)([=+\-@＝＋－＠])")
"""A formula at the beginning of a cell, or behind what some spreadsheets take for the end of one: those of countries
where the comma stands in numbers part cells at semicolons."""


def defuse(cell: str) -> str:
    """A cell with an apostrophe in front of what a spreadsheet would compute."""
    text = f"'{cell}" if cell[:1] in ("\t", "\r", "\n") else cell
    return _FORMULA.sub(r"\1\2'\3", text)


def csv_text(columns: Iterable[str], rows: Iterable[Sequence[Any]], float_format: str = "") -> str:
    """A table as CSV; cells and the names of columns are defused.

    Args:
        float_format: how numbers are written, as for `format`; "" is with all their digits.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([defuse(name) for name in columns])
    for row in rows:
        writer.writerow([_cell(cell, float_format) for cell in row])
    return text.getvalue().encode("utf-8", "backslashreplace").decode("utf-8")  # names that are no proper text


def _cell(value: Any, float_format: str) -> Any:
    """What stands in a cell: texts defused, numbers as asked for, all else as it is."""
    if isinstance(value, str):
        return defuse(value)
    return format(value, float_format) if isinstance(value, float) else value
