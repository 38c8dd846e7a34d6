"""Predicting all photos of a folder or an archive: several at a time, in their order, none kept in memory."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tlcore.api.arguments import check_kept
from tlcore.api.progress_bars import showing
from tlcore.data.archive_kinds import file_kind
from tlcore.data.folder import no_photo
from tlcore.data.images import PhotoRefused
from tlcore.data.layout import SourceFile
from tlcore.data.names import clean_path
from tlcore.data.report import left_out, report_frame
from tlcore.events import Event, Progress, StageKey
from tlcore.messages.prediction_tables import PredictionTable
from tlcore.models.litert_runtime import usable_cores
from tlcore.serving.bundle import Bundle
from tlcore.serving.classifiers import Classifiers
from tlcore.serving.predict import Prediction
from tlcore.serving.score import Photos, read_unlabelled
from tlcore.serving.sorting import FolderSorter

WAITING_BYTES = 64_000_000  # of photos that were read and not answered yet, besides the last one
STEP = 10  # photos between two events


@dataclass(frozen=True)
class PhotoAnswer:
    """A photo of a folder or an archive. `path`: within it; `data`: its content, empty where it could not be read."""

    path: str
    data: bytes
    prediction: Prediction


def is_collection(path: Path) -> bool:
    """Whether a path is that of many photos, a folder or an archive."""
    return path.is_dir() or (path.is_file() and bool(file_kind(path)))


def answers(bundle: Bundle, photos: Photos, kept: float | None) -> Iterator[PhotoAnswer]:
    """What a model makes of each photo, in the order of their paths; those that cannot be used have their reason.

    Args:
        kept: see `Model.predict`.
    """
    classifiers, num_threads = Classifiers(bundle), usable_cores() + 1  # one reads on while the others compute
    waiting: deque[tuple[SourceFile, bytes, Future[Prediction]]] = deque()

    def answer(data: bytes) -> Prediction:
        try:
            return classifiers.mine().predict_photo(data, kept)
        except PhotoRefused as error:
            return Prediction((), 0.0, error.reason)

    def take() -> PhotoAnswer:
        file, data, future = waiting.popleft()
        return PhotoAnswer(clean_path(file.parts), data, future.result())

    files = sorted((each.file for each in photos.placed), key=lambda file: file.parts)
    held = 0
    with ThreadPoolExecutor(num_threads, thread_name_prefix="predict") as pool:
        for file, data in photos.source.read(files):
            if isinstance(data, PhotoRefused):
                refused: Future[Prediction] = Future()
                refused.set_result(Prediction((), 0.0, data.reason))
                waiting.append((file, b"", refused))
            else:
                waiting.append((file, data, pool.submit(answer, data)))
                held += len(data)
            while waiting and (len(waiting) >= 4 * num_threads or held > WAITING_BYTES):
                held -= len(waiting[0][1])
                yield take()
        while waiting:
            yield take()
    for path, reason in sorted(photos.collected.refused):
        yield PhotoAnswer(path, b"", Prediction((), 0.0, reason))


def open_folder(path: Path, encoding: str) -> Photos:
    """The photos of a folder or an archive; raises UserError where there is none."""
    photos = read_unlabelled(path, encoding)
    if not photos.placed and not photos.collected.refused:
        raise no_photo(str(path))
    return photos


def predict_folder(
    bundle: Bundle,
    path: Path,
    kept: float | None,
    sort_into: Path | None,
    encoding: str,
    progress: bool | None,
    on_event: Callable[[Event], object] | None,
) -> pd.DataFrame:
    """See `Model.predict_folder`."""
    check_kept(kept)
    photos = open_folder(path, encoding)
    sorter = FolderSorter(bundle.labels, sort_into) if sort_into is not None else None
    rows, refused, total = [], [], len(photos.placed)
    with showing(progress, on_event) as show:
        show(Progress(StageKey.PREDICT, 0, total))
        for done, each in enumerate(answers(bundle, photos, kept), start=1):
            found = each.prediction
            if found.error:
                refused.append((each.path, found.error))
            else:
                if sorter is not None:
                    sorter.add(each.path, each.data, found.label, found.known)
                rows.append(_row(bundle, each))
            if done % STEP == 0 or done == total:
                show(Progress(StageKey.PREDICT, min(done, total), total))
    predictions = pd.DataFrame(
        rows, columns=["path", "predicted", "probability", "probabilities", "familiarity", "known"]
    )
    known = predictions.pop("known").to_numpy(bool)
    table = PredictionTable(bundle.labels, predictions, known, report_frame(left_out(refused)))
    return pd.DataFrame(list(table.cells()), columns=table.columns)


def _row(bundle: Bundle, each: PhotoAnswer) -> tuple[str, str, float, np.ndarray, float, bool]:
    found = each.prediction
    shares = np.array([found.probabilities[label] for label in bundle.labels], np.float32)
    familiarity = np.nan if found.familiarity is None else found.familiarity
    return each.path, found.label, found.probability, shares, familiarity, found.known
