"""What Streamlit's own upload route keeps in memory stays under a bound: of a tab, and of all tabs."""

from dataclasses import replace

import pytest

from pages.server import memory_uploads
from pages.server.memory_uploads import MemoryUploads
from tests.loops import run
from tlcore.settings import HOSTED

MB = 1_000_000
LIMITS = replace(HOSTED, tab_mb=10, tabs_mb=25)


class Server:
    """The middleware around a route that takes everything but what is asked of session "gone"."""

    def __init__(self):
        self.open = {"a", "b", "c", "d"}
        self.app = MemoryUploads(self.route, lambda: LIMITS, lambda session: session in self.open)

    async def route(self, scope, receive, send):
        status = 400 if "/gone/" in scope["path"] else 204
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def ask(self, session, file_id, size, method="PUT", base=""):
        """The status of one request; `size` None: it does not say."""
        sent = []

        async def send(message):
            sent.append(message)

        headers = [] if size is None else [(b"content-length", str(size).encode())]
        path = f"{base}/_stcore/upload_file/{session}/{file_id}"
        run(self.app({"type": "http", "method": method, "path": path, "headers": headers}, None, send))
        return sent[0]["status"]


@pytest.fixture
def server():
    return Server()


def test_a_tab_holds_so_much_and_no_more(server):
    assert [server.ask("a", number, 4 * MB) for number in range(3)] == [204, 204, 413]
    assert server.ask("b", 0, 4 * MB) == 204, "another tab has room"
    assert server.ask("a", 0, None, "DELETE") == 204
    assert server.ask("a", 9, 4 * MB) == 204, "one was taken out again"
    assert server.ask("a", 9, 5 * MB) == 204, "in the place of itself"
    assert server.ask("a", 8, 4 * MB, base="/lab") == 413, "wherever the pages stand"


def test_all_tabs_hold_so_much_until_some_are_gone(server, monkeypatch):
    assert [server.ask(session, 0, 8 * MB) for session in "abcd"] == [204, 204, 204, 413]
    server.open.remove("a")
    assert server.ask("d", 0, 8 * MB) == 413, "it may come back"
    monkeypatch.setattr(memory_uploads, "KEPT_SECONDS", -1)
    assert server.ask("d", 0, 8 * MB) == 204


def test_what_was_not_taken_does_not_count(server):
    assert [server.ask("gone", number, 8 * MB) for number in range(5)] == [400] * 5
    assert server.ask("a", 0, 9 * MB) == 204


@pytest.mark.parametrize("size", [None, "x", -1, ""])
def test_a_file_whose_size_is_not_said_is_refused(server, size):
    assert server.ask("a", 0, size) == 411
