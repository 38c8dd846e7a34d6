"""Tables as JSON: what a project file has in place of Parquet, which nobody should decode who does not know its maker.

{"rows": 2, "columns": {"path": {"kind": "text", "values": ["a.jpg", "b.jpg"]}, …}}
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

MOST_ROWS, MOST_COLUMNS, LONGEST_TEXT = 200_000, 64, 2_000

_NUMBERS = {"int32": np.int32, "int64": np.int64, "float32": np.float32, "float64": np.float64, "bool": np.bool_}
_TEXT, _LIST = "text", "list"  # a list: float32 numbers


def dump_table(frame: pd.DataFrame) -> bytes:
    """A table as JSON. Its columns are text (or None), numbers, or lists of numbers."""
    columns = {}
    for name in frame.columns:
        values, kind = frame[name], str(frame[name].dtype)
        if kind in _NUMBERS:
            columns[str(name)] = {"kind": kind, "values": values.tolist()}
        elif len(values) and isinstance(values.iloc[0], np.ndarray | list):
            columns[str(name)] = {"kind": _LIST, "values": [np.asarray(each).tolist() for each in values]}
        else:
            plain = values.astype(object).where(values.notna(), None)
            columns[str(name)] = {"kind": _TEXT, "values": plain.tolist()}
    return json.dumps({"rows": len(frame), "columns": columns}).encode()


def parse_table(data: bytes, needed: Mapping[str, str]) -> pd.DataFrame:
    """The table in JSON that anybody may have written.

    Args:
        needed: the columns that it must have, with their kind: "text", "list", or a type of number.

    Raises:
        ValueError, KeyError, TypeError, RecursionError, OverflowError: it is no such table.
    """
    values = json.loads(data)
    rows, columns = values["rows"], values["columns"]
    if type(rows) is not int or not 0 <= rows <= MOST_ROWS or not isinstance(columns, dict):
        raise ValueError("It is no table.")
    if len(columns) > MOST_COLUMNS or not set(needed) <= set(columns):
        raise ValueError("It has other columns.")
    made = {}
    for name, column in columns.items():
        if len(column["values"]) != rows or column["kind"] != needed.get(name, column["kind"]):
            raise ValueError(f"The column {name[:80]} does not fit.")
        made[name] = _column(column["kind"], column["values"])
    return pd.DataFrame(made, index=range(rows))


def _column(kind: str, values: list[Any]) -> pd.Series:
    if kind == _TEXT:
        if not all(each is None or (isinstance(each, str) and len(each) <= LONGEST_TEXT) for each in values):
            raise ValueError("It is no text.")
        return pd.Series(values, dtype=object)
    if kind == _LIST:
        made = [np.asarray(each, np.float32) for each in values]
        if any(each.ndim != 1 or not np.isfinite(each).all() for each in made):
            raise ValueError("They are no lists of numbers.")
        return pd.Series(made, dtype=object)
    if not all(type(each) in (int, float, bool) for each in values):
        raise ValueError("They are no numbers.")
    return pd.Series(np.asarray(values, _NUMBERS[kind]))
