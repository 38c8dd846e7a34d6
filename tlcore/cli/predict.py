"""The command `predict`: what is on photos, or on all in a folder, as lines, as JSON, or as a table in a file."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlcore.api.arguments import check_kept
from tlcore.api.many import is_collection
from tlcore.api.model import Model, load_model
from tlcore.api.photos import read_file
from tlcore.cli.common import Subparsers, add_kept, answer
from tlcore.cli.file_report import add_report_option, report_values, save_report
from tlcore.data.images import PhotoRefused
from tlcore.data.report import CHANGED, ReportLine, left_out, report_frame
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError
from tlcore.messages.prediction_tables import excel_bytes, table_columns
from tlcore.messages.predictions import sorted_message
from tlcore.messages.tables import csv_text
from tlcore.messages.terminal import printable
from tlcore.messages.unknown import NONE, closest_message, known_word
from tlcore.serving.predict import Prediction
from tlcore.serving.sorting import FolderSorter
from tlcore.shares import percent
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("predict", parents=[common], help="predict the classes of photos")
    parser.add_argument("model", help="a run’s id, or the folder or zip of a trained model")
    parser.add_argument(
        "images", nargs="+", metavar="IMAGE", help="a photo, or a folder, zip or tar: all photos in it and below"
    )
    parser.add_argument("--csv", metavar="FILE", help="save a table with the probability of every class")
    parser.add_argument("--excel", metavar="FILE", help="save this table as an Excel file (.xlsx)")
    parser.add_argument(
        "--sort-into",
        metavar="DIR",
        help="copy each photo into a folder of its class below this new or empty folder; the originals stay",
    )
    parser.add_argument("--encoding", help="of file names in a zip or tar that does not say it, such as cp932")
    add_kept(parser)
    add_report_option(parser)
    parser.set_defaults(command=_predict)


def _predict(workspace: Workspace, options: argparse.Namespace) -> int:
    check_kept(options.kept)
    model = load_model(options.model, workspace=workspace)
    sorter = FolderSorter(model.labels, Path(options.sort_into)) if options.sort_into else None
    rows: list[dict[str, Any]] = []
    is_table = bool(options.json or options.csv or options.excel)
    refused: list[tuple[str, str]] = []
    changed: list[ReportLine] = []
    total = 0
    for name, data, prediction in _predictions(model, options):
        total += 1
        if prediction.error:
            refused.append((name, prediction.error))
            _say(options, f"{name}: {prediction.error}")
        else:
            if sorter is not None:
                sorter.add(name, data, prediction.label, prediction.known)
            _say(options, f"{name}: {_answer(prediction)} ({prediction.milliseconds:.0f} ms)")
            if prediction.changed:
                changed.append(ReportLine(name, CHANGED, prediction.changed))
                _say(options, f"  {name} {prediction.changed}")
        if is_table:
            rows.append(_row(name, prediction))
    _save_tables(options, rows, model.labels)
    report = report_frame([*left_out(refused), *changed])
    save_report(options, report)
    sorted_values = {"sorted": {"folder": str(sorter.target), "photos": sorter.total}} if sorter is not None else {}
    words = sorted_message(sorter.total, str(sorter.target)) if sorter is not None else ""
    if words or options.json:
        answer(options, words, {"predictions": rows, **sorted_values, **report_values(report)})
    return 2 if len(refused) == total else 0


def _row(name: str, prediction: Prediction) -> dict[str, Any]:
    """A photo in the JSON that is printed."""
    if prediction.error:
        return {"image": name, "error": prediction.error}
    return {
        "image": name,
        "label": prediction.label,
        "known": prediction.known,
        "probability": prediction.probability,
        "probabilities": prediction.probabilities,
        "familiarity": prediction.familiarity,
        "milliseconds": prediction.milliseconds,
        "changed": prediction.changed,
    }


def _say(options: argparse.Namespace, line: str) -> None:
    """A line at once, so that a long list can be watched; with --json there is none."""
    if not options.json:
        print(printable(line), flush=True)


def _answer(prediction: Prediction) -> str:
    """The three most probable classes, or that it is none of them and which is nearest."""
    if not prediction.known:
        return f"{NONE}. {closest_message(prediction.label, prediction.probability)}"
    return ", ".join(f"{label} {percent(probability)}" for label, probability in prediction.ranked[:3])


def _predictions(model: Model, options: argparse.Namespace) -> Iterator[tuple[str, bytes, Prediction]]:
    """Each photo with its content and what is on it: those that are named, and of folders and archives all in them, in
    the order of their paths.

    What cannot be used has its reason, as for an import: too large a file, a link that leads out of the folder.

    Raises:
        UserError: a folder cannot be opened, has too many files, or has none.
    """
    for name in options.images:
        path = Path(name).expanduser()
        if is_collection(path):
            for each in model.iterate_folder(path, kept=options.kept, encoding=options.encoding or ""):
                yield str(Path(name, each.path)), each.data, each.prediction
            continue
        try:
            content = read_file(path)
        except PhotoRefused as error:
            yield name, b"", Prediction((), 0.0, error.reason)
            continue
        (prediction,) = model.predict([content], kept=options.kept)
        yield name, content, prediction


def _save_tables(options: argparse.Namespace, rows: list[dict[str, Any]], labels: tuple[str, ...]) -> None:
    columns, cells = table_columns(labels), [_cells(row, labels) for row in rows]
    if options.csv:
        _save(Path(options.csv), csv_text(columns, cells).encode("utf-8"), "--csv")
    if options.excel:
        _save(Path(options.excel), excel_bytes(columns, cells), "--excel")


def _cells(row: dict[str, Any], labels: tuple[str, ...]) -> list[Any]:
    familiarity = row.get("familiarity")
    return [
        *(row["image"], row.get("label", ""), known_word(row.get("known")), row.get("probability", "")),
        "" if familiarity is None else familiarity,
        *(row.get("probabilities", {}).get(label, "") for label in labels),
        row.get("error", ""),
    ]


def _save(path: Path, data: bytes, option: str) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        what = f"{path} could not be saved: {why_file_failed(error)}."
        raise UserError(what, f"Choose a file in another folder for {option}.") from error
