"""A network from an address: a real server sends it whole, or it ends in a sentence and nothing stays."""

import http.server
import re
import threading
from dataclasses import dataclass, field

import pytest

from tests.conftest import finish
from tests.networks.small_onnx import small_onnx
from tlcore.cli.main import main
from tlcore.errors import UserError
from tlcore.jobs.store import create_addition
from tlcore.models.imported.stored import list_networks
from tlcore.networks import fetching
from tlcore.networks.addition import run_addition
from tlcore.networks.fetching import fetch_network, public_address

DATA = bytes(range(256)) * 4_000
NAMED = {"Content-Disposition": 'attachment; filename="../../Leaf net.onnx"'}


@dataclass
class Answer:
    """What the server sends: `body` under `headers`; `length`: what it promises, None for chunks; `told`: a status."""

    body: bytes = DATA
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = -1
    told: int = 200
    whole: bool = True


ANSWERS = {
    "/net.onnx": Answer(),
    "/moved": Answer(b"", {"Location": "/files/real.onnx"}, told=302),
    "/files/real.onnx": Answer(),
    "/round": Answer(b"", {"Location": "/round"}, told=302),
    "/disk": Answer(b"", {"Location": "file:///etc/passwd"}, told=302),
    "/get?id=7": Answer(headers=NAMED),
    "/chunks.onnx": Answer(length=None),
    "/cut.onnx": Answer(DATA[:300_000], length=len(DATA)),
    "/half.onnx": Answer(DATA[:300_000], length=None, whole=False),
    "/empty.onnx": Answer(b""),
    "/page.onnx": Answer(b"<!doctype html>", {"Content-Type": "text/html; charset=utf-8"}),
    "/huge.onnx": Answer(b"x", length=2_000_000_001),
    "/gone.onnx": Answer(b"", told=404),
    "/private.onnx": Answer(b"", told=401),
}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        answer = ANSWERS.get(self.path) or Answer(self.server.network)
        self.send_response(answer.told)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        if answer.length is None:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(answer.body), answer.body) + b"0\r\n\r\n" * answer.whole)
        else:
            self.send_header("Content-Length", str(len(answer.body) if answer.length == -1 else answer.length))
            self.end_headers()
            for start in range(0, len(answer.body), 100_000):
                self.wfile.write(answer.body[start : start + 100_000])
                self.server.pause.wait(self.server.seconds)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    """A server on this machine. `seconds`: how long it waits between parts, until `pause` is set."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads, server.network = True, small_onnx().SerializeToString()
        server.pause, server.seconds = threading.Event(), 0.0
        server.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "name", "reason"),
    [
        ("/net.onnx", "net.onnx", "as the address ends"),
        ("/moved", "real.onnx", "redirected: the name that a kind of file is told by is there"),
        ("/get?id=7", "Leaf net.onnx", "as the server calls it, and never a path"),
        ("/chunks.onnx", "chunks.onnx", "a server that doesn’t say how large it is"),
    ],
)
def test_a_file_arrives_whole_under_the_name_it_has(server, tmp_path, path, name, reason):
    got = finish(fetch_network(server.address + path, tmp_path))[1]
    assert got == tmp_path / name and got.read_bytes() == DATA and list(tmp_path.iterdir()) == [got], reason


@pytest.mark.parametrize(
    ("path", "said", "fix"),
    [
        ("/cut.onnx", "stopped after 0.3 of 1.0 MB", "Check the address"),
        ("/half.onnx", "the connection was lost", "Check the address"),
        ("/empty.onnx", "stopped before it began", "Check the address"),
        ("/page.onnx", "sent a web page", "resolve"),
        ("/huge.onnx", "2.0 GB", "At most 2 GB"),
        ("/gone.onnx", "didn’t send the file", "Check the address"),
        ("/private.onnx", "didn’t send the file", "Check the address"),
        ("/round", "didn’t send the file", "Check the address"),
        ("/disk", "didn’t send the file|can’t be reached", "Check the address"),
    ],
)
def test_what_does_not_arrive_ends_in_a_sentence_and_leaves_nothing(server, tmp_path, path, said, fix):
    with pytest.raises(UserError, match=said) as error:
        finish(fetch_network(server.address + path, tmp_path))
    assert re.search(fix, error.value.fix) and "sample" not in error.value.fix
    assert not list(tmp_path.iterdir())


def test_a_server_that_sends_more_than_is_possible_is_cut_off(server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "MOST_BYTES", 500_000)
    with pytest.raises(UserError, match="or more"):
        finish(fetch_network(f"{server.address}/chunks.onnx", tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_slow_server_can_be_stopped_between_two_parts(server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS_BETWEEN_EVENTS", 0.0)
    monkeypatch.setattr(server, "seconds", 0.02)
    events, got = finish(fetch_network(f"{server.address}/net.onnx", tmp_path))
    done = [event.done for event in events]
    assert len(done) > 5 and done == sorted(done) and done[-1] == events[-1].total == len(DATA) and got is not None
    got.unlink()
    monkeypatch.setattr(server, "seconds", 30)  # nobody waits for the second part
    try:
        assert finish(fetch_network(f"{server.address}/net.onnx", tmp_path, lambda: True))[1] is None
    finally:
        server.pause.set()
    assert not list(tmp_path.iterdir())
    server.pause.clear()


def test_the_command_adds_it_and_remembers_no_secret(server, workspace, capsys):
    url = f"{server.address}/Oak%20net.onnx?token=secret"
    assert main(["backbones", "add", url, "--workspace", str(workspace.root)]) == 0
    (network,) = list_networks(workspace)
    assert network.spec.title == "Oak net" and network.spec.source == f"{server.address}/Oak%20net.onnx"
    assert "secret" not in (network.folder / "network.json").read_text()
    assert not [each for each in workspace.downloads.iterdir() if each.is_dir()]


def test_a_visitor_makes_this_server_ask_no_address(server, workspace, tmp_path):
    for spec in ({"url": f"{server.address}/net.onnx"}, {"path": "/etc/passwd"}):
        job = create_addition(workspace, "net", spec, visitor="somebody")
        with pytest.raises(UserError, match="Only the owner"):
            finish(run_addition(workspace, job, lambda: False))


def test_an_address_that_is_shown_has_no_password():
    assert public_address("https://me:pass@a.org/x.keras?key=1#y") == "https://a.org/x.keras"
