"""The figures of a run that lead to photos: which classes get mixed up, and how well each is found."""

import pandas as pd
import streamlit as st

from pages.parts.evaluate import matrix, row_table
from pages.parts.evaluate.photo_filter import PhotoFilter, Shown
from pages.parts.evaluate.row_table import Cell, Row
from pages.shared.widgets import plain
from tlcore.charts import results as charts
from tlcore.charts.tokens import CLASS_HUES
from tlcore.evaluation.report import Report
from tlcore.messages.quantities import count, percent

COLUMNS = ("Class", "Found (recall)", "Correct when predicted (precision)", "Combined (F1)")
MOST_BESIDE = 10  # classes whose matrix has room beside the table of classes


def mixed_up(report: Report, photos: PhotoFilter, shown: Shown) -> None:
    """Which classes get mixed up: the finding, then the matrix; of many classes the pairs mixed up most."""
    st.subheader("Which classes get mixed up (confusion matrix)", anchor=False)
    finding = charts.confusion_alt_text(report.confusion)
    st.markdown(plain(finding))
    if len(report.labels) <= matrix.MOST_CLASSES:

        def open_cell(actual: str, predicted: str) -> None:
            again = shown.cell == (actual, predicted)
            photos.choose(Shown(True) if again else Shown(False, actual, predicted))

        matrix.show(report.confusion, finding, f"matrix_{photos.run_id}", shown.cell, open_cell)
        return
    _pairs(charts.most_confused(report.confusion), finding, photos, shown)


def _pairs(pairs: pd.DataFrame, finding: str, photos: PhotoFilter, shown: Shown) -> None:
    """The pairs of classes mixed up most, each leading to its photos."""
    if pairs.empty:
        return
    cells = list(zip(pairs["truth"].astype(str), pairs["predicted"].astype(str)))
    rows = [
        Row(f"Predicted {predicted}, actually {actual}", "Show these photos", (Cell(f"{number:,}"),))
        for (actual, predicted), number in zip(cells, pairs["photos"])
    ]

    def open_pair(row: int) -> None:
        photos.choose(Shown(False, *cells[row]))

    chosen = cells.index(shown.cell) if shown.cell in cells else None
    row_table.show(("Mixed up", "Photos"), rows, finding, f"pairs_{photos.run_id}", chosen, open_pair)


def classes(report: Report, photos: PhotoFilter, shown: Shown) -> None:
    """How well each class does, each leading to its photos."""
    st.subheader("Results by class", anchor=False)
    rows = class_rows(report)
    labels = [row.name for row in rows]

    def open_class(row: int) -> None:
        photos.choose(Shown(False, actual=labels[row]))

    only = shown.actual if not shown.mistakes and not shown.predicted else None
    chosen = labels.index(only) if only in labels else None
    description = "For each class: recall, precision and F1 on the test photos"
    row_table.show(COLUMNS, rows, description, f"classes_{photos.run_id}", chosen, open_class)
    st.caption(
        "Found: how many photos of the class were recognised. Correct when predicted: how many predictions of the "
        "class were correct. Combined is high only when both are."
    )


def class_rows(report: Report) -> list[Row]:
    """A row a class, in the order of the classes, with the counts that each share is made of."""
    predicted = report.confusion.sum(axis=0)
    rows = []
    for place, each in enumerate(report.per_class.itertuples()):
        found = Cell(percent(each.recall), f"{each.correct:,} of {each.support:,}", float(each.recall))
        times = int(predicted.iloc[place])
        trusted = (
            Cell(percent(each.precision), f"{each.correct:,} of {times:,}") if times else Cell("–", "never predicted")
        )
        action = f"Show {count(int(each.support), 'test photo')} of {each.label}"
        hue = place % len(CLASS_HUES[False])
        rows.append(Row(str(each.label), action, (found, trusted, Cell(percent(each.f1))), hue))
    return rows
