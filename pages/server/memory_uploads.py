"""A bound for Streamlit's own upload route, which keeps whole files in the server's memory until their tab is closed.

The Predict page and the camera use it. It takes any file of whoever has a tab open, as many as they send; here what a
tab holds and what all tabs hold together is kept under the limits of the host.
"""

import re
import time
from collections.abc import Callable

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime

from tlcore.settings import Limits

PATH = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)/?$")
KEPT_SECONDS = 150.0
"""Streamlit keeps the files of a tab that lost its connection for two minutes, in case it comes back."""


class MemoryUploads:
    """ASGI middleware that counts what is held and refuses what would be too much.

    Args:
        limits: what the host allows now. is_open: whether the tab with this session id is connected.
    """

    def __init__(self, app: ASGIApp, limits: Callable[[], Limits], is_open: Callable[[str], bool]) -> None:
        self.app = app
        self._limits = limits
        self._is_open = is_open
        self._held: dict[str, dict[str, int]] = {}  # by session and file, in bytes
        self._seen: dict[str, float] = {}  # when a session was last known to be open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = PATH.search(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] not in ("PUT", "DELETE"):
            await self.app(scope, receive, send)
        elif scope["method"] == "PUT":
            await self._put(scope, receive, send, found[1], found[2])
        else:
            await self.app(scope, receive, send)
            self._forget(found[1], found[2])

    async def _put(self, scope: Scope, receive: Receive, send: Send, session: str, file_id: str) -> None:
        length = Headers(scope=scope).get("content-length", "")
        if not length.isdecimal():  # a browser says it, and the server takes no more than was said
            await PlainTextResponse("The size of the file is missing.", 411)(scope, receive, send)
            return
        refusal = self._refusal(session, file_id, int(length), await anyio.to_thread.run_sync(self._limits))
        if refusal:
            await PlainTextResponse(refusal, 413)(scope, receive, send)
            return
        before = self._held.get(session, {}).get(file_id)
        self._held.setdefault(session, {})[file_id] = int(length)
        self._seen[session] = time.monotonic()
        taken = False

        async def sending(message: Message) -> None:
            nonlocal taken
            taken = taken or (message["type"] == "http.response.start" and message["status"] < 300)
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            if not taken:
                self._forget(session, file_id, before)

    def _refusal(self, session: str, file_id: str, size: int, limits: Limits) -> str:
        """Why a file is not taken, "" where it is."""
        self._forget_closed()
        here = sum(self._held.get(session, {}).values()) - self._held.get(session, {}).get(file_id, 0)
        everywhere = sum(sum(files.values()) for files in self._held.values())
        if limits.tab_mb and here + size > limits.tab_mb * 1e6:
            return f"One tab may hold {limits.tab_mb:,.0f} MB of photos. Remove some, then add others."
        if limits.tabs_mb and everywhere + size > limits.tabs_mb * 1e6:
            return "The server is busy with photos of others. Try again in a minute."
        return ""

    def _forget(self, session: str, file_id: str, before: int | None = None) -> None:
        files = self._held.get(session, {})
        files.pop(file_id, None)
        if before is not None:
            files[file_id] = before
        if not files:
            self._held.pop(session, None)
            self._seen.pop(session, None)

    def _forget_closed(self) -> None:
        """Forget tabs whose files Streamlit has let go of."""
        now = time.monotonic()
        for session in list(self._held):
            if self._is_open(session):
                self._seen[session] = now
            elif now - self._seen[session] > KEPT_SECONDS:
                del self._held[session], self._seen[session]


def is_session(session: str) -> bool:
    """Whether a tab with this session id is connected."""
    return runtime.exists() and runtime.get_instance().is_active_session(session)
