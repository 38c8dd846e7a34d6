"""Measuring which runtime is fastest for a network on this machine: a second, on photos that it will be given anyway.

LiteRT is what all others are held against: what differs from it in 32 bits by more than MOST_DIFFERENCE, or in a lower
precision by more than LEAST_COSINE allows, is not used, however fast. OpenVINO is given one image
at once: two and four were no faster (docs/notes/fast-features.md).
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tlcore.models.litert_runtime import litert_pool, usable_cores
from tlcore.models.ncnn_runtime import ncnn_pool
from tlcore.models.openvino_runtime import fast_precision, openvino_pool
from tlcore.models.predictor import EXACT, PredictorPool
from tlcore.models.runtime_memory import LITERT, NCNN, OPENVINO, Measured, RuntimeChoice

MOST_DIFFERENCE = 1e-5  # in 32 bits, of the largest value
LEAST_COSINE = 0.99  # in fewer, of each photo; EfficientNet-Lite0's in bfloat16 are 0.9946 and more alike
FASTER, CLEARLY_FASTER = 1.05, 1.3
"""By what factor another runtime than LiteRT has to be faster to be used, and a lower precision than 32 bits."""

ROUNDS, ROUND_SECONDS = 2, 0.06
"""Of each runtime, in turns, and how much processor time of each core they take. It is processor time that is compared:
other programs that work at the same time, and there often are some, change it little, and a choice stays for long."""

Outputs = list[np.ndarray]


@dataclass(frozen=True)
class _Trial:
    """A runtime that gave what LiteRT gives, ready to be measured."""

    runtime: str
    precision: str
    pool: PredictorPool
    set_up_seconds: float = 0.0
    difference: float = 0.0
    cosine: float = 1.0


def measure(source: Path | bytes, outputs: Sequence[str], images: np.ndarray, try_ncnn: bool) -> Measured:
    """Which runtime is fastest for a file, in 32 bits and at all.

    Args:
        source: a `.tflite`, or its bytes.
        outputs: names of its signature.
        images: some of those that it will be given, (n, S, S, 3), 0–255 RGB.
        try_ncnn: whether it is a network that ncnn may run.
    """
    pool = litert_pool(source, outputs)
    expected = pool.open().predict(images)
    trials = [_Trial(LITERT, EXACT, pool)]
    names = [(OPENVINO, EXACT), (OPENVINO, fast_precision()), *([(NCNN, EXACT)] if try_ncnn else [])]
    for runtime, precision in dict.fromkeys(names):
        trial = _checked(runtime, precision, source, outputs, images, expected)
        trials += [trial] if trial is not None else []
    runners, rates = [_Runner(trial.pool, images) for trial in trials], [0.0] * len(trials)
    for _ in range(ROUNDS):
        rates = [max(rate, runner.rate()) for rate, runner in zip(rates, runners, strict=True)]
    return _decide(trials, rates)


def open_choice(
    choice: RuntimeChoice, source: Path | bytes, outputs: Sequence[str], images: np.ndarray
) -> PredictorPool | None:
    """What runs a file as it was measured to be fastest, after one image came out as from LiteRT; None where not."""
    if choice.runtime == LITERT:
        return None
    expected = litert_pool(source, outputs).open().predict(images[:1])
    trial = _checked(choice.runtime, choice.precision, source, outputs, images[:1], expected)
    return trial.pool if trial is not None else None


def _checked(
    runtime: str,
    precision: str,
    source: Path | bytes,
    outputs: Sequence[str],
    images: np.ndarray,
    expected: Outputs,
) -> _Trial | None:
    """A runtime that gives what LiteRT gives; None where it is not there, does not run the file, or differs."""
    start = time.perf_counter()
    try:
        pool = _pool(runtime, precision, source, outputs, images.shape[1])
        received = pool.open().predict(images)
    except Exception:  # whatever is wrong with another runtime, LiteRT is there
        return None
    seconds = time.perf_counter() - start
    if any(one.shape != other.shape for one, other in zip(received, expected, strict=True)):
        return None
    pairs = list(zip(received, expected, strict=True))
    differences, cosines = [_difference(*pair) for pair in pairs], [_cosine(*pair) for pair in pairs]
    if precision == EXACT:
        same = all(difference <= MOST_DIFFERENCE for difference in differences)
    else:
        same = all(cosine >= LEAST_COSINE for cosine in cosines)
    return _Trial(runtime, precision, pool, seconds, max(differences), min(cosines)) if same else None


def _pool(runtime: str, precision: str, source: Path | bytes, outputs: Sequence[str], image_size: int) -> PredictorPool:
    if runtime == OPENVINO:
        return openvino_pool(source, outputs, (1, image_size, image_size, 3), precision)
    return ncnn_pool(source, outputs)


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    """As a share of the largest value; not a number where one is none."""
    return float(np.abs(one - other).max() / max(np.abs(other).max(), 1e-12))


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    """The least cosine similarity of an image's values in both."""
    ours, theirs = (each.reshape(len(each), -1).astype(np.float64) for each in (one, other))
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return float(((ours * theirs).sum(axis=1) / np.maximum(lengths, 1e-12)).min())


class _Runner:
    """All threads of a runtime, ready and warm."""

    def __init__(self, pool: PredictorPool, images: np.ndarray) -> None:
        self._batch = np.resize(images, (pool.batch, *images.shape[1:]))
        self._predictors = [pool.open() for _ in range(pool.num_threads)]
        self._side_by_side(lambda: False)

    def rate(self) -> float:
        """Images a second if all threads have a core of their own; each goes through at least one batch."""
        cores, start = usable_cores(), time.process_time()
        count = self._side_by_side(lambda: time.process_time() - start < ROUND_SECONDS * cores)
        return count * cores / max(time.process_time() - start, 1e-9)

    def _side_by_side(self, goes_on: Callable[[], bool]) -> int:
        """How many images all threads have put through."""
        counts = [0] * len(self._predictors)

        def work(number: int) -> None:
            while not counts[number] or goes_on():
                self._predictors[number].predict(self._batch)
                counts[number] += len(self._batch)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(len(counts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts)


def _decide(trials: Sequence[_Trial], rates: Sequence[float]) -> Measured:
    def choice(number: int) -> RuntimeChoice:
        trial, pool = trials[number], trials[number].pool
        return RuntimeChoice(
            runtime=trial.runtime,
            threads=pool.num_threads,
            batch=pool.batch,
            rate=rates[number],
            litert_rate=rates[0],
            precision=trial.precision,
            set_up_seconds=trial.set_up_seconds,
            difference=trial.difference,
            cosine=trial.cosine,
        )

    def fastest(allowed: Callable[[_Trial], bool], before: int, factor: float) -> int:
        """The number of the fastest, where it is `factor` times as fast as number `before`."""
        numbers = [number for number, trial in enumerate(trials) if allowed(trial)]
        best = max(numbers, key=lambda number: rates[number], default=before)
        return best if rates[best] >= factor * rates[before] else before

    exact = fastest(lambda trial: trial.precision == EXACT, 0, FASTER)
    fast = fastest(lambda trial: trial.precision != EXACT, exact, CLEARLY_FASTER)
    return Measured(choice(exact), choice(fast))
