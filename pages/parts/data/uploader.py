"""The uploader: a place to drop or choose photos, a folder or a zip, which the browser sends to the upload route.

What it looks like and how it sends stands in uploader.js; the route is pages/server/uploads.py. The page learns when an
upload begins, so that there is an area to send it to, and what came of it; how much has arrived is read off the area.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from pages.shared.widgets import plain
from tlcore.data import receive
from tlcore.messages.quantities import count
from tlcore.settings import Limits
from tlcore.workspace import Workspace

Kind = Literal["photos", "folder", "zip"]
REQUEST_BYTES = 16_000_000  # at most, where the host sets no limit or a higher one
MOST_BYTES_SHARE = 0.9  # of what a request may have; the rest is for the names of the files

_FOLDER = Path(__file__).parent
_MOUNT = st.components.v2.component(
    "transferlab_uploader",
    css=(_FOLDER / "uploader.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "uploader.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Wording:
    """What stands on an uploader, and what it takes."""

    kind: Kind
    label: str
    button: str
    hint: str


PHOTOS = Wording("photos", "Photos of this class", "Choose photos", "or drop them here")
FOLDER = Wording("folder", "A folder of class folders", "Choose a folder", "or drop it here")
ZIP = Wording("zip", "A zip of class folders", "Choose a zip", "or drop it here")


@dataclass(frozen=True)
class Outcome:
    """What came of an upload.

    Attributes:
        sent: files that were chosen. arrived: those that stand in the area's index.
        failed: name and reason of files that did not arrive, the first hundred of them.
    """

    sent: int
    arrived: int
    failed: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Target:
    """Where an upload goes: an area with its key, None while there is none, and the limits it is under."""

    area: str | None
    key: str | None
    limits: Limits


def wants_area(key: str) -> bool:
    """Whether an upload has begun in the uploader with this widget key, and needs an area."""
    return _status(st.session_state.get(key)).get("busy") is True


def mount(
    key: str, wording: Wording, target: Target, class_name: str | None = None, ready: bool = True
) -> dict[str, Any]:
    """Draw the uploader; returns what it told last, for `outcome`.

    Args:
        key: of the widget. class_name: the class that photos belong to; None where folders tell it.
        ready: whether files can be chosen; where not, the class has no name yet.
    """
    data = {
        "kind": wording.kind,
        "label": wording.label,
        "button": wording.button,
        "hint": _hint(wording, target.limits) if ready else "Enter a class name first.",
        "ready": ready,
        "class_name": class_name,
        "area": target.area,
        "key": target.key,
        "request_bytes": request_bytes(target.limits),
    }
    return _status(_MOUNT(key=key, data=data, on_status_change=lambda: None))


def outcome(workspace: Workspace, area: str | None, status: dict[str, Any]) -> Outcome | None:
    """What came of the last upload, counted in the area; None where there was none, or it goes on.

    Raises:
        UserError: there is no such upload area.
    """
    batch, sent = status.get("batch"), status.get("sent")
    if area is None or status.get("busy") or not isinstance(batch, str) or not isinstance(sent, int):
        return None
    failed = status.get("failed")
    named = [(str(each.get("name")), str(each.get("reason"))) for each in failed or () if isinstance(each, dict)]
    return Outcome(sent, len(receive.arrived(workspace, area, batch)), tuple(named))


def show(found: Outcome) -> None:
    """Which files did not arrive, and why; nothing where all did."""
    missing = found.sent - found.arrived
    if missing <= 0 or not found.failed:
        return
    with st.expander(f"{count(missing, 'file')} did not arrive"):
        for name, reason in found.failed:
            st.markdown(f"- {plain(name)}: {plain(reason)}")
        if missing > len(found.failed):
            st.markdown(f"- and {missing - len(found.failed):,} more")


def request_bytes(limits: Limits) -> int:
    """How many bytes of files the uploader puts into one request."""
    most = limits.request_mb * 1e6 * MOST_BYTES_SHARE
    return int(min(REQUEST_BYTES, most) if most else REQUEST_BYTES)


def _hint(wording: Wording, limits: Limits) -> str:
    allowed = []
    if limits.dataset_photos and wording.kind != "zip":
        allowed.append(count(limits.dataset_photos, "file"))
    if limits.upload_mb:
        allowed.append(f"{limits.upload_mb:,.0f} MB")
    return wording.hint + (f" · up to {' and '.join(allowed)} in all" if allowed else "")


def _status(result: Any) -> dict[str, Any]:
    """What the browser told last. It may have told anything."""
    status = result.get("status") if hasattr(result, "get") else None
    return status if isinstance(status, dict) else {}
