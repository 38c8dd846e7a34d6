"""What all exports with predict.py share: the files beside the model, and running it as who gets it would."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tlcore.errors import UserError
from tlcore.exports.exporter import ExportSource
from tlcore.exports.samples import FOLDER, Answer, Samples
from tlcore.messages.model_info import plain
from tlcore.serving.bundle import INFO, LABELS, ONNX
from tlcore.workspace import write_atomic, write_json

LITERT, NUMPY, PILLOW, HEIF = "ai-edge-litert>=1.2,<3", "numpy>=1.26,<3", "pillow>=11.3,<14", "pillow-heif>=0.22,<2"
ONNXRUNTIME = "onnxruntime>=1.17"
SECONDS = 120  # for loading a runtime and five photos, on the slowest machine

TEMPLATES = Path(__file__).parent / "templates"


def write_program(source: ExportSource, folder: Path, readme: str, packages: Iterable[str]) -> None:
    """Write predict.py, requirements.txt, README.md, labels.txt and model.json.

    Args:
        readme: in Markdown; `{name}` in it becomes the name of the data set. packages: lines of requirements.txt.

    Raises:
        UserError: the disk is full or cannot be written.
    """
    copy_template("predict.py", folder)
    write_atomic(folder / "requirements.txt", ("\n".join(packages) + "\n").encode())
    write_atomic(folder / "README.md", readme.replace("{name}", plain(source.name)).encode("utf-8"))
    write_atomic(folder / LABELS, ("\n".join(source.bundle.labels) + "\n").encode("utf-8"))
    # Its checksums are of files that an export need not have.
    write_json(folder / INFO, {key: value for key, value in source.bundle.info.items() if key != "files"})


def runtime_of(source: ExportSource) -> str:
    """The line of requirements.txt for what runs the model's network."""
    return ONNXRUNTIME if source.bundle.network_file == ONNX else LITERT


def write_network(source: ExportSource, folder: Path) -> None:
    """Write the model's network as it is."""
    write_atomic(folder / source.bundle.network_file, source.bundle.network)


def copy_template(name: str, folder: Path) -> None:
    """Copy a file that is the same in every export."""
    write_atomic(folder / name, (TEMPLATES / name).read_bytes())


def run_program(source: ExportSource, samples: Samples, folder: Path) -> list[Answer]:
    """The answers of the export's own predict.py to the samples, one process for all.

    Raises:
        UserError: it fails or takes too long.
    """
    photos = [str(Path(FOLDER, photo.name)) for photo in samples.photos]
    command = [sys.executable, "predict.py", "--json", *photos]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, encoding="utf-8")
    except subprocess.TimeoutExpired as error:
        raise UserError("The export doesn’t answer.", "Try again when this machine has less to do.") from error
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != len(photos):
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise UserError(f"The export can’t be run: {last}", "Please report this.")
    return [answer_of(source, json.loads(line)) for line in lines]


def answer_of(source: ExportSource, given: Any) -> Answer:
    """What predict.py gave for a photo, read from JSON."""
    probabilities = given["probabilities"]
    return Answer(tuple(probabilities[label] for label in source.bundle.labels), given["familiarity"])
