"""How a server does is told to its owner, and to nobody else: over real connections to a server as a host runs it."""

import json
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.security.conftest import TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}


def ask(host, place: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
    request = urllib.request.Request(f"{host.server.address}/{place}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, reply.headers["content-type"], reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["content-type"], error.read()


@pytest.mark.parametrize(
    ("headers", "alive", "reason"),
    [
        ({"X-Forwarded-For": "192.0.2.1"}, False, "a stranger, through a proxy"),
        ({"Host": "lab.example.org"}, False, "a stranger, through a proxy that adds no header"),
        ({"Authorization": "Bearer wrong-but-long-enough"}, False, "a wrong token"),
        ({"Authorization": f"Basic {TOKEN}"}, False, "another scheme"),
        ({"Authorization": "Bearer "}, False, "no token"),
        ({}, True, "a probe on the machine itself hears that the server lives, and no figures"),
        ({"Origin": "http://127.0.0.1", "Host": "127.0.0.1"}, True, "whoever sits at a host is no owner"),
    ],
)
@pytest.mark.parametrize("place", ["healthz", "metrics", "train/healthz"])
def test_for_others_they_are_not_there(host, place, headers, alive, reason):
    status, _, body = ask(host, place, headers)
    probe = alive and place != "metrics"
    assert (status, body) == ((200, b"ok") if probe else (404, b"Not Found")), reason


def test_the_owner_hears_what_works_and_waits(host):
    status, kind, body = ask(host, "healthz", BEARER)
    told = json.loads(body)
    assert status == 200 and kind == "application/json" and told["well"] and told["writable"]
    assert told["disk_used"] > 0 and told["disk_allowed"] > told["disk_used"] and told["disk_free"] > 0
    assert set(told["working"]) == set(told["waiting"]) >= {"train", "import"}


def test_prometheus_can_read_the_metrics(host):
    status, kind, body = ask(host, "metrics", BEARER)
    assert status == 200 and kind.startswith("text/plain; version=0.0.4")
    found = {family.name: family for family in text_string_to_metric_families(body.decode())}
    assert found["transferlab_up"].samples[0].value == 1
    assert {sample.labels["kind"] for sample in found["transferlab_jobs_waiting"].samples} >= {"train", "import"}
    assert all(name.startswith("transferlab_") and family.documentation for name, family in found.items())
