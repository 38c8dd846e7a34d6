"""The route that gives the photos of a job of predictions in folders of their classes, as a zip made while it is sent:
`GET /sorted/<job>/<threshold>/<key>`.

It holds one photo in memory and writes nothing to the disk. The key is on the page of whoever may see the run
(`sorted_address`); a request is taken only from a page of this very server.
"""

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from pages.server.downloads import zip_pieces
from pages.server.uploads import is_same_origin
from tlcore import access
from tlcore.analysis.predicted_photos import are_there, open_photos, sorted_files
from tlcore.analysis.prediction_results import WHAT, load_predictions
from tlcore.data.names import slug
from tlcore.errors import UserError
from tlcore.jobs.store import load_job
from tlcore.workspace import Workspace, open_workspace

KIND = "sorted"  # what a key is made for: it opens nothing else
GONE = "These photos are not here any more, or this link is not for you. Reload the Predict page.\n"


def sorted_address(workspace: Workspace, job_id: str, threshold: float) -> str:
    """The address of the zip, below that of the pages; to be shown to who may see the run.

    Args:
        threshold: the familiarity below which a photo is none of the classes.

    Raises:
        UserError: the secret of the workspace cannot be read or made.
    """
    return f"sorted/{quote(job_id)}/{threshold:.6f}/{access.share_key(workspace, 'see', KIND, job_id)}"


class SortedPhotos:
    """The route."""

    def routes(self) -> list[Route]:
        """Where the route answers: beside the pages, whatever stands before them in the address."""
        path = "/sorted/{job}/{threshold}/{key}"
        return [Route(each, self.answer, methods=["GET"]) for each in (path, "/{before:path}" + path)]

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace this server works in."""
        return open_workspace()

    async def answer(self, request: Request) -> Response:
        """The zip, piece by piece; or one sentence for whatever is wrong."""
        parts = tuple(request.path_params[name] for name in ("job", "threshold", "key"))
        try:
            name, files = await anyio.to_thread.run_sync(self._open, *parts, request.headers)
        except (UserError, ValueError):
            return PlainTextResponse(GONE, 404, {"cache-control": "no-store"})
        headers = {"content-disposition": f"attachment; filename*=utf-8''{quote(name)}", "cache-control": "no-store"}
        return StreamingResponse(zip_pieces(files), 200, headers, "application/zip")

    def _open(
        self, job_id: str, threshold: str, key: str, headers: Mapping[str, str]
    ) -> tuple[str, Iterator[tuple[str, bytes]]]:
        """The name of the zip and its files. Raises UserError or ValueError where this request may not have it."""
        least = float(threshold)
        if not is_same_origin(headers) or not access.right_of_key(self.workspace, key, KIND, job_id):
            raise UserError(GONE)
        job = load_job(self.workspace.analyses, job_id)
        found = load_predictions(job)
        options = job.spec.get("options", {})
        if job.spec.get("what") != WHAT or found is None or math.isnan(least) or not are_there(self.workspace, options):
            raise UserError(GONE)
        photos = open_photos(self.workspace, options)
        return f"{slug(str(options.get('name') or 'photos'))}-sorted.zip", sorted_files(photos, found, least)
