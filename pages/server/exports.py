"""The routes that give what is too large to be held in memory: `GET /take/<job>/<key>`, an export that was made, and
`GET /project/<data set>/<key>`, a whole project, made while it is sent.

The key is on the page of whoever may have it; a request is taken only from a page of this very server.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from pages.server.uploads import is_same_origin
from tlcore import access
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.exports.export_job import made_export
from tlcore.exports.exporter import KINDS
from tlcore.exports.file_names import export_file_name
from tlcore.projects.saving import project_pieces
from tlcore.workspace import Workspace, open_workspace, split_version

EXPORT, PROJECT = "take", "project"  # what a key is made for: it opens nothing else
WITHOUT = "without_networks"  # in an address
GONE = "This is not here any more, or the link is not for you. Reload the page.\n"
_UNCACHED = {"cache-control": "no-store"}


def export_address(workspace: Workspace, job_id: str) -> str:
    """The address of an export that a job made, below that of the pages; to be shown to who may have it."""
    return f"take/{quote(job_id)}/{access.share_key(workspace, 'see', EXPORT, job_id)}"


def project_address(workspace: Workspace, dataset_id: str, networks: bool = True) -> str:
    """The address of the project around a data set; to be shown to its maker alone.

    Args:
        networks: whether the networks that he brought go with it.
    """
    folder = split_version(dataset_id)[0]
    query = "" if networks else f"?{WITHOUT}=1"
    return f"project/{quote(folder)}/{access.share_key(workspace, 'see', PROJECT, folder)}{query}"


class Exports:
    """The routes."""

    def routes(self) -> list[Route]:
        """Where they answer: beside the pages, whatever stands before them in the address."""
        places = ((EXPORT, self.answer_export), (PROJECT, self.answer_project))
        return [
            Route(f"{before}/{kind}/{{id}}/{{key}}", answer, methods=["GET"])
            for kind, answer in places
            for before in ("", "/{before:path}")
        ]

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace this server works in."""
        return open_workspace()

    async def answer_export(self, request: Request) -> Response:
        """The file, as it lies on the disk; or one sentence for whatever is wrong."""
        try:
            path = await anyio.to_thread.run_sync(self._export, request.path_params, request.headers)
        except UserError:
            return PlainTextResponse(GONE, 404, _UNCACHED)
        return FileResponse(path, headers=_UNCACHED, filename=path.name)

    async def answer_project(self, request: Request) -> Response:
        """The project, piece by piece; or one sentence for whatever is wrong."""
        try:
            dataset, pieces = await anyio.to_thread.run_sync(
                self._project, request.path_params, request.headers, WITHOUT not in request.query_params
            )
        except UserError:
            return PlainTextResponse(GONE, 404, _UNCACHED)
        name = quote(export_file_name(dataset.name, KINDS["project"]))
        headers = _UNCACHED | {"content-disposition": f"attachment; filename*=utf-8''{name}"}
        return StreamingResponse(pieces, 200, headers, "application/zip")

    def _export(self, named: Mapping[str, str], headers: Mapping[str, str]) -> Path:
        self._check(named, headers, EXPORT)
        path = made_export(self.workspace, named["id"])
        if path is None:
            raise UserError(GONE)
        return path

    def _project(
        self, named: Mapping[str, str], headers: Mapping[str, str], networks: bool
    ) -> tuple[Dataset, Iterator[bytes]]:
        self._check(named, headers, PROJECT)
        dataset = load_dataset(self.workspace, named["id"])
        return dataset, project_pieces(self.workspace, dataset, networks)

    def _check(self, named: Mapping[str, str], headers: Mapping[str, str], kind: str) -> None:
        """Raise UserError where this request may not have it."""
        if not is_same_origin(headers) or not access.right_of_key(self.workspace, named["key"], kind, named["id"]):
            raise UserError(GONE)
