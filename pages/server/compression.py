"""Streamlit's scripts and styles, compressed once and kept: on a slow line they are what a first visit waits for.

Streamlit sends them as they are, since compressing them for each visitor costs memory and time. Here each file is
compressed the first time a browser asks for it, and kept. What cannot be answered so goes on to Streamlit: fonts and
pictures, parts of files, browsers that take no gzip.
"""

import gzip
from functools import cache, lru_cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
"""Of the files that are worth compressing; a system may have others in its own table."""
ASSETS = "/static/"
"""Where Streamlit's files are; a name holds a hash of what is in it, so a browser never has to ask again."""
ASSETS_KEPT = "public, max-age=31536000, immutable"
FONTS = "/app/static/fonts/"
FONTS_KEPT = "public, max-age=604800"
"""Our fonts for a week: their names hold no hash."""
LEVEL = 9


class Compression:
    """ASGI middleware that answers for Streamlit's scripts and styles."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        path = str(scope["path"])
        name = path.partition(ASSETS)[2]
        if FONTS in path:
            await self.app(scope, receive, _kept(send))
        elif name in asset_names() and takes_gzip(Headers(scope=scope)):
            body = await run_in_threadpool(compressed_asset, name)
            await gzip_response(body, MEDIA_TYPES[Path(name).suffix], ASSETS_KEPT)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def takes_gzip(headers: Headers) -> bool:
    """Whether a browser takes an answer that is compressed, and wants the whole file."""
    return "gzip" in headers.get("accept-encoding", "") and "range" not in headers


def gzip_response(body: bytes, media_type: str, cache_control: str) -> Response:
    """An answer whose body is compressed already."""
    headers = {"content-encoding": "gzip", "vary": "Accept-Encoding", "cache-control": cache_control}
    return Response(body, headers=headers, media_type=media_type)


@lru_cache(maxsize=1)
def asset_names() -> frozenset[str]:
    """The files that are answered for, by their names below `ASSETS`; no other path ever reaches the disk from here."""
    folder = _folder()
    found = (path for path in folder.rglob("*") if path.suffix in MEDIA_TYPES and path.is_file())
    return frozenset(path.relative_to(folder).as_posix() for path in found)


@cache
def compressed_asset(name: str) -> bytes:
    """One of `asset_names`, compressed; all of them together are 6 MB, those of our pages 1 MB."""
    return gzip.compress((_folder() / name).read_bytes(), LEVEL, mtime=0)


def _folder() -> Path:
    return Path(get_static_dir(), ASSETS.strip("/"))


def _kept(send: Send) -> Send:
    """A `send` that lets a browser keep what it was answered."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in (200, 206, 304):
            MutableHeaders(scope=message)["cache-control"] = FONTS_KEPT
        await send(message)

    return sending
