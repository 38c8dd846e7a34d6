"""Fetch one large file: with progress, resumed where it broke off, and kept only when it is the right one."""

import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.errors import UserError
from tlcore.events import Event, Progress, ShouldStop, StageKey, never
from tlcore.workspace import disk_error

_TIMEOUT_SECONDS = 20
_BLOCK = 256 * 1024
_SECONDS_BETWEEN_EVENTS = 0.2
_OFFLINE = "Check the network and try again; the built-in data sets work without one."


def fetch(
    url: str, target: Path, size: int, sha256: str = "", should_stop: ShouldStop = never
) -> Generator[Event, None, Path | None]:
    """Bring `url` to `target`; at once when it is there already. What was fetched before a break is not fetched again.

    Args:
        url: http or https.
        target: a file in the workspace's downloads; written whole or not at all.
        size: bytes that the file must have.
        sha256: hex digest that it must have; "" where nobody published one.

    Returns:
        `target`, or None when stopped (what was fetched so far is kept for the next time).

    Raises:
        UserError: no network, the address is gone, not the right file, or the disk is full.
    """
    # not bound to a thread: a job may be closed by another one than began it
    lock = FileLock(target.with_name(f"{target.name}.lock"), thread_local=False)
    while True:  # another process may be fetching the same file
        try:
            lock.acquire(timeout=0.2)
            break
        except Timeout:
            if should_stop():
                return None
            yield Progress(StageKey.DOWNLOAD, 0, size)
    try:
        if target.exists() and _is_right(target, size, sha256):  # else it was damaged on the disk: fetch it once more
            return target
        partial = target.with_name(f"{target.name}.part")
        if not (yield from _fill(url, partial, size, should_stop)):
            return None
        _check(partial, url, size, sha256)
        os.replace(partial, target)
        return target
    except OSError as error:
        raise disk_error(target, error) from error
    finally:
        lock.release()


def _fill(url: str, partial: Path, size: int, should_stop: ShouldStop) -> Generator[Event, None, bool]:
    """Append to the partial file until the server has no more. Network errors become sentences, the file stays."""
    done = partial.stat().st_size if partial.exists() else 0
    if done >= size:
        partial.unlink(missing_ok=True)
        done = 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    start, first, last = time.monotonic(), done, 0.0
    with _open(request, url) as response:
        if response.status != 206:  # the server sends the file from its beginning
            done = first = 0
        with open(partial, "ab" if done else "wb") as file:
            while block := _read(response, url):
                file.write(block)
                done += len(block)
                if done > size:
                    break  # not the file that was promised; the check says so
                if time.monotonic() - last >= _SECONDS_BETWEEN_EVENTS:
                    last = time.monotonic()
                    yield Progress(
                        StageKey.DOWNLOAD, done, size, (last - start) / (done - first) * (size - done), unit="bytes"
                    )
                    if should_stop():
                        return False
    if done < size:
        raise UserError(
            f"The download of {url} broke off after {done / 1e6:,.1f} of {size / 1e6:,.1f} MB.",
            "Start it again: it goes on where it broke off.",
        )
    yield Progress(StageKey.DOWNLOAD, done, size, 0.0)
    return True


def _open(request: urllib.request.Request, url: str) -> http.client.HTTPResponse:
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
        return response
    except urllib.error.HTTPError as error:
        with error:
            raise UserError(
                f"{url} could not be fetched: the server answered {error.code} ({error.reason}).",
                "Try again later; the built-in data sets work without a network.",
            ) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise UserError(f"{url} cannot be reached; there seems to be no network ({reason}).", _OFFLINE) from error


def _read(response: http.client.HTTPResponse, url: str) -> bytes:
    try:
        return response.read(_BLOCK)
    except http.client.IncompleteRead as error:
        return error.partial
    except (OSError, http.client.HTTPException) as error:
        raise UserError(f"The connection to {url} was lost ({error}).", _OFFLINE) from error


def _is_right(file: Path, size: int, sha256: str) -> bool:
    if file.stat().st_size != size:
        return False
    with open(file, "rb") as content:
        return not sha256 or hashlib.file_digest(content, "sha256").hexdigest() == sha256


def _check(partial: Path, url: str, size: int, sha256: str) -> None:
    if not _is_right(partial, size, sha256):
        partial.unlink(missing_ok=True)
        raise UserError(
            f"What {url} sent is not the file that was expected (its checksum or size differs); it was deleted.",
            "Try again; if it happens again, the file was changed and cannot be used any more.",
        )
