"""A trained model as a small web service, with nothing but Python's own HTTP server: python server.py

    GET  /          a page to try it in a browser
    GET  /health    {"status": "ok", "classes": [...], "model": ..., "name": ...}
    POST /predict   one photo, as the body or as the file of a form → {"label": ..., "probability": ..., "known": ...,
                    "familiarity": ..., "probabilities": {...}, "model": ...}; where it can't: {"error": "why"}
                    several photos as the files of one form, or ?list=1 → a list with an answer each, in the same
                    order, which has the name of the "file" too; {"file": ..., "error": "why"} where it can't

Settings are options or environment variables: python server.py --help. No photo is kept. Put a proxy with HTTPS in
front of it where strangers reach it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import sys
import threading
import time
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from limits import SECONDS_TO_WAIT, Limits, Refused  # type: ignore[import-not-found]
from predict import HERE, Classifier  # type: ignore[import-not-found]

LONGEST_NAME = 255  # of a file, in an answer
SECONDS_TO_STOP = 8  # for the photos under way; `docker stop` waits for 10
PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob: data:"
PAGES = {
    "/": ("index.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}
METHODS = {"/predict": "POST, OPTIONS", **dict.fromkeys(("/health", *PAGES), "GET, HEAD")}


class Handler(BaseHTTPRequestHandler):
    """Answers one connection, which may ask again and again."""

    server: Service
    protocol_version = "HTTP/1.1"
    timeout = SECONDS_TO_WAIT
    server_version, sys_version = "model", ""
    started = 0.0

    def parse_request(self) -> bool:
        """The first line and the headers."""
        self.started = time.perf_counter()
        return super().parse_request()

    def do_GET(self) -> None:
        """/health, and the page to try it."""
        path = self._route()
        if path == "/health":
            self._send_json(HTTPStatus.OK, self.server.about)
        elif path in PAGES:
            name, kind = PAGES[path]
            self._send(
                HTTPStatus.OK, (HERE / "web" / name).read_bytes(), kind, {"Content-Security-Policy": PAGE_POLICY}
            )
        else:
            self.send_error(HTTPStatus.METHOD_NOT_ALLOWED if path in METHODS else HTTPStatus.NOT_FOUND)

    def do_HEAD(self) -> None:
        """The headers of what GET gives."""
        self.do_GET()

    def do_POST(self) -> None:
        """/predict."""
        with self.server.limits.request():
            try:
                length = self._length()
                with self.server.limits.memory(length):
                    self._send_json(HTTPStatus.OK, self._answer(self._photos(length)))
            except Refused as refused:
                self._refuse(refused.status, str(refused))

    def do_OPTIONS(self) -> None:
        """What a browser asks before a page of another origin may send a photo."""
        self._send(HTTPStatus.NO_CONTENT, b"", "", {"Allow": METHODS.get(self._route(), "GET")})

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server refuses by itself, in the words and the form of everything else here."""
        if code == HTTPStatus.NOT_IMPLEMENTED:
            code = HTTPStatus.METHOD_NOT_ALLOWED
        self._refuse(HTTPStatus(code), f"{HTTPStatus(code).phrase}: POST a photo to /predict, or GET /health.")

    def handle_expect_100(self) -> bool:
        """Refuse what is too long before it is sent."""
        try:
            self._length()
        except Refused as refused:
            self._refuse(refused.status, str(refused))
            return False
        return super().handle_expect_100()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """A line for each request; none for a healthy /health, which is asked often."""
        if self._route() != "/health" or code != HTTPStatus.OK:
            took = 1000 * (time.perf_counter() - self.started)
            self.log_message("%s %s %s %d ms", self.command, self._route(), str(int(code)), took)

    def log_message(self, format: str, *values: Any) -> None:
        """A line with the time, without who asked."""
        line = (format % values).encode("unicode_escape").decode("ascii")
        print(time.strftime("%Y-%m-%dT%H:%M:%S"), line, file=sys.stderr, flush=True)

    def log_error(self, format: str, *values: Any) -> None:
        """Nothing: a connection that is kept open and not used any more is no error."""

    def _route(self) -> str:
        path = urlsplit(getattr(self, "path", "/")).path  # there is none where the first line can't be read
        return path.rstrip("/") or "/"

    def _length(self) -> int:
        """How many bytes the body has."""
        if self._route() != "/predict":
            raise Refused(HTTPStatus.NOT_FOUND, "POST a photo to /predict.")
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "Send the photo with a Content-Length, not in chunks.")
        limits = self.server.limits
        if self._is_form() and int(length[:20]) > limits.most_form_bytes:
            why = f"The photos of a request may have {limits.most_form_bytes:,} bytes together at most."
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why)
        if not self._is_form():
            limits.check_size(int(length[:20]))
        return int(length)

    def _is_form(self) -> bool:
        return self.headers.get("Content-Type", "").lower().startswith("multipart/form-data")

    def _answer(self, photos: list[tuple[str, bytes]]) -> Any:
        """What is on one photo, or a list for several. Raises Refused."""
        if len(photos) == 1 and "list" not in parse_qs(urlsplit(self.path).query):
            return self.server.predict(photos[0][1])
        answers: list[dict[str, Any]] = []
        for name, photo in photos:
            try:
                answers.append({"file": name, **self.server.predict(photo)})
            except Refused as refused:
                answers.append({"file": name, "error": str(refused)})
        return answers

    def _photos(self, length: int) -> list[tuple[str, bytes]]:
        """The photos in the body of the request, by the names of their files; "" for one that has none."""
        try:
            data = self.rfile.read(length)
        except OSError as error:
            raise Refused(HTTPStatus.REQUEST_TIMEOUT, "The photo didn’t arrive in time.") from error
        if len(data) < length:
            raise Refused(HTTPStatus.BAD_REQUEST, "The photo didn’t arrive whole.")
        if not self._is_form():
            return [("", data)]
        photos = files_of_form(self.headers["Content-Type"], data)
        most = self.server.limits.most_photos
        if not photos:
            raise Refused(HTTPStatus.BAD_REQUEST, "There is no photo in this form.")
        if len(photos) > most:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request may have {most:,} photos at most.")
        return photos

    def _send_json(self, status: HTTPStatus, values: Any) -> None:
        self._send(status, json.dumps(values, ensure_ascii=False).encode("utf-8"), "application/json", {})

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        """Say why, and end the connection: the rest of the body may still be on its way."""
        more = {"Connection": "close"}
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            more["Allow"] = METHODS.get(self._route(), "GET, HEAD, POST, OPTIONS")
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            more["Retry-After"] = "5"
        self._send(status, json.dumps({"error": why}).encode(), "application/json", more)
        self._read_the_rest()

    def _read_the_rest(self) -> None:
        """Take what a sender goes on sending for a moment: who is cut off in the middle never reads the answer."""
        until = time.monotonic() + 2
        try:
            self.connection.settimeout(0.5)
            while time.monotonic() < until and self.rfile.read1(65_536):
                pass
        except OSError:
            pass

    def _send(self, status: HTTPStatus, body: bytes, kind: str, more: dict[str, str]) -> None:
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        if self.command not in ("POST", "HEAD", None) and self.headers.get("Content-Length", "0") != "0":
            self.close_connection = True  # a body where none belongs is not read: it must not look like a request
        for name, value in {**self._cors(), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _cors(self) -> dict[str, str]:
        """Whether the page that asks may read the answer."""
        allowed, headers = self.server.allow_origin, getattr(self, "headers", None)
        origin = headers.get("Origin", "") if headers else ""
        if not allowed or ("*" not in allowed and origin not in allowed):
            return {"Vary": "Origin"} if allowed else {}
        return {
            "Access-Control-Allow-Origin": "*" if "*" in allowed else origin,
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "Content-Type",
            "Access-Control-Max-Age": "600",
            "Vary": "Origin",
        }


def files_of_form(kind: str, body: bytes) -> list[tuple[str, bytes]]:
    """The files of a form (multipart/form-data, RFC 7578), each with its name. `kind`: its Content-Type."""
    boundary = str(_header("Content-Type", kind).get_param("boundary", ""))
    files = []
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"))[1:] if boundary else []:
        lines, _, content = part.partition(b"\r\n\r\n")
        for line in lines.split(b"\r\n"):
            if line.lower().startswith(b"content-disposition:"):
                name = _header("Content-Disposition", line[20:].decode("utf-8", "replace").strip()).get_filename()
                if name or (name is not None and content):  # an empty field of a page has neither
                    files.append((name[:LONGEST_NAME], content))
    return files


def _header(name: str, value: str) -> Message:
    head = Message()
    head[name] = value
    return head


class Service(ThreadingHTTPServer):
    """The model and whose turn it is."""

    daemon_threads = True  # a connection that waits for its next photo holds nothing up
    request_queue_size = 128

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__((options.host, options.port), Handler)
        self.classifier = Classifier()
        self.limits = Limits(options.most_bytes, options.most_at_once, options.most_photos)
        self.allow_origin = set(options.allow_origin.replace(",", " ").split())
        network = next(path for name in ("model.onnx", "model.tflite") if (path := HERE / name).exists())
        self.version = hashlib.sha256(network.read_bytes()).hexdigest()[:12]
        self.about = {
            "status": "ok",
            "classes": self.classifier.labels,
            "name": self.classifier.info.get("name"),
            "model": self.version,
        }

    def predict(self, photo: bytes) -> dict[str, Any]:
        """What is on a photo. Raises Refused."""
        if not photo:
            raise Refused(HTTPStatus.BAD_REQUEST, "There is no photo in this request, or it is empty.")
        self.limits.check_size(len(photo))
        try:
            with self.limits.turn():
                return {**self.classifier.predict(photo), "model": self.version}
        except Refused:
            raise
        except Exception as error:  # whatever a decoder stumbles over in a broken file
            why = "This is no photo that can be read, or it has too many pixels. Send JPEG, PNG, WebP, GIF or HEIC."
            raise Refused(HTTPStatus.BAD_REQUEST, why) from error

    def stop(self) -> None:
        """Take no more connections, and wait for the photos under way."""
        self.shutdown()
        self.limits.wait_for_the_last(SECONDS_TO_STOP)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A line for what went wrong with a connection; who hangs up is no news."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)


def read_options() -> argparse.Namespace:
    """The command line; what isn't in it comes from the environment."""
    parser = argparse.ArgumentParser(description="Answer photos over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 to be reached from other machines")
    for name, kind, default, help_text in (
        ("port", int, "8000", "0: any that is free"),
        ("most-bytes", int, "20000000", "of one photo; five times as many of those in one request"),
        ("most-photos", int, "50", "in one request"),
        ("most-at-once", int, "2", "photos decoded side by side: each may take 300 MB"),
        ("allow-origin", str, "", "web pages that may ask, such as https://example.org, or * for all"),
    ):
        variable = name.upper().replace("-", "_")
        parser.add_argument(
            f"--{name}",
            type=kind,
            default=os.environ.get(variable, default),  # read as `type`, like the option
            help=f"{help_text} (default: {default or 'none'}; environment: {variable})",
        )
    return parser.parse_args()


def main() -> None:
    """Answer until somebody stops it (Ctrl-C, or the signal TERM)."""
    options = read_options()
    try:
        service = Service(options)
    except OSError as error:
        sys.exit(f"{options.host}:{options.port} can’t be used: {error.strerror}. Choose another --port.")
    asked = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: asked.set())
    threading.Thread(target=service.serve_forever, daemon=True).start()
    print(f"Listening on http://{options.host}:{service.server_port}", flush=True)
    asked.wait()
    service.stop()


if __name__ == "__main__":
    main()
