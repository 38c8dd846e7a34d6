"""A command that gets a signal while its head learns."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LONG = ["--image-size", "96", "--epochs", "500", "--patience", "0", "--learning-rate", "1e-5", "--json"]


def interrupt_learning(
    command: str, folder: Path, workspace: Path, number: int = signal.SIGINT, options: list[str] = LONG
) -> tuple[int, dict]:
    """Exit code and printed values of `command` on `folder`, which gets a signal after its first epoch."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tlcore", command, str(folder), *options],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"TRANSFERLAB_HOME": str(workspace)},
    )
    deadline = time.monotonic() + 120
    while not any(b'"epoch"' in log.read_bytes() for log in workspace.glob("runs/*/events.jsonl")):
        assert time.monotonic() < deadline and process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    return process.returncode, json.loads(output.splitlines()[-1])
