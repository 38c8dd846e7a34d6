"""How a command says that something a person gave can't be used: sentences on standard error, an object with --json."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from tlcore.errors import TooFewPhotos, UndecidedEncoding, UndecidedLayout, UserError
from tlcore.messages.encodings import undecided_encoding_message
from tlcore.messages.layouts import undecided_message
from tlcore.messages.terminal import printable, printable_lines


def report_mistake(options: argparse.Namespace, error: UserError) -> None:
    """Print what is wrong, all that led to it, and what to do; with --json also as the last line of standard output."""
    print(explained(error), file=sys.stderr)
    if getattr(options, "json", False):  # not every command has it
        print(printable(json.dumps(mistake_values(error), ensure_ascii=False)))


def explained(error: UserError) -> str:
    """The sentence of a mistake, what led to it in lines of their own, and what to do."""
    if isinstance(error, UndecidedLayout):
        return printable_lines(undecided_message(error))
    if isinstance(error, UndecidedEncoding):
        return printable_lines(undecided_encoding_message(error))
    if not error.reasons:
        return printable(str(error))
    reasons = [f"  {printable(reason)}" for reason in error.reasons]
    return "\n".join([printable(error.what), *reasons, printable(error.fix)])


def mistake_values(error: UserError) -> dict[str, Any]:
    """The mistake as plain values: `error`, `fix`, `reasons`, and what can be chosen instead."""
    values: dict[str, Any] = {"error": error.what, "fix": error.fix, "reasons": list(error.reasons)}
    if isinstance(error, UndecidedEncoding):
        values["encodings"] = [asdict(choice) for choice in error.choices]
    if isinstance(error, UndecidedLayout):
        values["choices"] = [asdict(choice) for choice in error.choices]
    if isinstance(error, TooFewPhotos):
        values["small_classes"] = list(error.classes)
    return values
