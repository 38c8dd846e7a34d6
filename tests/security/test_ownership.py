"""Who is the owner: the token's holder, or a browser on this very machine; every doubt makes nobody one."""

import pytest
import streamlit as st
from websockets.exceptions import InvalidStatus

from pages.server import owner
from pages.server.cookies import cookie_name
from tests.security.conftest import NAME, TOKEN, copy_of
from tests.security.tab import Browser
from tests.served import serve
from tlcore.access import TOKEN_VARIABLE
from tlcore.settings import HOSTED_VARIABLE

HERE = {"Host": "localhost:8501", "Origin": "http://localhost:8501", "Sec-WebSocket-Version": "13", "Cookie": "a=b"}
FORWARDING = (
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "Forwarded",
    "Via",
    "X-Real-Ip",
    "CF-Connecting-IP",
    "CF-Ray",
    "True-Client-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "Fastly-Client-IP",
    "X-Amzn-Trace-Id",
    "X-Envoy-External-Address",
    "X-Original-Host",
    "X-Some-New-Proxy",
)


@pytest.fixture(autouse=True)
def own_token(monkeypatch):
    """A token of the test's own, and no host."""
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    monkeypatch.delenv(HOSTED_VARIABLE, raising=False)
    owner.owner_token.cache_clear()
    yield
    owner.owner_token.cache_clear()


@pytest.fixture
def listens(monkeypatch):
    """`listens(address)`: what the server is told to listen on."""

    def listen(address: str | None) -> None:
        monkeypatch.setattr(st, "get_option", {"server.address": address}.get)

    return listen


@pytest.mark.parametrize(
    ("changed", "client", "address", "expected", "reason"),
    [
        ({}, None, "127.0.0.1", True, "the usual: a browser on the same machine"),
        ({}, "127.0.0.1", "localhost", True, "the same, as other servers say it"),
        ({"Host": "[::1]:8501", "Origin": "http://[::1]:8501"}, "::1", "::1", True, "IPv6"),
        ({"Host": "127.0.0.1", "Origin": "https://127.0.0.1"}, None, "127.0.0.1", True, "no port, https"),
        ({}, None, "0.0.0.0", False, "others can reach the server"),
        ({}, None, "", False, "an empty address means every one"),
        ({}, None, None, False, "no address means every one"),
        ({}, None, "192.168.1.5", False, "an address of the network"),
        ({}, "192.168.1.9", "127.0.0.1", False, "another machine in the room"),
        ({}, "nonsense", "127.0.0.1", False, "an address that is none"),
        ({"Host": "demo.example.org", "Origin": "http://demo.example.org"}, None, "127.0.0.1", False, "a proxy"),
        ({"Host": "evil.example:8501"}, None, "127.0.0.1", False, "a name that was made to point here"),
        ({"Host": "localhost.evil.example"}, None, "127.0.0.1", False, "a name that begins rightly"),
        ({"Host": "evil@localhost"}, None, "127.0.0.1", False, "a name before the name"),
        ({"Host": None}, None, "127.0.0.1", False, "no host"),
        ({"Origin": None}, None, "127.0.0.1", False, "no browser"),
        ({"Origin": "null"}, None, "127.0.0.1", False, "a page in a sandbox"),
        ({"Origin": "https://demo.example.org"}, None, "127.0.0.1", False, "a bare proxy that sets the host"),
        ({"Origin": "http://localhost:3000"}, None, "127.0.0.1", False, "another program's page on this machine"),
        ({"Origin": "http://127.0.0.1:8501"}, None, "127.0.0.1", False, "a page under another name"),
        *(({name: "x"}, None, "127.0.0.1", False, f"a proxy that says so: {name}") for name in FORWARDING),
        *(({name.lower(): "x"}, None, "127.0.0.1", False, "in small letters") for name in FORWARDING[:2]),
        ({"X-Forwarded-For": ""}, None, "127.0.0.1", False, "an empty one was added by somebody too"),
    ],
)
def test_who_sits_at_the_machine(listens, changed, client, address, expected, reason):
    listens(address)
    headers = {name: value for name, value in (HERE | changed).items() if value is not None}
    assert owner.comes_from_here(headers, client) is expected, reason
    assert owner.is_owner(headers, {}, client) is expected, reason


