"""The export "service": a folder with a small HTTP server and a Dockerfile. The check starts it and asks it."""

import json
import re
import secrets
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from tlcore.errors import UserError
from tlcore.exports.exporter import ExportSource
from tlcore.exports.program import (
    HEIF,
    NUMPY,
    PILLOW,
    SECONDS,
    TEMPLATES,
    answer_of,
    copy_template,
    runtime_of,
    write_network,
    write_program,
)
from tlcore.exports.samples import Answer, Samples
from tlcore.workspace import write_atomic

PACKAGES = (NUMPY, PILLOW, HEIF)  # beside what runs the network
README = TEMPLATES / "service.md"
WEB_FILES = ("index.html", "page.js", "page.css")

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # what runs here is behind no proxy


def make(source: ExportSource, samples: Samples, target: Path) -> None:
    """Write the folder; see exporter.py."""
    packages = (runtime_of(source), *PACKAGES)
    first, second = samples.photos[0].name, samples.photos[-1].name
    readme = README.read_text(encoding="utf-8").replace("{first}", first).replace("{second}", second)
    write_program(source, target, readme, packages)
    (target / "web").mkdir()
    for name in ("server.py", "limits.py", "Dockerfile", *(f"web/{each}" for each in WEB_FILES)):
        copy_template(name, target)
    pins = [f"{name}=={version(name)}" for name in (re.split("[<>=]", line)[0] for line in packages)]
    write_atomic(target / "constraints.txt", ("\n".join(pins) + "\n").encode())
    write_atomic(target / ".dockerignore", b".venv\n__pycache__\n")
    write_network(source, target)


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """Start the service, and send it the samples: one after the other, then all at once, which must be the same."""
    with running(target) as address:
        alone = [answer_of(source, _post(f"{address}/predict", photo.data)) for photo in samples.photos]
        together = _post(f"{address}/predict?list=1", *_form(samples))
    listed = [answer_of(source, each) for each in together] if isinstance(together, list) else []
    if listed != alone:
        raise UserError("The service answers several photos otherwise than single ones.", "Please report this.")
    return alone


def _form(samples: Samples) -> tuple[bytes, dict[str, str]]:
    """The samples as the files of a form, and its header."""
    boundary = secrets.token_hex(16)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="photo"; filename="%s"\r\n\r\n'
    parts = [(head % photo.name).encode() + photo.data + b"\r\n" for photo in samples.photos]
    kind = f"multipart/form-data; boundary={boundary}"
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), {"Content-Type": kind}


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A service that runs on a free port of this machine; its address.

    Raises:
        UserError: it doesn't start.
    """
    command = [sys.executable, "server.py", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        too_late = threading.Timer(SECONDS, process.kill)  # then the line below reads nothing
        too_late.start()
        try:
            assert process.stdout is not None  # it was asked for
            line = process.stdout.readline()
            if not line.startswith("Listening on "):
                raise UserError("The service doesn’t start.", "Please report this.")
            yield line.removeprefix("Listening on ").strip()
        finally:
            too_late.cancel()
            process.kill()


def _post(url: str, data: bytes, headers: Mapping[str, str] = {}) -> object:
    try:
        with _DIRECT.open(urllib.request.Request(url, data, dict(headers)), timeout=SECONDS) as reply:
            return json.load(reply)
    except (OSError, ValueError) as error:
        raise UserError(f"The service doesn’t answer: {error}", "Please report this.") from error
