"""The files for a host name what there is, and its command starts the app."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def test_the_image_copies_what_there_is_and_does_not_run_as_root():
    copied = [line.split()[1] for line in DOCKERFILE.splitlines() if line.startswith("COPY")]
    assert {"streamlit_app.py", "pages", "tlcore", "static", ".streamlit/config.toml"} <= {*copied}
    assert all((ROOT / each).exists() for each in copied)
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users and users[-1] not in ("root", "0")
    assert DOCKERFILE.rindex("COPY") < DOCKERFILE.index("USER "), "the code belongs to root"


def test_the_proxies_lead_to_the_port_of_the_image():
    (port,) = re.findall(r"^EXPOSE (\d+)", DOCKERFILE, re.MULTILINE)
    for file in ("Caddyfile", "nginx.conf"):
        assert f":{port}" in (DEPLOY / file).read_text(encoding="utf-8")
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    (workspace,) = re.findall(r"TRANSFERLAB_HOME=(\S+)", DOCKERFILE)
    assert f"workspace:{workspace}" in compose and "read_only: true" in compose and "mem_limit" in compose


def test_the_command_of_the_image_starts_the_app(tmp_path):
    (given,) = re.findall(r"^CMD (\[.*\])", DOCKERFILE, re.MULTILINE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    swap = {"python": sys.executable, "0.0.0.0": "127.0.0.1", "8501": port}
    environment = os.environ | {
        "TRANSFERLAB_HOSTED": "1",
        "TRANSFERLAB_HOME": str(tmp_path / "home"),
        "TRANSFERLAB_WARM": "0",
    }
    with open(tmp_path / "log", "wb") as log:
        command = [swap.get(word, word) for word in json.loads(given)]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        body, deadline = b"", time.monotonic() + 60
        while not body and process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError):
                body = urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).read()
            time.sleep(0.1)
        assert body == b"ok", (tmp_path / "log").read_text()
    finally:
        process.terminate()
        process.wait(timeout=30)
