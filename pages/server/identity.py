"""Who a browser is: every one gets a secret in a cookie with its first page, and what a link carries is kept at once.

`?owner=TOKEN` and `?key=KEY` never reach a page: both are taken out of the address by a redirect, after which they
stand in no history, no log of this server and no bookmark.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server import owner
from pages.server.accounts import account_in, are_required
from pages.server.cookies import cookie_name, read_cookie, set_cookie
from tlcore import access
from tlcore.classroom.membership import GROUP, join_group, working_name
from tlcore.errors import UserError
from tlcore.grants import SHARED
from tlcore.storage.sharing import open_link
from tlcore.workspace import Workspace, is_id, open_workspace

VISITOR = "visitor"
CLASSROOM = "classroom"  # in an address, beside the group whose key comes with it
WRONG_TOKEN = (
    "This owner link does not work here. The right one was shown in the terminal when this server started; "
    "each start makes a new one.\n"
)


def visitor_secret(cookies: Mapping[str, str]) -> str:
    """The secret that a browser holds, or "" where it holds none, or one that we cannot have given."""
    found = read_cookie(cookies, cookie_name(VISITOR))
    return found if access.is_secret(found) else ""


def person(cookies: Mapping[str, str], secret: str) -> str:
    """The public name of who sends these cookies: of his account where he has logged in, else of the browser.

    Args:
        secret: the one that the browser holds.
    """
    account = account_in(cookies)
    return account.visitor if account else access.visitor_name(secret)


class Identity:
    """ASGI middleware that gives a browser its secret and takes tokens and keys out of addresses."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if "owner" in request.query_params or ("key" in request.query_params and not must_log_in(request)):
            response = await run_in_threadpool(enter, request)
            await response(scope, receive, send)
        elif "text/html" in request.headers.get("accept", ""):  # a page, not one of its parts
            await self.app(scope, receive, _with_cookie(request, send))
        else:
            await self.app(scope, receive, send)


def must_log_in(request: Request) -> bool:
    """Whether who asks has to log in before he may see a page; until then a key stays in the address."""
    if not are_required() or account_in(request.cookies) is not None:
        return False
    return not owner.is_owner(request.headers, request.cookies, request.client.host if request.client else None)


def enter(request: Request) -> Response:
    """The answer to an address with a token or a key: the same address without them, and what they give."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("owner", "key")]
    # Relative, since only the browser knows what a proxy has taken off the path; never "//elsewhere", another host.
    page = "./" + quote(request.url.path.rsplit("/", 1)[-1])
    response: Response = RedirectResponse(page + (f"?{urlencode(kept)}" if kept else ""), status_code=303)
    secret = visitor_secret(request.cookies) or access.new_secret()
    _keep(response, VISITOR, secret, request)
    token, key = request.query_params.get("owner"), request.query_params.get("key")
    if token is not None:
        if not owner.is_token(token):
            return _private(PlainTextResponse(WRONG_TOKEN, status_code=403))
        _keep(response, owner.OWNER, owner.proof(owner.owner_token()), request)
    if key is not None:
        try:
            _use_key(open_workspace(), key, dict(kept), person(request.cookies, secret))
        except UserError:  # the page will say what is wrong
            pass
    return _private(response)


def _use_key(workspace: Workspace, key: str, ids: Mapping[str, str], browser: str) -> None:
    """Take a key for what it is: that of a group lets a browser join, any other gives a right to what it works as."""
    if ids.get(GROUP) and ids.get(CLASSROOM):
        join_group(workspace, ids[CLASSROOM], ids[GROUP], key, browser)
    else:
        _take_key(workspace, key, ids, working_name(workspace, browser))


def _take_key(workspace: Workspace, key: str, ids: Mapping[str, str], visitor: str) -> None:
    """Give a visitor what a key gives him to what stands in the address; nothing for a wrong one."""
    kind = next((kind for kind in SHARED if is_id(ids.get(kind, ""))), None)
    if kind:
        open_link(workspace, visitor, key, kind, ids[kind])


def is_secure(request: Request) -> bool:
    """Whether the browser came by https, to this server or to a proxy before it."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", "").split(",")[0].strip())


def _keep(response: Response, what: str, value: str, request: Request) -> None:
    response.headers.append("set-cookie", set_cookie(cookie_name(what), value, is_secure(request)))


def _private(response: Response) -> Response:
    """The response, kept by no cache; nobody hears from which address the browser came."""
    response.headers["cache-control"] = "no-store"
    response.headers["referrer-policy"] = "no-referrer"
    return response


def _with_cookie(request: Request, send: Send) -> Send:
    """A `send` that has the browser keep its secret, a new one where it has none."""
    secret = visitor_secret(request.cookies) or access.new_secret()

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] < 400:
            headers = MutableHeaders(scope=message)
            headers.append("set-cookie", set_cookie(cookie_name(VISITOR), secret, is_secure(request)))
            headers["cache-control"] = "private, no-cache"  # a cache between would give one secret to many
        await send(message)

    return sending
