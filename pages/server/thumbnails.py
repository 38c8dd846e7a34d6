"""The route that gives single thumbnails of a data set: `GET /thumbnail/<id>/<key>/<photo>`, for pages of many photos.

Only what was made at the import is given: nothing is decoded here. The key is on the page of whoever may see the photos
(`thumbnail_folder`); a photo is named by the first letters of its hash.
"""

from functools import cached_property, lru_cache
from pathlib import Path
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tlcore import access
from tlcore.data.thumbnails import INDEX, Thumbnails
from tlcore.errors import UserError
from tlcore.workspace import Workspace, is_id, open_workspace

KIND = "thumbnail"  # what a key is made for: it opens nothing else
LETTERS = 12  # of the hash of a photo
_KEPT = {"cache-control": "private, max-age=3600", "x-content-type-options": "nosniff"}


def thumbnail_folder(workspace: Workspace, dataset_id: str) -> str:
    """The address below which the thumbnails of a data set lie, by the first `LETTERS` of a photo's hash.

    To be shown to who may see the photos.

    Raises:
        UserError: the secret of the workspace cannot be read or made.
    """
    return f"thumbnail/{quote(dataset_id)}/{access.share_key(workspace, 'see', KIND, dataset_id)}/"


class ThumbnailRoute:
    """The route."""

    def routes(self) -> list[Route]:
        """Where the route answers: beside the pages, whatever stands before them in the address."""
        path = "/thumbnail/{dataset}/{key}/{photo}"
        return [Route(each, self.answer, methods=["GET"]) for each in (path, "/{before:path}" + path)]

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace this server works in."""
        return open_workspace()

    async def answer(self, request: Request) -> Response:
        """A JPEG or PNG; 404 for whatever is wrong."""
        parts = tuple(request.path_params[name] for name in ("dataset", "key", "photo"))
        picture = await anyio.to_thread.run_sync(self._read, *parts)
        if picture is None:
            return PlainTextResponse("Not found", 404, {"cache-control": "no-store"})
        kind = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
        return Response(picture, 200, _KEPT, kind)

    def _read(self, dataset_id: str, key: str, photo: str) -> bytes | None:
        """The picture; None where there is none, or this request may not have it."""
        try:
            if not is_id(dataset_id) or not access.right_of_key(self.workspace, key, KIND, dataset_id):
                return None
            folder = self.workspace.dataset_folder(dataset_id)
            index = (folder / INDEX).stat()
        except (UserError, OSError):
            return None
        thumbnails, names = _opened(folder, dataset_id, index.st_mtime_ns)
        return thumbnails.read(names.get(photo, ""))


@lru_cache(maxsize=8)
def _opened(folder: Path, _version: str, _changed: int) -> tuple[Thumbnails, dict[str, str]]:
    """The thumbnails of a data set, and the hash of each photo by its first letters."""
    thumbnails = Thumbnails(folder)
    return thumbnails, {sha256[:LETTERS]: sha256 for sha256 in thumbnails.photos}
