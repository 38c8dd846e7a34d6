"""What a kill, a bad disk or a strange name does to the events of a job and to JSON files loses nothing else."""

import json

import pytest

from tlcore.checksums import DamagedFile, dump_json, parse_json
from tlcore.config import defaults_for
from tlcore.events import Died, EpochEnd, Evaluated, Failed, Finished, Stopped
from tlcore.jobs.event_log import EventLog, read_events
from tlcore.jobs.status import job_status
from tlcore.jobs.store import EVENTS, create_run
from tlcore.messages.progress import missing_epochs_message
from tlcore.workspace import read_json, write_json


@pytest.fixture
def run(workspace):
    return create_run(workspace, "some-dataset", defaults_for("hybrid"), "Owls")


def epoch(number: int) -> EpochEnd:
    return EpochEnd(number, 9, 1 / number, 0.5, 0.6, 0.55, 0.02, best_epoch_so_far=number)


@pytest.mark.parametrize("end", ["", '{"type": "epo', '{"type": "epoch", "epoch": 2, "loss": 0.5}'])
def test_an_event_behind_a_torn_line_is_not_lost_with_it(run, end):
    EventLog(run).write(epoch(1))
    with open(run.folder / EVENTS, "a", encoding="utf-8") as file:
        file.write(end)
    EventLog(run).write(Died(9, -9))
    assert read_events(run) == [epoch(1), Died(9, -9)]


@pytest.mark.parametrize("name", ["a\u2028b\u2029c", "a\x85b\x0bc\x0cd\x1ce", "\udcff.jpg", "a\r\nb", "“ünd” 日本"])
def test_a_strange_name_in_an_event_loses_no_event(run, name):
    events = [Failed(f"The photo {name} is gone.", "x"), Stopped(name), Finished("x", 1.0)]
    for event in events:
        EventLog(run).write(event)
    assert read_events(run) == events


def test_epochs_that_are_missing_are_told(run):
    log = EventLog(run)
    for number in range(1, 9):
        log.write(epoch(number))
    log.write(Evaluated(4, 6, 3.0, 1.0, 2.0))
    assert missing_epochs_message(job_status(run)) == ""
    lines = (run.folder / EVENTS).read_text().split("\n")
    for number in (2, 5):
        lines[number] = lines[number].replace("0.55", "0.56")
    (run.folder / EVENTS).write_text("\n".join(lines))
    status = job_status(run)
    assert status.missing_epochs == (3, 6) and "epochs 3, 6 are missing" in missing_epochs_message(status)
    assert status.evaluated == Evaluated(4, 6, 3.0, 1.0, 2.0)


def test_a_line_without_a_checksum_is_one_of_the_first_version_and_read(run):
    EventLog(run).write(epoch(1))
    path = run.folder / EVENTS
    row = json.loads(path.read_text())
    del row["crc"]
    path.write_text(json.dumps(row) + "\n")
    assert read_events(run) == [epoch(1)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text.replace('"right": 46', '"right": 47'), "another figure"),
        (lambda text: text.replace('"right"', '"wrong"'), "another name"),
        (lambda text: text.replace('"checksum"', '"chacksum"'), "the checksum's own name"),
        (lambda text: text.replace("0.25", "0.250000001"), "a digit more"),
        (lambda text: text.replace('"cat"', '"car"'), "another label"),
        (lambda text: text[:-40], "the end is lost"),
        (lambda text: "[" * 100_000, "nested too deep for Python"),
        (lambda text: text.replace("46", "4" * 5000), "a number of 5,000 digits"),
    ],
)
def test_a_json_file_that_says_something_else_is_noticed(tmp_path, change, reason):
    path, value = tmp_path / "x.json", {"right": 46, "share": 0.25, "labels": ["cat", "ünd"], "more": {"1": None}}
    write_json(path, value)
    assert read_json(path) == value
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(DamagedFile):
        read_json(path)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"b": 1, "a": [1.5, -0.0, 1e300, 1e-7, 10**20]}, "numbers of all kinds"),
        ({"name": "\udcff “x” \u2028"}, "half a character"),
        ({1: "x", None: 2}, "keys that JSON makes texts of"),
        ({}, "nothing"),
        ([1, {"a": 2}], "no object, so no checksum"),
    ],
)
def test_what_was_written_is_what_is_read(value, reason):
    assert parse_json(dump_json(value)) == json.loads(json.dumps(value)), reason


def test_only_what_is_said_counts_and_not_how_it_is_laid_out():
    value = {"a": [1, 2], "b": "ünd"}
    laid_out_anew = json.dumps(dict(reversed(json.loads(dump_json(value)).items())), indent=7).encode()
    assert parse_json(laid_out_anew) == value
