"""A network's file from an address on the internet, for the owner of a workspace."""

import urllib.parse
from collections.abc import Generator
from pathlib import Path, PurePosixPath

from tlcore.data.download import fetch, remote_size
from tlcore.errors import UserError
from tlcore.events import Event, ShouldStop, never
from tlcore.networks.adding import MOST_BYTES

_LONGEST = 120  # characters of a file's name


def is_address(text: str) -> bool:
    """Whether somebody gave an address rather than a path."""
    return text.lower().startswith(("http://", "https://"))


def file_name(url: str) -> str:
    """What the file at an address is called, as far as that can be the name of a file."""
    name = PurePosixPath(urllib.parse.unquote(urllib.parse.urlsplit(url).path)).name
    kept = "".join(letter for letter in name if letter.isalnum() or letter in "._- ").strip(" .")
    return kept[-_LONGEST:] or "network"


def fetch_network(url: str, folder: Path, should_stop: ShouldStop = never) -> Generator[Event, None, Path | None]:
    """Bring the file at an address into a folder; None when stopped.

    Raises:
        UserError: it can't be reached, sends something else than it said, or is too large.
    """
    size = remote_size(url)
    if size > MOST_BYTES:
        raise UserError(f"This file has {size / 1e9:.1f} GB.", f"At most {MOST_BYTES / 1e9:.0f} GB are possible.")
    return (yield from fetch(url, folder / file_name(url), size, should_stop=should_stop))
