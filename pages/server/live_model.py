"""What the browser needs to answer the camera's pictures itself: the runtime, which is everybody's, and a run's model.

`GET /live/litert.js`, `GET /live/litert.wasm`, and `GET /live/<run>/<mark>/<key>`. The key is on the page of whoever
may see the run (`model_address`); a request for a model is taken only from a page of this very server.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from pages.server.uploads import is_same_origin
from tlcore import access
from tlcore.errors import UserError
from tlcore.exports.html_file import RUNTIME
from tlcore.serving.bundle import FOLDER, MODEL
from tlcore.workspace import Workspace, is_id, open_workspace

KIND = "live"  # what a key is made for: it opens nothing else
SCRIPT, WASM = "live/litert.js", "live/litert.wasm"
_RUNTIME_KEPT = {"cache-control": "public, max-age=604800"}
_MODEL_KEPT = {"cache-control": "private, max-age=86400, immutable"}  # another model has another address


def model_address(workspace: Workspace, run_id: str, mark: str) -> str:
    """Where a run's model is, below the pages; to be shown to who may see the run.

    Args:
        mark: changes whenever the model does.

    Raises:
        UserError: the secret of the workspace cannot be read or made.
    """
    return f"live/{quote(run_id)}/{quote(mark)}/{access.share_key(workspace, 'see', KIND, run_id)}"


class LiveModel:
    """The routes."""

    def routes(self) -> list[Route]:
        """Where they answer: beside the pages, whatever stands before them in the address."""
        ways = ((f"/{SCRIPT}", self.script), (f"/{WASM}", self.wasm), ("/live/{run}/{mark}/{key}", self.model))
        return [
            Route(each, answer, methods=["GET"]) for path, answer in ways for each in (path, "/{before:path}" + path)
        ]

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace this server works in."""
        return open_workspace()

    async def script(self, request: Request) -> Response:
        """The runtime's loader."""
        return FileResponse(RUNTIME / "litert.js", headers=_RUNTIME_KEPT, media_type="text/javascript")

    async def wasm(self, request: Request) -> Response:
        """The runtime's WebAssembly, which lies on the disk compressed."""
        headers = _RUNTIME_KEPT | {"content-encoding": "gzip"}
        return FileResponse(RUNTIME / "litert.wasm.gz", headers=headers, media_type="application/wasm")

    async def model(self, request: Request) -> Response:
        """The model of a run; 404 for whatever is wrong."""
        run_id, key = request.path_params["run"], request.path_params["key"]
        path = await anyio.to_thread.run_sync(self._file, run_id, key, request.headers)
        if path is None:
            return PlainTextResponse("Not found", 404, {"cache-control": "no-store"})
        return FileResponse(path, headers=_MODEL_KEPT, media_type="application/octet-stream")

    def _file(self, run_id: str, key: str, headers: Mapping[str, str]) -> Path | None:
        """The file; None where there is none, or this request may not have it."""
        try:
            if not is_same_origin(headers) or not is_id(run_id):
                return None
            if not access.right_of_key(self.workspace, key, KIND, run_id):
                return None
            path = self.workspace.runs / run_id / FOLDER / MODEL
            return path if path.is_file() else None
        except (UserError, OSError):
            return None
