"""What the commands that read photos say of files that were left out, changed or guessed."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from tlcore.data.report import refused_frame
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError
from tlcore.messages.file_report import report_csv, report_text


def add_report_option(parser: argparse.ArgumentParser) -> None:
    """Add `--report` to a command."""
    parser.add_argument(
        "--report", metavar="FILE", help="save a table (CSV) of all files that were left out, changed or guessed"
    )


def save_report(options: argparse.Namespace, report: pd.DataFrame) -> None:
    """Write the table that `--report` asks for, if it does.

    Raises:
        UserError: it cannot be written.
    """
    if not options.report:
        return
    path = Path(options.report).expanduser()
    try:
        path.write_text(report_csv(report), encoding="utf-8", newline="")
    except OSError as error:
        what = f"{path} could not be saved: {why_file_failed(error)}."
        raise UserError(what, "Choose a file in another folder for --report.") from error


def show_report(options: argparse.Namespace, report: pd.DataFrame) -> None:
    """Print the first lines, unless the answer is JSON, and write the table that `--report` asks for."""
    if not options.json and (text := report_text(report)):
        print(text)
    save_report(options, report)


def report_values(report: pd.DataFrame) -> dict[str, Any]:
    """The report for `--json`: `report` has a line a file (path, what, reason), `refused` those that were left out."""
    return {
        "report": report.to_dict(orient="records"),
        "refused": refused_frame(report).to_dict(orient="records"),
    }
