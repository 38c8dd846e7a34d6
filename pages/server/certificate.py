"""`GET /certificate.crt`: who vouches for this server in the local network, for devices that are to trust it.

The certificate is public; its key never leaves the workspace (tlcore/cli/certificates.py). Where this server has none
of our own making, the address leads nowhere.
"""

from functools import cached_property

import anyio.to_thread
import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tlcore.workspace import Workspace, open_workspace

FILE = ("certificates", "ca.crt")
KIND = "application/x-x509-ca-cert"  # on which a phone offers to install it


class CertificateRoute:
    """The route."""

    def routes(self) -> list[Route]:
        """Where the route answers."""
        return [Route("/certificate.crt", self.answer, methods=["GET"])]

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace this server works in."""
        return open_workspace()

    async def answer(self, request: Request) -> Response:
        """The certificate, or 404."""
        found = await anyio.to_thread.run_sync(self._read)
        if found is None:
            return PlainTextResponse("Not found", 404, {"cache-control": "no-store"})
        return Response(found, 200, {"cache-control": "no-store"}, KIND)

    def _read(self) -> bytes | None:
        own, path = str(st.get_option("server.sslCertFile") or ""), self.workspace.root.joinpath(*FILE)
        try:
            return path.read_bytes() if own.startswith(str(path.parent)) else None
        except OSError:
            return None
