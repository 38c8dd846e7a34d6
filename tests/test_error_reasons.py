"""Why the system or a server refused, in plain words: each kind has its own, and no technical text gets through."""

import errno
import http.client
import logging
import os
import socket
import ssl
import urllib.error

import pytest

from tlcore.error_reasons import UNKNOWN, why_connection_failed, why_file_failed, why_server_refused

SECRET = "/home/somebody/secret"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOENT, "no longer exists"),
        (errno.EACCES, "permission"),
        (errno.EROFS, "read-only"),
        (errno.ENOSPC, "disk is full"),
        (errno.EIO, "disk reports an error"),
        (errno.ENAMETOOLONG, "name is too long"),
        (errno.EISDIR, "is a folder"),
        (9999, UNKNOWN),
    ],
)
def test_of_a_file(number, words):
    reason = why_file_failed(OSError(number, os.strerror(number), SECRET))
    assert words in reason and SECRET not in reason and "Errno" not in reason
    assert not reason.endswith("."), "it stands behind a colon, within a sentence"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (urllib.error.URLError(socket.gaierror(-2, "Name or service not known")), "no network connection"),
        (urllib.error.URLError(OSError(errno.ENETUNREACH, "unreachable")), "no network connection"),
        (urllib.error.URLError(TimeoutError("timed out")), "took too long"),
        (urllib.error.URLError(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), "refused the connection"),
        (urllib.error.URLError(ssl.SSLCertVerificationError("certificate verify failed")), "not secure"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "lost"),
        (http.client.RemoteDisconnected("closed"), "lost"),
        (http.client.BadStatusLine("x"), "lost"),
        (urllib.error.URLError("unknown url type: x"), "failed"),
        (ValueError("no number"), "failed"),
    ],
)
def test_of_a_connection(error, words):
    reason = why_connection_failed(error)
    assert words in reason and "Errno" not in reason and str(error) not in reason


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "no longer there"),
        (410, "no longer there"),
        (403, "denied"),
        (429, "overloaded"),
        (503, "overloaded"),
        (418, "refused"),
    ],
)
def test_of_a_server(status, words):
    reason = why_server_refused(status)
    assert words in reason and str(status) not in reason


def test_what_was_really_said_is_in_the_log_without_the_path(caplog):
    caplog.set_level(logging.INFO)
    why_file_failed(OSError(errno.EIO, "Input/output error", SECRET))
    assert "Input/output error" in caplog.text and SECRET not in caplog.text
