"""The route that takes photos, folders and zips: `POST /upload/<area>`, any number of slices of files a request.

A request is taken with the key of the area, which the Data page hands to its uploader, and only from a page of this
very server. Its bytes go to the disk as they come (frames.py, tlcore/data/receive.py); what was whole counts even where
the request ends badly. Answers are JSON:

    arrived   the ids of the files of this request that count now
    have      for files that are not whole: how many of their bytes are there, which is where to go on
    what, fix a sentence about what went wrong, and what to do
    numbers   (GET with ?batch=…) which files of a batch have arrived

GET with ?picture=… answers with a small picture of a photo that has arrived, by its number, or 404.
"""

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import anyio.to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pages.server.frames import BadFrame, Body, TooLarge
from pages.server.intake import BUSY, GONE, Intake, Place, Reason, Refusal
from tlcore.data import receive
from tlcore.data.decoder import shared_decoder
from tlcore.data.images import PhotoRefused
from tlcore.data.incoming import area_folder, read_file
from tlcore.errors import UserError
from tlcore.settings import load_limits
from tlcore.workspace import Workspace, open_workspace

KEY_HEADER = "x-upload-key"
MOST_AT_ONCE = 6
"""Requests that one area may have open; a browser of ours has three, a phone of a group one."""

PICTURE_SIZE = 112  # pixels of the small picture of a photo

STRANGER = Reason(403, "This page may not send files here.", "Reload the Data page and choose the files again.")
UNREADABLE = Reason(400, "The server could not read what was sent.", "Reload the page and send the files again.")
SLOW = Reason(408, "Nothing came any more.", "Check your connection, then send the rest.")

in_thread = anyio.to_thread.run_sync


class Uploads:
    """The route, and what is being written to."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._writing: set[tuple[str, str]] = set()

    def routes(self) -> list[Route]:
        """Where the route answers: beside the pages, whatever stands before them in the address."""
        paths = ("/upload/{area}", "/{before:path}/upload/{area}")
        return [Route(path, self.answer, methods=["GET", "POST"]) for path in paths]

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace this server works in."""
        return open_workspace()

    async def answer(self, request: Request) -> Response:
        """Take what is sent, or tell or show what has arrived."""
        area = request.path_params["area"]
        try:
            await in_thread(self._check, area, request.headers)
        except Refusal as refusal:
            return _json(refusal.reason.status, refusal.reason)
        if request.method == "GET" and "picture" in request.query_params:
            return await in_thread(self._picture, area, request.query_params["picture"])
        if request.method == "GET":
            batch = request.query_params.get("batch", "")
            return _json(200, numbers=await in_thread(receive.arrived, self.workspace, area, batch))
        return await self._post(request, area)

    def _check(self, area: str, headers: Mapping[str, str]) -> None:
        """Whether this request may write to this area. Raises Refusal."""
        if not is_same_origin(headers):
            raise Refusal(STRANGER)
        try:
            area_folder(self.workspace, area)
        except UserError as error:
            raise Refusal(GONE) from error
        if not receive.is_key(self.workspace, area, headers.get(KEY_HEADER, "")):
            raise Refusal(STRANGER)

    def _picture(self, area: str, number: str) -> Response:
        """A small picture of a photo; 404 where there is none, or what came is no photo."""
        try:
            if not re.fullmatch(r"[0-9]{1,9}", number):
                raise UserError("Not the number of a file.")
            data = read_file(self.workspace, area, int(number))
            picture = shared_decoder(load_limits(self.workspace)).thumbnail(data, PICTURE_SIZE)
        except (UserError, PhotoRefused):
            return PlainTextResponse("Not found", 404, {"cache-control": "no-store"})
        kind = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
        return Response(picture, 200, {"cache-control": "private, max-age=3600"}, kind)

    async def _post(self, request: Request, area: str) -> JSONResponse:
        limits = await in_thread(load_limits, self.workspace)
        body = Body(request.stream(), int(limits.request_mb * 1e6))
        length = request.headers.get("content-length")
        reason = _wrong_length(length, body.most)
        announced = int(length) if length and not reason else 0
        intake = Intake(Place(self.workspace, area, limits), self._writing, announced)
        if reason is None and self._open[area] >= MOST_AT_ONCE:
            reason = BUSY
        if reason is None:
            self._open[area] += 1
            try:
                reason = await _take(intake, body)
            finally:
                self._open[area] -= 1
                if not self._open[area]:
                    del self._open[area]
        status = reason.status if reason else 409 if intake.out_of_order else 200
        return _json(status, reason, arrived=intake.arrived, have=intake.have)


async def _take(intake: "Intake", body: Body) -> Reason | None:
    """Take all of a request; what is wrong with it, if anything."""
    try:
        await intake.take_all(body)
    except Refusal as refusal:
        with suppress(TooLarge, BadFrame, ClientDisconnect, TimeoutError):
            await body.drain()
        return refusal.reason
    except TooLarge:
        return _too_large(body.most)
    except BadFrame:
        return UNREADABLE
    except (ClientDisconnect, TimeoutError):
        return SLOW
    return None


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a page of this very server sends this, told by what the browser says and no page can change.

    A proxy may have changed `Host`; then the browser's own `Sec-Fetch-Site` tells it, which it sends over https.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = urlsplit(headers.get("origin") or headers.get("referer") or "").netloc
    return site == "same-origin" or (bool(origin) and origin == headers.get("host"))


def _wrong_length(header: str | None, most: int) -> Reason | None:
    if header is None:
        return None
    if not header.isdecimal():
        return UNREADABLE
    return _too_large(most) if most and int(header) > most else None


def _too_large(most: int) -> Reason:
    fix = "Reload the page, which sends large files in slices."
    return Reason(413, f"One request may have {most / 1e6:,.0f} MB at most.", fix)


def _json(status: int, reason: Reason | None = None, **values: Any) -> JSONResponse:
    if reason:
        values |= {"what": reason.what, "fix": reason.fix}
    return JSONResponse(values, status, {"cache-control": "no-store"})
