"""Files that come in slices: what counts, what a kill leaves, what is refused. The route has tests of its own."""

import os
import secrets
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from tlcore.data import incoming, receive
from tlcore.data.receive import OutOfOrder, Part, SentFile
from tlcore.errors import UserError
from tlcore.settings import OWN
from tlcore.workspace import open_workspace


@pytest.fixture
def area(workspace):
    """An empty upload area."""
    return incoming.new_incoming(workspace)


def write(workspace, area, file_id, data, offset=0):
    part = Part(workspace, area, file_id, offset)
    part.write(data)
    part.close()
    return part


def sent(file_id, data, name="a.jpg", label="cats", sha256=""):
    return SentFile(file_id, name, label, len(data), sha256)


def new_id(number=0):
    return f"{secrets.token_hex(8)}-{number}"


@pytest.mark.parametrize(
    "bad", ["", "..", "../../x", "0123456789abcdef", "0123456789abcdeg-1", "0123456789abcdef-", None]
)
def test_an_id_that_came_from_a_browser_is_not_trusted(workspace, area, bad):
    with pytest.raises(ValueError):
        Part(workspace, area, bad, 0)
    assert [path.name for path in (workspace.incoming / area).iterdir()] == []


def test_a_file_counts_when_it_is_whole_and_committed(workspace, area):
    file_id = new_id()
    write(workspace, area, file_id, b"0123")
    with pytest.raises(OutOfOrder) as caught:
        receive.commit(workspace, area, [sent(file_id, b"0123456789")], OWN)
    assert caught.value.have == 4
    with pytest.raises(OutOfOrder):
        Part(workspace, area, file_id, 5)
    write(workspace, area, file_id, b"3456789", 3)
    assert receive.usage(workspace, area) == (1, 10) and incoming.list_uploads(workspace, area) == []
    assert receive.commit(workspace, area, [sent(file_id, b"0123456789")], OWN) == [file_id]
    assert incoming.read_file(workspace, area, 1) == b"0123456789"
    assert receive.usage(workspace, area) == (1, 10) and receive.received(workspace, area, file_id) == 0


def test_a_slice_that_is_sent_again_shorter_leaves_no_tail(workspace, area):
    file_id = new_id()
    write(workspace, area, file_id, b"0123456789")
    write(workspace, area, file_id, b"abc", 2)
    assert receive.received(workspace, area, file_id) == 5


def test_one_file_of_a_commit_that_is_not_whole_lets_none_count(workspace, area):
    """So that the answer is simple: send these again."""
    good, half = new_id(), new_id()
    write(workspace, area, good, b"data")
    write(workspace, area, half, b"da")
    with pytest.raises(OutOfOrder):
        receive.commit(workspace, area, [sent(good, b"data"), sent(half, b"data")], OWN)
    assert incoming.list_uploads(workspace, area) == []
    assert receive.commit(workspace, area, [sent(good, b"data")], OWN) == [good]


def test_numbers_go_on_beside_other_ways_to_add_files(workspace, area):
    incoming.add_file(workspace, area, "camera-1.jpg", b"one", "cats")
    file_id = new_id()
    write(workspace, area, file_id, b"two")
    receive.commit(workspace, area, [sent(file_id, b"two")], OWN)
    incoming.add_file(workspace, area, "camera-2.jpg", b"three", "cats")
    assert [incoming.read_file(workspace, area, number) for number in (1, 2, 3)] == [b"one", b"two", b"three"]


def test_equal_content_under_another_name_is_another_file(workspace, area):
    for name, label in (("a.jpg", "cats"), ("a.jpg", "cats"), ("b.jpg", "cats"), ("a.jpg", None)):
        file_id = new_id()
        sha256 = write(workspace, area, file_id, b"data").sha256
        receive.commit(workspace, area, [sent(file_id, b"data", name, label, sha256)], OWN)
    assert incoming.summary(workspace, area)["name"].tolist() == ["a.jpg", "b.jpg", "a.jpg"]
    incoming.remove_class(workspace, area, "cats")
    assert incoming.summary(workspace, area)["label"].tolist() == [None]


def test_a_removed_file_may_be_sent_again(workspace, area):
    for _ in range(2):
        file_id = new_id()
        sha256 = write(workspace, area, file_id, b"data").sha256
        receive.commit(workspace, area, [sent(file_id, b"data", sha256=sha256)], OWN)
        assert incoming.read_file(workspace, area, 1) == b"data"
        incoming.remove_class(workspace, area, "cats")


def test_parts_that_are_left_make_way_only_for_others(workspace, area):
    mine, left = new_id(), new_id()
    for file_id in (mine, left):
        write(workspace, area, file_id, b"data")
        long_ago = time.time() - 2 * receive.LEFT_SECONDS
        os.utime(workspace.incoming / area / f"0-{file_id}.part", (long_ago, long_ago))
    fresh = new_id()
    write(workspace, area, fresh, b"data")
    receive.drop_left_parts(workspace, area, mine.partition("-")[0])
    assert [receive.received(workspace, area, each) for each in (mine, left, fresh)] == [4, 0, 4]


@pytest.mark.parametrize(("key", "right"), [(None, True), ("", False), ("x", False), ("\ud800", False)])
def test_the_key_of_an_area(workspace, area, key, right):
    assert not receive.is_key(workspace, area, ""), "nobody has asked for it yet"
    good = receive.upload_key(workspace, area)
    assert receive.is_key(workspace, area, good if key is None else key) is right
    with pytest.raises(UserError, match="uploads are no longer there"):
        receive.upload_key(workspace, "incoming-" + "0" * 16)


KILLED = """
import sys
from tlcore.data import incoming, receive
from tlcore.settings import OWN
from tlcore.workspace import open_workspace
workspace, area = open_workspace(sys.argv[1]), sys.argv[2]
number = int(sys.argv[3])
while True:
    batch = [f"{number:016x}-{each}" for each in range(20)]
    for file_id in batch:
        part = receive.Part(workspace, area, file_id, 0)
        part.write(file_id.encode() * 100)
        part.close()
    sent = [receive.SentFile(file_id, file_id, "x", 100 * len(file_id)) for file_id in batch]
    print(*receive.commit(workspace, area, sent, OWN), flush=True)
    number += 1
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no such kill")
def test_a_kill_loses_nothing_that_was_said_to_have_arrived(workspace, area):
    """Killed at some moment or other, five times over."""
    told = set()
    for turn in range(5):
        command = [sys.executable, "-c", textwrap.dedent(KILLED), str(workspace.root), area, str(turn * 1000)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for _ in range(turn + 1):
                told |= set(process.stdout.readline().split())
            process.send_signal(signal.SIGKILL)
            told |= {each for line in process.stdout for each in line.split() if line.endswith("\n")}
        again = open_workspace(workspace.root)
        rows = {row["id"]: row["number"] for row in incoming.read_index(again.incoming / area)}
        assert told <= set(rows)
        for file_id, number in rows.items():
            assert incoming.read_file(again, area, number) == file_id.encode() * 100
