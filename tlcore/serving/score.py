"""Scoring a bundle on a folder of class folders that it has never seen.

A folder "none" beside them holds photos of anything else: they are counted apart, and never as a class.
"""

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
from tlcore.evaluation.report import Report, make_report, predictions_frame, unknown_frame
from tlcore.events import Event, ShouldStop, StageKey, never
from tlcore.features.extract import Photo, run_photos
from tlcore.features.saving import Stopwatch
from tlcore.models.litert_runtime import litert_pool
from tlcore.serving.bundle import Bundle
from tlcore.serving.predict import check_familiarity, check_probabilities, outputs_of

NONE = "none"  # the folder with photos that show none of the classes, in any case


def score_folder(
    bundle: Bundle, path: Path, should_stop: ShouldStop = never, layout: str = "", table: Table | None = None
) -> Generator[Event, None, tuple[Report, pd.DataFrame]]:
    """Predict every photo in a folder of class folders; returns the figures, with `unknown` for a folder "none", and
    what was left out, changed or guessed (path, what, reason: data/report.py).

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
        known=(*bundle.labels, NONE),
    )
    collected = Collected(refused=[*source.refused, *found.refused], lines=guessed(source.guessed))
    reading = Reading(wanted=replace(bundle.wanted, input_size=0))
    yield from collect(source, found.placed, collected, reading, should_stop)
    photos = collected.photos()
    if photos.empty:
        raise no_photo(source.name)
    is_unknown = _is_unknown(photos["label"], bundle.labels)
    names = photos.loc[~is_unknown, "label"]
    photos["label"] = names.map(_known_labels(names.unique(), bundle.labels)).reindex(photos.index)
    rows = yield from _answers(bundle, source, photos.drop_duplicates("sha256"), should_stop)
    photos = photos.assign(unknown=is_unknown)[photos["sha256"].isin(rows)]
    known, others = (photos[photos["unknown"] == each].reset_index(drop=True) for each in (False, True))
    report = make_report(predictions_frame(known, *_stacked(known, rows, bundle.labels)), bundle.labels)
    unknown = unknown_frame(others, *_stacked(others, rows, bundle.labels))
    return replace(report, unknown=unknown), collected.report()


def _answers(
    bundle: Bundle, source: FolderSource, photos: pd.DataFrame, should_stop: ShouldStop
) -> Generator[Event, None, dict[str, np.ndarray]]:
    """By SHA-256 the probabilities of each photo, and behind them how familiar it is, NaN where nobody knows."""
    outputs = outputs_of(bundle)
    pool = litert_pool(bundle.tflite, outputs)
    items = [Photo(*row) for row in photos[["sha256", "file"]].itertuples(index=False)]
    rows: dict[str, np.ndarray] = {}
    stopwatch = Stopwatch(StageKey.EXTRACT_FEATURES, len(items))

    def load(file: str) -> np.ndarray:
        return decode_input((source.root / file).read_bytes(), bundle.wanted)

    for chunk, given in run_photos(pool, items, load, should_stop):
        probabilities = check_probabilities(given[0])
        familiar = check_familiarity(given[1]) if len(given) > 1 else np.full(len(chunk), np.nan, np.float32)
        values = np.column_stack([probabilities, familiar])
        rows.update((photo.sha256, row) for photo, row in zip(chunk, values, strict=True))
        yield stopwatch.progress(len(rows))
    return rows


def _stacked(
    photos: pd.DataFrame, rows: dict[str, np.ndarray], labels: tuple[str, ...]
) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """The probabilities float32 (n, classes) of photos, the classes, and how familiar each is, float32 (n,)."""
    values = np.empty((len(photos), len(labels) + 1), np.float32)
    for number, sha256 in enumerate(photos["sha256"]):
        values[number] = rows[sha256]
    return values[:, :-1], labels, values[:, -1]


def _is_unknown(given: pd.Series, known: tuple[str, ...]) -> pd.Series:
    """Which photos are in a folder "none": they show none of the classes. A model may have a class of that name."""
    folded = given.str.casefold()
    return (folded == NONE) & (NONE not in {label.casefold() for label in known})


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
