"""The runtime that a frozen network is given for so many images: measured on this machine, remembered, and checked.

For few images that is LiteRT, without a look at any other, since nothing would be gained. Whatever is wrong with
another runtime, LiteRT does the work instead, and nobody has to know.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tlcore.models.litert_runtime import litert_pool, usable_cores
from tlcore.models.openvino_runtime import fast_precision, load_openvino
from tlcore.models.predictor import BATCH, PredictorPool, Samples
from tlcore.models.runtime_memory import (
    Measured,
    begin_measuring,
    recall,
    recall_precision,
    remember,
    remember_precision,
)
from tlcore.models.runtime_trial import measure, open_choice
from tlcore.workspace import Workspace

LEAST_IMAGES = 50  # below, nothing is worth a look
LEAST_SECONDS = 4.0
"""What LiteRT has to be expected to take before others are measured: that takes a second or two, and others are seldom
more than two or three times as fast."""


@dataclass(frozen=True)
class Work:
    """What a network is wanted for: so many images, in which precision at least, and what gives some of them."""

    num_images: int
    precision: str
    samples: Samples


@dataclass(frozen=True)
class FrozenFile:
    """A frozen network's file: `network` is what it is remembered by, the same for whatever takes as long.

    `source`: a `.tflite`, or its bytes; `outputs`: names of its signature; `try_ncnn`: whether ncnn may run it.
    """

    network: str
    source: Path | bytes
    outputs: Sequence[str]
    try_ncnn: bool = False


def fastest_pool(workspace: Workspace, file: FrozenFile, work: Work) -> PredictorPool:
    """What runs the file fastest for this work; with EXACT its numbers are LiteRT's to 1e-5."""
    if work.num_images < LEAST_IMAGES:
        return litert_pool(file.source, file.outputs)
    measured = recall(workspace, file.network) or _measured(workspace, file, work)
    pool = None
    if measured is not None:
        choice = measured.choice(work.precision)
        if choice.pays(work.num_images):
            pool = open_choice(choice, file.source, file.outputs, work.samples())
    return pool or litert_pool(file.source, file.outputs)


def usable_precision(workspace: Workspace) -> str:
    """Which lower precision is fast on this machine, EXACT for none; pages ask `recall_precision`."""
    known, found = recall_precision(workspace), fast_precision()
    if known != found:
        remember_precision(workspace, found)
    return found


def _measured(workspace: Workspace, file: FrozenFile, work: Work) -> Measured | None:
    """What is measured now; None where there is nothing to choose from, or too little to do."""
    if load_openvino() is None and not file.try_ncnn:
        return None
    images = work.samples()
    if _litert_seconds(file, images) * work.num_images < LEAST_SECONDS:
        return None
    if not begin_measuring(workspace, file.network):
        return None
    measured = measure(file.source, file.outputs, images, file.try_ncnn)
    remember(workspace, file.network, measured)
    return measured


def _litert_seconds(file: FrozenFile, images: np.ndarray) -> float:
    """About what LiteRT takes an image, with all threads at work."""
    predictor = litert_pool(file.source, file.outputs).open()
    predictor.predict(images[:BATCH])  # sets itself up
    start = time.process_time()
    predictor.predict(images[:BATCH])
    return (time.process_time() - start) / len(images[:BATCH]) / usable_cores()
