"""Features of the networks that tutorials choose most: our frozen file against Keras' `model.predict`.

Both compute the pooled features of the same decoded photos in memory, at the network's default size, with the same
random weights. Inside our clock: as many threads as there are cores, each with a predictor of its own, on the runtime
that was measured to be fastest (models/runtime_trial.py), in float32 and, where the processor has it, in bfloat16 or
float16, as photos are extracted that a model only learns from. Inside the other: `model.predict` with its batch of 32.
Outside of both: building, converting, measuring, tracing, and one warm-up. They take turns; medians. Before the clock
starts their features are compared.

Seen on two cores with AVX2, on LiteRT and VGG16 on ncnn: VGG16 1.97×, ResNet50 1.71×, Xception 1.82×, MobileNetV2
5.19× quiet. Keras is faster itself where the processor has AVX-512.
"""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import mean, median

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from benchmarks.command import finish, parser
from benchmarks.table import Row, figure, on_processors_with, times_faster
from tlcore.messages.runtimes import measured_message
from tlcore.models.build import build_backbone
from tlcore.models.frozen_files import POOLED, convert_checked
from tlcore.models.litert_runtime import litert_pool
from tlcore.models.ncnn_runtime import FUNCTIONS
from tlcore.models.predictor import EXACT, PredictorPool
from tlcore.models.registry import TABLE, BackboneSpec
from tlcore.models.runtime_memory import RuntimeChoice
from tlcore.models.runtime_trial import measure, open_choice

NETWORKS = ("resnet50", "vgg16", "xception", "mobilenet-v2", "efficientnet-v2-b0", "convnext-tiny")
TARGET, TARGET_ON_AVERAGE = ">= 1.3", ">= 4"
MOST_DIFFERENCE, LEAST_COSINE = 1e-3, 0.99  # from Keras, of the largest value; in a lower precision, of a photo
NUM_PHOTOS, ROUNDS = 32, 3

Run = Callable[[], np.ndarray]


def main() -> int:
    """Measure, print, write."""
    options = parser("backbones", __doc__).parse_args()
    count, rounds = (8, 1) if options.quick else (NUM_PHOTOS, ROUNDS)
    rows, best = [], []
    for name in NETWORKS:
        found = _measure(TABLE[name], count, rounds)
        rows += found
        best.append(max(row.ratio or 0.0 for row in found))
    average = figure("the fastest of each, times faster on average", mean(best), TARGET_ON_AVERAGE, "times")
    return finish(
        "Features of a photo against model.predict", [*rows, on_processors_with("amx_bf16", average)], options
    )


def _measure(spec: BackboneSpec, count: int, rounds: int) -> list[Row]:
    """The rows of one network, exact and where there is one in a lower precision: milliseconds a photo."""
    size = spec.default_image_size
    photos = np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    model = build_backbone(spec, weights=None)
    file = convert_checked(model, size, POOLED)
    measured = measure(file, (POOLED,), photos[:4], spec.function in FUNCTIONS)
    print(f"  {spec.title}: {measured_message(measured)}", flush=True)
    choices = {choice.precision: choice for choice in (measured.exact, measured.fast)}
    runs = {precision: _ours(choice, file, photos) for precision, choice in choices.items()}
    run_keras = _keras(model, photos)
    expected = run_keras()
    for precision, run in runs.items():
        _compare(spec, precision, run(), expected)
    turns = [[_seconds(run) for run in (*runs.values(), run_keras)] for _ in range(rounds)]
    *ours, theirs = (median(column) / count * 1000 for column in zip(*turns, strict=True))
    return [
        times_faster(
            f"{spec.title} at {size} px, {'exact' if precision == EXACT else precision}, times faster a photo",
            milliseconds,
            theirs,
            TARGET,
            "ms",
        )
        for precision, milliseconds in zip(runs, ours, strict=True)
    ]


def _compare(spec: BackboneSpec, precision: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    """Raises RuntimeError where the features differ."""
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    alike = ((ours * theirs).sum(axis=1) / lengths).min() >= LEAST_COSINE
    if not alike or (precision == EXACT and np.abs(ours - theirs).max() > MOST_DIFFERENCE * np.abs(theirs).max()):
        raise RuntimeError(f"{spec.title}: the features differ.")


def _ours(choice: RuntimeChoice, file: bytes, photos: np.ndarray) -> Run:
    pool: PredictorPool = open_choice(choice, file, (POOLED,), photos[:1]) or litert_pool(file, (POOLED,))
    predictors, batch = [pool.open() for _ in range(pool.num_threads)], pool.batch
    starts = range(0, len(photos), batch)

    def share(number: int) -> list[np.ndarray]:
        mine = starts[number :: len(predictors)]
        return [predictors[number].predict(photos[start : start + batch])[0] for start in mine]

    def run() -> np.ndarray:
        with ThreadPoolExecutor(len(predictors)) as threads:
            shares = list(threads.map(share, range(len(predictors))))
        rounds = range(max(len(chunks) for chunks in shares))
        return np.concatenate([chunks[turn] for turn in rounds for chunks in shares if turn < len(chunks)])

    return run


def _keras(model: keras.Model, photos: np.ndarray) -> Run:
    images = photos.astype(np.float32)
    return lambda: model.predict(images, verbose=0)


def _seconds(run: Run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
