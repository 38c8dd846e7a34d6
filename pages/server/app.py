"""What stands around Streamlit's own ASGI application: our middleware, our routes, and what happens at its start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit.starlette import App

from pages.server import terminal
from pages.server.accounts import check_accounts
from pages.server.certificate import CertificateRoute
from pages.server.cleaning import check_settings, cleaning
from pages.server.compression import Compression
from pages.server.downloads import Downloads
from pages.server.exports import Exports
from pages.server.headers import SecurityHeaders, frame_ancestors
from pages.server.health import HealthRoutes
from pages.server.identity import Identity
from pages.server.late_fragments import drop_late_fragments
from pages.server.live_model import LiveModel
from pages.server.login import WayBack
from pages.server.memory_uploads import MemoryUploads, is_session
from pages.server.shell import Shell
from pages.server.sorted_photos import SortedPhotos
from pages.server.thumbnails import ThumbnailRoute
from pages.server.uploads import Uploads
from pages.server.working_queue import working_queue
from tlcore.access import given_token
from tlcore.errors import UserError
from tlcore.settings import load_limits


def options() -> dict[str, Any]:
    """The keyword arguments of Streamlit's `App`, which `streamlit run` finds only where the call itself is written.

    Raises:
        SystemExit: the environment, the settings file or the secrets hold something that is not allowed; it says which.
    """
    st.secrets.load_if_toml_exists()  # a host without variables has them there, and would be read too late
    try:
        check_settings()
        given_token()
        check_accounts()
        frame_ancestors()
    except UserError as error:
        raise SystemExit(f"{error.what} {error.fix}") from error
    drop_late_fragments()
    uploads = Uploads()
    in_memory = Middleware(MemoryUploads, limits=lambda: load_limits(uploads.workspace), is_open=is_session)
    shell = Middleware(Shell, base=str(st.get_option("server.baseUrlPath") or ""))
    routes = [
        *uploads.routes(),
        *CertificateRoute().routes(),
        *Downloads().routes(),
        *Exports().routes(),
        *HealthRoutes().routes(),
        *LiveModel().routes(),
        *SortedPhotos().routes(),
        *ThumbnailRoute().routes(),
    ]
    known = [Middleware(SecurityHeaders), Middleware(Identity), Middleware(WayBack)]
    middleware = [*known, shell, Middleware(Compression), in_memory]
    return {"lifespan": _lifespan, "routes": routes, "middleware": middleware}


@asynccontextmanager
async def _lifespan(app: App) -> AsyncIterator[dict[str, Any] | None]:
    """What happens when the server starts and when it ends."""
    terminal.greet()
    async with cleaning():
        with working_queue():
            yield None
    terminal.take_leave()
