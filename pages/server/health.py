"""`GET /healthz` and `GET /metrics`: how this server does, for whoever watches over it.

Both are closed to the public: they answer the owner's browser, and a program that sends the owner's token in the header
`Authorization: Bearer …`. To everybody else they are not there. Whether the process lives at all, which a container
asks, is `/_stcore/health`, Streamlit's own. Streamlit Community Cloud asks `/healthz` for that, on the machine itself:
who asks there hears "ok", and nothing more.
"""

from functools import cached_property

import anyio.to_thread
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pages.server import owner
from tlcore.errors import UserError
from tlcore.storage.health import Health, check_health
from tlcore.workspace import Workspace, open_workspace

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of Prometheus' text format, https://prometheus.io/docs/instrumenting/exposition_formats/."""
_UNCACHED = {"cache-control": "no-store"}
_BEARER = "bearer "


class HealthRoutes:
    """The routes."""

    def routes(self) -> list[Route]:
        """Where they answer: beside the pages, whatever stands before them in the address."""
        places = (("healthz", self.answer_health), ("metrics", self.answer_metrics))
        return [
            Route(f"{before}/{name}", answer, methods=["GET"])
            for name, answer in places
            for before in ("", "/{before:path}")
        ]

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace this server works in."""
        return open_workspace()

    async def answer_health(self, request: Request) -> Response:
        """All that is known, as JSON; status 503 where people cannot work."""
        if not is_allowed(request):
            alive = owner.is_direct(request.headers, _client(request))
            return PlainTextResponse("ok", 200, _UNCACHED) if alive else _not_there()
        try:
            health = await anyio.to_thread.run_sync(lambda: check_health(self.workspace))
        except (UserError, OSError) as error:
            return JSONResponse({"well": False, "error": str(error)}, 503, _UNCACHED)
        return JSONResponse(health.to_dict(), 200 if health.is_well else 503, _UNCACHED)

    async def answer_metrics(self, request: Request) -> Response:
        """The same for Prometheus."""
        if not is_allowed(request):
            return _not_there()
        try:
            health = await anyio.to_thread.run_sync(lambda: check_health(self.workspace))
        except (UserError, OSError):
            health = Health()
        return Response(metrics(health), headers=_UNCACHED | {"content-type": CONTENT_TYPE})


def metrics(health: Health) -> bytes:
    """The text of Prometheus' format; names by https://prometheus.io/docs/practices/naming/."""
    registry = CollectorRegistry()
    for name, words, jobs in (
        ("waiting", "Jobs that wait in the line, by kind.", health.waiting),
        ("working", "Jobs that are worked on, by kind.", health.working),
    ):
        gauge = Gauge(f"transferlab_jobs_{name}", words, ["kind"], registry=registry)
        for kind, number in jobs.items():
            gauge.labels(kind).set(number)
    for name, words, value in (
        ("longest_wait_seconds", "For how long the first job in the line has waited.", health.longest_wait),
        ("disk_free_bytes", "Free on the disk of the workspace.", health.disk_free),
        ("workspace_used_bytes", "What the workspace takes.", health.disk_used),
        ("workspace_allowed_bytes", "What it may take by the settings, 0 for no limit.", health.disk_allowed),
        ("memory_free_bytes", "Free on the machine, or in the container.", health.memory_free),
        ("memory_total_bytes", "What the machine has, or the container may take.", health.memory_total),
        ("jobs_stuck", "1 where jobs wait and nothing works on them.", health.stuck),
        ("workspace_writable", "1 where something can be written into it.", health.writable),
        ("up", "1 where people can work.", health.is_well),
    ):
        Gauge(f"transferlab_{name}", words, registry=registry).set(float(value))
    return generate_latest(registry)


def is_allowed(request: Request) -> bool:
    """Whether it is the owner's browser, or a program that has the owner's token."""
    given = request.headers.get("authorization", "")
    if given[: len(_BEARER)].lower() == _BEARER and owner.is_token(given[len(_BEARER) :].strip()):
        return True
    return owner.is_owner(request.headers, request.cookies, _client(request))


def _client(request: Request) -> str | None:
    return request.client.host if request.client else None


def _not_there() -> Response:
    return PlainTextResponse("Not Found", 404, _UNCACHED)
