"""Batches for training, read from disk in the background while the last one is trained on.

Memory holds a few batches and never the data set. What is read and in which order is the caller's business; so is
the random state: `order` and `change` decide, and the same of both gives the same batches, however many threads there
are.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np

from tlcore.data.augment import Augmentation, augment, view_random
from tlcore.models.litert_runtime import usable_cores

Change = Callable[[np.ndarray, str], np.ndarray]  # a row and its key in, a row of the same shape out

AHEAD = 2  # batches that are ready or being read while one is used; one for each reader where there are more
MOST_READERS = 4


class Rows(Protocol):
    """Anything with rows by key: a `RowStore`, a `ViewedStore`, an `ActivationCache`, an `ImageCache`."""

    def read(self, keys: Sequence[str]) -> np.ndarray: ...


def batches(
    rows: Rows,
    keys: Sequence[str],
    labels: np.ndarray,
    batch_size: int,
    order: np.ndarray | None = None,
    change: Change | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """One pass over `keys`, in the given order; the last batch may be shorter.

    Args:
        rows: must have all of the keys.
        labels: int (len(keys),), the class of each key.
        order: int, indices into `keys`, each as often as it shall be seen; None is as they come.
        change: applied to each row in the background, `augmenting` for example; needs processor time, and then more
            than one thread reads.

    Yields:
        float32 (b, *shape) and int32 (b,). Nobody else holds these arrays.

    Raises:
        KeyError: a key has no row. This and whatever `change` raises arrive with the batch that they belong to.
    """
    order = np.arange(len(keys)) if order is None else np.asarray(order)
    labels = np.asarray(labels, dtype=np.int32)

    def load(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        names = [keys[index] for index in chosen]
        data = rows.read(names)
        if change is not None:
            for index, name in enumerate(names):
                data[index] = change(data[index], name)
        return data.astype(np.float32, copy=False), labels[chosen]

    readers = 1 if change is None else min(usable_cores(), MOST_READERS)
    with ThreadPoolExecutor(readers, thread_name_prefix="batches") as pool:
        coming: deque[Future[tuple[np.ndarray, np.ndarray]]] = deque()
        try:
            for start in range(0, len(order), batch_size):
                coming.append(pool.submit(load, order[start : start + batch_size]))
                if len(coming) > max(AHEAD, readers):
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def augmenting(augmentation: Augmentation, seed: int, epoch: int) -> Change | None:
    """The `change` of an epoch for `ImageCache` rows: every photo gets another random view in every epoch.

    None when the augmentation is off. `epoch` counts from 0; epoch e draws what view e + 1 of `Views` draws.
    """
    if augmentation.is_off:
        return None
    return lambda image, sha256: augment(image, augmentation, view_random(seed, sha256, epoch + 1))
