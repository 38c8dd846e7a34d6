"""What a run keeps of its photos on disk: which stores, and which rows of them it needs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil

import numpy as np

from tlcore.data.augment import Views, view_key
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.events import Progress, ShouldStop, never
from tlcore.features.activations import ActivationKind, ImageCache, make_room, open_activations, open_features
from tlcore.features.extract import FEATURES_KEPT, Photo, Request, check_numbers, extract, num_rows
from tlcore.features.joined import extract_pooled, open_pooled
from tlcore.features.rounded import exact_rows, share_of_bytes
from tlcore.features.store import FeatureKind
from tlcore.features.views import ViewedStore
from tlcore.models.frozen_backbone import top_layer
from tlcore.models.frozen_files import POOLED
from tlcore.models.predictor import EXACT
from tlcore.pipeline.context import Context, FineTuneModel, Halted
from tlcore.pipeline.context import views_of as views_of


@dataclass(frozen=True)
class Stores:
    """`learning`: of the photos to learn from, in all views; `exact`: of photos as they are, for figures."""

    learning: ViewedStore
    exact: ViewedStore


def open_feature_store(context: Context, views: Views | None = None, precision: str = EXACT) -> ViewedStore:
    """The store of what the head learns from; close it after use. A feature map is large: it lies with activations.

    Args:
        precision: of the photos as they are; of their views it is the run's.
    """
    layer, size, views_precision = top_layer(context.config.head), context.config.image_size, context.precision.views
    if layer == POOLED:
        if context.spec.members:
            return open_pooled(context.workspace, context.spec, size, views, precision, views_precision)
        features = FeatureKind(
            context.backbone.name, size, RESIZE_POLICY, context.spec.feature_size, precision=precision
        )
        return open_features(context.workspace, features, views, views_precision)
    shape = context.backbone.output_shape(layer)
    kind = ActivationKind(context.backbone.name, layer, size, RESIZE_POLICY, shape, precision=precision)
    return open_activations(context.workspace, kind, views, views_precision)


def open_activation_store(
    context: Context, model: FineTuneModel, views: Views | None = None, precision: str = EXACT, learning: bool = False
) -> ViewedStore:
    """The store of what enters the part that trains, where a layer's output does; see `open_feature_store`.

    Args:
        learning: whether it is for photos to learn from alone, whose rows may be rounded.
    """
    if model.layer is None:
        raise ValueError("Photos enter this network; they are in open_image_store.")
    shape = tuple(int(side) for side in model.trainable.input_shape[1:])
    size = context.config.image_size
    kind = ActivationKind(context.backbone.name, model.layer, size, RESIZE_POLICY, shape, precision=precision)
    return open_activations(
        context.workspace, kind, views, context.precision.views, learning and context.precision.activations_as_float16
    )


@contextmanager
def open_feature_stores(context: Context) -> Iterator[Stores]:
    """Both stores of what the head learns from."""
    with _open_both(context, lambda views, precision, _: open_feature_store(context, views, precision)) as stores:
        yield stores


@contextmanager
def open_activation_stores(context: Context, model: FineTuneModel) -> Iterator[Stores]:
    """Both stores of what enters the part that trains, where a layer's output does."""
    with _open_both(context, partial(open_activation_store, context, model)) as stores:
        yield stores


@contextmanager
def _open_both(context: Context, open_store: Callable[[Views | None, str, bool], ViewedStore]) -> Iterator[Stores]:
    with open_store(views_of(context.config), context.precision.photos, True) as learning:
        if context.precision.photos == EXACT:
            yield Stores(learning, ViewedStore(exact_rows(learning.plain)))
            return
        with open_store(None, EXACT, False) as exact:
            yield Stores(learning, exact)


def open_image_store(context: Context) -> ViewedStore:
    """The store of decoded photos, which enter a network that trains as a whole; close it after use."""
    return ViewedStore(ImageCache(context.workspace, context.config.image_size, RESIZE_POLICY))


