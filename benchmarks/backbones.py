"""Features of the networks that tutorials choose most: our frozen file on LiteRT against Keras' `model.predict`.

Both compute the pooled features of the same decoded photos in memory, at the network's default size, with the same
random weights. Inside our clock: as many threads as there are cores, each with an interpreter of its own, two photos a
call, as features.extract does it. Inside the other: `model.predict` with its batch of 32. Outside of both: building,
converting, tracing, and one warm-up. The two take turns; medians. Before the clock starts their features are compared.

Expected on two cores: VGG16 2×, ResNet50 1.5×, Xception 1.9×, MobileNetV2 5×.
Seen: VGG16 1.97×, ResNet50 1.71×, Xception 1.82×, MobileNetV2 5.19× quiet; 2.38×, 1.41×, 1.31× and 2.92× with
tests beside it. VGG16 runs on ncnn (models/ncnn_runtime.py), one photo at a time; on LiteRT it was 0.86×, since its
15.5 thousand million multiply-adds take some 300 ms of processor time on either side.
"""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from benchmarks.command import finish, parser
from benchmarks.table import Row, times_faster
from tlcore.features.extract import CHUNK
from tlcore.models.build import build_backbone
from tlcore.models.frozen_files import convert_checked, probe_images
from tlcore.models.litert_runtime import litert_pool
from tlcore.models.ncnn_runtime import FUNCTIONS, ncnn_pool
from tlcore.models.registry import TABLE, BackboneSpec

TARGETS = {"vgg16": ">= 1.6", "resnet50": ">= 1.4", "xception": ">= 1.6", "mobilenet-v2": ">= 3"}
NUM_PHOTOS, ROUNDS = 32, 3


def main() -> int:
    """Measure, print, write."""
    options = parser("backbones", __doc__).parse_args()
    count, rounds = (8, 1) if options.quick else (NUM_PHOTOS, ROUNDS)
    rows = [_measure(TABLE[name], target, count, rounds) for name, target in TARGETS.items()]
    return finish("Features of a photo, LiteRT against model.predict", rows, options)


def _measure(spec: BackboneSpec, target: str, count: int, rounds: int) -> Row:
    """The row of one network: milliseconds a photo."""
    size = spec.default_image_size
    photos = np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    model = build_backbone(spec, weights=None)
    run_ours = _ours(spec, convert_checked(model, size, "pooled"), photos)
    run_keras = _keras(model, photos)
    ours, theirs = run_ours(), run_keras()
    if np.abs(ours - theirs).max() > 1e-3 * np.abs(theirs).max():
        raise RuntimeError(f"{spec.title}: the features differ.")
    seconds = [(_seconds(run_ours), _seconds(run_keras)) for _ in range(rounds)]
    ours_ms, keras_ms = (median(column) / count * 1000 for column in zip(*seconds, strict=True))
    return times_faster(f"{spec.title} at {size} px, times faster a photo", ours_ms, keras_ms, target, "ms")


def _ours(spec: BackboneSpec, file: bytes, photos: np.ndarray) -> Callable[[], np.ndarray]:
    probes = probe_images(spec.default_image_size)
    on_ncnn = ncnn_pool(file, ("pooled",), probes) if spec.function in FUNCTIONS else None
    pool = on_ncnn or litert_pool(file, ("pooled",))
    predictors = [pool.open() for _ in range(pool.num_threads)]

    def share(number: int) -> list[np.ndarray]:
        starts = range(number * CHUNK, len(photos), len(predictors) * CHUNK)
        return [predictors[number].predict(photos[start : start + CHUNK])[0] for start in starts]

    def run() -> np.ndarray:
        with ThreadPoolExecutor(len(predictors)) as threads:
            shares = list(threads.map(share, range(len(predictors))))
        rounds = range(max(len(chunks) for chunks in shares))
        return np.concatenate([chunks[turn] for turn in rounds for chunks in shares if turn < len(chunks)])

    return run


def _keras(model: keras.Model, photos: np.ndarray) -> Callable[[], np.ndarray]:
    images = photos.astype(np.float32)
    return lambda: model.predict(images, verbose=0)


def _seconds(run: Callable[[], np.ndarray]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
