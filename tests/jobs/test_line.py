"""The line on disk while nothing is begun: who is next, who may go first, and that every step is done once."""

import json
import threading
from contextlib import ExitStack

import pytest
from filelock import FileLock

from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.events import EpochEnd, Failed, Finished, Started, Stopped
from tlcore.jobs.attempts import EARLIER
from tlcore.jobs.event_log import EventLog, read_events
from tlcore.jobs.line import KINDS, MOST_TRIES, Line
from tlcore.jobs.places import Entry, entry_of, in_turn
from tlcore.jobs.queue import JobQueue, admit_all, queue_of
from tlcore.jobs.status import job_status
from tlcore.jobs.store import EVENTS, QUEUED, Job, create_run, open_job, request_stop, stop_reason, stop_requested
from tlcore.jobs.supervision import limit_minutes
from tlcore.workspace import Workspace, opened_workspace, read_json, write_json


@pytest.fixture
def line(workspace: Workspace) -> Line:
    return Line(workspace)


@pytest.fixture
def waiting_queue(workspace: Workspace, line: Line):
    """A queue whose slots are all taken, as by another server's workers: what is put into it waits."""
    (workspace.root / "queue").mkdir()
    with ExitStack() as stack:
        for kind in KINDS:
            stack.enter_context(FileLock(line.slot(kind)))
        queue = JobQueue(workspace)
        yield queue
        queue.close()


def run_of(workspace: Workspace, visitor: str = "", name: str = "run"):
    return create_run(workspace, "some-dataset", TrainConfig(), name, visitor=visitor)


def happened(job: Job, *events) -> None:
    for event in events:
        EventLog(job).write(event)


EPOCH = EpochEnd(1, 30, 1.0, 0.5, 1.0, 0.5, 0.1)


@pytest.mark.parametrize(
    ("came", "served", "order", "reason"),
    [
        ("aaab", "", "abaa", "the one with one job does not wait for all of the other's"),
        ("aaab", "a", "baaa", "who was served last comes last"),
        ("abc", "cab", "cab", "who was served longest ago comes first"),
        ("abcd", "ca", "bdca", "who was never served comes before all others, in the order of coming"),
        ("aabbcc", "", "abcabc", "one of each, and again"),
        ("aaa", "a", "aaa", "one visitor: in the order of coming"),
        ("", "a", "", "nobody waits"),
    ],
)
def test_visitors_take_turns(tmp_path, came, served, order, reason):
    entries = [
        (Entry(order=number, own=number, visitor=visitor), Job(str(number), tmp_path, "train", "", 0.0, {}, visitor))
        for number, visitor in enumerate(came)
    ]
    turns = in_turn(entries, list(served))
    assert "".join(entry.visitor for entry, _ in turns) == order, reason
    for visitor in set(came):
        own = [entry.order for entry, _ in turns if entry.visitor == visitor]
        assert own == sorted(own), "of one visitor the first comes first"


def test_going_first_is_among_ones_own(workspace, waiting_queue):
    jobs = {f"{visitor}{n}": run_of(workspace, visitor, f"{visitor}{n}") for n in range(3) for visitor in "ab"}
    names = {job.id: name for name, job in jobs.items()}
    for job in jobs.values():
        waiting_queue.submit(job)

    def order():
        return [names[job_id] for job_id in waiting_queue.waiting()]

    assert order() == ["a0", "b0", "a1", "b1", "a2", "b2"]
    waiting_queue.move_to_front(jobs["b2"])
    assert order() == ["a0", "b2", "a1", "b0", "a2", "b1"], "b's own have changed places, and nothing else"
    waiting_queue.move_to_front(jobs["b1"])
    waiting_queue.move_to_front(jobs["a2"])
    assert order() == ["a2", "b1", "a0", "b2", "a1", "b0"]
    assert [waiting_queue.position(jobs[name]) for name in order()] == list(range(6))
    waiting_queue.cancel(jobs["a2"])
    assert order() == ["a0", "b1", "a1", "b2", "b0"]
    waiting_queue.move_to_front(jobs["a2"])
    assert len(order()) == 5 and job_status(jobs["a2"]).state == "stopped", "who is out stays out"


BEFORE = [
    ([], "never begun"),
    ([Started(0.0, 1)], "interrupted"),
    ([Started(0.0, 1), Stopped("Nothing.")], "stopped"),
    ([Started(0.0, 1), Failed("No.", "Again.")], "failed"),
    ([Started(0.0, 1), Finished("run", 1.0)], "finished"),
]


