"""What a run keeps of its photos on disk: which stores, and which rows of them it needs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial
from math import ceil

import numpy as np

from tlcore.config import NEVER, TrainConfig
from tlcore.data.augment import Augmentation, Views, view_key
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.events import Progress, ShouldStop, never
from tlcore.features.activations import ActivationKind, ImageCache, make_room, open_activations, open_features
from tlcore.features.extract import FEATURES_KEPT, Photo, Request, check_numbers, extract, num_rows
from tlcore.features.joined import extract_pooled, open_pooled
from tlcore.features.store import FeatureKind
from tlcore.features.views import ViewedStore
from tlcore.models.frozen_backbone import top_layer
from tlcore.models.frozen_files import POOLED
from tlcore.pipeline.context import Context, FineTuneModel, Halted


def views_of(config: TrainConfig) -> Views:
    """The augmented views that a frozen network is given."""
    augmentation = Augmentation(**{option.name: getattr(config, option.name) for option in fields(Augmentation)})
    return Views(augmentation, config.views, config.seed)


def open_feature_store(context: Context, views: Views | None = None) -> ViewedStore:
    """The store of what the head learns from; close it after use. A feature map is large: it lies with activations."""
    layer, size = top_layer(context.config.head), context.config.image_size
    if layer == POOLED:
        if context.spec.members:
            return open_pooled(context.workspace, context.spec, size, views)
        kind = FeatureKind(context.backbone.name, size, RESIZE_POLICY, context.spec.feature_size)
        return open_features(context.workspace, kind, views)
    shape = context.backbone.output_shape(layer)
    return open_activations(
        context.workspace, ActivationKind(context.backbone.name, layer, size, RESIZE_POLICY, shape), views
    )


def open_activation_store(context: Context, model: FineTuneModel) -> ViewedStore:
    """The store of what enters the part that trains, where a layer's output does; close it after use."""
    if model.layer is None:
        raise ValueError("Photos enter this network; they are in open_image_store.")
    shape = tuple(int(side) for side in model.trainable.input_shape[1:])
    kind = ActivationKind(context.backbone.name, model.layer, context.config.image_size, RESIZE_POLICY, shape)
    judged = None
    if context.config.mixed_precision != NEVER:  # what is only trained on may be rounded
        judged = [photo.sha256 for photo in context.split_photos()[1]]
    return open_activations(context.workspace, kind, views_of(context.config), judged)


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
    model, views = context.fine_tune_model, views_of(context.config)
    with open_feature_store(context, views) as features:
        if model is None or model.layer is None:
            yield Requests(_requests(context, (features,)))
            return
        with open_activation_store(context, model) as activations:
            yield Requests(
                _requests(context, (features,)),
                _requests(context, (activations,)),
                _requests(context, (activations, features)),
            )


def _requests(context: Context, stores: tuple[ViewedStore, ...]) -> tuple[Request, Request]:
    train, others = context.split_photos()
    return Request(train, stores), Request(others, tuple(ViewedStore(store.plain) for store in stores))


def hold_caches(context: Context) -> None:
    """Let nothing that the run still needs be removed to make room, until it is over.

    That is what enters the part that trains, and what the head learns from, on which it is also tested when the network
    has been trained.
    """
    model = context.fine_tune_model
    context.held.enter_context(open_feature_store(context, views_of(context.config)))
    if model is not None and model.layer is not None:
        context.held.enter_context(open_activation_store(context, model))


def make_room_for(context: Context, requests: Sequence[Request]) -> None:
    """Before an extraction: make room for the rows of all requests together, in each of their stores.

    Raises:
        UserError: the disk has no room for it; the sentence has the estimate.
    """
    for place, store in enumerate(requests[0].stores):
        rows = sum(num_rows(request.missing()) * request.stores[place].share_of_bytes for request in requests)
        make_room(context.workspace, store.kind, ceil(rows))


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
