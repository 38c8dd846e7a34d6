"""The stages in which a part of the network, or all of it, adapts to the photos [TF].

What lies below the part that trains is frozen, so what it makes of each photo is computed once and cached. The network
is built here, its batch normalisation is adapted where that is asked for, it is trained, and handed on to be packed.
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from math import prod

import keras
import numpy as np

from tlcore.config import TrainConfig
from tlcore.data.augment import view_key
from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import load_input
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.events import Event, StageKey
from tlcore.features.batches import augmenting, batches
from tlcore.features.extract import Photo, Request, decode, extract
from tlcore.features.memory import SLOTS, Demand, check_fine_tune_memory
from tlcore.features.saving import Stopwatch
from tlcore.jobs.attempts import can_resume
from tlcore.models.build import build_backbone, cut_backbone, layer_below
from tlcore.models.frozen_backbone import AdaptedBackbone, top_layer
from tlcore.models.frozen_files import output_name, trained_file
from tlcore.models.graph import tensor_of
from tlcore.models.litert_runtime import usable_cores
from tlcore.models.registry import lowest_unfrozen_block
from tlcore.pipeline.caches import (
    Stores,
    check_complete,
    hold_caches,
    make_room_for,
    open_activation_stores,
    open_image_store,
    open_requests,
    views_of,
)
from tlcore.pipeline.context import Context, FineTuneModel, Halted, TrainedModel
from tlcore.pipeline.head_stages import check_memory_for, head_model, validation_score_of
from tlcore.serving.export import set_dense, stack_head, with_probabilities
from tlcore.serving.graft import graft_head
from tlcore.training.batch_norm import (
    adapt_batch_norm as adapt_model,
)
from tlcore.training.batch_norm import (
    batch_norm_bytes,
    freeze_batch_norm,
    has_batch_norm,
    set_batch_norm_momentum,
)
from tlcore.training.checkpoint import load_checkpoint_epoch
from tlcore.training.fine_tune import (
    Baseline,
    Batch,
    BatchSource,
    FineTuneSchedule,
    InferenceFunction,
    fine_tune,
)
from tlcore.training.head import hidden_sizes
from tlcore.training.softmax import softmax

ADAPTATION_PHOTOS, ADAPTATION_BATCH = 512, 16
"""Training photos at most, and at once, on which statistics are measured. Each photo has many places to measure, so
more of them change little; the batch decides how much memory the whole network needs for a moment."""


def model_of(context: Context) -> FineTuneModel:
    """The network in Keras, built at the first call, so that what it needs and how long it takes is known early.

    Raises:
        UserError: the memory will not do, the weights are missing or damaged, or there is no such block.
    """
    if context.fine_tune_model is None:
        keras.utils.set_random_seed(context.config.seed)
        model = build_network(context)
        check_fine_tune_memory(_demand(model.trainable, context.config), context.config)
        context.fine_tune_model = model
    return context.fine_tune_model


def adaptation_photos(context: Context, model: FineTuneModel) -> list[Photo]:
    """The training photos to adapt batch normalisation to; none where the network keeps its own statistics."""
    config = context.config
    if not config.batch_norm_adaptation or not config.pretrained or not has_batch_norm(model.whole):
        return []
    photos = context.part("train")[0]
    order = np.random.default_rng(config.seed).permutation(len(photos))[:ADAPTATION_PHOTOS]
    order = order[: max(len(order) // ADAPTATION_BATCH, 1) * ADAPTATION_BATCH]  # a small last batch would count as much
    return [photos[number] for number in order]


def adapt_batch_norm(context: Context) -> Iterator[Event]:
    """Move the network's statistics towards those of the photos, before anything is extracted with it.

    Raises:
        Halted: stopped before it was done.
    """
    model, config = model_of(context), context.config
    photos = adaptation_photos(context, model)
    stopwatch = Stopwatch(StageKey.ADAPT_BATCH_NORM, len(photos))
    yield stopwatch.progress(0)
    with ThreadPoolExecutor(usable_cores()) as pool:

        def load(photo: Photo) -> np.ndarray:
            return load_input(context.dataset.read(photo.path), config.image_size, RESIZE_POLICY, ACCEPTED)

        starts = range(0, len(photos), ADAPTATION_BATCH)
        rows = (np.stack(list(pool.map(load, photos[start : start + ADAPTATION_BATCH]))) for start in starts)
        for number, done in enumerate(adapt_model(model.whole, rows, config.batch_norm_adaptation)):
            if number == 0:
                stopwatch.restart(done)  # the first batch compiles
            yield stopwatch.progress(done)
            if context.should_stop() and not can_resume(context.run):  # else there are epochs that need this network
                raise Halted("Nothing was trained yet.")
    use_adapted(context, model)


def use_adapted(context: Context, model: FineTuneModel) -> None:
    """From here on the run's frozen network is this one, whose batch normalisation was adapted."""
    config, digest = context.config, hashlib.sha256(batch_norm_bytes(model.whole)).hexdigest()[:12]
    name = f"{context.backbone.name}-own-{digest}"
    top = top_layer(config.head)
    context.backbone = AdaptedBackbone(context.workspace, context.spec, name, model.backbone, top, config.image_size)


