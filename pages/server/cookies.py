"""The cookies that carry secrets: their names, how they are read, and how they are set."""

import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache

from tlcore.workspace import workspace_root

KEEP_SECONDS = 400 * 24 * 3600  # the most that browsers allow; each visit starts it again
FRAME_VARIABLE = "TRANSFERLAB_FRAME_ANCESTORS"
HOST_PREFIX = "__Host-"


def cookie_name(what: str) -> str:
    """The name of a cookie of this workspace: browsers do not tell apart two servers on one machine by their ports."""
    return f"transferlab_{what}_{_place(os.environ.get('TRANSFERLAB_HOME'))}"


@lru_cache(maxsize=16)
def _place(home: str | None) -> str:
    """Stands for the workspace of this server: a page asks for it a dozen times, and each answer goes to the disk."""
    return hashlib.sha256(str(workspace_root(home)).encode()).hexdigest()[:8]


def read_cookie(cookies: Mapping[str, str], name: str) -> str:
    """The value of a cookie, or "". The one that only this very host can have set counts first."""
    found = cookies.get(HOST_PREFIX + name) or cookies.get(name)
    return found if isinstance(found, str) else ""  # where no browser is, Streamlit's AppTest gives anything


def set_cookie(name: str, value: str, secure: bool) -> str:
    """The header `Set-Cookie` for a secret that no script may read.

    It is sent along where a link from outside is followed, lest a visitor lose what is his by following one; a page
    of another site cannot connect with it, since Streamlit checks the origin. Where this app may stand in a frame of
    another site, it has a cookie of its own there.

    Args:
        secure: whether the browser came by https.
    """
    kept = f"{HOST_PREFIX if secure else ''}{name}={value}; Path=/; HttpOnly; Max-Age={KEEP_SECONDS}"
    if secure and os.environ.get(FRAME_VARIABLE):
        return f"{kept}; Secure; SameSite=None; Partitioned"
    return f"{kept}; SameSite=Lax" + ("; Secure" if secure else "")
