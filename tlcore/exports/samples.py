"""The photos that travel with every export, with what the model answers to each: so an export can prove itself.

samples/sample-1.png …   the photos
samples/expected.json    the answers, and how far apart those of the export may be

They are drawings of ours, or, where a person says so, test photos of the run: the small square copies that the data set
keeps, which have no place, time or camera in them.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.evaluation.report import load_report
from tlcore.exports.run_place import run_at
from tlcore.exports.sample_drawings import draw_samples
from tlcore.serving.bundle import Bundle
from tlcore.serving.predict import ImageClassifier
from tlcore.workspace import write_atomic

NUM_SAMPLES = 5
FOLDER, EXPECTED = "samples", "expected.json"


@dataclass(frozen=True)
class Answer:
    """What is answered to one photo: the probability, 0–1, of each class in the order of the labels, and the
    familiarity, 0–1; None where the model has none."""

    probabilities: tuple[float, ...]
    familiarity: float | None = None


@dataclass(frozen=True)
class SamplePhoto:
    """A photo with what the model answers. `name`: of its file; `data`: its bytes, PNG or JPEG; `label`: the most
    probable class; `known`: whether it shows one of the classes, as far as the model can tell."""

    name: str
    data: bytes
    answer: Answer
    label: str
    known: bool

    def to_dict(self) -> dict[str, Any]:
        """Its line in `expected.json`."""
        return {
            "file": self.name,
            "label": self.label,
            "probabilities": list(self.answer.probabilities),
            "familiarity": self.answer.familiarity,
            "known": self.known,
        }


@dataclass(frozen=True)
class Samples:
    """The photos that travel with an export. `are_photos`: test photos of the run, not drawings."""

    photos: tuple[SamplePhoto, ...]
    are_photos: bool = False

    def expected(self, tolerance: float) -> dict[str, Any]:
        """The content of `expected.json`. `tolerance`: how far apart an answer may be, in probability."""
        return {"tolerance": tolerance, "samples": [photo.to_dict() for photo in self.photos]}

    def answered(self, answers: Sequence[Answer], bundle: Bundle) -> "Samples":
        """The same photos with other answers, such as an export's own."""
        photos = []
        for photo, given in zip(self.photos, answers, strict=True):
            label = bundle.labels[int(np.argmax(given.probabilities))]
            rule, known = bundle.rejection, True
            if rule is not None and given.familiarity is not None:
                known = given.familiarity >= rule.threshold()
            photos.append(replace(photo, answer=given, label=label, known=known))
        return replace(self, photos=tuple(photos))

    def write(self, folder: Path, tolerance: float) -> None:
        """Write the photos and `expected.json` into `folder`/samples. Raises UserError where the disk is full."""
        place = folder / FOLDER
        place.mkdir(exist_ok=True)
        for photo in self.photos:
            write_atomic(place / photo.name, photo.data)
        write_atomic(place / EXPECTED, json.dumps(self.expected(tolerance), indent=2).encode())


def make_samples(bundle: Bundle, place: Path, include_photos: bool = False) -> Samples:
    """Five photos with what the model answers to them.

    Args:
        place: the folder of the run, or where else the model was loaded from.
        include_photos: take test photos of the run, of as many classes as possible; else drawings.

    Raises:
        UserError: photos are wanted, and it is no run or its photos are gone.
    """
    classifier = ImageClassifier(bundle)
    pictures = _test_photos(place) if include_photos else draw_samples(NUM_SAMPLES)
    photos = []
    for name, data in pictures:
        given = classifier.predict_photo(data)
        answer = Answer(tuple(given.probabilities[label] for label in bundle.labels), given.familiarity)
        photos.append(SamplePhoto(name, data, answer, given.label, given.known))
    return Samples(tuple(photos), include_photos)


def largest_difference(expected: Samples, given: Sequence[Answer]) -> float:
    """The largest difference in any probability or familiarity; infinite where an answer is missing or no number."""
    largest = 0.0
    for photo, answer in zip(expected.photos, given, strict=True):
        if len(answer.probabilities) != len(photo.answer.probabilities):
            return math.inf
        pairs = [*zip(photo.answer.probabilities, answer.probabilities)]
        if photo.answer.familiarity is not None:
            pairs.append((photo.answer.familiarity, math.nan if answer.familiarity is None else answer.familiarity))
        difference = float(np.abs([wanted - found for wanted, found in pairs]).max())
        largest = math.inf if math.isnan(difference) else max(largest, difference)
    return largest


def _test_photos(place: Path) -> list[tuple[str, bytes]]:
    """Small copies of test photos, of each class in turn."""
    found_run = run_at(place)
    if found_run is None:
        raise UserError("This model was loaded from a file, which contains no photos.", "Export it without photos.")
    dataset = load_dataset(found_run[0], found_run[1].dataset_id)
    tested = load_report(place).predictions
    turn = tested.groupby("label").cumcount()
    found: list[tuple[str, bytes]] = []
    for sha256 in tested.assign(turn=turn).sort_values(["turn", "label"], kind="stable")["sha256"]:
        data = dataset.thumbnails.read(str(sha256))
        if data is not None:
            ending = "png" if data.startswith(b"\x89PNG") else "jpg"
            found.append((f"sample-{len(found) + 1}.{ending}", data))
        if len(found) == NUM_SAMPLES:
            return found
    if not found:
        raise UserError("The test photos of this run are gone.", "Export it without photos.")
    return found
