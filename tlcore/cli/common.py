"""What the commands share: options out of settings, settings out of options, the answer."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from tlcore.api.datasets import load_dataset
from tlcore.api.editing import EditableDataset
from tlcore.config import RENAMED_FIELDS, TrainConfig
from tlcore.data.samples import SAMPLES
from tlcore.data.versions import current_version
from tlcore.events import Event
from tlcore.messages.terminal import printable, printable_lines
from tlcore.workspace import Workspace

WORKSPACE_HELP = "the folder that holds your data sets and runs (default: $TRANSFERLAB_HOME)"
SOURCES = f"a data set’s id, or a sample set: {', '.join(sample.key for sample in SAMPLES)}"
Subparsers = Any
"""What argparse's `add_subparsers` gives; it has no public type."""


def add_setting(parser: argparse.ArgumentParser, option: Field[Any]) -> None:
    """A command-line option out of a setting's own words and limits; what is not given takes the strategy's default.

    The name that the setting had up to version 0.1.0 is taken too, and not shown.
    """
    meta, dest = option.metadata, option.name
    old = [_flag(before) for before, now in RENAMED_FIELDS.items() if now == dest]
    if option.type is bool:
        parser.add_argument(_flag(dest), action=argparse.BooleanOptionalAction, help=_help_text(meta, ""))
        return
    if dest == "backbone":  # given again, it names one more
        text = _help_text(meta, f"given twice or three times, all are used side by side; default {option.default}")
        parser.add_argument(_flag(dest), action="append", metavar="NAME", help=text)
        return
    kind: Any = option.type
    allowed = f"{meta['low']} to {meta['high']}" if "low" in meta else ""
    allowed = f"one of: {', '.join(meta['choices'])}" if "choices" in meta else allowed
    text = _help_text(meta, "; ".join(filter(None, (allowed, f"default {option.default}"))))
    parser.add_argument(_flag(dest), type=kind, metavar="N" if kind in (int, float) else "NAME", help=text)
    if old:
        parser.add_argument(*old, dest=dest, type=kind, help=argparse.SUPPRESS)


def _help_text(meta: Mapping[str, Any], limits: str) -> str:
    """The label and help of a setting as argparse wants them: "Epochs: How many … (1 to 500; default 30)"."""
    return f"{meta['label']}: {meta['help']}{f' ({limits})' if limits else ''}".replace("%", "%%")


def _flag(field_name: str) -> str:
    return f"--{field_name.replace('_', '-')}"


def add_layout(parser: argparse.ArgumentParser) -> None:
    """The options that decide how a folder or a zip is read."""
    parser.add_argument(
        "--layout",
        default="",
        metavar="KEY",
        help="how to read the folders, where there is more than one way; without it the command lists the ways",
    )
    parser.add_argument(
        "--labels",
        default="",
        metavar="FROM",
        help="where the classes are: folders, names (of the files), annotations, or the path of a CSV table",
    )
    parser.add_argument(
        "--encoding",
        default="",
        metavar="NAME",
        help="how names in an old zip are written, where they come out wrong: cp932, gb18030, cp437, …",
    )


def add_kept(parser: argparse.ArgumentParser) -> None:
    """The option that says when a photo is none of the classes."""
    parser.add_argument(
        "--kept",
        type=float,
        metavar="SHARE",
        help="the share of photos of its classes that the model answers, 0 to 1: the lower, the more often it answers "
        "“None of these”; 1 answers every photo (default: as the model says, 0.95)",
    )


def given_settings(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given, by field name, but for strategy and network."""
    names = [option.name for option in fields(TrainConfig) if option.name not in ("strategy", "backbone")]
    values = {name: getattr(options, name, None) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def newest_id(workspace: Workspace, given: str) -> str:
    """What a command works on: for the id of a data set that was changed since, its newest version, which is said; else
    what was given, as the id of one version."""
    found = given if "@" in given else current_version(workspace, given)
    if found != given:
        print(printable(f"{given} was changed. This uses its newest version, {found}."), file=sys.stderr)
    return found


def newest_source(workspace: Workspace, given: str) -> str:
    """`newest_id` for what may be a path as well, which it is taken as where something is there."""
    return given if given.strip() and Path(given).expanduser().exists() else newest_id(workspace, given)


def read_dataset(
    workspace: Workspace, options: argparse.Namespace, seed: int, on_event: Callable[[Event], object]
) -> EditableDataset:
    """The data set that a command's `path` means, imported where it is none yet, by the options of `add_layout`."""
    return load_dataset(
        newest_source(workspace, options.path),
        name=getattr(options, "name", None),  # not every command gives one
        layout=options.layout,
        labels=options.labels,
        encoding=options.encoding,
        seed=seed,
        workspace=workspace,
        on_event=on_event,
    )


def answer(options: argparse.Namespace, text: str, values: dict[str, Any]) -> int:
    """Print the text, or with --json the object as the last line of standard output; returns exit code 0."""
    print(printable(json.dumps(values, ensure_ascii=False)) if options.json else printable_lines(text))
    return 0
