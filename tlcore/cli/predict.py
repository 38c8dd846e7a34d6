"""The command `predict`: what is on photos, or on all in a folder, as lines, as JSON, or as a table in a file."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlcore.api.model import Model, load_model
from tlcore.cli.common import Subparsers, add_kept, answer
from tlcore.cli.file_report import add_report_option, report_values, save_report
from tlcore.data.folder import FolderSource, no_photo
from tlcore.data.images import PhotoRefused
from tlcore.data.report import CHANGED, ReportLine, left_out, report_frame
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError
from tlcore.messages.tables import csv_text
from tlcore.messages.terminal import printable
from tlcore.messages.unknown import NONE, closest_message, known_word
from tlcore.serving.predict import Prediction
from tlcore.shares import percent
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("predict", parents=[common], help="predict the classes of photos")
    parser.add_argument("model", help="a run’s id, or the folder or zip of a trained model")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a photo, or a folder: all photos in it and below")
    parser.add_argument("--csv", metavar="FILE", help="save a table with the probability of every class")
    add_kept(parser)
    add_report_option(parser)
    parser.set_defaults(command=_predict)


def _predict(workspace: Workspace, options: argparse.Namespace) -> int:
    model = load_model(options.model, workspace=workspace)
    rows: list[dict[str, Any]] = []
    lines = []
    for name, prediction in _predictions(model, options.images, options.kept):
        if prediction.error:
            rows.append({"image": name, "error": prediction.error})
            lines.append(printable(f"{name}: {prediction.error}"))
            continue
        rows.append(
            {
                "image": name,
                "label": prediction.label,
                "known": prediction.known,
                "probability": prediction.probability,
                "probabilities": prediction.probabilities,
                "familiarity": prediction.familiarity,
                "milliseconds": prediction.milliseconds,
                "changed": prediction.changed,
            }
        )
        lines.append(printable(f"{name}: {_answer(prediction)} ({prediction.milliseconds:.0f} ms)"))
        if prediction.changed:
            lines.append(printable(f"  {name} {prediction.changed}"))
    if options.csv:
        _write_csv(Path(options.csv), rows, model.labels)
    refused = left_out((row["image"], row["error"]) for row in rows if "error" in row)
    changed = [ReportLine(row["image"], CHANGED, row["changed"]) for row in rows if row.get("changed")]
    report = report_frame([*refused, *changed])
    save_report(options, report)
    answer(options, "\n".join(lines), {"predictions": rows, **report_values(report)})
    return 2 if all("error" in row for row in rows) else 0


def _answer(prediction: Prediction) -> str:
    """The three most probable classes, or that it is none of them and which is nearest."""
    if not prediction.known:
        return f"{NONE}. {closest_message(prediction.label, prediction.probability)}"
    return ", ".join(f"{label} {percent(probability)}" for label, probability in prediction.ranked[:3])


def _predictions(model: Model, given: list[str], kept: float | None) -> Iterator[tuple[str, Prediction]]:
    """Each photo with what is on it: those that are named, and of folders all in them, in the order of their paths.

    What cannot be used has its reason, as for an import: too large a file, a link that leads out of the folder.

    Raises:
        UserError: a folder cannot be opened, has too many files, or has none.
    """
    for name in given:
        if not Path(name).expanduser().is_dir():
            (prediction,) = model.predict([name], kept=kept)
            yield name, prediction
            continue
        source = FolderSource(Path(name))
        if not source.files and not source.refused:
            raise no_photo(name)
        reasons = dict(source.refused)
        readable = sorted(source.files, key=lambda file: file.parts)
        for file, data in source.read(readable):
            path = str(Path(name, *file.parts))
            if isinstance(data, PhotoRefused):
                yield path, Prediction((), 0.0, data.reason)
            else:
                yield path, model.predict([data], kept=kept)[0]
        for place in sorted(reasons):
            yield str(Path(name, place)), Prediction((), 0.0, reasons[place])


def _write_csv(path: Path, rows: list[dict[str, Any]], labels: tuple[str, ...]) -> None:
    columns = ["image", "label", "known", "probability", "familiarity", *labels, "error"]
    cells = [
        [
            *(row["image"], row.get("label", ""), known_word(row.get("known")), row.get("probability", "")),
            _number(row.get("familiarity")),
            *(row.get("probabilities", {}).get(label, "") for label in labels),
            row.get("error", ""),
        ]
        for row in rows
    ]
    try:
        path.write_text(csv_text(columns, cells), encoding="utf-8", newline="")
    except OSError as error:
        what = f"{path} could not be saved: {why_file_failed(error)}."
        raise UserError(what, "Choose a file in another folder for --csv.") from error


def _number(value: float | None) -> float | str:
    return "" if value is None else value
