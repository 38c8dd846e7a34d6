"""A real server for tests: `streamlit run` in a process of its own, on a free port of this machine."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURS = ("TRANSFERLAB_HOSTED", "TRANSFERLAB_TOKEN", "TRANSFERLAB_FRAME_ANCESTORS")


@dataclass(frozen=True)
class Server:
    """A server that runs. `address`: "http://127.0.0.1:PORT"; `log`: what it has printed."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def interrupt(self) -> str:
        """Press Ctrl-C and wait for the end; returns all that it printed."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)
        return self.log.read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serve(home: Path, log: Path, listen: str = "127.0.0.1", **environment: str) -> Iterator[Server]:
    """A server with this workspace and these variables, until the block ends."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    settings = {"TRANSFERLAB_HOME": str(home), "TRANSFERLAB_WARM": "0", **environment}
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    command += ["--server.port", str(port), "--server.address", listen, "--server.headless", "true"]
    with open(log, "wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=inherited | settings, stdout=output, stderr=subprocess.STDOUT)
    server = Server(f"http://127.0.0.1:{port}", process, log)
    try:
        wait_until_healthy(server.address, process, log)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Raises RuntimeError, with what it printed, where a server does not come up."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")
