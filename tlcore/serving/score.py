"""Scoring a bundle on photos that it has never seen: each is decoded once, and predicted while others are read.

A folder "none" beside those of the classes holds photos of anything else: they are counted apart, and never as a class.
"""

import hashlib
import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.data.archives import open_archive
from tlcore.data.collect import Collected, Reader, Reading, collect
from tlcore.data.examples import examples_at_hand
from tlcore.data.folder import FolderSource, no_photo, path_not_found
from tlcore.data.images import decode, thumbnail
from tlcore.data.layout import Placed, Table
from tlcore.data.report import guessed
from tlcore.data.thumbnails import SIZE as THUMBNAIL
from tlcore.data.thumbnails import ThumbnailWriter
from tlcore.data.unlabelled import NO_LABEL, read_labels, without_labels
from tlcore.data.wanted import DecodedPhoto, Wanted
from tlcore.errors import UserError
from tlcore.evaluation.report import Report, make_report, predictions_frame, unknown_frame
from tlcore.events import Event, ShouldStop, StageKey, never
from tlcore.serving.bundle import Bundle
from tlcore.serving.classifiers import Classifiers

Decode = Callable[[bytes, Wanted], DecodedPhoto]

UNLABELLED = "has no class, unlike the others"
NONE = "none"  # the folder with photos that show none of the classes, in any case


@dataclass(frozen=True)
class Photos:
    """The photos to test on, read as classes but not decoded: `source` has the bytes of the files in `placed`."""

    name: str
    source: Reader
    placed: list[Placed]
    collected: Collected


@dataclass(frozen=True)
class Scored:
    """What a model makes of photos.

    Attributes:
        predictions: a row a photo, as `Report.predictions`; of photos without a class, without `label`, `correct` and
            `probability_true`, and with `known`: whether it shows one of the classes, as far as the model can tell.
        report: the figures, with `unknown` for a folder "none"; None where the photos have no classes.
        files: what was left out, changed or guessed: path, what, reason (data/report.py).
    """

    predictions: pd.DataFrame
    report: Report | None
    files: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model makes of a photo, in little memory: probabilities float32 (classes,), in the order of its labels;
    how familiar the photo is, NaN where nobody knows; and whether it shows one of the classes."""

    probabilities: npt.NDArray[np.float32]
    familiarity: float
    known: bool


class Watched:
    """Decodes a photo for a model and has it predict; the answers are kept under the photo's hash. For many threads.

    Args:
        decode: how files become pixels. thumbnails: gets a thumbnail of each photo. beside: another model that predicts
            the same photos.
    """

    def __init__(
        self,
        bundle: Bundle,
        decode: Decode,
        thumbnails: ThumbnailWriter | None = None,
        beside: "Watched | None" = None,
    ) -> None:
        self.answers: dict[str, Answer] = {}
        self._classifiers = Classifiers(bundle)
        self._wanted = replace(bundle.wanted, thumbnail_size=THUMBNAIL if thumbnails is not None else 0)
        self._decode, self._thumbnails, self._beside = decode, thumbnails, beside
        self._lock = threading.Lock()

    def __call__(self, data: bytes, wanted: Wanted) -> DecodedPhoto:
        """What is wanted of the photo is what the model needs. Raises PhotoRefused."""
        photo = self._decode(data, self._wanted)
        assert photo.input is not None  # it was asked for
        sha256 = hashlib.sha256(data).hexdigest()
        found = self._classifiers.mine().predict_input(photo.input)
        row = np.array([found.probabilities[label] for label in self.labels], np.float32)
        self.answers[sha256] = Answer(row, np.nan if found.familiarity is None else found.familiarity, found.known)
        if self._thumbnails is not None:
            with self._lock:
                self._thumbnails.add(sha256, photo.thumbnail)
        if self._beside is not None:
            self._beside(data, wanted)
        return DecodedPhoto(photo.info, thumbnail=photo.thumbnail, changed=photo.changed)

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the model, in the order of the probabilities."""
        return self._classifiers.bundle.labels


def read_photos(bundle: Bundle, path: Path, layout: str = "", table: Table | None = None, encoding: str = "") -> Photos:
    """The photos of a folder, a zip or a tar, with their classes where they have some.

    Args:
        layout: how the files are to be read, a `LayoutChoice.key`; "" where that is clear, or the model's classes fit
            only one reading. table: one with labels that lies elsewhere. encoding: of names in an archive.

    Raises:
        UndecidedLayout, UndecidedEncoding: it can be read in several ways. UserError: it cannot be used.
    """
    path = path.expanduser()
    if not path.exists():
        raise path_not_found(path)
    source = FolderSource(path) if path.is_dir() else open_archive(path, encoding=encoding)
    with examples_at_hand(source.files, source.read, thumbnail):
        known = (*bundle.labels, NONE)
        found = read_labels(source.name, source.files, source.folders, source.read, known, layout, table)
    collected = Collected(refused=[*source.refused, *found.refused], lines=guessed(source.guessed))
    return Photos(source.name, source, found.placed, collected)


def read_unlabelled(path: Path, encoding: str = "") -> Photos:
    """All photos of a folder, a zip or a tar of the person at this machine, without a class.

    Raises:
        UndecidedEncoding: the names in an archive can be read in several ways. UserError: it cannot be used.
    """
    path = path.expanduser()
    if not path.exists():
        raise path_not_found(path)
    source = FolderSource(path) if path.is_dir() else open_archive(path, encoding=encoding)
    collected = Collected(refused=list(source.refused), lines=guessed(source.guessed))
    return Photos(source.name, source, without_labels(source.files).placed, collected)


