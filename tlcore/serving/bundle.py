"""The bundle: everything needed to use a trained model rightly, as a folder or one zip.

    model.tflite   photo in (float32 (1, S, S, 3), upright RGB, 0–255), probabilities out (1, classes)
    labels.txt     the class names, one a line, in the order of the probabilities
    model.json     image size, resize policy, data set fingerprint, figures with counts, settings, versions, seed
    model.keras    the same network for Keras, to go on working with

Reading a bundle needs no TensorFlow, and nothing in it is ever unpickled.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.data.images import RESIZE_POLICIES
from tlcore.errors import UserError
from tlcore.workspace import write_atomic, write_json

MODEL, LABELS, INFO, KERAS = "model.tflite", "labels.txt", "model.json", "model.keras"
FOLDER = "bundle"
MOST_BYTES = 1 << 30  # a member of a bundle's zip that claims more is not read


@dataclass(frozen=True)
class Bundle:
    """A trained model in memory: the bytes of its `.tflite`, its labels, and what `model.json` says."""

    tflite: bytes
    labels: tuple[str, ...]
    info: dict[str, Any]

    @property
    def image_size(self) -> int:
        return int(self.info["input"]["size"])

    @property
    def policy(self) -> str:
        return str(self.info["input"]["resize"])


def write_bundle(folder: Path, bundle: Bundle) -> None:
    """Write the bundle's files; `model.json` comes last, so a folder with it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / MODEL, bundle.tflite)
    write_atomic(folder / LABELS, ("\n".join(bundle.labels) + "\n").encode("utf-8"))
    write_json(folder / INFO, bundle.info)


def load_bundle(path: Path) -> Bundle:
    """Load a bundle from its folder, from a run's folder, or from its zip.

    Raises:
        UserError: there is no bundle there, or it is damaged.
    """
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    try:
        if path.is_file():
            with zipfile.ZipFile(path) as archive:
                parts = {name: _member(archive, name) for name in (MODEL, LABELS, INFO)}
        else:
            parts = {name: (folder / name).read_bytes() for name in (MODEL, LABELS, INFO)}
    except (OSError, KeyError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise UserError(
            f"Received: {path}, which holds no trained model.",
            f"Allowed: a run, a folder or a zip with {MODEL}, {LABELS} and {INFO}.",
        ) from error
    return _parse(parts, path)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """One file of a bundle's zip, however many folders it is wrapped in, and not more than MOST_BYTES of it."""
    found = min(
        (entry for entry in archive.infolist() if entry.filename.split("/")[-1] == name),
        key=lambda entry: entry.filename.count("/"),
        default=None,
    )
    if found is None or found.file_size > MOST_BYTES:
        raise KeyError(name)
    with archive.open(found) as file:
        return file.read(MOST_BYTES)


def _parse(parts: dict[str, bytes], path: Path) -> Bundle:
    """The bundle of its files' bytes."""
    try:
        info = json.loads(parts[INFO])
        labels = tuple(parts[LABELS].decode("utf-8").split("\n")[:-1])
        bundle = Bundle(parts[MODEL], labels, info)
        whole = 0 < bundle.image_size <= 4096 and bundle.policy in RESIZE_POLICIES and len(labels) > 1
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise UserError(f"The model in {path} is damaged: {INFO} or {LABELS} cannot be read.", "Train again.")
    return bundle


def zip_bundle(folder: Path) -> bytes:
    """The bundle of a run as one zip; the models are stored as they are, since weights hardly compress.

    Raises:
        UserError: the run has no bundle yet.
    """
    load_bundle(folder)
    source = folder / FOLDER if (folder / FOLDER).is_dir() else folder
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in (MODEL, LABELS, INFO, KERAS):
            if (source / name).exists():
                archive.write(source / name, name)
    return buffer.getvalue()