@pytest.mark.parametrize(("events", "reason"), BEFORE, ids=[reason for _, reason in BEFORE])
@pytest.mark.parametrize("press", ["submit", "restart", "resume"])
def test_any_number_of_presses_is_one_entry(workspace, line, waiting_queue, events, reason, press):
    run = run_of(workspace)
    happened(run, *events)
    for _ in range(3):
        getattr(waiting_queue, press)(run)
    assert waiting_queue.waiting() == [run.id] and job_status(run).state == "queued"
    assert len(list(run.folder.glob(EARLIER.format("*")))) == bool(events), "the attempt before is kept once"
    waiting_queue.cancel(run)
    waiting_queue.cancel(run)
    assert [type(event) for event in read_events(run)] == [Stopped] and waiting_queue.waiting() == []
    assert line.is_empty("train") and not (run.folder / QUEUED).exists()


def test_a_run_at_work_is_not_started_again(workspace, waiting_queue):
    run = run_of(workspace)
    happened(run, Started(0.0, 1))
    with FileLock(run.folder / "job.lock"):
        for press in (waiting_queue.submit, waiting_queue.restart, waiting_queue.resume):
            press(run)
        waiting_queue.cancel(run)
        assert waiting_queue.waiting() == [] and job_status(run).state == "running"


def test_forty_runs_with_three_presses_each_are_forty_entries(workspace, waiting_queue):
    """As many threads as a server has for three browsers, all at once; it gave 117 entries."""
    runs = [run_of(workspace, name=str(number)) for number in range(40)]
    for run in runs:
        happened(run, Started(0.0, 1), Stopped("Nothing."))
    other = JobQueue(workspace)  # of another server
    ready, queues = threading.Barrier(3), (waiting_queue, waiting_queue, other)
    wrong = []

    def press(queue):
        ready.wait()
        try:
            for run in runs:
                queue.restart(run)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=press, args=(queue,)) for queue in queues]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert not wrong
    assert len(waiting_queue.waiting()) == 40 and set(waiting_queue.waiting()) == {run.id for run in runs}
    assert all(len(list(run.folder.glob("events-*.jsonl"))) == 1 for run in runs)
    assert len({entry_of(run).order for run in runs}) == 40


def test_what_continues_keeps_its_rounds_and_what_begins_anew_does_not(workspace, waiting_queue):
    for press, kept in ((waiting_queue.resume, [EPOCH]), (waiting_queue.restart, [])):
        run = run_of(workspace)
        happened(run, Started(0.0, 1), EPOCH)
        (run.folder / "checkpoint.npz").write_bytes(b"rounds")
        request_stop(run)
        press(run)
        assert read_events(run) == kept and not stop_requested(run)()
        assert (run.folder / "checkpoint.npz").exists() == bool(kept)


def test_a_note_of_what_is_still_to_be_taken_back_is_followed_by_the_next_server(workspace, line):
    """As a kill leaves it between the note and the deed."""
    run = run_of(workspace)
    happened(run, Started(0.0, 1), Finished("run", 1.0))
    write_json(run.folder / QUEUED, {"order": 3, "own": 3, "visitor": "", "since": 1.0, "tries": 0, "again": "restart"})
    line.recover("train")
    assert job_status(run).state == "queued" and [job.id for job in line.waiting("train")] == [run.id]
    assert read_events(run) == [] and (run.folder / EARLIER.format(1)).exists()
    assert entry_of(run) == Entry(3, 3, "", 1.0)


@pytest.mark.parametrize(
    "text",
    [
        '{"lock": "/home/x/servers/server-0123.lock"}',
        "{",
        "",
        "[]",
        '{"order": "first", "visitor": null, "tries": true, "more": 1}',
        '{"order": 1e999, "again": []}',
    ],
    ids=["version 0.1.0", "torn", "empty", "no object", "wrong kinds", "absurd"],
)
def test_an_older_or_damaged_place_still_waits(workspace, line, text):
    old = run_of(workspace, "a")
    (old.folder / QUEUED).write_text(text)
    new = run_of(workspace, "a")
    assert job_status(old).state == "queued" and entry_of(old) == Entry(visitor="a")
    line.recover("train")
    with line.locked():
        line.add(new)
    assert [job.id for job in line.waiting("train")] == [old.id, new.id]