@dataclass(frozen=True)
class Requests:
    """What a run needs of its photos, those to learn from in all views and then the others as they are.

    `features`: for the head. `activations`: for the part that trains, none where photos enter it. `joint`: both.
    """

    features: tuple[Request, Request]
    activations: tuple[Request, Request] | tuple[()] = ()
    joint: tuple[Request, Request] | tuple[()] = ()


@contextmanager
def open_requests(context: Context) -> Iterator[Requests]:
    """The requests of a run, their stores open meanwhile."""
    model = context.fine_tune_model
    with open_feature_stores(context) as features:
        if model is None or model.layer is None:
            yield Requests(_requests(context, features))
            return
        with open_activation_stores(context, model) as activations:
            yield Requests(
                _requests(context, features),
                _requests(context, activations),
                _requests(context, activations, features),
            )


def _requests(context: Context, *stores: Stores) -> tuple[Request, Request]:
    train, others = context.split_photos()
    return (
        Request(train, tuple(each.learning for each in stores)),
        Request(others, tuple(each.exact for each in stores)),
    )


def hold_caches(context: Context) -> None:
    """Let nothing that the run still needs be removed to make room, until it is over.

    That is what enters the part that trains, and what the head learns from, on which it is also tested when the network
    has been trained.
    """
    model = context.fine_tune_model
    context.held.enter_context(open_feature_stores(context))
    if model is not None and model.layer is not None:
        context.held.enter_context(open_activation_stores(context, model))


def make_room_for(context: Context, requests: Sequence[Request]) -> None:
    """Before an extraction: make room for the rows of all requests together, in each of their stores.

    Raises:
        UserError: the disk has no room for it; the sentence has the estimate.
    """
    missing = [num_rows(request.missing()) for request in requests]
    for place, store in enumerate(requests[0].stores):
        shares = [share_of_bytes(request.stores[place].plain) for request in requests]
        rows = ceil(sum(number * share for number, share in zip(missing, shares, strict=True)))
        make_room(context.workspace, store.kind, rows)


def extract_for_head(
    context: Context, requests: Sequence[Request], should_stop: ShouldStop = never
) -> Iterator[Progress]:
    """Compute what the head learns from, as far as the stores lack it; see `extract`."""
    layer, read = top_layer(context.config.head), context.dataset.read
    if layer == POOLED:
        yield from extract_pooled(context.backbone, requests, read, should_stop)
    else:
        yield from extract(partial(context.backbone.predictors, layer), requests, read, should_stop)


def check_complete(requests: Sequence[Request]) -> None:
    """After an extraction: whether it is complete.

    Raises:
        Halted: a stop left something out.
    """
    for request in requests:
        for store in request.stores:
            store.refresh()
        if request.missing():
            raise Halted(FEATURES_KEPT)


class StoredViews:
    """Features of the views of some photos, read from disk as they are asked for; see `head.ViewedFeatures`."""

    def __init__(self, store: ViewedStore, photos: Sequence[Photo]) -> None:
        self.count = store.views.count
        self._store, self._sha256s = store, [photo.sha256 for photo in photos]

    def take(self, numbers: np.ndarray) -> np.ndarray:
        """float32 (photos, dimension)."""
        return _checked(self._store.read([view_key(*each) for each in zip(self._sha256s, numbers.tolist())]))


def read_photos(store: ViewedStore, photos: Sequence[Photo]) -> np.ndarray:
    """The features of the photos as they are, float32 (photos, dimension).

    Raises:
        UserError: a value is infinite or not a number.
    """
    return _checked(store.read([photo.sha256 for photo in photos]))


def _checked(rows: np.ndarray) -> np.ndarray:
    """Each row in one axis. What was stored by an earlier version was not looked at when it was computed."""
    check_numbers([rows])
    return flat(rows)


def flat(rows: np.ndarray) -> np.ndarray:
    """Each row in one axis."""
    return rows.reshape(len(rows), -1)
