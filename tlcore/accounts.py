"""Accounts of people who log in with OpenID Connect: who somebody is, whether he may come, and whether he is the owner.

What an ID token claims was checked by whoever took it (signature, issuer, audience). Here stands what follows from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from tlcore.access import account_name
from tlcore.errors import UserError

SECTION = "accounts"
"""The section of the secrets file with the rules, beside Streamlit's own `[auth]`."""


@dataclass(frozen=True)
class Account:
    """Somebody who has logged in.

    Attributes:
        issuer, subject: who vouches for him, and his name there for good.
        name: what people call him, "" where nobody said. email: "" unless the issuer has verified it.
    """

    issuer: str
    subject: str
    name: str = ""
    email: str = ""

    @property
    def visitor(self) -> str:
        """The public name under which he works, the same in every browser."""
        return account_name(self.issuer, self.subject)

    @property
    def label(self) -> str:
        """What a page calls him."""
        return self.name or self.email or "Your account"


@dataclass(frozen=True)
class Rules:
    """Which accounts a host lets in.

    Attributes:
        required: whether nobody may work here without an account, but for the owner.
        allowed: e-mail addresses, and domains as "@school.example"; (): every account that can log in.
        owners: e-mail addresses of those who are the owner, as with the owner's link.
    """

    required: bool = False
    allowed: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()

    def lets_in(self, account: Account) -> bool:
        """Whether this account may come."""
        email = _same_case(account.email)
        domain = f"@{email.rpartition('@')[2]}"
        return not self.allowed or (bool(email) and bool({email, domain} & {*self.allowed, *self.owners}))

    def makes_owner(self, account: Account) -> bool:
        """Whether the workspace belongs to this account; never by an address that nobody has verified."""
        return bool(account.email) and _same_case(account.email) in self.owners


def account_of(claims: Mapping[str, Any]) -> Account | None:
    """The account that a checked ID token names; None where it names none for good."""
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not (isinstance(issuer, str) and issuer and isinstance(subject, str) and subject):
        return None
    name, email = claims.get("name"), claims.get("email")
    verified = claims.get("email_verified")
    is_verified = verified is True or verified == "true"  # some providers write it as text
    return Account(
        issuer,
        subject,
        " ".join(name.split())[:80] if isinstance(name, str) else "",
        email.strip() if isinstance(email, str) and is_verified else "",
    )


def read_rules(values: Mapping[str, Any]) -> Rules:
    """The rules as the section `[accounts]` gives them.

    Raises:
        UserError: it has a name or a value that is not allowed.
    """
    names = [each.name for each in fields(Rules)]
    for name in values:
        if name not in names:
            raise UserError(
                f"[{SECTION}] in secrets.toml has an unknown setting, {name}.",
                f"Correct or remove that line. The settings are: {', '.join(names)}.",
            )
    required = values.get("required", False)
    if not isinstance(required, bool):
        raise UserError(f"required = {required!r} in [{SECTION}] is not allowed.", "It takes true or false.")
    return Rules(required, _addresses(values, "allowed", domains=True), _addresses(values, "owners", domains=False))


def _addresses(values: Mapping[str, Any], name: str, domains: bool) -> tuple[str, ...]:
    """A list of addresses; also of domains where `domains` says so."""
    given = values.get(name, ())
    found = [each.strip() for each in given if isinstance(each, str)] if isinstance(given, list | tuple) else [""]
    for each in found if len(found) == len(given) else [""]:
        before, at, domain = each.rpartition("@")
        if not each.isascii() or not (at and domain and (before or domains)):
            example = '["ann@school.example", "@school.example"]' if domains else '["ann@school.example"]'
            raise UserError(f"{name} in [{SECTION}] is not allowed.", f"It takes a list, as {name} = {example}.")
    return tuple(map(_same_case, found))


def _same_case(email: str) -> str:
    """An address as it is compared. Only ASCII has a small form here: other letters look like these and are not."""
    return email.lower() if email.isascii() else email