def test_a_place_that_was_left_by_a_worker_that_died_is_none(workspace, line):
    """It began, and died before it could remove the file."""
    run = run_of(workspace)
    with line.locked():
        line.add(run)
    happened(run, Started(0.0, 1))
    assert entry_of(run) is None and line.waiting("train") == [] and job_status(run).state == "interrupted"


def test_a_job_that_no_worker_begins_is_given_up_and_the_next_one_has_its_turn(workspace, line):
    first, second = run_of(workspace), run_of(workspace)
    with line.locked():
        line.add(first)
        line.add(second)
    for number in range(MOST_TRIES):
        assert line.hand_out("train").id == first.id, number
        assert line.give_back(first, failed=True) == number + 1
    assert line.hand_out("train").id == second.id
    assert job_status(first).state == "failed" and not job_status(first).error.bug
    assert line.give_back(second, failed=False) == 1 and entry_of(second).tries == 0, "this try was nobody's fault"


def test_a_visitor_has_so_many_runs_waiting_as_are_allowed(workspace, waiting_queue):
    (workspace.root / "settings.toml").write_text("waiting_runs = 2\n")
    runs = [run_of(workspace, "a") for _ in range(3)]
    for run in runs[:2]:
        waiting_queue.submit(run)
    with pytest.raises(UserError, match="You already have 2 runs waiting"):
        waiting_queue.submit(runs[2])
    assert not (runs[2].folder / QUEUED).exists() and len(waiting_queue.waiting()) == 2
    for other in ("b", "", "", ""):  # the owner has no limit
        waiting_queue.submit(run_of(workspace, other))
    waiting_queue.cancel(runs[0])
    waiting_queue.submit(runs[2])
    assert len(waiting_queue.waiting()) == 6


def test_who_was_served_is_remembered_by_the_next_server(workspace, line):
    jobs = [run_of(workspace, visitor) for visitor in "aab"]
    with line.locked():
        for job in jobs:
            line.add(job)
    with line.beginning(jobs[0]) as begun:
        happened(jobs[0], Started(0.0, 1))
        begun(Started(0.0, 1))
        assert [job.visitor for job in Line(workspace).waiting("train")] == ["b", "a"]
    assert read_json(workspace.root / "queue" / "served.json")["train"] == ["a"]
    with line.beginning(jobs[0]) as begun:
        assert begun is None, "it has begun already"
    request_stop(jobs[1])
    with line.beginning(jobs[1]) as begun:
        assert begun is None and job_status(jobs[1]).state == "stopped"


def test_one_process_has_one_queue_a_workspace(workspace):
    queue = queue_of(workspace, admit_all)
    found = []
    other = Workspace(workspace.root)
    threads = [threading.Thread(target=lambda: found.append(queue_of(other, admit_all))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(map(id, found)) == {id(queue)}
    queue.close()
    again = queue_of(workspace, admit_all)
    assert again is not queue and not again.closed
    again.close()


def test_a_workspace_that_is_gone_is_made_anew_and_else_left_alone(tmp_path):
    workspace = opened_workspace(tmp_path / "home")
    assert opened_workspace(tmp_path / "home") is workspace
    workspace.runs.rmdir()
    assert opened_workspace(tmp_path / "home").runs.is_dir()


def test_who_asked_first_for_a_stop_is_remembered(workspace):
    for reasons, minutes in ((("", "limit:30"), None), (("limit:30", ""), 30.0), (("limit:0.5",), 0.5), (("x",), None)):
        run = run_of(workspace)
        assert stop_reason(run) == "" and limit_minutes(run) is None
        for reason in reasons:
            request_stop(run, reason)
        assert stop_requested(run)() and limit_minutes(run) == minutes


def test_a_stop_reaches_what_waits_while_another_works(workspace, line, waiting_queue):
    run = run_of(workspace)
    waiting_queue.submit(run)
    request_stop(run)
    line.tidy("train")
    assert job_status(run).state == "stopped" and json.loads((run.folder / EVENTS).read_text())["type"] == "stopped"


def test_what_is_gone_leaves_the_line(workspace, line, waiting_queue):
    runs = [run_of(workspace) for _ in range(2)]
    for run in runs:
        waiting_queue.submit(run)
    for path in runs[0].folder.iterdir():
        path.unlink()
    runs[0].folder.rmdir()
    line.tidy("train")
    assert [job.id for job in line.jobs("train")] == [runs[1].id]
    waiting_queue.move_to_front(runs[0])
    waiting_queue.cancel(runs[0])
    assert open_job(runs[1].folder) and not runs[0].folder.exists()
