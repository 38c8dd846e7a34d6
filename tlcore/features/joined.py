"""The features of several networks side by side, out of the store of each network by itself.

Nothing is stored of a combination: any two of three networks are joined from the rows that the three have. What is
missing in all stores is computed in one go, so that a photo is decoded once; what only some lack, by those alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from math import ceil

import numpy as np

from tlcore.config import SEVERAL
from tlcore.data.augment import Views
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.events import Progress, ShouldStop, StageKey, never
from tlcore.features.activations import open_features
from tlcore.features.extract import Open, Read, Request, extract, feature_kind, num_rows
from tlcore.features.saving import Stopwatch
from tlcore.features.store import FeatureKind, RowStore
from tlcore.features.views import Rows, ViewedStore
from tlcore.models.frozen_backbone import FrozenBackbone
from tlcore.models.frozen_files import POOLED
from tlcore.models.joined_backbone import JoinedBackbone, join_rows
from tlcore.models.predictor import EXACT
from tlcore.models.several import members_of, work_shares
from tlcore.models.spec import BackboneSpec
from tlcore.workspace import Workspace


class JoinedRows:
    """The rows of several stores side by side, to read; a row is there when each of them has it.

    `shares`: what part of the work of a row, 0–1, each of them is.
    """

    def __init__(self, stores: Sequence[RowStore], shares: Sequence[float]) -> None:
        self.stores, self.shares = tuple(stores), tuple(shares)
        kinds = [store.kind for store in stores]
        first = kinds[0]
        assert isinstance(first, FeatureKind)
        name = SEVERAL.join(kind.backbone for kind in kinds if isinstance(kind, FeatureKind))
        self.kind = replace(first, backbone=name, dimension=sum(kind.shape[0] for kind in kinds))

    def __contains__(self, key: str) -> bool:
        return all(key in store for store in self.stores)

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Those that not all stores have, each once, in their order."""
        return [key for key in dict.fromkeys(keys) if key not in self]

    def append(self, keys: Sequence[str], rows: np.ndarray) -> None:
        """Rows are put into the stores themselves; see `extract_pooled`."""
        raise TypeError("Joined rows are read only: append to the stores that they come from.")

    def read(self, keys: Sequence[str]) -> np.ndarray:
        """The rows of these keys, float32 (len(keys), sum of all dimensions); raises what `RowStore.read` raises."""
        return join_rows([store.read(keys) for store in self.stores])

    def was_dropped(self, key: str) -> bool:
        """Whether a row was found damaged in one of them and is not there again yet."""
        return any(store.was_dropped(key) for store in self.stores)

    def refresh(self) -> None:
        """Learn of the rows that others have appended."""
        for store in self.stores:
            store.refresh()

    def close(self) -> None:
        """Give up the folders."""
        for store in self.stores:
            store.close()


def open_pooled(
    workspace: Workspace,
    spec: BackboneSpec,
    image_size: int,
    views: Views | None = None,
    precision: str = EXACT,
    views_precision: str = EXACT,
) -> ViewedStore:
    """The store of the pooled features of a row of the table, or of several side by side; close it after use.

    Args:
        precision: see `Kind`, of the photos as they are; `views_precision`: of their views.

    Raises:
        UserError: the weights of a network are not there and it cannot be named without them.
    """
    kinds = [feature_kind(member, image_size, RESIZE_POLICY, precision) for member in members_of(spec)]
    opened = [open_features(workspace, kind, views, views_precision) for kind in kinds]
    return opened[0] if len(opened) == 1 else _joined(opened, work_shares(spec))


def _joined(stores: Sequence[ViewedStore], shares: Sequence[float]) -> ViewedStore:
    plain = JoinedRows([_rows(store.plain) for store in stores], shares)
    views = [_rows(store.augmented) for store in stores if store.augmented is not None]
    return ViewedStore(plain, JoinedRows(views, shares) if views else None, stores[0].views)


def _rows(store: Rows) -> RowStore:
    assert isinstance(store, RowStore)
    return store


def num_lacking(request: Request) -> int:
    """How many rows are still to be computed; where only some of several networks lack a row, their share of it."""
    plain = request.stores[0].plain
    if not isinstance(plain, JoinedRows):
        return num_rows(request.missing())
    parts = zip(plain.shares, _of_each(request), strict=True)
    return ceil(round(sum(share * num_rows(part.missing()) for share, part in parts), 6))


def _of_each(request: Request) -> list[Request]:
    """A request for joined rows as one for each of the stores that they come from."""
    return [Request(request.photos, (store,)) for store in _members(request.stores[0])]


def _members(store: ViewedStore) -> tuple[ViewedStore, ...]:
    plain, augmented = store.plain, store.augmented
    if not isinstance(plain, JoinedRows):
        return (store,)
    others = augmented.stores if isinstance(augmented, JoinedRows) else (None,) * len(plain.stores)
    return tuple(ViewedStore(*pair, store.views) for pair in zip(plain.stores, others, strict=True))


def extract_pooled(
    backbone: FrozenBackbone,
    requests: Sequence[Request],
    read: Read,
    should_stop: ShouldStop = never,
    stage: StageKey = StageKey.EXTRACT_FEATURES,
) -> Iterator[Progress]:
    """`extract` for the pooled features of a network, or of several side by side; see there."""
    if not isinstance(backbone, JoinedBackbone):
        yield from extract(partial(backbone.predictors, POOLED), requests, read, should_stop, stage)
        return
    total, lacking = sum(request.total for request in requests), sum(map(num_lacking, requests))
    unit = "views" if any(request.stores[0].views.count > 1 for request in requests) else ""
    watch, left = Stopwatch(stage, total, total - lacking, unit), float(lacking)
    for predictors, part, share in _parts(backbone, requests):
        before = left
        for number, event in enumerate(extract(predictors, part, read, should_stop, stage)):
            left = before - share * (event.done - event.cached)
            done = total - max(0, ceil(round(left, 6)))
            if number == 0:
                watch.restart(done)  # opening the networks is not the pace
            yield watch.progress(done)


def _parts(backbone: JoinedBackbone, requests: Sequence[Request]) -> Iterator[tuple[Open, list[Request], float]]:
    """What is extracted one after the other: by all networks at once, then by each what it still lacks; with the share
    of a row's work that it is."""
    yield (
        backbone.member_predictors,
        [Request(request.photos, _members(request.stores[0])) for request in requests],
        1.0,
    )
    plain = requests[0].stores[0].plain
    assert isinstance(plain, JoinedRows)
    for number, (member, share) in enumerate(zip(backbone.members, plain.shares, strict=True)):
        of_one = [Request(request.photos, (_members(request.stores[0])[number],)) for request in requests]
        yield partial(member.predictors, POOLED), of_one, share
