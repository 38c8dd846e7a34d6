"""Who is the owner: who holds this server's token, has an account that owns it, or sits at this very machine.

Whatever is in doubt makes nobody one.

The rules stand in docs/architecture.md, section 7. Pages and routes ask the same function, with what stands in the
request.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

import streamlit as st

from pages.server.accounts import is_owner_account
from pages.server.cookies import cookie_name, read_cookie
from tlcore.access import TOKEN_VARIABLE, given_token, new_secret
from tlcore.settings import is_hosted

OWNER = "owner"
BROWSER_HEADERS = frozenset(
    (
        "accept",
        "accept-encoding",
        "accept-language",
        "alt-used",
        "cache-control",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "dnt",
        "host",
        "origin",
        "pragma",
        "priority",
        "referer",
        "save-data",
        "te",
        "upgrade",
        "upgrade-insecure-requests",
        "user-agent",
        "x-xsrftoken",
    )
)
"""What a browser on this machine sends, besides `Sec-…`. A proxy adds others, by one of a hundred names."""


@lru_cache(maxsize=1)
def owner_token() -> str:
    """The token of this server process: what `TRANSFERLAB_TOKEN` gave, else a new one.

    It is taken out of the environment, since worker processes inherit that.

    Raises:
        UserError: the variable is set to what cannot be a token.
    """
    token = given_token()
    os.environ.pop(TOKEN_VARIABLE, None)
    return token or new_secret()


def proof(token: str) -> str:
    """What stands in the owner's cookie: whoever reads it there still has no link to hand on."""
    return hashlib.sha256(b"transferlab owner " + token.encode()).hexdigest()


def is_token(text: str) -> bool:
    """Whether a text is this server's token; takes the same time for every wrong one."""
    return hmac.compare_digest(proof(text), proof(owner_token()))


def holds_token(cookies: Mapping[str, str]) -> bool:
    """Whether a browser has the cookie that only this server's token gives."""
    given = read_cookie(cookies, cookie_name(OWNER))
    return hmac.compare_digest(given.encode("utf-8", "replace"), proof(owner_token()).encode())


def is_owner(headers: Mapping[str, str], cookies: Mapping[str, str], client: str | None) -> bool:
    """Whether a request is the owner's.

    Args:
        headers: of the request, by names in any case. client: the address it came from; None: this machine.
    """
    known = holds_token(cookies) or is_owner_account(cookies)
    return known or (not is_hosted() and comes_from_here(headers, client))


def comes_from_here(headers: Mapping[str, str], client: str | None) -> bool:
    """Whether a request was made by a browser on this very machine, to a server that nobody else can reach.

    Behind a proxy on this machine that adds no header, a program that forges `Origin` cannot be told from a browser:
    there `TRANSFERLAB_HOSTED` must be set.
    """
    return _comes_from_here(tuple(headers.items()), client, st.get_option("server.address"))


@lru_cache(maxsize=256)
def _comes_from_here(headers: tuple[tuple[str, str], ...], client: str | None, listening: str | None) -> bool:
    """See `comes_from_here`; a page asks a hundred times. `listening`: the address that the server was told to take."""
    names = {name.lower(): value for name, value in headers}
    host, origin = names.get("host", ""), names.get("origin", "")
    return (
        _is_loopback(listening)
        and is_direct(names, client)
        and origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower())
    )


def is_direct(headers: Mapping[str, str], client: str | None) -> bool:
    """Whether a program on this very machine asked, through no proxy that says so. It may be any program.

    Args:
        headers, client: as for `is_owner`.
    """
    names = {name.lower(): value for name, value in headers.items()}
    if any(name not in BROWSER_HEADERS and not name.startswith("sec-") for name in names):
        return False
    return (client is None or _is_loopback(client)) and _is_loopback(_name(f"//{names.get('host', '')}"))


def listens_here_alone() -> bool:
    """Whether nobody on another machine can reach this server directly."""
    return _is_loopback(st.get_option("server.address"))


def _name(address: str) -> str | None:
    """The host in an address without port and brackets."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _is_loopback(name: str | None) -> bool:
    """Whether a host is this machine by its own word: "localhost" or a loopback address. No other name is looked up."""
    if not name:
        return False
    try:
        return name == "localhost" or ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
