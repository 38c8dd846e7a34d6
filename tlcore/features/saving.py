"""What is computed of photos goes into stores as it comes, about once a second, and how far it is is told."""

import time
from collections.abc import Iterator, Sequence

import numpy as np

from tlcore.events import Progress
from tlcore.features.views import ViewedStore

SAVE_SECONDS = 1.0  # how much work a kill may cost
SAVE_BYTES = 16_000_000  # large rows are saved earlier; they are in memory twice while they are put together


def save(
    stores: Sequence[ViewedStore],
    chunks: Iterator[tuple[list[tuple[str, int]], list[np.ndarray]]],
    watch: "Stopwatch",
) -> Iterator[Progress]:
    """Put chunks into stores as they come; also what came before an error or a stop.

    Args:
        chunks: (sha256, view) of some rows, and these rows for each of the stores.
        watch: counts the photos.
    """
    saver = _Saver(stores)
    yield watch.progress(0)
    try:
        for pairs, parts in chunks:
            saver.add(pairs, parts)
            yield watch.progress(saver.seen)
    finally:
        saver.flush()


class _Saver:
    """Collects rows and writes them to the stores about once a second, to all at the same moment."""

    def __init__(self, stores: Sequence[ViewedStore]) -> None:
        self._stores = stores
        self._pairs: list[tuple[str, int]] = []
        self._parts: list[list[np.ndarray]] = []
        self._last = time.monotonic()
        self.seen = 0  # photos

    def add(self, pairs: list[tuple[str, int]], parts: list[np.ndarray]) -> None:
        self._pairs += pairs
        self._parts.append(parts)
        self.seen += len({sha256 for sha256, _ in pairs})
        num_bytes = sum(rows.nbytes for parts in self._parts for rows in parts)
        if time.monotonic() - self._last >= SAVE_SECONDS or num_bytes >= SAVE_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._pairs:
            pairs, parts = self._pairs, self._parts
            self._pairs, self._parts = [], []
            for store, rows in zip(self._stores, zip(*parts), strict=True):
                store.append(pairs, np.concatenate(rows))
        self._last = time.monotonic()


class Stopwatch:
    """Turns photos done into a `Progress` with a time left, from the pace so far."""

    def __init__(self, stage: str, total: int) -> None:
        self._stage, self._total = stage, total
        self._start, self._before = time.monotonic(), 0

    def restart(self, done: int) -> None:
        """Count the pace from here, where `done` photos are done: they took longer, since something was compiled."""
        self._start, self._before = time.monotonic(), done

    def progress(self, done: int) -> Progress:
        """The event for `done` photos."""
        elapsed, counted = time.monotonic() - self._start, done - self._before
        left = elapsed / counted * (self._total - done) if counted else None
        return Progress(self._stage, done, self._total, left)
