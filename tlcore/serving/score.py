"""Scoring a bundle on a folder of class folders that it has never seen."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from tlcore.data.collect import Collected, Reading, collect
from tlcore.data.folder import FolderSource, no_photo
from tlcore.data.images import decode_input
from tlcore.data.layout import Table, read_layout
from tlcore.data.report import guessed
from tlcore.errors import UserError
from tlcore.evaluation.report import Report, make_report, predictions_frame
from tlcore.events import Event, ShouldStop, StageKey, never
from tlcore.features.extract import Photo, run_photos
from tlcore.features.saving import Stopwatch
from tlcore.models.litert_runtime import litert_pool
from tlcore.serving.bundle import Bundle
from tlcore.serving.predict import OUTPUT, check_probabilities


def score_folder(
    bundle: Bundle, path: Path, should_stop: ShouldStop = never, layout: str = "", table: Table | None = None
) -> Generator[Event, None, tuple[Report, pd.DataFrame]]:
    """Predict every photo in a folder of class folders; returns the figures, and what was left
    out, changed or guessed (path, what, reason: data/report.py).

    Args:
        layout: how the folder is to be read, a `LayoutChoice.key`; "" where that is clear, or the model's classes fit
            only one reading. table: one with labels that lies elsewhere.

    Raises:
        UndecidedLayout: the folder can be read in several ways. UserError: the folder cannot be used, or has a class
            that the model does not know.
    """
    source = FolderSource(path)
    found = read_layout(
        source.name,
        source.files,
        source.folders,
        source.read,
        layout,
        least_classes=1,
        table=table,
        known=bundle.labels,
    )
    collected = Collected(refused=[*source.refused, *found.refused], lines=guessed(source.guessed))
    reading = Reading(wanted=replace(bundle.wanted, input_size=0))
    yield from collect(source, found.placed, collected, reading, should_stop)
    photos = collected.photos()
    if photos.empty:
        raise no_photo(source.name)
    photos["label"] = photos["label"].map(_known_labels(photos["label"].unique(), bundle.labels))
    unique = photos.drop_duplicates("sha256")
    pool = litert_pool(bundle.tflite, (OUTPUT,))
    items = [Photo(*row) for row in unique[["sha256", "file"]].itertuples(index=False)]
    rows: dict[str, np.ndarray] = {}
    stopwatch = Stopwatch(StageKey.EXTRACT_FEATURES, len(items))

    def load(file: str) -> np.ndarray:
        return decode_input((source.root / file).read_bytes(), bundle.wanted)

    for chunk, probabilities in run_photos(pool, items, load, should_stop):
        checked = check_probabilities(probabilities)
        rows.update((photo.sha256, row) for photo, row in zip(chunk, checked, strict=True))
        yield stopwatch.progress(len(rows))
    done = photos[photos["sha256"].isin(rows)].reset_index(drop=True)
    stacked = np.stack([rows[sha256] for sha256 in done["sha256"]])
    return make_report(predictions_frame(done, stacked, bundle.labels), bundle.labels), collected.report()


def _known_labels(given: np.ndarray, known: tuple[str, ...]) -> dict[str, str]:
    """The model's spelling of each class name."""
    spelling = {label.casefold(): label for label in reversed(known)} | {label: label for label in known}
    strange = sorted(label for label in given if label not in spelling and label.casefold() not in spelling)
    if strange:
        raise UserError(
            f"The model doesn't know these classes: {', '.join(strange[:5])}.",
            f"It knows: {', '.join(known[:20])}{' …' if len(known) > 20 else ''}.",
        )
    return {label: spelling[label if label in spelling else label.casefold()] for label in given}
