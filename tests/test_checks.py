"""The code is linted, formatted and typed, as `make check` has it: the settings stand in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def passes(*command: str) -> None:
    """Fail with what the tool found."""
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=" ".join)
def test_ruff(command):
    passes("ruff", *command, ".")


def test_mypy_is_strict_about_the_package():
    passes("mypy")


def test_make_check_runs_the_same():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ("ruff check .", "ruff format --check .", "mypy"):
        assert f"-m {command}\n" in makefile
