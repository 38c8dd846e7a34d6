"""Every end has its right word: how a process died, by what it was doing and what the machine has."""

import shutil
from types import SimpleNamespace

import pytest

from tlcore.config import TrainConfig, defaults_for
from tlcore.events import Died, Diverged, EpochEnd, Evaluated, Failed, Packed, Started
from tlcore.jobs.event_log import EventLog, read_events
from tlcore.jobs.status import job_status
from tlcore.jobs.store import EVENTS, EXIT_UNRECORDED, ImportSpec, create_import, create_run, request_stop
from tlcore.messages import endings
from tlcore.messages.endings import diverged_message, interruption_message, state_message, unpacked_message
from tlcore.workspace import TRAINED

FREE = 900_000_000
LEAN, BIG = TrainConfig(image_size=96), defaults_for("fine-tuning", image_size=224, batch_size=32)
STARTED = Started(0.0, 1)


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    monkeypatch.setattr(endings, "free_memory", lambda: FREE)


def ended(workspace, config, *events, job=None):
    job = job or create_run(workspace, "data-1", config, "x")
    for event in events:
        EventLog(job).write(event)
    return job


@pytest.mark.parametrize(
    ("config", "died", "short", "said", "fix", "reason"),
    [
        (
            BIG,
            Died(9, -9, 1_400_000_000),
            "ran out of memory",
            "900.0 MB is free",
            "feature extraction, a smaller",
            "OOM",
        ),
        (
            BIG,
            Died(9, -9, 800_000_000, 750_000_000),
            "ran out of memory",
            "more memory than one job may use here (750.0 MB)",
            "Choose feature extraction",
            "the limit of this server",
        ),
        (BIG, Died(9, -9, 9_000_000_000), "ran out of memory", "needed about 9.0 GB", "smaller batch", "what was seen"),
        (
            LEAN,
            Died(15, -15),
            "was shut down",
            "by someone or together with the computer",
            "continue, or restart",
            "TERM",
        ),
        (LEAN, Died(1, -1), "was shut down", "was shut down", "continue, or restart", "HUP"),
        (LEAN, Died(11, -11), "crashed", "crashed (SIGSEGV)", "report this code", "a fault of a library"),
        (LEAN, Died(6, -6), "crashed", "crashed (SIGABRT)", "report this code", "the same"),
        (
            LEAN,
            Died(0, 0xC0000005),
            "crashed",
            "exit code 3221225477",
            "report this code",
            "an access violation on Windows",
        ),
        (
            BIG,
            Died(0, 0xC000012D),
            "ran out of memory",
            "ran out of memory. It needed",
            "smaller",
            "Windows has no more",
        ),
        (
            LEAN,
            Died(0, EXIT_UNRECORDED),
            "disk is full",
            "disk is full",
            "Free up some space",
            "it could not write its end",
        ),
        (LEAN, Died(0, 3), "crashed", "exit code 3", "report this code", "an end that nobody knows"),
        (LEAN, Died(0, 0), "interrupted", "nothing says why", "continue, or restart", "nobody saw it"),
        (LEAN, None, "interrupted", "nothing says why", "continue, or restart", "an older version"),
    ],
)
def test_how_a_process_died(workspace, config, died, short, said, fix, reason):
    run = ended(workspace, config, STARTED, *([died] if died else []))
    status = job_status(run)
    ending = interruption_message(run, status)
    assert status.state == "interrupted" and short in state_message(run, status), reason
    assert said in ending.what and fix in ending.fix, (reason, ending)
    assert "training" in ending.what


def test_a_kill_with_memory_enough_was_somebody(workspace, monkeypatch):
    monkeypatch.setattr(endings, "free_memory", lambda: 20 * FREE)
    run = ended(workspace, BIG, STARTED, Died(9, -9, 300_000_000))
    assert state_message(run, job_status(run)) == "was shut down"
    assert "was shut down" in interruption_message(run, job_status(run)).what


def test_bad_alloc_in_the_log_is_no_crash(workspace):
    run = ended(workspace, BIG, STARTED, Died(6, -6))
    (run.folder / "worker.log").write_text("x" * 9000 + "\nterminate called after throwing 'std::bad_alloc'\n")
    assert state_message(run, job_status(run)) == "ran out of memory"
    assert "ran out of memory" in interruption_message(run, job_status(run)).what


