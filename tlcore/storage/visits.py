"""What each visitor used last, so that a new tab can open it: `visitors/<name>-last.json` with `dataset` and `run`."""

import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tlcore.access import VISITORS
from tlcore.errors import UserError
from tlcore.workspace import Workspace, is_id, read_json, write_json

OWNER = "owner"
"""In place of a visitor's name: the owner may come with any browser."""

_NAME = re.compile(rf"[0-9a-f]{{32}}|{OWNER}")


@dataclass(frozen=True)
class LastUsed:
    """The ids of what somebody used last, "" for nothing. They may lead nowhere by now."""

    dataset: str = ""
    run: str = ""


def last_visit(workspace: Workspace, visitor: str) -> LastUsed:
    """What a visitor used last; nothing where he used nothing, or the file is damaged."""
    try:
        values = read_json(_path(workspace, visitor))
        ids = [str(values.get(kind, "")) for kind in ("dataset", "run")]
        return LastUsed(*(each if is_id(each) else "" for each in ids))
    except (OSError, ValueError, AttributeError):
        return LastUsed()


def note_visit(workspace: Workspace, visitor: str, used: LastUsed) -> None:
    """Remember what a visitor uses; nothing happens where that is known, or the disk says no."""
    if last_visit(workspace, visitor) == used:
        return
    with suppress(OSError, UserError):  # a full disk; looking at something must not fail for it
        path = _path(workspace, visitor)
        path.parent.mkdir(exist_ok=True)
        write_json(path, asdict(used))


def forget_visit(workspace: Workspace, visitor: str) -> None:
    """Remember nothing of a visitor's any more."""
    with suppress(OSError, ValueError):
        _path(workspace, visitor).unlink(missing_ok=True)


def forget_old_visits(workspace: Workspace, seconds: float, now: float | None = None) -> None:
    """Remember nothing of visitors who used nothing for so long; of the owner always."""
    oldest = (time.time() if now is None else now) - seconds
    for path in (workspace.root / VISITORS).glob("*-last.json"):
        with suppress(OSError):
            if not path.name.startswith(OWNER) and path.stat().st_mtime < oldest:
                path.unlink()


def _path(workspace: Workspace, visitor: str) -> Path:
    if not _NAME.fullmatch(visitor):
        raise ValueError(f"{visitor!r} is no visitor’s name")
    return workspace.root / VISITORS / f"{visitor}-last.json"
