"""The stages up to a trained head: its weights, the features of the photos, and learning from them [TF]."""

from collections.abc import Iterator

import numpy as np

from tlcore.events import Event, never
from tlcore.features.extract import FEATURES_KEPT
from tlcore.features.memory import check_head_memory
from tlcore.features.store import row_bytes
from tlcore.jobs.attempts import can_resume
from tlcore.models.frozen_backbone import AdaptedBackbone, top_layer
from tlcore.models.frozen_files import output_name
from tlcore.models.runtimes import is_onnx
from tlcore.models.weights_cache import fetch
from tlcore.pipeline.caches import (
    Requests,
    StoredViews,
    check_complete,
    extract_for_head,
    hold_caches,
    make_room_for,
    open_feature_store,
    open_feature_stores,
    open_requests,
    read_photos,
)
from tlcore.pipeline.context import Context, Halted, TrainedModel
from tlcore.serving.graft import graft_head
from tlcore.serving.graft_onnx import graft_onnx
from tlcore.training.checkpoint import begin_checkpoints
from tlcore.training.head import Examples, Head, train_head
from tlcore.training.optimise import Score, validation_score


def download_weights(context: Context) -> Iterator[Event]:
    """Fetch the network's weights where they are missing, and check them.

    Raises:
        Halted: stopped before they were there.
        UserError: they cannot be fetched, or are damaged.
    """
    if (yield from fetch(context.spec, context.should_stop)) is None:
        raise Halted("The part of the network downloaded so far is kept for next time.")


def extract_features(context: Context) -> Iterator[Event]:
    """Extract what the head learns from, as far as it is not on disk.

    Raises:
        Halted: stopped before all of it was there.
        UserError: memory or disk will not do, or a photo is gone.
    """
    hold_caches(context)
    with open_requests(context) as requests:
        check_memory_for(context, requests)
        make_room_for(context, requests.features)
        yield from extract_for_head(context, requests.features, context.should_stop)
        check_complete(requests.features)


def check_memory_for(context: Context, requests: Requests) -> None:
    """Whether what the head learns from fits into the memory.

    Raises:
        UserError: it does not; the sentence has the estimate.
    """
    photos = len(context.part("train")[0]) + len(context.part("validation")[0])
    check_head_memory(photos, row_bytes(requests.features[0].stores[0].kind))


def train_head_stage(context: Context) -> Iterator[Event]:
    """Train the head on the features.

    Raises:
        Halted: stopped before there was a head.
        UserError: a feature is not a number, or the loss was none before there was a head.
    """
    (train, train_classes), (validation, validation_classes) = context.part("train"), context.part("validation")
    with open_feature_stores(context) as stores:
        store, several = stores.learning, stores.learning.views.count > 1
        examples = Examples(StoredViews(store, train) if several else read_photos(store, train), train_classes)
        held_out = Examples(read_photos(stores.exact, validation), validation_classes)
        # A run that is continued needs the head that it began with, whatever was asked meanwhile.
        should_stop = never if can_resume(context.run) else context.should_stop
        num_classes = len(context.dataset.labels)
        context.head = yield from train_head(examples, held_out, num_classes, context.config, should_stop)
    if context.head is not None and context.config.fine_tunes:
        begin_checkpoints(context.run.folder)
    if context.head is None:
        raise Halted(f"{FEATURES_KEPT} Nothing was trained yet.")


def validation_score_of(context: Context, head: Head) -> Score:
    """How a head does on the validation photos, whose features are on disk."""
    photos, classes = context.part("validation")
    with open_feature_store(context) as store:
        return validation_score(head.logits(read_photos(store, photos)), classes)


def head_model(context: Context, head: Head) -> TrainedModel:
    """What a run gives in which nothing but a head was trained, or nothing better."""
    with open_feature_store(context) as store:
        test, validation = (
            head.probabilities(read_photos(store, context.part(part)[0])) for part in ("test", "validation")
        )
    return model_with_head(context, head, test, validation)


def model_with_head(
    context: Context, head: Head, test_probabilities: np.ndarray, validation_probabilities: np.ndarray
) -> TrainedModel:
    """The frozen network with a head on it."""
    backbone, config, top = context.backbone, context.config, top_layer(context.config.head)

    def make_file(prototypes: np.ndarray) -> bytes:
        source = backbone.file(top)
        data = source if isinstance(source, bytes) else source.read_bytes()
        if is_onnx(data):
            return graft_onnx(data, head.layers, config.image_size, prototypes)
        return graft_head(data, head.layers, config.image_size, output_name(top), prototypes)

    def arrays() -> dict[str, list[np.ndarray]]:
        groups = {"head": [array for layer in head.layers for array in layer]}
        if isinstance(backbone, AdaptedBackbone):  # the others are on this machine anyway
            groups["backbone"] = [variable.numpy() for variable in backbone.keras_model(top).variables]
        return groups

    return TrainedModel(
        test_probabilities,
        head.epoch,
        make_file,
        arrays,
        head=head,
        validation_probabilities=validation_probabilities,
    )
