"""Why the system or the network refused, in plain words; what it said itself goes to the log, never to a page."""

import errno
import http.client
import logging
import socket
import ssl

_LOG = logging.getLogger(__name__)
UNKNOWN = "something went wrong while reading or writing"
_FILE_REASONS = {
    errno.ENOENT: "it no longer exists",
    errno.ENOTDIR: "it no longer exists",
    errno.ESTALE: "it no longer exists",
    errno.ENODEV: "its drive is gone",
    errno.ENXIO: "its drive is gone",
    errno.EACCES: "you don’t have permission",
    errno.EPERM: "you don’t have permission",
    errno.EROFS: "the disk is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is full",
    errno.EIO: "the disk reports an error",
    errno.ENAMETOOLONG: "its name is too long",
    errno.EISDIR: "it is a folder",
    errno.ETIMEDOUT: "it took too long to answer",
    errno.EBUSY: "another program is using it",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
}
_UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)


def why_file_failed(error: OSError) -> str:
    """Why a file or folder could not be used: "you don't have permission", to stand behind a colon."""
    reason = _FILE_REASONS.get(error.errno or 0, UNKNOWN)
    _LOG.info("%s (errno %s, %s)", reason, error.errno, error.strerror)
    return reason


def why_connection_failed(error: Exception) -> str:
    """Why a server could not be used: "there is no network connection", to stand behind a colon.

    Args:
        error: of urllib, http.client, ssl or socket; an HTTP status is `why_server_refused`'s.
    """
    cause = getattr(error, "reason", None)
    cause = cause if isinstance(cause, BaseException) else error
    _LOG.info("%s: %s", type(cause).__name__, cause)
    if isinstance(cause, socket.gaierror):
        return "there is no network connection"
    if isinstance(cause, TimeoutError):
        return "the server took too long to answer"
    if isinstance(cause, ssl.SSLError):
        return "the connection is not secure"
    if isinstance(cause, ConnectionRefusedError):
        return "the server refused the connection"
    if isinstance(cause, OSError) and cause.errno in _UNREACHABLE:
        return "there is no network connection"
    if isinstance(cause, (ConnectionError, http.client.HTTPException)):
        return "the connection was lost"
    return "the connection failed"


def why_server_refused(status: int) -> str:
    """What an HTTP status of 400 or more means, to stand behind a colon."""
    _LOG.info("HTTP status %s", status)
    if status in (404, 410):
        return "the file is no longer there"
    if status in (401, 403, 451):
        return "the server denied access"
    if status == 429 or status >= 500:
        return "the server is overloaded or out of order"
    return "the server refused the request"
