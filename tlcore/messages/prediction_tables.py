"""Predictions of many photos as tables, the same from a page, from Python and from the terminal: CSV, Excel, JSON."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from xlsxwriter import Workbook

from tlcore.data.report import LEFT_OUT
from tlcore.messages.tables import csv_text, defuse
from tlcore.messages.unknown import known_word

MOST_COLUMNS = 16_384  # of a sheet
MOST_TEXT = 32_767  # characters of a cell


@dataclass(frozen=True)
class PredictionTable:
    """Predictions of many photos, and what could not be read.

    Attributes:
        labels: of the model, in the order of the probabilities.
        predictions: a row a photo: path, predicted, probability (0–1), probabilities, familiarity (NaN for unknown).
        known: for each whether it shows one of the classes. files: path, what, reason (data/report.py).
    """

    labels: tuple[str, ...]
    predictions: pd.DataFrame
    known: npt.NDArray[np.bool_]
    files: pd.DataFrame

    @property
    def columns(self) -> list[str]:
        return table_columns(self.labels)

    def cells(self) -> Iterator[list[Any]]:
        """The rows, one after the other: texts, and numbers 0–1."""
        rows: Iterable[Any] = self.predictions.itertuples(index=False)
        for row, known in zip(rows, self.known, strict=True):
            familiarity = "" if math.isnan(row.familiarity) else float(row.familiarity)
            shares = [float(value) for value in row.probabilities]
            yield [row.path, row.predicted, known_word(bool(known)), float(row.probability), familiarity, *shares, ""]
        refused = self.files[self.files["what"] == LEFT_OUT] if len(self.files) else self.files
        for path, reason in zip(refused["path"], refused["reason"]):
            yield [path, "", "", "", "", *[""] * len(self.labels), reason]


def table_columns(labels: Sequence[str]) -> list[str]:
    """The names of the columns."""
    return ["image", "label", "known", "probability", "familiarity", *labels, "error"]


def predictions_csv(table: PredictionTable) -> str:
    """The table as CSV; what looks like a formula is kept from being one."""
    return csv_text(table.columns, table.cells())


def predictions_excel(table: PredictionTable) -> bytes:
    """The table as a sheet of Excel."""
    return excel_bytes(table.columns, table.cells())


def excel_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A sheet of Excel, written row by row: nothing in it is computed, its first row stays in view.

    Args:
        rows: texts, and shares 0–1 as floats, which are shown in percent.
    """
    target = BytesIO()
    with Workbook(target, {"constant_memory": True, "in_memory": False}) as book:
        sheet, share = book.add_worksheet("Predictions"), book.add_format({"num_format": "0.0%"})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 1, 20)
        last = 0
        for column, name in enumerate(columns[:MOST_COLUMNS]):
            sheet.write_string(0, column, _text(name))
        for last, cells in enumerate(rows, start=1):
            for column, cell in enumerate(cells[:MOST_COLUMNS]):
                if isinstance(cell, float):
                    sheet.write_number(last, column, cell, share)
                elif cell:
                    sheet.write_string(last, column, _text(str(cell)))
        sheet.autofilter(0, 0, last, min(len(columns), MOST_COLUMNS) - 1)
    return target.getvalue()


def predictions_json(table: PredictionTable) -> str:
    """The table as `transferlab predict --json` prints it, but for the time that each photo took."""
    rows: list[dict[str, Any]] = []
    for image, label, known, probability, familiarity, *shares, error in table.cells():
        if error:
            rows.append({"image": image, "error": error})
            continue
        ranked = sorted(zip(table.labels, shares, strict=True), key=lambda pair: -pair[1])
        values = {"image": image, "label": label, "known": known == known_word(True), "probability": probability}
        values |= {"probabilities": dict(ranked), "familiarity": familiarity if familiarity != "" else None}
        rows.append(values)
    return json.dumps({"predictions": rows}, indent=2, ensure_ascii=False) + "\n"


def _text(value: str) -> str:
    """A text that a cell takes: Excel computes nothing that is written as text, but copies of it may be."""
    return defuse(value).encode("utf-8", "backslashreplace").decode("utf-8")[:MOST_TEXT]
