"""The way back to the page on which somebody logged in: Streamlit itself always goes on to the welcome page.

The address is kept in a cookie of ten minutes, as the browser named it when it left. Of what comes back from there only
path and query count, so it leads nowhere but to this server.
"""

from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server.cookies import cookie_name

BACK = "back"
KEPT_SECONDS = 600
MOST_CHARACTERS = 2000


class WayBack:
    """ASGI middleware around the addresses of logging in; Streamlit answers them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] == "http" and path.endswith("/auth/login"):
            await self.app(scope, receive, _keeping(came_from(Headers(scope=scope)), send))
        elif scope["type"] == "http" and path.endswith("/oauth2callback"):
            await self.app(scope, receive, _returning(Request(scope).cookies.get(cookie_name(BACK), ""), send))
        else:
            await self.app(scope, receive, send)


def came_from(headers: Headers) -> str:
    """The page of this server on which the browser was, as path and query; "" where it was elsewhere."""
    referrer = headers.get("referer", "")
    try:
        parts = urlsplit(referrer)
    except ValueError:
        return ""
    if not parts.netloc or parts.netloc != headers.get("host") or len(referrer) > MOST_CHARACTERS:
        return ""
    return local(f"{parts.path}?{parts.query}")


def local(address: str) -> str:
    """An address as one of this server, whatever else it names: one slash, the path, the query."""
    path, _, query = address.partition("?")
    values = urlencode(parse_qsl(query, keep_blank_values=True))
    return "/" + quote(unquote(path).lstrip("/\\")) + (f"?{values}" if values else "")


def _keeping(back: str, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            _set(message, quote(back, safe=""), KEPT_SECONDS if back else 0)
        await send(message)

    return sending


def _returning(back: str, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and back:
            headers = MutableHeaders(scope=message)
            if headers.get("location", "").startswith("/") and len(back) <= 3 * MOST_CHARACTERS:
                headers["location"] = local(unquote(back))
            _set(message, "", 0)
        await send(message)

    return sending


def _set(message: Message, value: str, seconds: int) -> None:
    cookie = f"{cookie_name(BACK)}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}"
    MutableHeaders(scope=message).append("set-cookie", cookie)
