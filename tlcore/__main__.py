"""`transferlab` and `python -m tlcore`: the command line, see cli/main.py.

A Ctrl-C while Python still loads the command is a stop like any other, and no story of what was just being loaded.
"""

import os
import signal
import sys


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    try:
        from tlcore.cli.main import main as run_command
    finally:
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, before)
    return run_command(arguments)


def _leave(number: int, frame: object) -> None:
    """End at once: an exception could be swallowed by whatever is being loaded."""
    os.write(2, b"Stopped.\n")
    os._exit(128 + signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