def extract_features_and_activations(context: Context) -> Iterator[Event]:
    """Extract in one pass what neither the head nor the part that trains has; what only one lacks is left to it.

    Raises:
        Halted: stopped before all of it was there.
        UserError: memory or disk will not do, or a photo is gone.
    """
    model = model_of(context)
    hold_caches(context)
    with open_requests(context) as requests:
        check_memory_for(context, requests)
        make_room_for(context, requests.joint)
        predictors = partial(context.backbone.joint_predictors, str(model.layer))
        read, stop = context.dataset.read, context.should_stop
        yield from extract(predictors, requests.joint, read, stop, StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS)
        check_complete(requests.joint)
    context.backbone.release_joint_file(str(model.layer))


def cache_activations(context: Context) -> Iterator[Event]:
    """Extract what enters the part that trains, as far as it is not on disk.

    Raises:
        Halted: stopped before all of it was there.
        UserError: the disk has no room for it; the sentence has the estimate.
    """
    model = model_of(context)
    hold_caches(context)
    with open_requests(context) as requests:
        make_room_for(context, requests.activations)
        predictors = partial(context.backbone.predictors, str(model.layer))
        read, stop = context.dataset.read, context.should_stop
        yield from extract(predictors, requests.activations, read, stop, StageKey.CACHE_ACTIVATIONS)
        check_complete(requests.activations)


def decode_photos(context: Context) -> Iterator[Event]:
    """Decode the photos that enter a network which trains as a whole, as far as they are not on disk.

    Raises:
        Halted: stopped before all of it was there.
        UserError: the disk has no room for it; the sentence has the estimate.
    """
    store = context.held.enter_context(open_image_store(context))
    request = Request(context.photos, (store,))
    make_room_for(context, [request])
    yield from decode(store, context.photos, context.dataset.read, context.should_stop)
    check_complete([request])


def num_epochs_done(context: Context) -> int:
    """How many epochs of fine-tuning an earlier attempt at this run has left behind."""
    return load_checkpoint_epoch(context.run.folder)


def fine_tune_stage(context: Context) -> Iterator[Event]:
    """Train the part that is unfrozen, beginning with the trained head where there is one.

    Raises:
        Halted: stopped before anything was learned.
        UserError: the disk is full, or a photo is gone.
    """
    model, config, head = model_of(context), context.config, context.head
    if head is not None:
        set_dense(model.dense, head.layers)
    baseline = Baseline(head.epoch, validation_score_of(context, head)) if head is not None else None
    schedule = FineTuneSchedule(context.epochs_done, config.fine_tune_epochs, baseline)
    with _open_inputs(context, model) as stores:
        source, infer = _batch_source(context, model, stores), InferenceFunction(model.trainable, _features(model))
        best = yield from fine_tune(
            model.trainable, source, config, schedule, context.run.folder, context.should_stop, infer
        )
        if best == 0:
            if head is None:
                raise Halted("Nothing was trained yet.")
            context.trained = head_model(context, head)
            return
        test, validation = (softmax(infer(source.held_out(part))[0]) for part in ("test", "validation"))
    context.inference = infer
    context.trained = network_model(context, model, test, validation, context.epochs_done + best)


def _features(model: FineTuneModel) -> keras.KerasTensor:
    """What enters the head, in the graph of the part that trains."""
    return tensor_of(model.trainable, model.backbone.output)


