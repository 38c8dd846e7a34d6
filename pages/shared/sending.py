"""Sending files from the browser to the upload route: the scripts that do it, and the limits that they keep.

The route is pages/server/uploads.py. A component that sends puts these scripts before its own.
"""

from pathlib import Path

from tlcore.messages.quantities import count
from tlcore.settings import Limits

REQUEST_BYTES = 16_000_000  # at most, where the host sets no limit or a higher one
MOST_BYTES_SHARE = 0.9  # of what a request may have; the rest is for the names of the files

CLASSES_SCRIPT = Path(__file__).with_name("classes.js")
"""What is said and shown of classes and their photos; after those that send."""

SENDING_SCRIPTS = tuple(Path(__file__).with_name(name) for name in ("sending.js", "files.js", "archive_kinds.js"))
"""What sends, what was chosen, and which of it are archives; after button.js and random_id.js."""


def request_bytes(limits: Limits) -> int:
    """How many bytes of files a component puts into one request."""
    most = limits.request_mb * 1e6 * MOST_BYTES_SHARE
    return int(min(REQUEST_BYTES, most) if most else REQUEST_BYTES)


def limit_message(limits: Limits) -> str:
    """What one data set may hold here, as a sentence; "" where nothing limits it."""
    allowed = []
    if limits.dataset_photos:
        allowed.append(count(limits.dataset_photos, "file"))
    if limits.upload_mb:
        allowed.append(f"{limits.upload_mb:,.0f} MB")
    return f"Up to {' and '.join(allowed)} in all" if allowed else ""
