"""What every answer tells the browser about safety, and the addresses of Streamlit that nobody here needs.

The policy was found by trying: tests/security/test_headers.py opens every page in a real browser and fails on
whatever it blocks. Styles in the page are allowed, since Streamlit makes them while it runs; scripts in the page are
not, but for the one line in Streamlit's own index.html, by its hash.
"""

import base64
import hashlib
import os
import re
from functools import lru_cache
from importlib.resources import files

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server import accounts
from pages.server.cookies import FRAME_VARIABLE
from tlcore.errors import UserError

CLOSED = re.compile(r"/_stcore/(metrics|script-health-check|agent(/.*)?)/?$|/(auth/|oauth2callback|_stcore/auth).*$")
"""Figures about the server, its interface for programs, and its login."""

LOGIN = ("/auth/login", "/auth/logout", "/oauth2callback")
"""What of that is open where accounts are set up (accounts.py)."""

PERMISSIONS = "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), midi=(), serial=()"
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_ANCESTORS = re.compile(r"[A-Za-z0-9:/.*' -]+")


class SecurityHeaders:
    """ASGI middleware that adds the headers and answers closed addresses with 404."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in security_headers(host).items():
                    headers.setdefault(name, value)
                if is_login(scope["path"]):
                    headers["cache-control"] = "no-store"
            await send(message)

        if is_closed(scope):
            await PlainTextResponse("Not found", status_code=404)(scope, receive, sending)
        else:
            await self.app(scope, receive, sending)


def is_closed(scope: Scope) -> bool:
    """Whether an address is answered as if it were not there."""
    if not CLOSED.search(scope["path"]):
        return False
    if not is_login(scope["path"]) or not accounts.is_configured():
        return True
    # Nobody is logged out by a link on another site.
    is_foreign = Headers(scope=scope).get("sec-fetch-site", "") in ("cross-site", "same-site")
    return str(scope["path"]).endswith("/logout") and is_foreign


def is_login(path: str) -> bool:
    """Whether this is one of the addresses of `LOGIN`, below the base of this server."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return path.removeprefix(f"/{base}" if base else "") in LOGIN


def security_headers(host: str) -> dict[str, str]:
    """The headers of an answer.

    Args:
        host: the one that the browser asked; older browsers do not count web sockets to it as "self".
    """
    ancestors = frame_ancestors()
    headers = {
        "content-security-policy": content_security_policy(host, ancestors),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "permissions-policy": PERMISSIONS,
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    return headers | ({"x-frame-options": "DENY"} if ancestors == "'none'" else {})


def content_security_policy(host: str, ancestors: str) -> str:
    """What a page may load and do: nothing that does not come from this server."""
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            # WebAssembly, which the camera's live answers run on; it lets no text become a script.
            f"script-src 'self' blob: 'wasm-unsafe-eval' {' '.join(inline_script_hashes())}".strip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "font-src 'self' data:",
            f"connect-src 'self' data:{sockets}",  # Streamlit's camera reads its own picture out of a data address
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {ancestors}",
        )
    )


def frame_ancestors() -> str:
    """The sites that may show the pages in a frame: nobody, unless `TRANSFERLAB_FRAME_ANCESTORS` names some.

    Raises:
        UserError: what it names cannot stand in a header.
    """
    named = " ".join(os.environ.get(FRAME_VARIABLE, "").split())
    if named and not _ANCESTORS.fullmatch(named):
        raise UserError(f"Received: {FRAME_VARIABLE}={named!r}. Allowed: sites.", "For example: https://huggingface.co")
    return named or "'none'"


@lru_cache(maxsize=1)
def inline_script_hashes() -> tuple[str, ...]:
    """The hashes of the scripts that stand in Streamlit's index.html itself."""
    try:
        page = files("streamlit").joinpath("static", "index.html").read_text(encoding="utf-8")
    except OSError:  # then they are blocked, which the pages survive
        return ()
    digests = [hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(page)]
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
