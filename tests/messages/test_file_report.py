"""The report in words: counts in one sentence, a bounded number of lines, a table without formulas."""

import csv

import pytest

from tlcore.data.report import CHANGED, GUESSED, LEFT_OUT, report_frame
from tlcore.messages.file_report import MOST_LINES, report_csv, report_summary, report_text


def report(left=0, changed=0, guessed=0):
    kinds = [LEFT_OUT] * left + [CHANGED] * changed + [GUESSED] * guessed
    return report_frame((f"{number:04d}.jpg", kind, "is odd") for number, kind in enumerate(kinds))


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((0, 0, 0), ""),
        ((1, 0, 0), "1 file left out"),
        ((4, 12, 0), "4 files left out, 12 changed"),
        ((0, 1200, 3), "1,200 files changed, 3 guessed"),
    ],
)
def test_the_counts_in_words(counts, words):
    assert report_summary(report(*counts)) == words


def test_the_terminal_has_the_first_lines_and_the_number_of_the_others():
    lines = report_text(report(changed=2, left=240)).splitlines()
    assert lines[0] == "240 files left out, 2 changed" and lines[1] == "  Left out  0000.jpg is odd"
    assert len(lines) == MOST_LINES + 2 and lines[-1] == f"  … and {242 - MOST_LINES} more; --report FILE writes all"
    assert report_text(report()) == ""


def test_no_name_moves_the_cursor_of_a_terminal():
    hostile = report_frame([("\x1b[2Jx\n", LEFT_OUT, "is \x07 odd")])
    assert "\x1b" not in report_text(hostile) and "\x07" not in report_text(hostile)


def test_the_table_has_every_line_and_no_formula():
    hostile = [("=HYPERLINK(1)", CHANGED, "+1"), ("a\n@x.jpg", LEFT_OUT, "is odd")]
    rows = list(csv.reader(report_csv(report_frame(hostile)).splitlines(keepends=True)))
    assert rows[0] == ["File", "What", "Why"]
    assert rows[1:] == [["a\n'@x.jpg", "Left out", "is odd"], ["'=HYPERLINK(1)", "Changed", "'+1"]]
