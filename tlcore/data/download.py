"""Fetch one large file: with progress, resumed where it broke off, and kept only when it is the right one."""

import hashlib
import http.client
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Generator
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.error_reasons import why_connection_failed, why_server_refused
from tlcore.errors import UserError
from tlcore.events import Event, Progress, ShouldStop, StageKey, never
from tlcore.workspace import disk_error

_TIMEOUT_SECONDS = 20
_BLOCK = 256 * 1024
SECONDS_BETWEEN_EVENTS = 0.2
_OFFLINE = "Check your internet connection and try again. The built-in sample sets work offline."


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
    with open_address(request, url) as response:
        if response.status != 206:  # the server sends the file from its beginning
            done = first = 0
        with open(partial, "ab" if done else "wb") as file:
            while block := read_block(response, url):
                file.write(block)
                done += len(block)
                if done > size:
                    break  # not the file that was promised; the check says so
                if time.monotonic() - last >= SECONDS_BETWEEN_EVENTS:
                    last = time.monotonic()
                    yield Progress(
                        StageKey.DOWNLOAD, done, size, (last - start) / (done - first) * (size - done), unit="bytes"
                    )
                    if should_stop():
                        return False
    if done < size:
        raise UserError(
            f"The download from {server_name(url)} stopped after {done / 1e6:,.1f} of {size / 1e6:,.1f} MB.",
            "Start it again: it continues where it stopped.",
        )
    yield Progress(StageKey.DOWNLOAD, done, size, 0.0)
    return True


def remote_size(url: str) -> int:
    """The bytes that the server promises for this address.

    Raises:
        UserError: it can't be reached, or doesn't say.
    """
    request = urllib.request.Request(url, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
            return int(answer.headers["Content-Length"])
    except urllib.error.HTTPError as error:
        with error:
            raise UserError(f"{server_name(url)} didn’t send it: {why_server_refused(error.code)}.") from error
    except (OSError, http.client.HTTPException, TypeError, ValueError) as error:
        raise UserError(f"{server_name(url)} can’t be reached: {why_connection_failed(error)}.") from error


def server_name(url: str) -> str:
    """The server of an address, as people know it: "storage.googleapis.com"."""
    return urllib.parse.urlsplit(url).netloc.rpartition("@")[2] or url


def open_address(request: urllib.request.Request, url: str) -> http.client.HTTPResponse:
    """Send a request; redirects are followed. Raises UserError; `url`: the address as it may be named."""
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
        return response
    except urllib.error.HTTPError as error:
        with error:
            raise UserError(
                f"{server_name(url)} didn’t send the file: {why_server_refused(error.code)}.",
                "Try again later. The built-in sample sets work offline.",
            ) from error
    except (OSError, http.client.HTTPException) as error:
        raise UserError(f"{server_name(url)} can’t be reached: {why_connection_failed(error)}.", _OFFLINE) from error


def read_block(response: http.client.HTTPResponse, url: str) -> bytes:
    """What has come so far, at the end nothing: a slow server keeps nobody from a stop. Raises UserError."""
    try:
        return response.read1(_BLOCK)
    except (OSError, http.client.HTTPException) as error:
        what = f"The download from {server_name(url)} failed: {why_connection_failed(error)}."
        raise UserError(what, _OFFLINE) from error


def _is_right(file: Path, size: int, sha256: str) -> bool:
    if file.stat().st_size != size:
        return False
    with open(file, "rb") as content:
        return not sha256 or hashlib.file_digest(content, "sha256").hexdigest() == sha256


def _check(partial: Path, url: str, size: int, sha256: str) -> None:
    if not _is_right(partial, size, sha256):
        partial.unlink(missing_ok=True)
        raise UserError(
            f"{server_name(url)} sent an unexpected file (its size or checksum differs), so it was deleted.",
            "Try again. If it happens again, the file on the server has changed and can’t be used.",
        )
