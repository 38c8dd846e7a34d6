"""What is computed of photos goes into stores as it comes, about once a second, and progress is reported."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tlcore.events import Progress, StageKey
from tlcore.features.views import ViewedStore

SAVE_SECONDS = 1.0  # how much work a kill may cost
SAVE_BYTES = 16_000_000  # large rows are saved earlier; they are in memory twice while they are put together


@dataclass(frozen=True)
class Chunk:
    """Rows that were computed: `pairs` of (sha256, view), and these rows for each of the stores."""

    stores: tuple[ViewedStore, ...]
    pairs: list[tuple[str, int]]
    rows: list[np.ndarray]


def save(chunks: Iterator[Chunk], stopwatch: "Stopwatch") -> Iterator[Progress]:
    """Put chunks into their stores as they come; also what came before an error or a stop.

    Args:
        stopwatch: counts the rows.
    """
    saver = _Saver()
    yield stopwatch.progress(stopwatch.cached)
    try:
        for chunk in chunks:
            saver.add(chunk)
            yield stopwatch.progress(stopwatch.cached + saver.num_rows)
    finally:
        saver.flush()


class _Saver:
    """Collects rows and writes them to the stores about once a second, to all of them at the same moment."""

    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._num_bytes = 0
        self._last = time.monotonic()
        self.num_rows = 0  # so far

    def add(self, chunk: Chunk) -> None:
        if self._chunks and chunk.stores != self._chunks[0].stores:
            self.flush()
        self._chunks.append(chunk)
        self.num_rows += len(chunk.pairs)
        self._num_bytes += sum(rows.nbytes for rows in chunk.rows)
        if time.monotonic() - self._last >= SAVE_SECONDS or self._num_bytes >= SAVE_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._chunks:
            chunks, self._chunks, self._num_bytes = self._chunks, [], 0
            pairs = [pair for chunk in chunks for pair in chunk.pairs]
            for store, rows in zip(chunks[0].stores, zip(*(chunk.rows for chunk in chunks)), strict=True):
                store.append(pairs, np.concatenate(rows))
        self._last = time.monotonic()


class Stopwatch:
    """Turns units done into a `Progress` with a time left, from the pace so far.

    Args:
        stage: what is worked on.
        total: units in all.
        cached: of these, what was there before; it took no time.
        unit: see `Progress`.
    """

    def __init__(self, stage: StageKey, total: int, cached: int = 0, unit: str = "") -> None:
        self._stage, self._total, self.cached, self._unit = stage, total, cached, unit
        self._start, self._before = time.monotonic(), cached

    def restart(self, done: int) -> None:
        """Count the pace from here, where `done` units are done: they took longer, since something was compiled."""
        self._start, self._before = time.monotonic(), done

    def progress(self, done: int) -> Progress:
        """The event for `done` units, those that were there before included."""
        elapsed, counted = time.monotonic() - self._start, done - self._before
        left = elapsed / counted * (self._total - done) if counted else None
        return Progress(self._stage, done, self._total, left, cached=self.cached, unit=self._unit)
