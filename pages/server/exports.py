"""The routes that give what is too large to be held in memory: `GET /take/<job>/<key>`, an export that was made, and,
made while they are sent, `GET /project/<data set>/<key>`, a whole project, and `GET /classroom-files/<id>/<key>`, all
that a classroom has made.

The key is on the page of whoever may have it; a request is taken only from a page of this very server.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from pages.server.uploads import is_same_origin
from tlcore import access
from tlcore.classroom.store import load_classroom
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.exports.classroom import take_home_name, take_home_pieces
from tlcore.exports.export_job import made_export
from tlcore.exports.exporter import KINDS
from tlcore.exports.file_names import export_file_name
from tlcore.projects.saving import project_pieces
from tlcore.workspace import Workspace, open_workspace, split_version

EXPORT, PROJECT, CLASSROOM = "take", "project", "classroom-files"  # what a key is made for: it opens nothing else
WITHOUT, HIDDEN_TEST = "without_networks", "hidden_test"  # in an address
GONE = "This is not here any more, or the link is not for you. Reload the page.\n"
Named = tuple[str, Iterator[bytes]]
"""The name of a file, and its content in pieces."""
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


def classroom_address(workspace: Workspace, classroom_id: str, hidden_test: bool = False) -> str:
    """The address of all that a classroom has made; to be shown to the owner alone.

    Args:
        hidden_test: whether the photos of its hidden test go with it.
    """
    query = f"?{HIDDEN_TEST}=1" if hidden_test else ""
    key = access.share_key(workspace, "see", CLASSROOM, classroom_id)
    return f"{CLASSROOM}/{quote(classroom_id)}/{key}{query}"


class Exports:
    """The routes."""

    def routes(self) -> list[Route]:
        """Where they answer: beside the pages, whatever stands before them in the address."""
        places = ((EXPORT, self.answer_export), (PROJECT, self.answer_project), (CLASSROOM, self.answer_classroom))
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
        return await self._stream(request, self._project, WITHOUT not in request.query_params)

    async def answer_classroom(self, request: Request) -> Response:
        """All of a classroom, piece by piece; or one sentence for whatever is wrong."""
        return await self._stream(request, self._classroom, HIDDEN_TEST in request.query_params)

    async def _stream(self, request: Request, make: Callable[..., Named], option: bool) -> Response:
        """A zip that is made while it is sent. `make`: gives its name and its pieces; raises UserError."""
        try:
            name, pieces = await anyio.to_thread.run_sync(make, request.path_params, request.headers, option)
        except UserError:
            return PlainTextResponse(GONE, 404, _UNCACHED)
        headers = _UNCACHED | {"content-disposition": f"attachment; filename*=utf-8''{quote(name)}"}
        return StreamingResponse(pieces, 200, headers, "application/zip")

    def _export(self, named: Mapping[str, str], headers: Mapping[str, str]) -> Path:
        self._check(named, headers, EXPORT)
        path = made_export(self.workspace, named["id"])
        if path is None:
            raise UserError(GONE)
        return path

    def _project(self, named: Mapping[str, str], headers: Mapping[str, str], networks: bool) -> Named:
        self._check(named, headers, PROJECT)
        dataset = load_dataset(self.workspace, named["id"])
        return export_file_name(dataset.name, KINDS["project"]), project_pieces(self.workspace, dataset, networks)

    def _classroom(self, named: Mapping[str, str], headers: Mapping[str, str], hidden_test: bool) -> Named:
        self._check(named, headers, CLASSROOM)
        classroom = load_classroom(self.workspace, named["id"])
        return take_home_name(classroom), take_home_pieces(self.workspace, classroom.id, hidden_test)

    def _check(self, named: Mapping[str, str], headers: Mapping[str, str], kind: str) -> None:
        """Raise UserError where this request may not have it."""
        if not is_same_origin(headers) or not access.right_of_key(self.workspace, named["key"], kind, named["id"]):
            raise UserError(GONE)
