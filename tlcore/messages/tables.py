"""Tables for spreadsheets: what looks like a formula is kept from being one, on the page and in the terminal alike.

https://owasp.org/www-community/attacks/CSV_Injection lists what spreadsheets take for a formula.
"""

import re
from typing import Any

import pandas as pd

_FORMULA = re.compile(r"(^|[;\t\r\n])([\"'\s]*)([=+\-@＝＋－＠])")
"""A formula at the beginning of a cell, or behind what some spreadsheets take for the end of one: those of countries
where the comma stands in numbers part cells at semicolons."""


def defuse(cell: Any) -> Any:
    """A cell with an apostrophe in front of what a spreadsheet would compute; numbers and all else stay as they are."""
    if not isinstance(cell, str):
        return cell
    text = f"'{cell}" if cell[:1] in ("\t", "\r", "\n") else cell
    return _FORMULA.sub(r"\1\2'\3", text)


def csv_text(table: pd.DataFrame, float_format: str | None = None) -> str:
    """A table as CSV without its row numbers; cells and the names of columns are defused."""
    safe = pd.DataFrame({number: table.iloc[:, number].map(defuse) for number in range(table.shape[1])})
    safe.columns = pd.Index([defuse(name) for name in table.columns])
    text: str = safe.to_csv(index=False, float_format=float_format)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # names that are no proper text