def score_path(
    bundle: Bundle, path: Path, layout: str = "", table: Table | None = None, encoding: str = ""
) -> Generator[Event, None, Scored]:
    """Predict every photo of a folder, a zip or a tar of the person at this machine; see `read_photos`.

    Raises:
        UserError: what `read_photos` says, or there is a class that the model does not know.
    """
    photos = read_photos(bundle, path, layout, table, encoding)
    scored = yield from score_photos(bundle, photos, Watched(bundle, decode), never)
    assert scored is not None  # nobody can stop it
    return scored


def score_photos(
    bundle: Bundle, photos: Photos, watched: Watched, should_stop: ShouldStop
) -> Generator[Event, None, Scored | None]:
    """Predict every photo, and count where they have classes; None when stopped.

    Photos without a class are left out where others have one.

    Raises:
        UserError: there is a class that the model does not know, no photo can be used, or they are too many.
    """
    labels = {each.label for each in photos.placed} - {NO_LABEL}
    known = known_labels([label for label in labels if not is_none(label, bundle.labels)], bundle.labels)
    placed, collected = photos.placed, photos.collected
    if labels:
        collected.refused += [("/".join(each.file.parts), UNLABELLED) for each in placed if not each.label]
        placed = [each for each in placed if each.label]
    if not (yield from _predict_all(replace(photos, placed=placed), watched, StageKey.TEST, should_stop)):
        return None
    rows = collected.photos()
    if rows.empty:
        raise no_photo(photos.name)
    answers = [watched.answers[sha256] for sha256 in rows["sha256"]]
    if not labels:
        return Scored(_without_labels(rows, answers, bundle.labels), None, collected.report())
    report = _counted(rows.assign(label=rows["label"].map(known)), answers, bundle.labels)
    return Scored(report.predictions, report, collected.report())


def predict_photos(
    bundle: Bundle, photos: Photos, watched: Watched, should_stop: ShouldStop
) -> Generator[Event, None, tuple[Scored, bool]]:
    """Predict every photo, whatever folder it lies in, and count nothing; also whether all of them were predicted.

    A stop keeps what is done. Every file has a row, copies of one another too.

    Raises:
        UserError: no photo can be used, or they are too many.
    """
    is_whole = yield from _predict_all(photos, watched, StageKey.PREDICT, should_stop)
    rows = photos.collected.photos()
    if rows.empty and is_whole:
        raise no_photo(photos.name)
    answers = [watched.answers[sha256] for sha256 in rows["sha256"]]
    frame = _without_labels(rows, answers, bundle.labels)
    return Scored(frame, None, photos.collected.report()), is_whole


def _predict_all(
    photos: Photos, watched: Watched, stage: StageKey, should_stop: ShouldStop
) -> Generator[Event, None, bool]:
    """Read and predict all files; False when stopped."""
    reading = collect(photos.source, photos.placed, photos.collected, Reading(watched), should_stop)
    while True:
        try:
            event = next(reading)
        except StopIteration as end:
            return bool(end.value)
        yield replace(event, stage=stage)  # not imported: nothing of them is kept


def _counted(rows: pd.DataFrame, answers: list[Answer], labels: tuple[str, ...]) -> Report:
    """The figures of photos with their class; those without one lay in the folder "none"."""
    strange = rows["label"].isna().to_numpy(bool)
    known, unknown = (
        (rows[chosen].reset_index(drop=True), *_values([each for each, one in zip(answers, chosen) if one], labels))
        for chosen in (~strange, strange)
    )
    report = make_report(predictions_frame(known[0], known[1], labels, known[2]), labels)
    return replace(report, unknown=unknown_frame(unknown[0], unknown[1], labels, unknown[2]))


def _without_labels(rows: pd.DataFrame, answers: list[Answer], labels: tuple[str, ...]) -> pd.DataFrame:
    """The predictions of photos without a class; what a class is needed for is left away."""
    probabilities, familiar = _values(answers, labels)
    named = rows.assign(label=[labels[index] for index in probabilities.argmax(axis=1)])
    frame = predictions_frame(named, probabilities, labels, familiar)
    frame = frame.drop(columns=["label", "correct", "probability_true"])
    return frame.assign(known=[each.known for each in answers])


def _values(answers: list[Answer], labels: tuple[str, ...]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Probabilities, float32 (n, classes), and how familiar each photo is, float32 (n,), NaN where nobody knows."""
    probabilities = np.empty((len(answers), len(labels)), np.float32)
    for row, each in enumerate(answers):
        probabilities[row] = each.probabilities
    return probabilities, np.asarray([each.familiarity for each in answers], np.float32)


def is_none(label: str, known: tuple[str, ...]) -> bool:
    """Whether photos of this folder show none of the classes. A model may have a class of that name."""
    return label.casefold() == NONE and NONE not in {each.casefold() for each in known}


def known_labels(given: Iterable[str], known: tuple[str, ...]) -> dict[str, str]:
    """The model's spelling of each class name. Raises UserError where it does not know one."""
    spelling = {label.casefold(): label for label in reversed(known)} | {label: label for label in known}
    names = sorted(given)
    strange = [label for label in names if label not in spelling and label.casefold() not in spelling]
    if strange:
        raise UserError(
            f"The model doesn’t know these classes: {', '.join(strange[:5])}.",
            f"It knows: {', '.join(known[:20])}{' …' if len(known) > 20 else ''}.",
        )
    return {label: spelling[label if label in spelling else label.casefold()] for label in names}
