"""Photos and their augmented views in two stores behind one: view 0, the photo itself, lies where it always lay.

The other views lie in a folder of their own, named after augmentation and seed, so that features of the photos need not
be extracted again when the augmentation changes, and old augmentations can be removed by themselves.

Rows that are only trained on may be rounded to float16, which takes half the bytes: its 11 significant bits keep each
number to 0.05%, far less than an augmented view or dropout changes it. They lie in a third store. What a network is
judged by is never rounded (`Rounded.exact`), nor is a row that float16 cannot hold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from tlcore.data.augment import Views, view_key
from tlcore.errors import UserError
from tlcore.features.store import Kind

Missing = dict[str, tuple[int, ...]]
"""Photos, by their SHA-256, with the numbers of the views that are missing of each; the order counts."""


class Rows(Protocol):
    """What a `ViewedStore` needs of a store: a `RowStore`, or several side by side (joined.py)."""

    @property
    def kind(self) -> Kind: ...

    def __contains__(self, sha256: str) -> bool: ...

    def append(self, sha256s: Sequence[str], vectors: np.ndarray) -> None: ...

    def read(self, sha256s: Sequence[str]) -> np.ndarray: ...

    def was_dropped(self, sha256: str) -> bool: ...

    def refresh(self) -> None: ...

    def close(self) -> None: ...


MOST, LEAST = float(np.finfo(np.float16).max), 2.0**-10
"""The largest magnitude in a row that float16 holds: 65504. Below the least one its steps get coarse (subnormals)."""


@dataclass(frozen=True)
class Rounded:
    """Where rows of float16 lie, those of all views, and the photos (SHA-256) whose rows must not be among them."""

    rows: Rows
    exact: frozenset[str]

    def takes(self, sha256: str) -> bool:
        """Whether the rows of a photo may be rounded."""
        return sha256 not in self.exact


def fit_float16(rows: np.ndarray) -> np.ndarray:
    """Which rows float16 holds well, bool (n,); rows float32 (n, …)."""
    largest = np.abs(rows).reshape(len(rows), -1).max(axis=1, initial=0.0)
    fits: np.ndarray = (largest <= MOST) & ((largest >= LEAST) | (largest == 0.0))
    return fits


class ViewedStore:
    """A store of photos and, where there are views beside the photo itself, a store of those.

    `views.count` is how many rows a photo has; it is 1 where no second store is given. Rows that may be rounded go to
    `rounded` where there is one; what lies in the other two is read from there, so that nothing is computed twice.
    """

    def __init__(
        self,
        plain: Rows,
        augmented: Rows | None = None,
        views: Views | None = None,
        rounded: Rounded | None = None,
    ) -> None:
        self.plain, self.augmented, self.rounded = plain, augmented, rounded
        self.views = views if views is not None and augmented is not None else Views()

    @property
    def kind(self) -> Kind:
        """Of what is read, and of rows that are not rounded."""
        return self.plain.kind

    @property
    def share_of_bytes(self) -> float:
        """What a row that is added takes of the bytes of one that is not rounded, where all can be rounded."""
        if self.rounded is None:
            return 1.0
        return np.dtype(self.rounded.rows.kind.dtype).itemsize / np.dtype(self.kind.dtype).itemsize

    @property
    def unvaried(self) -> "ViewedStore":
        """The photos as they are, in the same stores."""
        return ViewedStore(self.plain, rounded=self.rounded)

    def missing(self, sha256s: Iterable[str]) -> Missing:
        """The photos that lack rows, each once, in their order, with the views that they lack."""
        result: Missing = {}
        for sha256 in dict.fromkeys(sha256s):
            lacking = tuple(view for view in range(self.views.count) if not self._has(sha256, view))
            if lacking:
                result[sha256] = lacking
        return result

    def num_missing(self, sha256s: Iterable[str]) -> int:
        """How many rows are still to be computed: what an estimate of disk space is made of."""
        return sum(len(views) for views in self.missing(sha256s).values())

    def append(self, pairs: Sequence[tuple[str, int]], rows: np.ndarray) -> None:
        """Add the rows of these (sha256, view); see `RowStore.append`."""
        photos = np.array([view == 0 for _, view in pairs])
        keys = [view_key(*pair) for pair in pairs]
        rounded = np.zeros(len(pairs), dtype=bool)
        if self.rounded is not None:
            rounded = np.array([self.rounded.takes(sha256) for sha256, _ in pairs]) & fit_float16(rows)
            _append(self.rounded.rows, keys, rows, rounded)
        _append(self.plain, keys, rows, photos & ~rounded)
        if self.augmented is not None:
            _append(self.augmented, keys, rows, ~photos & ~rounded)

    def read(self, keys: Sequence[str]) -> np.ndarray:
        """The rows of these keys, (len(keys), *kind.shape): a photo's sha256, or `view_key` for its other views.

        Raises:
            UserError: there is no such row any more: the folder was deleted while it was used.
            DamagedRows: see `RowStore.read`.
        """
        try:
            return self._read(keys)
        except KeyError as error:
            raise UserError(
                "Some stored features are missing: they were deleted in the meantime, or damaged.",
                "Restart: what is missing will be recomputed.",
            ) from error

    def _read(self, keys: Sequence[str]) -> np.ndarray:
        stores = self._stores()
        places = np.array([self._place(key, stores) for key in keys], dtype=int)
        if not places.any():
            return self.plain.read(keys)
        result = np.empty((len(keys), *self.kind.shape), dtype=self.kind.dtype)
        for number, store in enumerate(stores):
            chosen = np.nonzero(places == number)[0]
            if len(chosen):
                result[chosen] = store.read([keys[index] for index in chosen.tolist()])
        return result

    def refresh(self) -> None:
        """Learn of the rows that others have appended since the last refresh."""
        for store in self._stores():
            store.refresh()

    def close(self) -> None:
        """Give up the folders."""
        for store in self._stores():
            store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _stores(self) -> list[Rows]:
        others = (self.augmented, self.rounded.rows if self.rounded is not None else None)
        return [self.plain, *(store for store in others if store is not None)]

    def _has(self, sha256: str, view: int) -> bool:
        key, exact = view_key(sha256, view), self.plain if view == 0 or self.augmented is None else self.augmented
        return key in exact or (self.rounded is not None and self.rounded.takes(sha256) and key in self.rounded.rows)

    def _place(self, key: str, stores: Sequence[Rows]) -> int:
        """Which of the stores has a row, or had it until it turned out damaged; the last one where none has it."""
        if self.rounded is not None and not self.rounded.takes(key):
            return 0  # a photo that must be exact; views have keys of their own, and none of such a photo is asked for
        found = (number for number, store in enumerate(stores) if key in store)
        dropped = (number for number, store in enumerate(stores) if store.was_dropped(key))
        return next(found, next(dropped, len(stores) - 1))


def _append(store: Rows, keys: Sequence[str], rows: np.ndarray, chosen: np.ndarray) -> None:
    if chosen.any():
        store.append([keys[index] for index in np.nonzero(chosen)[0].tolist()], rows if chosen.all() else rows[chosen])


def missing_in_all(stores: Sequence[ViewedStore], sha256s: Iterable[str]) -> Missing:
    """The photos with the views that none of several stores with the same views has; see `ViewedStore.missing`."""
    first, *others = stores
    found = first.missing(sha256s)
    for store in others:
        also = store.missing(found)
        found = {
            sha256: tuple(view for view in views if view in also.get(sha256, ())) for sha256, views in found.items()
        }
    return {sha256: views for sha256, views in found.items() if views}


def has_views(views: Views) -> bool:
    """False when the photo itself is the only view."""
    return views.count > 1 and not views.augmentation.is_off
