"""The report of an import in words: a sentence with counts, lines for the terminal, and a table for a spreadsheet."""

from collections.abc import Mapping

import pandas as pd

from tlcore.data.report import CHANGED, COLUMNS, GUESSED, LEFT_OUT
from tlcore.messages.quantities import count
from tlcore.messages.tables import csv_text
from tlcore.messages.terminal import printable

MOST_LINES = 10
"""Files that the terminal names; a longer report goes to a file."""

HEADINGS = {"path": "File", "what": "What", "reason": "Why"}
WHAT = {LEFT_OUT: "Left out", CHANGED: "Changed", GUESSED: "Guessed"}
_ORDER = {LEFT_OUT: 0, CHANGED: 1, GUESSED: 2}


def report_counts(report: pd.DataFrame) -> dict[str, int]:
    """How many lines there are of each kind that comes up, what was left out first."""
    numbers = report["what"].value_counts()
    return {kind: int(numbers[kind]) for kind in _ORDER if kind in numbers}


def report_summary(report: pd.DataFrame) -> str:
    """The counts as words: "4 files left out, 12 changed"; "" for an empty report."""
    return counts_summary(report_counts(report))


def counts_summary(counts: Mapping[str, int]) -> str:
    """`report_summary` of counts by kind."""
    words = [f"{number:,} {kind}" for kind, number in counts.items() if number]
    if not words:
        return ""
    kind, number = next((kind, number) for kind, number in counts.items() if number)
    return ", ".join([f"{count(number, 'file')} {kind}", *words[1:]])


def in_order(report: pd.DataFrame) -> pd.DataFrame:
    """The lines with what was left out first, then what was changed, then what was guessed; by path within each."""
    return report.sort_values("what", key=lambda kinds: kinds.map(_ORDER), kind="stable", ignore_index=True)


def report_text(report: pd.DataFrame) -> str:
    """The counts and the first lines, each printable; "" for an empty report."""
    if report.empty:
        return ""
    shown = in_order(report).head(MOST_LINES)
    width = max(len(WHAT[kind]) for kind in shown["what"])
    lines = [
        f"  {WHAT[kind]:<{width}}  {printable(path)} {printable(reason)}"
        for path, kind, reason in shown[list(COLUMNS)].itertuples(index=False, name=None)
    ]
    rest = len(report) - len(shown)
    if rest:
        lines.append(f"  … and {rest:,} more; --report FILE writes all")
    return "\n".join([report_summary(report), *lines])


def report_csv(report: pd.DataFrame) -> str:
    """All lines as CSV, without anything that a spreadsheet would take for a formula."""
    rows = in_order(report)[list(COLUMNS)].itertuples(index=False, name=None)
    return csv_text(HEADINGS.values(), ([path, WHAT[kind], reason] for path, kind, reason in rows))
