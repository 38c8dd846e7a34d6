"""What an import did with files beyond taking them as they are: left out, changed or guessed, a line a file."""

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from tlcore.data.archive_kinds import NESTED_IN_FOLDER, NOT_TAKEN
from tlcore.data.names import HIDDEN
from tlcore.data.placed import CLASS_LEFT_OUT

LEFT_OUT, CHANGED, GUESSED = "left out", "changed", "guessed"
"""What may have happened to a file: it is not in the data set, its pixels or its name are not as they came, or
something about it was not said anywhere and is most likely so."""

BROWSER_REASONS = {
    "empty": "is empty",
    "not_picture": "is not a picture",
    "video": "is a video",
    "damaged": "is damaged or incomplete",
    "outside": "lies outside the class folders",
    "nested": NESTED_IN_FOLDER,
    "packed": NOT_TAKEN,
    "hidden": HIDDEN,
    "twice": "was chosen twice, and is used once",
    "not_sent": "was not uploaded",
}
"""Why a browser did not send a file, by the keys that the Data page sends (pages/parts/data/photo_check.js)."""

KNOWN = frozenset({CLASS_LEFT_OUT, *BROWSER_REASONS.values()} - {NESTED_IN_FOLDER, NOT_TAKEN, HIDDEN})
"""Reasons that a person has seen, or decided, before the import began; a server gives none of them."""

KINDS = (LEFT_OUT, CHANGED, GUESSED)
COLUMNS = ("path", "what", "reason")


class ReportLine(NamedTuple):
    """One file of a report. `path`: as it is shown; `what`: one of `KINDS`; `reason` follows the path: "is a link"."""

    path: str
    what: str
    reason: str


def report_frame(lines: Iterable[tuple[str, str, str]]) -> pd.DataFrame:
    """Lines (path, what, reason) as a frame of `COLUMNS`, sorted by path; what stands there twice stands there once."""
    frame = pd.DataFrame(sorted(set(lines)), columns=list(COLUMNS))
    return frame.astype(str).reset_index(drop=True)


def left_out(refused: Iterable[tuple[str, str]]) -> list[ReportLine]:
    """The lines of files that were left out, from (path, reason) of each."""
    return [ReportLine(path, LEFT_OUT, reason) for path, reason in refused]


def guessed(guesses: Iterable[tuple[str, str]]) -> list[ReportLine]:
    """The lines of what was guessed, from (path, reason) of each."""
    return [ReportLine(path, GUESSED, reason) for path, reason in guesses]


def report_lines(report: pd.DataFrame) -> list[ReportLine]:
    """A report's lines of what was changed or guessed, to go on with in a data set that brings its photos along."""
    rows = report[report["what"] != LEFT_OUT]
    return [ReportLine(*row) for row in rows[list(COLUMNS)].itertuples(index=False, name=None)]


def refused_frame(report: pd.DataFrame) -> pd.DataFrame:
    """The files of a report that were left out: path, reason."""
    return report.loc[report["what"] == LEFT_OUT, ["path", "reason"]].reset_index(drop=True)
