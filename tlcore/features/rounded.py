"""Rows that are only trained on, rounded to float16: half the bytes on the disk, and to read in every epoch.

Its 11 significant bits keep each number to 0.05%, far less than an augmented view or dropout changes it
(docs/notes/mixed-precision.md). A row that float16 cannot hold lies among the exact ones; what is there already is read
from there.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from tlcore.features.store import Kind, RowStore, row_bytes
from tlcore.features.views import Rows

MOST, LEAST = float(np.finfo(np.float16).max), 2.0**-10
"""The largest magnitude in a row that float16 holds: 65504. Below the least one its steps get coarse (subnormals)."""


class RoundedRows:
    """Two stores as one (`views.Rows`): rows go to `half`, or to `exact` where they do not fit; read as float32."""

    def __init__(self, exact: RowStore, half: RowStore) -> None:
        self.exact, self.half = exact, half

    @property
    def kind(self) -> Kind:
        """Of what is read."""
        return self.exact.kind

    @property
    def share_of_bytes(self) -> float:
        """What a row takes on the disk, as a share of an exact one."""
        return row_bytes(self.half.kind) / row_bytes(self.exact.kind)

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self.half or sha256 in self.exact

    def append(self, sha256s: Sequence[str], vectors: np.ndarray) -> None:
        """Add rows; see `RowStore.append`."""
        fits = fit_float16(vectors)
        for store, chosen in ((self.half, fits), (self.exact, ~fits)):
            if chosen.any():
                keys = [sha256 for sha256, is_chosen in zip(sha256s, chosen, strict=True) if is_chosen]
                store.append(keys, vectors if chosen.all() else vectors[chosen])

    def read(self, sha256s: Sequence[str]) -> np.ndarray:
        """The rows of these photos, float32; exact ones where they are there. See `RowStore.read`."""
        exact = np.array([sha256 in self.exact for sha256 in sha256s], dtype=bool)
        result = np.empty((len(sha256s), *self.kind.shape), dtype=self.kind.dtype)
        for store, chosen in ((self.exact, exact), (self.half, ~exact)):
            if chosen.any():
                result[chosen] = store.read([sha256s[index] for index in np.nonzero(chosen)[0].tolist()])
        return result

    def was_dropped(self, sha256: str) -> bool:
        """Whether a row was found damaged and is not there again yet."""
        return sha256 not in self and any(store.was_dropped(sha256) for store in self._stores())

    def refresh(self) -> None:
        """Learn of the rows that others have appended."""
        for store in self._stores():
            store.refresh()

    def close(self) -> None:
        """Give up the folders."""
        for store in self._stores():
            store.close()

    def _stores(self) -> Iterator[RowStore]:
        yield from (self.exact, self.half)


def exact_rows(rows: Rows) -> Rows:
    """Those of the rows that were not rounded."""
    return rows.exact if isinstance(rows, RoundedRows) else rows


def share_of_bytes(rows: Rows) -> float:
    """What a row takes on the disk, as a share of an exact one."""
    return rows.share_of_bytes if isinstance(rows, RoundedRows) else 1.0


def fit_float16(rows: np.ndarray) -> np.ndarray:
    """Which rows float16 holds well, bool (n,); rows float32 (n, …)."""
    largest = np.abs(rows).reshape(len(rows), -1).max(axis=1, initial=0.0)
    fits: np.ndarray = (largest <= MOST) & ((largest >= LEAST) | (largest == 0.0))
    return fits
