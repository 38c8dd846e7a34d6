"""Five photos of each model's data set with what it answers to them: they prove it on the machine that opens it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import decode_input
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.jobs.store import Run
from tlcore.serving.bundle import Bundle, load_bundle
from tlcore.serving.predict import ImageClassifier
from tlcore.workspace import Workspace

NUM_SAMPLES, TOLERANCE = 5, 1e-3
"""How far apart, in probability or familiarity, a model's answers may be on two machines."""


@dataclass(frozen=True)
class SampleAnswer:
    """What a model answers to a photo of its data set, in the order of its labels."""

    sha256: str
    probabilities: tuple[float, ...]
    familiarity: float | None


def dump_samples(workspace: Workspace, runs: Sequence[Run]) -> bytes:
    """The member: of each run its samples, test photos first."""
    return json.dumps({"runs": {run.id: [vars(each) for each in _answers(workspace, run)] for run in runs}}).encode()


def parse_samples(values: Any, run_id: str) -> tuple[SampleAnswer, ...]:
    """The samples of a run. Raises ValueError, KeyError or TypeError."""
    return tuple(
        SampleAnswer(
            str(row["sha256"]),
            tuple(float(each) for each in row["probabilities"]),
            None if row["familiarity"] is None else float(row["familiarity"]),
        )
        for row in values["runs"][run_id][:NUM_SAMPLES]
    )


def check_answer(classifier: ImageClassifier, image: np.ndarray, expected: SampleAnswer) -> float:
    """How far a model's answer to a photo is from the expected one, in probability or familiarity.

    Args:
        image: uint8 (S, S, 3), as the model wants it.
    """
    given = classifier.predict_input(image)
    found = [given.probabilities[label] for label in classifier.bundle.labels]
    if len(found) != len(expected.probabilities):
        return float("inf")
    pairs = list(zip(found, expected.probabilities, strict=True))
    if expected.familiarity is not None and given.familiarity is not None:
        pairs.append((given.familiarity, expected.familiarity))
    return max(abs(here - there) for here, there in pairs)


def _answers(workspace: Workspace, run: Run) -> list[SampleAnswer]:
    bundle: Bundle = load_bundle(run.folder)
    dataset, classifier = load_dataset(workspace, run.dataset_id), ImageClassifier(bundle)
    rows = dataset.photos.sort_values("split", kind="stable")  # "test" comes before "train"
    answers = []
    for path, sha256 in list(zip(rows["path"], rows["sha256"], strict=True))[:NUM_SAMPLES]:
        try:
            image = decode_input(dataset.read(path), bundle.wanted, ACCEPTED)
        except UserError:
            continue
        given = classifier.predict_input(image)
        probabilities = tuple(given.probabilities[label] for label in bundle.labels)
        answers.append(SampleAnswer(sha256, probabilities, given.familiarity))
    return answers
