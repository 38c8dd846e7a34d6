"""The report of an import on the page: counts, a searched table in which no name is anything but text, and a list."""

import pytest

from pages.shared.widgets import MOST_LINES
from tests.pages.conftest import words
from tests.photos import class_files, run_job, write_files
from tlcore.checksums import file_checksum
from tlcore.data.ingest import ingest_folder
from tlcore.data.parquet import to_parquet
from tlcore.data.report import CHANGED, GUESSED, LEFT_OUT, report_frame
from tlcore.events import Failed
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.store import ImportSpec, create_import
from tlcore.workspace import read_json, write_json

HOSTILE = '=HYPERLINK("http://x")<img src=x onerror=alert(1)>.txt'


@pytest.fixture
def with_report(workspace, tmp_path):
    """`with_report(lines)`: the id of a data set whose import gave this report."""

    def make(lines):
        made = run_job(ingest_folder(workspace, write_files(tmp_path / "pets", class_files({"cats": 4, "dogs": 5}))))[0]
        data = to_parquet(report_frame(lines))
        (made.folder / "report.parquet").write_bytes(data)
        values = read_json(made.folder / "dataset.json")
        values["files"]["report.parquet"] = file_checksum(data)
        write_json(made.folder / "dataset.json", values)
        return made.id

    return make


def tables(at):
    return [each.body for each in at.html if "<table" in each.body]


def test_what_was_left_out_comes_first_and_a_short_report_is_open(visit, workspace, with_report):
    lines = [("b.png", CHANGED, "has 16-bit values"), ("z.txt", LEFT_OUT, "is not in a class folder")]
    at = visit("data", workspace, dataset=with_report(lines))
    (opened,) = [each for each in at.expander if "left out" in each.label]
    assert opened.label == "1 file left out, 1 changed" and opened.proto.expanded
    (table,) = tables(at)
    assert table.index("z.txt") < table.index("b.png") and "Left out" in table and "Changed" in table


def test_a_long_report_is_searched_by_kind_and_words(visit, workspace, with_report):
    lines = [(f"{number:04d}.heic", LEFT_OUT, "is a HEIC photo") for number in range(500)]
    lines += [("犬.jpg", GUESSED, "has a name read as Shift-JIS"), (HOSTILE, LEFT_OUT, "is a [link](http://x)")]
    at = visit("data", workspace, dataset=with_report(lines))
    assert "501 files left out, 1 guessed" in [each.label for each in at.expander]
    assert tables(at)[0].count("<tr>") == 1 + MOST_LINES and "Show 20 more (of 494)" in [
        each.label for each in at.button
    ]
    assert "- 500 files are HEIC photos" in words(at)
    key = next(each.key for each in at.text_input if each.key.startswith("report_search"))
    at.text_input(key=key).input("img HYPERLINK").run()
    (table,) = tables(at)
    assert table.count("<tr>") == 2 and "<img" not in table and "&lt;img" in table, "a name is only text"
    at.text_input(key=key).input("no such file").run()
    assert not tables(at) and "Nothing matches" in words(at)


def test_everything_taken_as_it_is_needs_no_report(visit, workspace, with_report):
    at = visit("data", workspace, dataset=with_report([]))
    assert not [each for each in at.expander if "left out" in each.label]


def test_a_failed_import_says_all_reasons(visit, workspace):
    job = create_import(workspace, ImportSpec("folder", "/photos", "pets"))
    reasons = ("230 files are HEIC photos.", "[x](http://x) is empty.")
    EventLog(job).write(Failed("No usable photo.", "Add photos.", reasons=reasons))
    text = words(visit("data", workspace, job=job.id))
    assert "- 230 files are HEIC photos." in text and r"\[x\]\(http\://x\) is empty" in text
