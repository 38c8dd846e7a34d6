"""A download arrives whole and right, goes on where it broke off, or ends in a plain sentence."""

import hashlib
import http.server
import socket
import threading

import pytest

from tests.photos import run_job
from tlcore.data import download
from tlcore.data.download import fetch
from tlcore.errors import UserError

DATA = bytes(range(256)) * 8_000
SHA256 = hashlib.sha256(DATA).hexdigest()


class _Handler(http.server.BaseHTTPRequestHandler):
    """/good sends all and knows ranges; /plain knows no ranges; /cut breaks off after a third, /missing is 404."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Range")))
        if self.path == "/missing":
            self.send_error(404)
            return
        first = int((self.headers.get("Range") or "bytes=0-")[6:-1]) if self.path != "/plain" else 0
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(DATA) - first))
        self.end_headers()
        self.wfile.write(DATA[first : len(DATA) // 3 if self.path == "/cut" else None])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """A server on this machine; `asked` is what it was asked for."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.asked = []
        server.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def target(workspace):
    """Where the file shall go."""
    return workspace.downloads / "file.zip"


def _left(target):
    return {path.name for path in target.parent.iterdir()} - {"file.zip.lock"}


def test_a_good_file_arrives_once(server, target):
    for sha256 in (SHA256, ""):
        path, events = run_job(fetch(f"{server.address}/good", target, len(DATA), sha256))
        assert path == target and target.read_bytes() == DATA
    assert len(server.asked) == 1 and _left(target) == {"file.zip"}
    assert events == []


def test_progress_grows_to_the_whole(server, target, monkeypatch):
    monkeypatch.setattr(download, "SECONDS_BETWEEN_EVENTS", 0.0)
    events = run_job(fetch(f"{server.address}/good", target, len(DATA), SHA256))[1]
    done = [event.done for event in events]
    assert len(done) > 3 and done == sorted(done) and done[-1] == len(DATA) == events[-1].total
    assert {event.stage for event in events} == {"download"}


def test_a_download_that_broke_off_goes_on(server, target):
    with pytest.raises(UserError, match="stopped after 0.7 of 2.0 MB"):
        run_job(fetch(f"{server.address}/cut", target, len(DATA), SHA256))
    assert _left(target) == {"file.zip.part"}
    assert run_job(fetch(f"{server.address}/good", target, len(DATA), SHA256))[0] == target
    assert server.asked[-1] == ("/good", f"bytes={len(DATA) // 3}-") and target.read_bytes() == DATA


def test_a_server_that_knows_no_ranges_sends_all_again(server, target):
    target.with_name("file.zip.part").write_bytes(DATA[:1000])
    assert run_job(fetch(f"{server.address}/plain", target, len(DATA), SHA256))[0].read_bytes() == DATA


@pytest.mark.parametrize(
    ("name", "size", "sha256"),
    [
        ("wrong checksum", len(DATA), "0" * 64),
        ("longer than promised", len(DATA) - 1, ""),
        ("longer and wrong", 1000, "0" * 64),
    ],
)
def test_the_wrong_file_is_deleted(server, target, name, size, sha256):
    with pytest.raises(UserError, match="sent an unexpected file"):
        run_job(fetch(f"{server.address}/good", target, size, sha256))
    assert _left(target) == set()


def test_a_partial_file_that_is_damaged_does_not_stay(server, target):
    target.with_name("file.zip.part").write_bytes(b"x" * 1000)
    with pytest.raises(UserError, match="sent an unexpected file"):
        run_job(fetch(f"{server.address}/good", target, len(DATA), SHA256))
    assert run_job(fetch(f"{server.address}/good", target, len(DATA), SHA256))[0] == target


def test_a_missing_file_and_no_network(server, target):
    with pytest.raises(UserError, match="the file is no longer there"):
        run_job(fetch(f"{server.address}/missing", target, len(DATA), SHA256))
    with socket.socket() as taken:  # bound but not listening: the connection is refused
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/x"
        with pytest.raises(UserError, match="refused the connection") as caught:
            run_job(fetch(address, target, len(DATA), SHA256))
    assert "127.0.0.1" in caught.value.what and "sample sets work offline" in caught.value.fix


def test_stopping_keeps_what_was_fetched(server, target, monkeypatch):
    monkeypatch.setattr(download, "SECONDS_BETWEEN_EVENTS", 0.0)
    assert run_job(fetch(f"{server.address}/good", target, len(DATA), SHA256, lambda: True))[0] is None
    assert 0 < target.with_name("file.zip.part").stat().st_size < len(DATA)
    assert run_job(fetch(f"{server.address}/good", target, len(DATA), SHA256))[0].read_bytes() == DATA


def test_two_at_once_wait_for_each_other(server, target):
    first = fetch(f"{server.address}/good", target, len(DATA), SHA256)
    next(first)
    second = fetch(f"{server.address}/good", target, len(DATA), SHA256)
    assert next(second).done == 0  # waiting
    run_job(first)
    assert run_job(second)[0] == target and len(server.asked) == 1