def test_a_process_that_never_began_could_not_be_started(workspace):
    run = ended(workspace, LEAN, Died(0, 1))
    assert "could not start" in interruption_message(run, job_status(run)).what


def test_a_worker_that_did_not_answer_a_stop_was_not_out_of_memory(workspace):
    run = ended(workspace, BIG, STARTED, Died(9, -9))
    request_stop(run)
    assert state_message(run, job_status(run)) == "was shut down"


def test_a_full_disk_is_seen_where_nothing_could_be_written(workspace, monkeypatch):
    run = ended(workspace, LEAN, STARTED)
    monkeypatch.setattr(endings.shutil, "disk_usage", lambda folder: SimpleNamespace(free=4096))
    assert "disk is full" in interruption_message(run, job_status(run)).what


def test_an_import_is_called_one(workspace):
    job = create_import(workspace, ImportSpec("sample", "emoji"))
    ended(workspace, LEAN, STARTED, Died(9, -9), job=job)
    ending = interruption_message(job, job_status(job))
    assert "import" in ending.what and "training" not in ending.what and "photos" in ending.fix


ROUND, FIGURES = EpochEnd(1, 1, 1, 1, 1, 1, 0.1), Evaluated(3, 6, 9.0, 4.0, 5.0)


@pytest.mark.parametrize(
    ("last", "learned", "said", "fix", "reason"),
    [
        (None, True, "not saved yet", "Finish it", "killed without a word"),
        (Died(9, -9, 2_000_000_000), True, "memory ran out", "Finish it", "killed for its memory"),
        (Failed("The disk is full.", "Free some."), True, "The disk is full. Free some.", "Finish it", "a full disk"),
        (Failed("The disk is full.", "Free some."), False, "The disk is full", "Restart", "too full for anything"),
        (
            Failed("KeyError: 'cats'", "A bug.", bug=True),
            True,
            "not saved yet",
            "Finish it",
            "a bug has its own place",
        ),
    ],
)
def test_a_run_with_figures_and_no_model(workspace, last, learned, said, fix, reason):
    run = ended(workspace, LEAN, STARTED, ROUND, FIGURES, *([last] if last else []))
    if learned:
        (run.folder / TRAINED).touch()
    status = job_status(run)
    assert status.state == "tested" and status.usable and "not saved yet" in state_message(run, status), reason
    ending = unpacked_message(run, status)
    assert "can’t make predictions" in ending.what and said in f"{ending.what} {ending.fix}" and fix in ending.fix, (
        ending
    )
    assert "cats" not in f"{ending}"


def test_a_run_that_ended_while_the_last_of_its_files_was_written_can_predict(workspace):
    run = ended(workspace, LEAN, STARTED, ROUND, FIGURES, Packed())
    (run.folder / TRAINED).touch()
    status = job_status(run)
    assert status.state == "tested" and status.predicts
    ending = unpacked_message(run, status)
    assert "can predict" in ending.what and "download" in ending.what and "Finish it" in ending.fix


@pytest.mark.parametrize(
    ("event", "config", "said"),
    [
        (Diverged(3), TrainConfig(learning_rate=0.9), "it was 0.9, the default is 0.001"),
        (Diverged(4, "fine_tune"), defaults_for("hybrid"), "lower fine-tuning learning rate than"),
    ],
)
def test_a_loss_that_is_no_number_says_what_to_do(event, config, said):
    message = diverged_message(event, config)
    assert f"epoch {event.epoch}" in message and said in message and "default settings" in message


def test_the_end_can_be_written_after_a_line_that_was_torn(workspace):
    run = ended(workspace, LEAN, STARTED)
    with open(run.folder / EVENTS, "a", encoding="utf-8") as file:
        file.write('{"type": "epoch", "epo')
    EventLog(run).write(Died(9, -9))
    assert read_events(run) == [STARTED, Died(9, -9)]


def test_a_folder_that_is_gone_has_no_ghost(workspace):
    from tlcore.worker.runner import run_job

    run = create_run(workspace, "data-1", LEAN, "x")
    shutil.rmtree(run.folder)
    last = run_job(workspace, run)
    assert isinstance(last, Failed) and "no longer exists" in last.what and not run.folder.exists()
