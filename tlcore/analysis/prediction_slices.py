"""What was predicted so far, in slices beside the job: whoever goes on after a kill or a stop begins where it ended.

prediction-slice-<model>-<checksum>.parquet     of a few seconds: sha256, width, height, format, changed,
                                                probabilities, familiarity, known, thumbnail

The checksum is that of the file. A slice that is damaged, or of another model, counts as never written.
"""

import hashlib
import json
import threading
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from tlcore.data.parquet import to_parquet
from tlcore.data.thumbnails import ThumbnailWriter
from tlcore.data.wanted import DecodedPhoto, PhotoInfo, Wanted
from tlcore.serving.bundle import Bundle
from tlcore.serving.score import Answer, Decode, Watched
from tlcore.workspace import write_atomic

PHOTOS, SECONDS = 500, 3.0
"""Of a slice, whichever is reached first: at most 2 MB in memory, and little to do once more after a kill."""

_NAME = "prediction-slice-{}-{}.parquet"
_ANY = _NAME.format("*", "*")


def remove_slices(folder: Path) -> None:
    """Once all photos are predicted, nothing has to be gone on with."""
    for path in folder.glob(_ANY):
        path.unlink(missing_ok=True)


class ResumedWatched(Watched):
    """Predicts photos as `Watched` does, but none that an earlier attempt had predicted. For many threads.

    Args:
        folder: that of the job, which gets the slices; those that it has are read.
    """

    def __init__(self, bundle: Bundle, decode: Decode, thumbnails: ThumbnailWriter, folder: Path) -> None:
        super().__init__(bundle, decode, thumbnails)
        self._folder, self._model = folder, _told(json.dumps(bundle.info, sort_keys=True, default=str).encode())
        self._rows: list[dict[str, Any]] = []
        self._earlier: dict[str, tuple[Answer, DecodedPhoto]] = {}
        self._writing, self._written = threading.Lock(), time.monotonic()
        for path in sorted(folder.glob(_ANY)):
            self._read(path, thumbnails)

    def __call__(self, data: bytes, wanted: Wanted) -> DecodedPhoto:
        """As `Watched` says. Raises PhotoRefused; UserError where a slice cannot be written."""
        sha256 = hashlib.sha256(data).hexdigest()
        earlier = self._earlier.get(sha256)
        if earlier is not None:
            self.answers[sha256] = earlier[0]
            return earlier[1]
        photo = super().__call__(data, wanted)
        answer, info = self.answers[sha256], photo.info
        row = {"sha256": sha256, "width": info.width, "height": info.height, "format": info.format}
        row |= {"changed": photo.changed, "probabilities": answer.probabilities, "familiarity": answer.familiarity}
        with self._writing:
            self._rows.append(row | {"known": answer.known, "thumbnail": photo.thumbnail})
            if len(self._rows) >= PHOTOS or time.monotonic() - self._written >= SECONDS:
                self._write()
        return photo

    def save(self) -> None:
        """Write what is in no slice yet. Raises UserError where the disk is full."""
        with self._writing:
            self._write()

    def _write(self) -> None:
        if not self._rows:
            return
        data = to_parquet(pd.DataFrame(self._rows))
        write_atomic(self._folder / _NAME.format(self._model, _told(data)), data)
        self._rows, self._written = [], time.monotonic()

    def _read(self, path: Path, thumbnails: ThumbnailWriter) -> None:
        """Take in a slice; its thumbnails go to the disk at once."""
        try:
            data = path.read_bytes()
            if path.name != _NAME.format(self._model, _told(data)):
                raise ValueError("Damaged, or of another model")
            rows = pd.read_parquet(BytesIO(data)).to_dict("records")
        except (OSError, ValueError, pa.ArrowException):
            path.unlink(missing_ok=True)
            return
        for row in rows:
            answer = Answer(np.asarray(row["probabilities"], np.float32), float(row["familiarity"]), bool(row["known"]))
            info = PhotoInfo(int(row["width"]), int(row["height"]), str(row["format"]))
            self._earlier[row["sha256"]] = answer, DecodedPhoto(info, changed=str(row["changed"]))
            thumbnails.add(row["sha256"], row["thumbnail"])


def _told(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
