"""A network's file from an address on the internet, for the owner of a workspace: in one go, whole or not at all.

Nobody publishes how large such a file is or what its checksum would be, so what broke off is not continued: it might go
on in the middle of another file.
"""

import http.client
import time
import urllib.parse
import urllib.request
from collections.abc import Generator
from pathlib import Path, PurePosixPath

from tlcore.data.download import SECONDS_BETWEEN_EVENTS, open_address, read_block, server_name
from tlcore.errors import UserError
from tlcore.events import Event, Progress, ShouldStop, StageKey, never
from tlcore.networks.adding import MOST_BYTES
from tlcore.workspace import disk_error

_LONGEST = 120  # characters of a file's name
_FIX = "Check the address and your internet connection, and try again. Or download the file, and add it from there."


def is_address(text: str) -> bool:
    """Whether somebody gave an address rather than a path."""
    return text.lower().startswith(("http://", "https://"))


def public_address(url: str) -> str:
    """An address as it may stand beside a model: without a password, and without what follows “?”, which may be one."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def file_name(url: str) -> str:
    """What the file at an address is called, as far as that can be the name of a file."""
    return _clean_name(urllib.parse.unquote(urllib.parse.urlsplit(url).path)) or "network"


def fetch_network(url: str, folder: Path, should_stop: ShouldStop = never) -> Generator[Event, None, Path | None]:
    """Bring the file at an address into a folder of its own; None when stopped. Of a failure nothing stays there.

    Raises:
        UserError: it can't be reached, breaks off, is a web page or too large, or the disk is full.
    """
    partial = folder / ".part"
    try:
        with open_address(urllib.request.Request(url), public_address(url)) as response:
            size = _promised(response, url)
            name = _told_name(response) or file_name(url)
            if not (yield from _receive(response, url, partial, size, should_stop)):
                return None
        return partial.rename(folder / name)
    except UserError as error:
        raise UserError(error.what, error.fix if isinstance(error, _NoNetwork) else _FIX) from error
    except OSError as error:
        raise disk_error(partial, error) from error
    finally:
        partial.unlink(missing_ok=True)


class _NoNetwork(UserError):
    """What an address gives is no file of a network; its `fix` says what to do."""


def _promised(response: http.client.HTTPResponse, url: str) -> int:
    """The bytes that the server promises, 0 for none. Raises UserError for what is no file of a network."""
    if response.headers.get_content_type() == "text/html":
        raise _NoNetwork(
            f"{server_name(url)} sent a web page, not a file.",
            "Use the address of the file itself: behind “Download” on its page, on Hugging Face with “resolve” in "
            "place of “blob”.",
        )
    told = response.headers.get("Content-Length", "")
    size = int(told) if told.isascii() and told.isdigit() else 0
    if size > MOST_BYTES:
        raise _too_large(size)
    return size


def _receive(
    response: http.client.HTTPResponse, url: str, partial: Path, size: int, should_stop: ShouldStop
) -> Generator[Event, None, bool]:
    """Write what the server sends; False when stopped."""
    start = last = time.monotonic()
    done = 0
    yield Progress(StageKey.DOWNLOAD, 0, size or 1, unit="bytes" if size else "steps")
    with open(partial, "wb") as file:
        while block := read_block(response, url):
            file.write(block)
            done += len(block)
            if done > MOST_BYTES:
                raise _too_large(done)
            if size and time.monotonic() - last >= SECONDS_BETWEEN_EVENTS:
                last = time.monotonic()
                left = (last - start) / done * (size - done)
                yield Progress(StageKey.DOWNLOAD, min(done, size), size, max(left, 0.0), unit="bytes")
            if should_stop():
                return False
    if done < size or not done:
        told = f"after {done / 1e6:,.1f} of {size / 1e6:,.1f} MB" if size else "before it began"
        raise UserError(f"The download from {server_name(url)} stopped {told}.", "Start it again.")
    yield Progress(StageKey.DOWNLOAD, done, done, 0.0, unit="bytes")
    return True


def _too_large(size: int) -> UserError:
    return _NoNetwork(
        f"This file has {size / 1e9:.1f} GB or more.",
        f"At most {MOST_BYTES / 1e9:.0f} GB are possible: add a smaller one.",
    )


def _told_name(response: http.client.HTTPResponse) -> str:
    """What the server calls the file: by its header, or by the address to which it redirected; "" where by neither."""
    told = _clean_name(response.headers.get_filename() or "")
    redirected = _clean_name(urllib.parse.unquote(urllib.parse.urlsplit(response.geturl()).path))
    return next((name for name in (told, redirected) if "." in name), "")


def _clean_name(name: str) -> str:
    """The last part of a path, of letters, digits and what else a file's name can have; it may be anything."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(letter for letter in last if letter.isalnum() or letter in "._- ").strip(" .")
    return kept[-_LONGEST:].strip(" .")
