"""Who may see and who may change a thing: the names of visitors, and the keys of share links.

A browser holds a secret; its hash is the visitor's public name, which stands in all that he makes. Where he has an
account, the hash of that is his name, in every browser. For a thing of somebody else he needs one of its two keys, to
see it or to change it as well. A key is an HMAC under a secret of the workspace, so none is stored, and no id leads to
one. How secrets travel (cookies, links) is left to the server around the pages; what keys gave to whom stands in
grants.py.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from filelock import FileLock

from tlcore.errors import UserError
from tlcore.workspace import Workspace, disk_error

Right = Literal["see", "act"]
"""What a key allows: to see a thing, or to see and change it (stop, continue, start again, move to the front)."""

RIGHTS: tuple[Right, ...] = ("see", "act")
SECRET_FILE = "secret.key"
VISITORS = "visitors"
SECRET_BYTES = 32
TOKEN_VARIABLE = "TRANSFERLAB_TOKEN"
FEWEST_TOKEN_CHARACTERS = 16

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_NAME = re.compile(r"[0-9a-f]{32}")


class Made(Protocol):
    """Anything that somebody made: a run, an import, a data set, a comparison. `visitor` "": nobody in a browser."""

    @property
    def id(self) -> str: ...

    @property
    def visitor(self) -> str: ...


@dataclass(frozen=True)
class Visitor:
    """Somebody who looks at pages.

    Attributes:
        name: the public name; never "".
        is_owner: of the workspace: sees and changes everything.
        given: the rights that others have given, by the id of the thing.
    """

    name: str
    is_owner: bool = False
    given: Mapping[str, Right] = field(default_factory=dict)

    def may_see(self, thing: Made) -> bool:
        """Whether a page may show it."""
        return self.may_act(thing) or thing.id in self.given

    def may_act(self, thing: Made) -> bool:
        """Whether it may be stopped, continued, started again, moved, shared or deleted."""
        own = bool(thing.visitor) and thing.visitor == self.name  # what has no maker is the owner's alone
        return self.is_owner or own or self.given.get(thing.id) == "act"


def new_secret() -> str:
    """A fresh secret for a browser: 256 random bits as 43 characters that need no escaping in a cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)


def is_secret(text: str) -> bool:
    """Whether a text can be a secret of `new_secret`; it may come from a cookie."""
    return _SECRET.fullmatch(text) is not None


def visitor_name(secret: str) -> str:
    """The public name of who holds a secret: 128 bits in hex, from which nobody finds the secret."""
    return hashlib.sha256(b"transferlab visitor " + secret.encode()).hexdigest()[:32]


def account_name(issuer: str, subject: str) -> str:
    """The public name of who has an account: of whoever vouches for him and what he is called there for good.

    Args:
        issuer, subject: as an ID token names them (`iss`, `sub`); the e-mail address may change, these don't.
    """
    both = f"{len(issuer)} {issuer} {subject}"  # no other pair reads the same
    return hashlib.sha256(b"transferlab account " + both.encode()).hexdigest()[:32]


def is_visitor_name(text: str) -> bool:
    """Whether a text can be a public name of `visitor_name`."""
    return _NAME.fullmatch(text) is not None


def given_token(environment: Mapping[str, str] = os.environ) -> str:
    """The token that makes its holder the owner, as `TRANSFERLAB_TOKEN` gives it; "" where it gives none.

    Raises:
        UserError: it is too short, or has characters that do not stand in a link as they are.
    """
    token = environment.get(TOKEN_VARIABLE, "").strip()
    if token and not re.fullmatch(rf"[A-Za-z0-9._~-]{{{FEWEST_TOKEN_CHARACTERS},200}}", token):
        raise UserError(  # what was received is not repeated: it may be nearly right
            f"The token in {TOKEN_VARIABLE} is not allowed.",
            f"Use {FEWEST_TOKEN_CHARACTERS} to 200 letters, digits or . _ ~ - (to make one: "
            'python -c "import secrets; print(secrets.token_urlsafe(32))").',
        )
    return token


def share_key(workspace: Workspace, right: Right, kind: str, an_id: str, generation: str = "") -> str:
    """The key that gives a right to a thing: 192 bits as 32 characters, always the same for the same thing.

    Args:
        kind: what the id names in an address, as "run".
        generation: of the thing's links, where earlier ones have ended (grants.py).

    Raises:
        UserError: the secret of the workspace cannot be read or made.
    """
    message = " ".join(filter(None, (right, kind, an_id, generation))).encode()
    digest = hmac.new(_workspace_secret(workspace), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def right_of_key(workspace: Workspace, key: str, kind: str, an_id: str, generation: str = "") -> Right | None:
    """The right that a key gives to this thing, or None. Takes the same time for every wrong key."""
    given = key.encode("utf-8", "replace")
    keys = {right: share_key(workspace, right, kind, an_id, generation) for right in RIGHTS}
    found = [right for right, key in keys.items() if hmac.compare_digest(key.encode(), given)]
    return found[0] if found else None


def _workspace_secret(workspace: Workspace) -> bytes:
    """The secret under which keys are made; its file, which only its owner may read, is made when first asked for."""
    path = workspace.root / SECRET_FILE
    try:
        if not path.exists():
            with FileLock(workspace.root / f".{SECRET_FILE}.lock"):  # two processes may ask first
                if not path.exists():
                    _write_private(workspace, secrets.token_bytes(SECRET_BYTES))
        found = path.read_bytes()
    except OSError as error:
        raise disk_error(path, error) from error
    if len(found) != SECRET_BYTES:
        raise UserError(
            f"{path.name} in the workspace is damaged.", "Delete it. Links shared until now will stop working."
        )
    return found


def _write_private(workspace: Workspace, data: bytes) -> None:
    """Write the secret whole or not at all, and never readable by others, not even for a moment."""
    partial = workspace.root / f".{SECRET_FILE}.{secrets.token_hex(4)}.part"
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, workspace.root / SECRET_FILE)
    finally:
        partial.unlink(missing_ok=True)