def network_model(
    context: Context,
    model: FineTuneModel,
    test_probabilities: np.ndarray,
    validation_probabilities: np.ndarray,
    best_epoch: int,
) -> TrainedModel:
    """A network that adapted, with the weights that it has."""
    return TrainedModel(
        test_probabilities,
        best_epoch,
        lambda prototypes: _network_file(context, model, prototypes),
        lambda: {"network": [variable.numpy() for variable in model.whole.variables]},
        network=model,
        validation_probabilities=validation_probabilities,
    )


@contextmanager
def _open_inputs(context: Context, model: FineTuneModel) -> Iterator[Stores]:
    """What enters the part that trains."""
    if model.layer is not None:
        with open_activation_stores(context, model) as stores:
            yield stores
    else:
        with open_image_store(context) as store:
            yield Stores(store, store)


def _batch_source(context: Context, model: FineTuneModel, stores: Stores) -> BatchSource:
    """The batches of each epoch, from rows on disk."""
    config, store = context.config, stores.learning
    photos, classes = context.part("train")

    def train(epoch: int) -> Iterator[Batch]:
        random = np.random.default_rng([config.seed, epoch])
        views = random.integers(store.views.count, size=len(classes))
        change = augmenting(views_of(config).augmentation, config.seed, epoch) if model.layer is None else None
        keys = [view_key(photo.sha256, int(view)) for photo, view in zip(photos, views, strict=True)]
        order = random.permutation(len(classes))
        return batches(store, keys, classes, config.batch_size, order, change)

    def held_out(split: str) -> Iterator[Batch]:
        others, their_classes = context.part(split)
        return batches(stores.exact, [photo.sha256 for photo in others], their_classes, config.batch_size)

    return BatchSource(train, held_out, classes, -(-len(classes) // config.batch_size))


def _network_file(context: Context, model: FineTuneModel, prototypes: np.ndarray) -> bytes:
    """The whole network as a `.tflite`, in 32 bits, so that it answers as the figures were counted."""
    size, top = context.config.image_size, top_layer(context.config.head)
    layers = [tuple(layer.get_weights()) for layer in model.dense]
    return graft_head(trained_file(context.spec, model.backbone, size, top), layers, size, output_name(top), prototypes)


def build_network(context: Context) -> FineTuneModel:
    """Backbone and head as one network, cut where the part that trains begins."""
    config = context.config
    weights = "imagenet" if config.pretrained else None
    backbone = build_backbone(context.spec, config.image_size, output=top_layer(config.head), weights=weights)
    logits, dense = stack_head(backbone.output, len(context.dataset.labels), config, hidden_sizes(config))
    trunk = keras.Model(backbone.input, logits, name=backbone.name)
    if config.pretrained:
        freeze_batch_norm(trunk)
    else:
        set_batch_norm_momentum(trunk)
    layer = _lowest_trainable_layer(context, backbone) if config.partly_frozen else None
    below, trainable = cut_backbone(trunk, layer) if layer else (None, trunk)
    share = _num_products(below) / _num_products(trunk) if below else 0.0
    return FineTuneModel(with_probabilities(backbone.input, logits), trainable, dense, layer, share, backbone)


def _lowest_trainable_layer(context: Context, backbone: keras.Model) -> str | None:
    """The layer whose output enters the part that trains, as the settings ask for it; None when everything trains.

    Raises:
        UserError: the backbone has no such block.
    """
    config = context.config
    if config.num_unfrozen_layers:
        return layer_below(backbone, config.num_unfrozen_layers)
    return lowest_unfrozen_block(context.spec, config.unfreeze_from).layer


def _num_products(model: keras.Model) -> int:
    """About how many multiplications a photo takes: in each layer, every place of its output times its weights."""
    return sum(
        prod(layer.output.shape[1:-1]) * sum(prod(weight.shape) for weight in layer.weights if len(weight.shape) > 1)
        for layer in model.layers
        if layer.weights
    )


def _demand(trainable: keras.Model, config: TrainConfig) -> Demand:
    """What a step of the part that trains has to hold in memory."""
    values = sum(prod(layer.output.shape[1:]) for layer in trainable.layers if hasattr(layer.output, "shape"))
    weights = sum(prod(variable.shape) for variable in trainable.trainable_variables)
    return Demand(values * config.batch_size, weights, SLOTS[config.optimizer])
