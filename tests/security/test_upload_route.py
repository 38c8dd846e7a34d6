"""What the upload route takes, from whom, and how much: over real connections, without the pages around it."""

import http.client
import json
import os
import secrets
import shutil
import socket
import struct
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import uvicorn
from starlette.applications import Starlette

from pages.server.uploads import MOST_AT_ONCE, Uploads
from tests.photos import make_photo
from tlcore.data import incoming, receive
from tlcore.workspace import Workspace, last_used


class Route(NamedTuple):
    """A running route and an area of it."""

    workspace: Workspace
    port: int
    area: str
    key: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """As our own page sends them."""
        return {"Origin": f"http://{self.host}", "X-Upload-Key": self.key}

    def send(self, body, method="POST", area=None, query="", **headers):
        """The status and the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        kept = {name: value for name, value in (self.headers | headers).items() if value is not None}
        connection.request(method, f"/upload/{area or self.area}{query}", body, kept)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, json.loads(text) if text.startswith(b"{") else {}

    def get(self, query, **headers):
        """The status and the bytes of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", f"/upload/{self.area}{query}", headers=self.headers | headers)
        response = connection.getresponse()
        found = response.status, response.read()
        connection.close()
        return found

    def begin(self, body: bytes, length: int) -> socket.socket:
        """A request that has sent `body` and says that it has `length` bytes."""
        connection = socket.create_connection(("127.0.0.1", self.port))
        headers = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        start = f"POST /upload/{self.area} HTTP/1.1\r\nHost: {self.host}\r\nContent-Length: {length}\r\n{headers}\r\n"
        connection.sendall(start.encode() + body)
        return connection

    def files(self) -> list[tuple[str, str | None, bytes]]:
        """What counts: name, class, content."""
        uploads = incoming.list_uploads(self.workspace, self.area)
        return [(each.name, each.label, incoming.read_file(self.workspace, self.area, each.number)) for each in uploads]

    def parts(self) -> dict[str, int]:
        """Half-sent files and their size."""
        folder = self.workspace.incoming / self.area
        return {path.name: path.stat().st_size for path in folder.glob("*.part")}


def part(file_id, data, name="a.jpg", label=None, size=None, offset=0, **changes):
    """A slice as our own page sends it, or with what `changes` say."""
    values = dict(id=file_id, name=name, label=label, size=len(data) if size is None else size, offset=offset)
    text = json.dumps(values | {"length": len(data)} | changes).encode()
    return struct.pack(">I", len(text)) + text + data


def new_id(number=0):
    return f"{secrets.token_hex(8)}-{number}"


