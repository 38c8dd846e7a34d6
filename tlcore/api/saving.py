"""A model written to where a person wants it: a folder or a zip, whole or not at all, in the place of nothing else."""

import tempfile
from pathlib import Path

from tlcore.data.names import is_junk
from tlcore.errors import UserError
from tlcore.exports.model_zip import README, readme, zip_model
from tlcore.serving.bundle import (
    BESIDE,
    INFO,
    KERAS,
    LABELS,
    NETWORKS,
    Bundle,
    load_bundle,
    load_file_beside,
    write_bundle,
)
from tlcore.serving.bundle_weights import WEIGHTS
from tlcore.workspace import disk_error, replace_folder, write_atomic


def save_model(bundle: Bundle, files: Path, target: Path, overwrite: bool) -> None:
    """Write `model.tflite` (or `model.onnx`), `labels.txt`, `model.json`, `weights.npz` and a README.

    Args:
        files: the folder or zip that it was loaded from, for what predicting doesn't need.
        target: a zip where the name ends in .zip, else a folder.
        overwrite: replace a file that is no model. A folder with anything else in it is never replaced.

    Raises:
        UserError: something else is there, or the disk is full or cannot be written.
    """
    is_zip = target.suffix.lower() == ".zip"
    try:
        _check_target(target, is_zip, overwrite)
        beside = {name: load_file_beside(files, name, bundle.info) for name in BESIDE}
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".saving-") as place:
            draft = Path(place) / "model"
            draft.mkdir()
            keras = beside[KERAS]
            if keras is not None:
                (draft / KERAS).write_bytes(keras)
            write_bundle(draft, bundle, beside[WEIGHTS])
            if is_zip:
                write_atomic(target, zip_model(draft, target.name))
            else:
                (draft / README).write_bytes(readme(bundle, target.name, keras is not None))
                replace_folder(draft, target, Path(place) / "old")
    except OSError as error:
        raise disk_error(target, error) from error


def _check_target(target: Path, is_zip: bool, overwrite: bool) -> None:
    """Raise UserError where saving would replace something else than a model."""
    if target.is_dir():
        entries = {entry.name for entry in target.iterdir() if not is_junk((entry.name,))}
        strange = entries - {*NETWORKS, LABELS, INFO, README, *BESIDE}
        if is_zip or strange:
            what = "is a folder" if is_zip else f"is a folder with other files in it ({sorted(strange)[0]})"
            raise UserError(f"{target} {what}.", "Use another name, or a folder that is new, empty or a saved model.")
        return
    if not target.exists() or (overwrite and is_zip):
        return
    if is_zip and _is_model(target):
        return
    fix = "Use another name, or overwrite=True to replace it." if is_zip else "Use another name."
    raise UserError(f"{target} already exists and is not a {'saved model' if is_zip else 'folder'}.", fix)


def _is_model(path: Path) -> bool:
    try:
        load_bundle(path)
    except UserError:
        return False
    return True
