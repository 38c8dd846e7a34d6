"""Photos and their augmented views in two stores behind one: view 0, the photo itself, lies where it always lay.

The other views lie in a folder of their own, named after augmentation and seed, so that features of the photos need not
be extracted again when the augmentation changes, and old augmentations can be removed by themselves.
"""

from collections.abc import Iterable, Sequence
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


class ViewedStore:
    """A store of photos and, where there are views beside the photo itself, a store of those.

    `views.count` is how many rows a photo has; it is 1 where no second store is given.
    """

    def __init__(self, plain: Rows, augmented: Rows | None = None, views: Views | None = None) -> None:
        self.plain, self.augmented = plain, augmented
        self.views = views if views is not None and augmented is not None else Views()

    @property
    def kind(self) -> Kind:
        return self.plain.kind

    def precision(self, view: int) -> str:
        """In which precision a view is computed at least."""
        return self._store(view).kind.precision

    def missing(self, sha256s: Iterable[str]) -> Missing:
        """The photos that lack rows, each once, in their order, with the views that they lack."""
        result: Missing = {}
        for sha256 in dict.fromkeys(sha256s):
            lacking = tuple(view for view in range(self.views.count) if view_key(sha256, view) not in self._store(view))
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
        for store, chosen in ((self.plain, photos), (self.augmented, ~photos)):
            if store is not None and chosen.any():
                store.append([keys[i] for i in np.nonzero(chosen)[0]], rows if chosen.all() else rows[chosen])

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
        photos = np.array([key in self.plain or self.plain.was_dropped(key) for key in keys], dtype=bool)
        if self.augmented is None or photos.all():
            return self.plain.read(keys)
        result = np.empty((len(keys), *self.kind.shape), dtype=self.kind.dtype)
        for store, chosen in ((self.plain, photos), (self.augmented, ~photos)):
            result[chosen] = store.read([key for key, is_chosen in zip(keys, chosen, strict=True) if is_chosen])
        return result

    def refresh(self) -> None:
        """Learn of the rows that others have appended since the last refresh."""
        self.plain.refresh()
        if self.augmented is not None:
            self.augmented.refresh()

    def close(self) -> None:
        """Give up the folders."""
        self.plain.close()
        if self.augmented is not None:
            self.augmented.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _store(self, view: int) -> Rows:
        return self.plain if view == 0 or self.augmented is None else self.augmented


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