def until(condition) -> bool:
    """Whether it becomes true within ten seconds."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(condition())


@pytest.fixture
def route(workspace, monkeypatch) -> Iterator[Route]:
    monkeypatch.setenv("TRANSFERLAB_HOME", str(workspace.root))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=Uploads().routes()), log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    area = incoming.new_incoming(workspace)
    yield Route(workspace, listening.getsockname()[1], area, receive.upload_key(workspace, area))
    server.should_exit = True
    thread.join()
    listening.close()


def limit(workspace, **values):
    text = "".join(f"{name} = {value}\n" for name, value in values.items())
    (workspace.root / "settings.toml").write_text(text, encoding="utf-8")


# Who may send


def test_what_our_own_page_sends_arrives(route):
    batch = secrets.token_hex(8)
    body = part(f"{batch}-0", b"one", "one.jpg", "cats") + part(f"{batch}-1", b"", "pets/dogs/two.jpg")
    assert route.send(body) == (200, {"arrived": [f"{batch}-0", f"{batch}-1"], "have": {}})
    assert route.files() == [("one.jpg", "cats", b"one"), ("pets/dogs/two.jpg", None, b"")]
    assert route.send(None, "GET", query=f"?batch={batch}") == (200, {"numbers": [0, 1]})
    assert not route.parts()


def test_who_sent_a_photo_is_kept_beside_it(route):
    body = part(new_id(), b"one", label="oak", by="a" * 16, group="c" * 16) + part(new_id(1), b"two", label="oak")
    assert route.send(body)[0] == 200
    rows = incoming.read_index(route.workspace.incoming / route.area)
    assert [(row.get("by"), row.get("group")) for row in rows] == [("a" * 16, "c" * 16), (None, None)]
    assert route.send(part(new_id(), b"x", label="oak", by="../x"))[0] == 400 and len(route.files()) == 2


def test_a_small_picture_of_a_photo_is_for_who_may_send(route):
    photo = make_photo(3)
    assert route.send(part(new_id(), photo, label="oak") + part(new_id(1), b"no photo", label="oak"))[0] == 200
    status, answer = route.get("?picture=1")
    assert status == 200 and answer.startswith((b"\xff\xd8", b"\x89PNG"))
    for query in ("?picture=2", "?picture=7", "?picture=../1", "?picture="):
        assert route.get(query)[0] == 404, query
    assert route.get("?picture=1", **{"X-Upload-Key": "x" * 43})[0] == 403


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Origin": "https://evil.example"}, "a page of somebody else"),
        ({"Origin": "null"}, "a frame without an origin"),
        ({"Origin": None}, "no browser of today"),
        ({"Sec-Fetch-Site": "cross-site"}, "the browser says it itself"),
        ({"Sec-Fetch-Site": "same-site"}, "another host of the same site"),
        ({"X-Upload-Key": None}, "a form cannot set this header"),
        ({"X-Upload-Key": ""}, "an empty key"),
        ({"X-Upload-Key": "x" * 43}, "a wrong key"),
        ({"X-Upload-Key": "é"}, "a key that cannot be one"),
    ],
)
def test_a_stranger_is_refused(route, headers, reason):
    for method in ("POST", "GET"):
        status, answer = route.send(part(new_id(), b"data"), method, **headers)
        assert status == 403 and "may not send" in answer["what"], reason
    assert not route.files() and not route.parts()


def test_a_proxy_that_changes_the_host_is_fine_where_the_browser_vouches(route):
    headers = {"Origin": "https://lab.example", "Sec-Fetch-Site": "same-origin"}
    assert route.send(part(new_id(), b"data"), **headers)[0] == 200


def test_the_key_of_one_area_opens_no_other(route):
    other = incoming.new_incoming(route.workspace)
    assert route.send(part(new_id(), b"data"), area=other)[0] == 403, "it has no key yet"
    receive.upload_key(route.workspace, other)
    assert route.send(part(new_id(), b"data"), area=other)[0] == 403
    assert incoming.list_uploads(route.workspace, other) == []


@pytest.mark.parametrize("area", ["incoming-1", "incoming-" + "0" * 16, "..", "%2e%2e", "x%00", "..%2f..%2fruns"])
def test_an_area_that_is_none(route, area):
    assert route.send(part(new_id(), b"data"), area=area)[0] in (400, 404)


def test_every_area_has_one_key_that_nobody_else_can_read(route):
    path = route.workspace.incoming / route.area / "upload.key"
    assert path.stat().st_mode & 0o077 == 0
    assert receive.upload_key(route.workspace, route.area) == route.key and len(route.key) >= 43


# What is sent


@pytest.mark.parametrize(
    "name",
    ["../../evil.jpg", "/etc/passwd", "C:\\x\\evil.jpg", "a\0b.jpg", "x" * 5000, "", "..", "upload.key", "index.jsonl"],
)
def test_names_never_become_paths(route, name):
    before = {path.name for path in (route.workspace.incoming / route.area).iterdir()}
    assert route.send(part(new_id(), b"data", name, "../cats"))[0] == 200
    after = {path.name for path in (route.workspace.incoming / route.area).iterdir()}
    assert after - before - {".lock", "used"} == {"000001.bin", "index.jsonl"}
    assert route.files()[0][2] == b"data"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\0\0\0", "ends in a length"),
        (b"\0\0\0\0", "no description"),
        (b"\xff\xff\xff\xff" + b"x" * 100, "a description of 4 GB"),
        (struct.pack(">I", 2) + b"{}", "nothing in it"),
        (struct.pack(">I", 2) + b"[]", "no object"),
        (struct.pack(">I", 4000) + b"[" * 4000, "deep"),
        (part("../../evil", b"data"), "an id that is a path"),
        (part("0" * 16 + "-1/..", b"data"), "an id that is a path"),
        (part(7, b"data"), "an id that is no text"),
        (part(new_id(), b"data", size=3), "more than the file has"),
        (part(new_id(), b"data", offset=-1), "before the beginning"),
        (part(new_id(), b"data", size=1e3), "no whole number"),
        (part(new_id(), b"data", size=True), "no number"),
        (part(new_id(), b"data", name=None), "no name"),
        (part(new_id(), b"data", label=["cats"]), "a class that is no text"),
        (part(new_id(), b"data", length=1 << 60), "no file has so much"),
        (part(new_id(), b"data", length=9, size=9), "ends in the middle of a file"),
    ],
)
def test_a_body_that_our_page_does_not_send(route, body, reason):
    good = new_id()
    status, answer = route.send(part(good, b"whole") + body)
    assert status == 400 and "could not read" in answer["what"], reason
    assert answer["arrived"] == [good] and len(route.files()) == 1, "what came whole before counts"


def test_a_file_in_slices(route):
    data, file_id = secrets.token_bytes(3_000_000), new_id()

    def send(start, end):
        return route.send(part(file_id, data[start:end], "set.zip", None, len(data), start))

    assert send(1_000_000, 2_000_000) == (409, {"arrived": [], "have": {file_id: 0}}), "out of order"
    assert send(0, 1_000_000) == (200, {"arrived": [], "have": {file_id: 1_000_000}})
    assert send(0, 1_000_000) == (200, {"arrived": [], "have": {file_id: 1_000_000}}), "twice"
    assert send(2_000_000, 3_000_000) == (409, {"arrived": [], "have": {file_id: 1_000_000}}), "one left out"
    assert route.files() == []
    assert send(500_000, 2_000_000) == (200, {"arrived": [], "have": {file_id: 2_000_000}}), "overlapping"
    assert send(2_000_000, 3_000_000) == (200, {"arrived": [file_id], "have": {}})
    assert route.files() == [("set.zip", None, data)]
    assert send(2_000_000, 3_000_000) == (200, {"arrived": [file_id], "have": {}}), "the answer was lost"
    assert len(route.files()) == 1 and not route.parts()


def test_a_connection_that_breaks_leaves_something_to_go_on_with(route):
    data, first, file_id = secrets.token_bytes(2_500_000), new_id(), new_id()
    body = part(first, b"whole") + part(file_id, data)
    connection = route.begin(body[:-300_000], len(body))
    assert until(lambda: route.parts().get(f"0-{file_id}.part", 0) >= 1_000_000)
    assert route.files() == [], "nothing counts before its bytes are on the disk"
    connection.close()
    assert until(lambda: len(route.files()) == 1), "the whole one counts"
    have = route.parts()[f"0-{file_id}.part"]
    assert until(lambda: route.send(part(file_id, data[have:], size=len(data), offset=have))[0] == 200)
    assert route.files()[1][2] == data


def test_the_same_file_sent_again_is_one_file(route):
    file_id, other = new_id(), new_id()
    for _ in range(2):
        assert route.send(part(file_id, b"data", label="cats"))[1]["arrived"] == [file_id]
    assert route.send(part(other, b"data", label="cats"))[1]["arrived"] == [other], "chosen again later"
    assert len(route.files()) == 1
    assert receive.arrived(route.workspace, route.area, other.partition("-")[0]) == [0]
    route.send(part(new_id(), b"data", label="dogs"))
    assert len(route.files()) == 2, "another class is another file"


# How much


def test_a_request_that_says_it_is_too_large(route):
    limit(route.workspace, request_mb=1)
    status, answer = route.send(b"", **{"Content-Length": "1000001"})
    assert status == 413 and "1 MB" in answer["what"]


@pytest.mark.parametrize("length", ["-1", "many", "1e3"])
def test_a_length_that_is_none(route, length):
    connection = route.begin(b"data", length)
    assert b" 400 " in connection.recv(1000)
    connection.close()


def test_a_request_that_does_not_say_its_size_is_counted(route):
    limit(route.workspace, request_mb=1)
    data = part(new_id(), bytes(2_000_000))
    status, answer = route.send(iter([data[at : at + 65_536] for at in range(0, len(data), 65_536)]))
    assert status == 413 and not route.files() and not route.parts(), "nothing is kept of it"


@pytest.mark.parametrize("size", [600_000, 60_000_000])
def test_an_area_takes_no_more_bytes_than_allowed(route, size):
    limit(route.workspace, upload_mb=1)
    assert route.send(part(new_id(), bytes(500_000)))[0] == 200
    status, answer = route.send(part(new_id(), bytes(100_000), size=size))
    assert status == 413 and "1 MB" in answer["what"], "told before all of it was sent"
    assert len(route.files()) == 1 and not route.parts()


def test_an_area_takes_no_more_files_than_allowed(route):
    limit(route.workspace, dataset_photos=5)
    batch = secrets.token_hex(8)
    body = b"".join(part(f"{batch}-{number}", bytes([number])) for number in range(8))
    status, answer = route.send(body)
    assert status == 413 and "5 files" in answer["what"] and answer["fix"]
    assert answer["arrived"] == [f"{batch}-{number}" for number in range(5)] and len(route.files()) == 5
    assert route.send(part(f"{batch}-0", bytes([0])))[0] == 200, "what is there may be sent again"


def test_several_requests_at_once_do_not_get_past_a_limit(route):
    limit(route.workspace, dataset_photos=5)
    bodies = [b"".join(part(new_id(), secrets.token_bytes(9)) for _ in range(4)) for _ in range(4)]
    threads = [threading.Thread(target=route.send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(route.files()) == 5


def test_a_visitor_keeps_no_more_than_allowed(route):
    limit(route.workspace, visitor_mb=1)
    for visitor, expected in (("visitor-0123456789abcdef", 413), ("", 200)):
        full, area = (incoming.new_incoming(route.workspace, visitor) for _ in range(2))
        incoming.add_file(route.workspace, full, "a.jpg", bytes(900_000), "cats")
        key = receive.upload_key(route.workspace, area)
        status, answer = route.send(part(new_id(), bytes(200_000)), area=area, **{"X-Upload-Key": key})
        assert status == expected, answer
    assert "MB" in answer.get("what", "MB")


def test_an_area_that_is_sent_to_counts_as_used(route):
    before = last_used(route.workspace.incoming / route.area)
    old = before - 7200
    for path in (route.workspace.incoming / route.area, *(route.workspace.incoming / route.area).iterdir()):
        os.utime(path, (old, old))
    route.send(part(new_id(), b"data"))
    assert last_used(route.workspace.incoming / route.area) >= before


def test_half_sent_files_count_and_make_way_when_nobody_goes_on_with_them(route, monkeypatch):
    limit(route.workspace, upload_mb=1)
    assert route.send(part(new_id(), bytes(600_000), size=700_000))[0] == 200
    assert route.send(part(new_id(), bytes(600_000)))[0] == 413
    monkeypatch.setattr(receive, "LEFT_SECONDS", -1)
    assert route.send(part(new_id(), bytes(600_000)))[0] == 200
    assert not route.parts()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_before_and_while_it_is_written(route, monkeypatch):
    full = new_id()
    usage = namedtuple("usage", "free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: usage(1000))
        status, answer = route.send(part(full, b"data"))
        assert (status, answer["arrived"]) == (507, []) and "not enough disk space" in answer["what"]
    folder = route.workspace.incoming / route.area
    (folder / f"0-{full}.part").symlink_to("/dev/full")
    before = new_id()
    status, answer = route.send(part(before, b"whole") + part(full, bytes(2_000_000)))
    assert (status, answer["arrived"]) == (507, [before]) and "disk of the server is full" in answer["what"]
    assert str(route.workspace.root) not in str(answer), "a stranger learns no path"
    assert len(route.files()) == 1 and not route.parts()
    assert route.send(part(full, b"data"))[0] == 200, "and on it goes when there is space again"


def test_one_file_is_written_by_one_request_at_a_time(route):
    file_id = new_id()
    body = part(file_id, bytes(2_000_000))
    connection = route.begin(body[:-1], len(body))
    assert until(lambda: route.parts().get(f"0-{file_id}.part", 0) >= 1_000_000)
    assert route.send(body)[0] == 429
    connection.close()
    assert until(lambda: route.send(body)[0] == 200)


def test_an_area_has_only_so_many_requests_open(route):
    slow = [route.begin(part(new_id(number), b"data")[:-1], 10_000) for number in range(MOST_AT_ONCE)]
    assert until(lambda: len(route.parts()) == MOST_AT_ONCE)
    assert route.send(part(new_id(), b"data"))[0] == 429
    for connection in slow:
        connection.close()
    assert until(lambda: route.send(part(new_id(), b"data"))[0] == 200)


def test_an_area_that_was_cleared_meanwhile(route):
    incoming.clear(route.workspace, route.area)
    status, answer = route.send(part(new_id(), b"data"))
    assert status == 404 and "gone" in answer["what"]
