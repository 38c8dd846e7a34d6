"""Arranging photos on a map by t-SNE: how far it is, in the time that is allowed, and as many photos as that bears.

Of many photos some are arranged (landmarks), and each other one is put among those that it is most like: 20,000 at once
would take minutes.
"""

import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np

from tlcore.analysis.neighbours import Codes, Vectors, nearest, unit
from tlcore.analysis.photo_map import MOST_ARRANGED, Positions, principal_components
from tlcore.analysis.tsne_process import STEPS
from tlcore.errors import UserError
from tlcore.events import Progress, ShouldStop, StageKey
from tlcore.features.saving import Stopwatch
from tlcore.jobs.workers import worker_environment

LANDMARKS = MOST_ARRANGED
DIRECTIONS = 50  # of the vectors, that distances are taken in: the rest is mostly noise
FEWEST = 8  # photos, below which there is nothing to arrange
MOST_SECONDS = 300.0
BESIDE = 5  # landmarks that say where another photo lies
POLL_SECONDS = 0.2
SEVERAL_THREADS = 500  # photos; with fewer, threads wait for one another longer than they work
_STEP = re.compile(r"Iteration (\d+)")


def arrange(vectors: Vectors, should_stop: ShouldStop, seed: int = 0) -> Generator[Progress, None, Positions | None]:
    """Where photos lie, (n, 2), so that those that are alike lie together; None when stopped.

    Args:
        vectors: float32 (n, d), of length 1; equal ones come to lie at one place.

    Raises:
        UserError: it took longer than is allowed, or there is no memory for it.
    """
    watch = Stopwatch(StageKey.ARRANGE, STEPS, unit="steps")
    yield watch.progress(0)
    _, first, places = np.unique(vectors, axis=0, return_index=True, return_inverse=True)
    different = unit(vectors[np.sort(first)])
    order = np.argsort(np.argsort(first))[places.ravel()]  # the place of each photo among the different ones
    if len(different) < FEWEST:
        return principal_components(vectors, 2).astype(np.float64)
    chosen = _landmarks(len(different), seed)
    arranged = yield from _in_a_process(principal_components(different[chosen], DIRECTIONS), should_stop, watch)
    if arranged is None:
        return None
    return beside(different, chosen, arranged.astype(np.float64))[order]


def _landmarks(number: int, seed: int) -> Codes:
    if number <= LANDMARKS:
        return np.arange(number)
    return np.sort(np.random.default_rng(seed).choice(number, LANDMARKS, replace=False))


def beside(vectors: Vectors, landmarks: Codes, arranged: Positions) -> Positions:
    """The positions of all, given those of the landmarks: the others lie amid the landmarks that they are most like."""
    positions = np.empty((len(vectors), 2))
    positions[landmarks] = arranged
    others = np.setdiff1d(np.arange(len(vectors)), landmarks)
    if len(others):
        near = nearest(vectors, others, landmarks, BESIDE)
        similar = np.einsum("ij,ikj->ik", vectors[others], vectors[near])
        weights = np.exp(20 * (similar - similar.max(axis=1, keepdims=True)))  # the nearest one counts most
        weights /= weights.sum(axis=1, keepdims=True)
        positions[others] = np.einsum("ik,ikj->ij", weights, positions[near])
    return positions


def _in_a_process(
    vectors: Vectors, should_stop: ShouldStop, watch: Stopwatch
) -> Generator[Progress, None, Vectors | None]:
    """t-SNE of vectors, float32 (n, 2); None when stopped. The process ends with this generator."""
    with tempfile.TemporaryDirectory(prefix="arrange-") as place:
        source, target = Path(place) / "in.npy", Path(place) / "out.npy"
        np.save(source, vectors, allow_pickle=False)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tlcore.analysis.tsne_process", str(source), str(target)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=worker_environment() | ({"OMP_NUM_THREADS": "1"} if len(vectors) < SEVERAL_THREADS else {}),
        )
        try:
            stopped = yield from _followed(process, should_stop, watch)
        finally:
            process.kill()
            process.wait()
        if stopped:
            return None
        if process.returncode or not target.exists():
            raise UserError("The map could not be arranged.", "Try again, with other programs closed.")
        found: Vectors = np.load(target, allow_pickle=False)
        yield watch.progress(STEPS)
        return found


def _followed(
    process: "subprocess.Popen[str]", should_stop: ShouldStop, watch: Stopwatch
) -> Generator[Progress, None, bool]:
    """What the process says until it ends; whether it was stopped."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        assert process.stdout is not None  # it was started with a pipe
        with process.stdout:
            for line in process.stdout:
                lines.put(line)
        lines.put(None)

    reader = threading.Thread(target=read, name="arrange", daemon=True)
    reader.start()
    start = time.monotonic()
    while True:
        if should_stop():
            process.kill()
            reader.join()
            return True
        if time.monotonic() - start > MOST_SECONDS:
            raise UserError("Arranging the map took too long.", "Try again when this computer has less to do.")
        try:
            line = lines.get(timeout=POLL_SECONDS)
        except queue.Empty:
            continue
        if line is None:
            process.wait()
            return False
        if found := _STEP.search(line):
            yield watch.progress(min(int(found[1]), STEPS - 1))
