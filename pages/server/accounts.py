"""Accounts, where `[auth]` in Streamlit's secrets sets them up: Streamlit lets people log in, here is who they are.

Streamlit keeps what the ID token claims in a signed cookie. Pages know it as `st.user`; routes, which have no page,
read the cookie here. Where nothing is set up nobody is anybody, whatever a cookie says.
"""

import json
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.auth_util import (
    get_cookie_with_chunks,
    get_origin_from_redirect_uri,
    get_secrets_auth_section,
    get_signing_secret,
)
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from tlcore.accounts import SECTION, Account, Rules, account_of, read_rules
from tlcore.errors import UserError, require_package

CALLBACK = "/oauth2callback"
PROVIDER_KEYS = ("client_id", "client_secret", "server_metadata_url")
FEWEST_SECRET_CHARACTERS = 32
"""Of the secret that signs cookies: whoever guesses it is anybody he likes."""


@lru_cache(maxsize=1)
def auth_section() -> Mapping[str, Any]:
    """Streamlit's section `[auth]`, empty where accounts are not set up; read once, since pages ask a dozen times."""
    return get_secrets_auth_section().to_dict()


@lru_cache(maxsize=1)
def rules() -> Rules:
    """Which accounts may come. Raises UserError for a mistake, which the start has told."""
    found = st.secrets.get(SECTION) if st.secrets.load_if_toml_exists() else None
    if found is None:
        return Rules()
    if not hasattr(found, "to_dict"):
        raise UserError(f"{SECTION} in secrets.toml is not allowed.", f"It is a section: [{SECTION}].")
    return read_rules(found.to_dict())


def is_configured() -> bool:
    """Whether people can log in."""
    return bool(auth_section())


def are_required() -> bool:
    """Whether nobody but the owner may work here without an account."""
    return is_configured() and rules().required


def providers() -> list[str]:
    """The names of those with whom people can log in; "default" for the one that stands in `[auth]` itself."""
    section = auth_section()
    named = [name for name, values in section.items() if isinstance(values, dict) and "client_id" in values]
    return ["default", *named] if "client_id" in section else named


def account_with(claims: Mapping[str, Any]) -> Account | None:
    """The account that `st.user` or a cookie speaks of, whether it may come or not; None where nobody has logged in."""
    if not is_configured() or claims.get("is_logged_in") is not True:
        return None
    return account_of(claims)


def account_in(cookies: Mapping[str, str]) -> Account | None:
    """The account of whoever sends these cookies, if it may come: for routes, where `st.user` is not known."""
    if not is_configured() or USER_COOKIE_NAME not in cookies:
        return None
    secret = get_signing_secret()
    if len(secret) < FEWEST_SECRET_CHARACTERS:
        return None

    def signed(name: str) -> bytes | None:
        value = cookies.get(name)
        return decode_signed_value(secret, name, value) if isinstance(value, str) else None

    try:
        claims = json.loads(get_cookie_with_chunks(signed, USER_COOKIE_NAME) or b"null")
    except ValueError:
        return None
    if not isinstance(claims, dict) or claims.get("origin") != get_origin_from_redirect_uri():
        return None
    account = account_with(claims)
    return account if account is not None and rules().lets_in(account) else None


def is_owner_account(cookies: Mapping[str, str]) -> bool:
    """Whether whoever sends these cookies has logged in with an account that owns the workspace."""
    account = account_in(cookies)
    return account is not None and rules().makes_owner(account)


def check_accounts() -> None:
    """Look at what is set up before the server takes anybody in: who meant to ask for accounts must not run without.

    Raises:
        UserError: something is missing or not allowed; values are not repeated, since they are secret.
    """
    _check_files()
    section = auth_section()
    if rules() != Rules() and not section:
        raise UserError(
            f"secrets.toml has a section [{SECTION}] but no [auth].", "docs/hosting.md says what belongs there."
        )
    if not section:
        return
    require_package("authlib", "Authlib", "Logging in ([auth] in secrets.toml)", "accounts")
    secret, callback = section.get("cookie_secret"), section.get("redirect_uri")
    if not isinstance(secret, str) or len(secret) < FEWEST_SECRET_CHARACTERS:
        raise UserError(
            f"cookie_secret in [auth] needs {FEWEST_SECRET_CHARACTERS} characters or more.",
            'To make one: python -c "import secrets; print(secrets.token_urlsafe(32))"',
        )
    if not isinstance(callback, str) or not callback.endswith(CALLBACK):
        raise UserError(
            "redirect_uri in [auth] is missing or not allowed.",
            f"It is the address of this server with {CALLBACK} at its end.",
        )
    names = providers()
    if not names:
        raise UserError("[auth] names nobody to log in with.", f"Add {', '.join(PROVIDER_KEYS)}.")
    for name in names:
        values = section if name == "default" else section[name]
        missing = [key for key in PROVIDER_KEYS if not isinstance(values.get(key), str) or not values[key]]
        if missing:
            where = "[auth]" if name == "default" else f"[auth.{name}]"
            raise UserError(f"{where} lacks {', '.join(missing)}.", "docs/hosting.md says what belongs there.")


def _check_files() -> None:
    """Raise UserError where a secrets file is there and cannot be read: Streamlit would go on without it."""
    for place in st.get_option("secrets.files") or ():
        path = Path(place)
        if not path.is_file():
            continue
        try:
            tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{path} can’t be read, or is not valid TOML.", "Correct it, or delete it.") from error
