"""The process that opens a network which somebody brought: requests on standard input, answers on its output.

It limits its own memory, time and what it writes. Whatever happens to it happens to nobody else.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tlcore.errors import UserError
from tlcore.features.memory import free_memory
from tlcore.jobs.limits import limit_process
from tlcore.models.frozen_files import probe_images
from tlcore.models.imported.candidate import Candidate, Choices
from tlcore.models.imported.forms import FORMS
from tlcore.models.imported.kinds import KINDS
from tlcore.models.imported.saved import SavedNetwork
from tlcore.models.scalings import SCALING_VALUES, scale_pixels
from tlcore.networks.reading import FEATURES, MOST_SECONDS

LEAST_BYTES, MOST_BYTES = 1_000_000_000, 6_000_000_000  # of memory, beside copies of the file
LEAST_DIFFERENCE, LEAST_NUMBER = 1e-4, 1e-6  # as a share of the largest number, and that at least
COPIES = 8  # of the file: as read, as arrays, as Keras has them, as they are written
WRITTEN_BYTES = 5_000_000_000


def main() -> int:
    """Answer one request after the other, a line each, until standard input ends; refusals are answers too."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints goes nowhere
    is_limited = False
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if not is_limited:
            _limit(request)
            is_limited = True
        print(json.dumps(_answer(request)), file=answers, flush=True)
    return 0


def _limit(request: dict[str, Any]) -> None:
    """Load what reading takes, then limit what comes after it."""
    if KINDS[request["kind"]]().needs_tensorflow:
        import tensorflow  # noqa: F401
    beside = max(LEAST_BYTES, min(MOST_BYTES, free_memory()))
    limit_process(COPIES * _size(Path(request["path"])) + beside, 8 * MOST_SECONDS, WRITTEN_BYTES)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    path = Path(request["path"])
    try:
        if request["do"] == "read":
            return {"answer": KINDS[request["kind"]]().read(path).to_dict()}
        return {"answer": _save(request, path).to_dict()}
    except UserError as error:
        return {"refused": [error.what, error.fix]}


def _save(request: dict[str, Any], path: Path) -> SavedNetwork:
    folder, choices = Path(request["folder"]), Choices(**request["choices"])
    candidate = Candidate.from_dict(request["candidate"])
    saved = KINDS[candidate.kind]().save(path, candidate, choices, folder)
    run = FORMS[saved.form]
    found = run(folder, saved, scale_pixels(probe_images(choices.image_size), saved.scaling))
    if found.shape != (3, saved.feature_size) or not np.isfinite(found).all():
        raise UserError(
            "This network doesn’t give usable numbers for a photo.", "Choose another output, or another file."
        )
    if not np.ptp(found, axis=0).max() > LEAST_DIFFERENCE * max(float(np.abs(found).max()), LEAST_NUMBER):
        what = "This network gives the same for every photo, as one that was never trained does."
        raise UserError(what, "Choose another output, or another file.")
    if request["images"]:
        images = np.load(request["images"], allow_pickle=False)
        tried = [run(folder, saved, scale_pixels(images, key)) for key in SCALING_VALUES]
        np.save(folder / FEATURES, np.stack(tried))
    return saved


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())


if __name__ == "__main__":
    sys.exit(main())
