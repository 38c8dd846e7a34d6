"""What stands around Streamlit's own ASGI application: our middleware, our routes, and what happens at its start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.middleware import Middleware
from streamlit.starlette import App

from pages.server.memory_uploads import MemoryUploads, is_session
from pages.server.uploads import Uploads
from tlcore.settings import load_limits


def options() -> dict[str, Any]:
    """The keyword arguments of Streamlit's `App`, which `streamlit run` finds only where the call itself is written."""
    uploads = Uploads()
    in_memory = Middleware(MemoryUploads, limits=lambda: load_limits(uploads.workspace), is_open=is_session)
    return {"lifespan": _lifespan, "routes": uploads.routes(), "middleware": [in_memory]}


@asynccontextmanager
async def _lifespan(app: App) -> AsyncIterator[dict[str, Any] | None]:
    """What happens when the server starts and when it ends."""
    yield None
