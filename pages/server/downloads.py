"""The route that gives all photos of a data set as a zip: `GET /download/<id>/<key>`, made while it is sent.

It holds one photo in memory and writes nothing to the disk, however large the data set is. The key is on the page of
whoever may see the photos (`download_address`); a request is taken only from a page of this very server.
"""

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from pages.server.uploads import is_same_origin
from tlcore import access
from tlcore.data.export import export_files
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.names import slug
from tlcore.data.pieces import PieceSink
from tlcore.errors import UserError
from tlcore.workspace import Workspace, open_workspace, split_version

KIND = "download"  # what a key is made for: it opens nothing else
MISSING = "missing.txt"
GONE = "These photos are not here any more, or this link is not for you. Reload the Data page.\n"


def download_address(workspace: Workspace, dataset_id: str) -> str:
    """The address of the zip, below that of the pages; to be shown to who may see the photos.

    Raises:
        UserError: the secret of the workspace cannot be read or made.
    """
    return f"download/{quote(dataset_id)}/{access.share_key(workspace, 'see', KIND, dataset_id)}"


class Downloads:
    """The route."""

    def routes(self) -> list[Route]:
        """Where the route answers: beside the pages, whatever stands before them in the address."""
        paths = ("/download/{dataset}/{key}", "/{before:path}/download/{dataset}/{key}")
        return [Route(path, self.answer, methods=["GET"]) for path in paths]

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace this server works in."""
        return open_workspace()

    async def answer(self, request: Request) -> Response:
        """The zip, piece by piece; or one sentence for whatever is wrong."""
        dataset_id, key = (request.path_params[name] for name in ("dataset", "key"))
        try:
            dataset, original = await anyio.to_thread.run_sync(self._datasets, dataset_id, key, request.headers)
        except UserError:
            return PlainTextResponse(GONE, 404, {"cache-control": "no-store"})
        name = quote(f"{slug(dataset.name)}.zip")
        headers = {"content-disposition": f"attachment; filename*=utf-8''{name}", "cache-control": "no-store"}
        return StreamingResponse(zip_pieces(_files(dataset, original)), 200, headers, "application/zip")

    def _datasets(self, dataset_id: str, key: str, headers: Mapping[str, str]) -> tuple[Dataset, Dataset]:
        """The data set and how it was imported. Raises UserError where this request may not have it."""
        if not is_same_origin(headers) or not access.right_of_key(self.workspace, key, KIND, dataset_id):
            raise UserError(GONE)
        first = split_version(dataset_id)[0]
        return load_dataset(self.workspace, dataset_id), load_dataset(self.workspace, first)


def _files(dataset: Dataset, original: Dataset) -> Iterator[tuple[str, bytes]]:
    """All files of the zip; photos that are gone from the disk are listed in one of their own."""
    missing: list[str] = []
    yield from export_files(dataset, original, missing=missing)
    if missing:
        yield MISSING, "\n".join(missing).encode("utf-8", "replace")


def zip_pieces(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """A zip of files (path, content) as pieces to be sent one after the other. Photos are compressed already."""
    sink = PieceSink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for path, content in files:
            archive.writestr(path, content)
            yield sink.take()
    yield sink.take()
