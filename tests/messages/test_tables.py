"""No cell of a table that somebody opens in a spreadsheet is a formula, and nothing else changes."""

import csv
import io

import pytest

from tlcore.messages.tables import csv_text, defuse


@pytest.mark.parametrize(
    ("cell", "safe", "reason"),
    [
        ("cat.jpg", "cat.jpg", "a name"),
        ("my cat - 2 + 3 = 5 @home.jpg", "my cat - 2 + 3 = 5 @home.jpg", "signs within a name"),
        ("p(=cat)", "p(=cat)", "brackets come first"),
        ("", "", "nothing"),
        ("=1+1", "'=1+1", "a formula"),
        ("+1", "'+1", "a formula"),
        ("-1", "'-1", "a formula"),
        ("@SUM(A1)", "'@SUM(A1)", "a formula of an old spreadsheet"),
        ("  =1", "  '=1", "spaces are passed over"),
        ("\u00a0=1", "\u00a0'=1", "so are those that do not break"),
        ("＝1", "'＝1", "the wide signs of East Asia"),
        ("＋1", "'＋1", "the wide signs of East Asia"),
        ("－1", "'－1", "the wide signs of East Asia"),
        ("＠1", "'＠1", "the wide signs of East Asia"),
        ('"=1', "\"'=1", "behind a quotation mark"),
        ("\t=1", "'\t'=1", "behind a tab"),
        ("\tx", "'\tx", "a tab alone"),
        ("\rx", "'\rx", "a line's end"),
        ("a.jpg;=1", "a.jpg;'=1", "behind what ends a cell where the comma stands in numbers"),
        ("a\n=1", "a\n'=1", "on a line of its own"),
    ],
)
def test_formulas_are_defused(cell, safe, reason):
    assert defuse(cell) == safe, reason


def test_names_of_columns_are_defused_and_all_else_comes_through():
    columns, rows = (
        ["image", "=cmd", "image"],
        [["=a.jpg", 0.123456789, "x, “y”"], ["b", -1.0, "\udcff"], ["", -3, None]],
    )
    read = list(csv.reader(io.StringIO(csv_text(columns, rows, ".3f"))))
    assert read[:2] == [["image", "'=cmd", "image"], ["'=a.jpg", "0.123", "x, “y”"]]
    assert read[2:] == [["b", "-1.000", "\\udcff"], ["", "-3", ""]], "numbers stay numbers"
    assert csv_text(["x"], [[0.1234567890123]]) == "x\n0.1234567890123\n"
