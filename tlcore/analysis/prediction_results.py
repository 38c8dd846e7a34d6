"""What a model predicted for many photos, on disk: analyses/<run>-predictions-…/

predictions.json        of which model it is, whether all photos were predicted, and the checksums of the others
predictions.parquet     a row a photo: path, sha256, predicted, probability, probabilities, familiarity, known
files.parquet           what was left out, changed or guessed
thumbnails.*            small pictures of the photos

The folder is that of the job, and goes with it. The photos themselves lie in the upload area that the job names until
it is cleared, or where their owner has them; what can be done with them until then is in predicted_photos.py.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.checksums import file_checksum
from tlcore.data.parquet import read_parquet, to_parquet
from tlcore.errors import UserError
from tlcore.jobs.store import Job, Run, list_jobs
from tlcore.workspace import Workspace, read_json, write_atomic, write_json

WHAT = "predictions"
"""The `what` of such jobs."""

NOTE, PREDICTIONS, FILES = "predictions.json", "predictions.parquet", "files.parquet"


@dataclass(frozen=True)
class PredictedPhotos:
    """What a model made of many photos.

    Attributes:
        model: the SHA-256 (hex) of its `model.tflite`. labels: its classes, in the order of the probabilities.
        predictions: a row a photo: path, sha256, predicted, probability (0–1), probabilities (float32, one a class),
            familiarity (0–1, NaN where nobody knows).
        files: path, what, reason. is_whole: False where it was stopped before the last photo. created: Unix seconds.
    """

    model: str
    labels: tuple[str, ...]
    predictions: pd.DataFrame
    files: pd.DataFrame
    is_whole: bool = True
    created: float = 0.0

    def known(self, threshold: float) -> npt.NDArray[np.bool_]:
        """For each photo whether it shows one of the classes, where so much familiarity is asked for."""
        familiarity = self.predictions["familiarity"].to_numpy(np.float32)
        found: npt.NDArray[np.bool_] = np.isnan(familiarity) | (familiarity >= threshold)
        return found


def list_predictions(workspace: Workspace, run: Run) -> list[Job]:
    """The predictions of many photos by a run, newest first, also those under way and those that failed."""
    jobs = list_jobs(workspace.analyses)
    return [job for job in jobs if job.spec.get("run") == run.id and job.spec.get("what") == WHAT]


def save_predictions(folder: Path, found: PredictedPhotos) -> None:
    """Write them into their job's folder; `predictions.json` comes last.

    Raises:
        UserError: the disk is full.
    """
    (folder / NOTE).unlink(missing_ok=True)
    files = {PREDICTIONS: to_parquet(found.predictions), FILES: to_parquet(found.files)}
    for name, data in files.items():
        write_atomic(folder / name, data)
    values = {
        "model": found.model,
        "labels": list(found.labels),
        "is_whole": found.is_whole,
        "created": time.time(),
        "files": {name: file_checksum(data) for name, data in files.items()},
    }
    write_json(folder / NOTE, values)


def load_predictions(job: Job) -> PredictedPhotos | None:
    """What was predicted; None while there is nothing, or where its files are damaged."""
    try:
        return _load(job.folder, (job.folder / NOTE).stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=8)
def _load(folder: Path, _written: int) -> PredictedPhotos | None:
    try:
        values: Mapping[str, Any] = read_json(folder / NOTE)
        return PredictedPhotos(
            str(values["model"]),
            tuple(map(str, values["labels"])),
            read_parquet(folder / PREDICTIONS, values),
            read_parquet(folder / FILES, values),
            bool(values["is_whole"]),
            float(values["created"]),
        )
    except (UserError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