@pytest.mark.parametrize(
    ("value", "hosted"),
    [
        *((value, True) for value in ("1", "true", "yes", "on", "1 ", " 1", "ON", "2", "no!", "y", "nein", "hosted")),
        *((value, False) for value in ("", "0", "false", "no", "off", " OFF ", "False")),
    ],
)
def test_on_a_host_nobody_is_the_owner_by_sitting_there(listens, monkeypatch, value, hosted):
    listens("127.0.0.1")
    monkeypatch.setenv(HOSTED_VARIABLE, value)
    assert owner.is_owner(HERE, {}, None) is not hosted
    assert owner.is_owner(HERE, {cookie_name(owner.OWNER): owner.proof(TOKEN)}, "203.0.113.7"), "the token's holder is"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "none"),
        (TOKEN, "the token itself is no proof"),
        (owner.proof(TOKEN)[:-1], "cut"),
        (owner.proof("another"), "of another server"),
        ("é\udc80", "no text at all"),
    ],
)
def test_a_wrong_proof_makes_no_owner(value, reason):
    assert not owner.holds_token({cookie_name(owner.OWNER): value}), reason


def test_workers_do_not_inherit_the_token():
    import os

    assert owner.owner_token() == TOKEN
    assert TOKEN_VARIABLE not in os.environ and owner.owner_token() == TOKEN


@pytest.fixture(scope="module")
def local(trained, tmp_path_factory):
    """A server on one's own machine, with things that were made without a browser."""
    folder = tmp_path_factory.mktemp("local")
    workspace, _, _ = copy_of(trained, folder / "home", "")
    with serve(workspace.root, folder / "log.txt") as server:
        yield server


@pytest.mark.parametrize(
    ("headers", "owns", "reason"),
    [
        ({}, True, "a browser on this machine is asked for nothing"),
        ({"Origin": None}, False, "a program without an origin"),
        ({"X-Forwarded-For": "127.0.0.1"}, False, "a proxy, whatever it says"),
        ({"Via": "1.1 proxy"}, False, "a proxy by another header"),
        ({"Host": "demo.example.org", "Origin": "http://demo.example.org"}, False, "a bare proxy that keeps the host"),
    ],
)
def test_the_owner_of_a_real_server(local, headers, owns, reason):
    with Browser(local.address).open("train", headers) as tab:
        assert (NAME in tab.words) is owns, reason


def test_where_nobody_else_can_come_there_is_nothing_to_share(local, trained):
    with Browser(local.address).open("train", run=trained[2].id) as tab:
        assert "View results" in tab.buttons and "people with the link" not in tab.words


def test_a_page_of_another_site_cannot_connect(local):
    with pytest.raises(InvalidStatus):
        Browser(local.address).open("train", {"Origin": "https://evil.example"})


def test_plain_start_on_ones_own_machine_prints_no_token(local):
    assert "owner" not in local.log.read_text()


def test_the_owners_link_on_a_host(host):
    browser = host.bob()
    answer = browser.get(f"/train?owner={TOKEN}&run={host.ids['run']}")
    assert (answer.status, answer.headers["location"]) == (303, f"./train?run={host.ids['run']}")
    with browser.open("train", run=host.ids["run"]) as tab:
        assert NAME in tab.words
    with browser.open("data", more="1") as tab:
        assert "Folder path" in tab.words, "the owner may name folders"
    assert TOKEN not in host.server.log.read_text() and TOKEN not in str(browser.cookies)


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "é"])
def test_a_wrong_token_opens_nothing_and_says_no_more_than_that(host, token):
    from urllib.parse import quote

    browser = host.bob()
    answer = browser.get(f"/?owner={quote(token)}")
    assert answer.status == 403 and "does not work here" in answer.body and not browser.cookies
    with browser.open("train") as tab:
        assert NAME not in tab.words


def test_a_host_without_a_token_of_its_own_prints_a_link(tmp_path):
    with serve(tmp_path / "home", tmp_path / "log.txt", TRANSFERLAB_HOSTED="on") as server:
        line = next(line for line in server.log.read_text().splitlines() if "?owner=" in line)
        browser = Browser(server.address)
        assert browser.get(line.removeprefix(line.split("http://")[0]).split(server.address)[1]).status == 303
        with browser.open("data", more="1") as tab:
            assert "Folder path" in tab.words
