"""What stands around Streamlit's own ASGI application: our middleware, our routes, and what happens at its start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streamlit.starlette import App

from pages.server.working_queue import working_queue


def options() -> dict[str, Any]:
    """The keyword arguments of Streamlit's `App`, which `streamlit run` finds only where the call itself is written."""
    return {"lifespan": _lifespan, "routes": [], "middleware": []}


@asynccontextmanager
async def _lifespan(app: App) -> AsyncIterator[dict[str, Any] | None]:
    """What happens when the server starts and when it ends."""
    with working_queue():
        yield None
