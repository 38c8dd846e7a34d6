"""A trained model as a small web service, with nothing but Python's own HTTP server: python server.py

    GET  /health    {"status": "ok", "classes": [...]}
    POST /predict   the bytes of one photo → {"label": ..., "probability": ..., "known": ..., "probabilities": ...}

No photo is kept. Put a proxy with HTTPS in front of it where strangers reach it.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from predict import Classifier  # type: ignore[import-not-found]

MOST_BYTES = int(os.environ.get("MOST_BYTES", 20_000_000))  # of one photo
MOST_AT_ONCE = int(os.environ.get("MOST_AT_ONCE", 2))  # photos decoded side by side: each may take 300 MB
SECONDS_TO_WAIT = 20  # until one is free, or a slow sender has sent its photo
ALLOW_ORIGIN = os.environ.get("ALLOW_ORIGIN", "")  # the web page that may ask, such as https://example.org


class Refused(Exception):
    """Why a request gets no answer: the status and a sentence."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: Service
    timeout = SECONDS_TO_WAIT
    server_version, sys_version = "model", ""

    def do_GET(self) -> None:
        """/health."""
        if self.path == "/health":
            self._send(HTTPStatus.OK, {"status": "ok", "classes": self.server.classifier.labels})
        else:
            self._send(HTTPStatus.NOT_FOUND, {"error": "GET /health, or POST a photo to /predict."})

    def do_POST(self) -> None:
        """/predict."""
        try:
            self._send(HTTPStatus.OK, self.server.predict(self._photo()))
        except Refused as refused:
            self._send(refused.status, {"error": str(refused)})

    def do_OPTIONS(self) -> None:
        """What a browser asks before a page of another origin may send a photo."""
        self._send(HTTPStatus.OK, {})

    def _photo(self) -> bytes:
        """The body of the request."""
        if self.path != "/predict":
            raise Refused(HTTPStatus.NOT_FOUND, "POST a photo to /predict.")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing.")
        if int(length[:20]) > MOST_BYTES:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A photo may have {MOST_BYTES:,} bytes at most.")
        try:
            data = self.rfile.read(int(length))
        except OSError as error:
            raise Refused(HTTPStatus.REQUEST_TIMEOUT, "The photo didn't arrive in time.") from error
        if len(data) < int(length):
            raise Refused(HTTPStatus.BAD_REQUEST, "The photo didn't arrive whole.")
        return data

    def _send(self, status: HTTPStatus, values: dict[str, Any]) -> None:
        body = json.dumps(values, ensure_ascii=False).encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if ALLOW_ORIGIN:
            self.send_header("Access-Control-Allow-Origin", ALLOW_ORIGIN)
            self.send_header("Access-Control-Allow-Headers", "Content-Type")
        self.end_headers()
        self.wfile.write(body)


class Service(ThreadingHTTPServer):
    """The model and whose turn it is."""

    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), Handler)
        self.classifier = Classifier()
        self._free = threading.BoundedSemaphore(MOST_AT_ONCE)

    def predict(self, photo: bytes) -> dict[str, Any]:
        """What is on a photo. Raises Refused."""
        if not self._free.acquire(timeout=SECONDS_TO_WAIT):
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "Too many photos at once. Try again in a moment.")
        try:
            answer: dict[str, Any] = self.classifier.predict(photo)
            return answer
        except (OSError, ValueError, SyntaxError) as error:  # Pillow raises the last one for some damaged PNGs
            raise Refused(HTTPStatus.BAD_REQUEST, "This is no photo that can be read, or it is too large.") from error
        finally:
            self._free.release()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Answer photos over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 to be reached from other machines")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    service = Service(options.host, options.port)
    print(f"Listening on http://{options.host}:{service.server_port}", flush=True)
    try:
        service.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
