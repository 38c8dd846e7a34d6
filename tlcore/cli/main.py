"""Transfer Lab from a terminal: `transferlab COMMAND` or `python -m tlcore COMMAND`; one module a command.

Exit codes: 0 done, 1 failed, 2 a user's mistake (one sentence on standard error), 130 stopped with Ctrl-C, 143 ended by
TERM, 129 by HUP; a training that a signal ended has kept what it had trained. 141: nobody read the output to its end,
as in `transferlab runs | head`.
"""

import argparse
import io
import os
import sys
from contextlib import suppress
from pathlib import Path

from tlcore import __version__
from tlcore.cli import (
    analyse,
    app,
    backbones,
    check,
    classroom,
    clean,
    continue_run,
    cross_validate,
    data,
    datasets,
    delete,
    doctor,
    ensemble,
    evaluate,
    explain,
    export,
    host,
    import_photos,
    open_project,
    predict,
    race,
    recommend,
    rename,
    report,
    restore,
    retrain,
    runs,
    save,
    share,
    train,
    weights,
)
from tlcore.cli.common import WORKSPACE_HELP
from tlcore.cli.mistakes import report_mistake
from tlcore.cli.outcome import CommandFailed
from tlcore.data.edit_log import TERMINAL, edited_by
from tlcore.errors import UserError
from tlcore.messages.terminal import printable
from tlcore.workspace import open_workspace

COMMANDS = (
    import_photos,
    open_project,
    train,
    continue_run,
    retrain,
    evaluate,
    cross_validate,
    analyse,
    predict,
    explain,
    report,
    save,
    export,
    datasets,
    data,
    runs,
    rename,
    delete,
    restore,
    share,
    backbones,
    weights,
    race,
    ensemble,
    recommend,
    check,
    clean,
    doctor,
    host,
    classroom,
    app,
)
"""The modules of the commands, in the order in which the help lists them.

Each has `add_command(commands, common)`: it adds its parser, with the parent `common`, to `commands`, and sets the
default `command` to a function (workspace, options) → exit code.
"""


PIPE_CLOSED = 141  # 128 + SIGPIPE, as other programs end


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # whatever may import TensorFlow
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may not know all characters of a name
    options = make_parser().parse_args(arguments)
    try:
        with edited_by(TERMINAL):
            code: int = options.command(open_workspace(options.workspace), options)
        sys.stdout.flush()  # here, where a pipe that nobody reads any more is no fault
        return code
    except BrokenPipeError:  # `transferlab runs | head -2`
        _drop_output()
        return PIPE_CLOSED
    except UserError as error:
        report_mistake(options, error)
        return 2
    except CommandFailed:
        return 1
    except KeyboardInterrupt as stop:
        print(printable(str(stop)) or "Stopped.", file=sys.stderr)  # a training's message names what is kept
        return 130


def _drop_output() -> None:
    """Send what is still to be printed nowhere: nobody reads it, and Python prints it once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):  # a stream without a file
        os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--workspace", metavar="FOLDER", help=WORKSPACE_HELP)
    common.add_argument("--json", action="store_true", help="print the result as one JSON object, in the last line")
    parser = argparse.ArgumentParser(
        prog=program_name(sys.argv[0]),
        description="Train an image classifier on your own photos.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_command(commands, common)
    return parser


def program_name(started: str) -> str:
    """What a person types to come here, from `sys.argv[0]`: the installed command, or the package."""
    return "transferlab" if Path(started).stem in ("transferlab", "transferlab-script") else "python -m tlcore"


if __name__ == "__main__":
    sys.exit(main())
