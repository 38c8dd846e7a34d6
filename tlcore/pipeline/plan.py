"""A run as a list of stages: the one place that knows what a strategy does, and in which order.

What a run does, how long it still takes, what of it was on disk already and what is said of it meanwhile all read this
list. It is rebuilt before each stage, so that it counts what is there then, whoever put it there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.events import StageKey
from tlcore.features.extract import Request, num_rows
from tlcore.features.joined import num_lacking
from tlcore.features.views import has_views
from tlcore.models.frozen_backbone import top_layer
from tlcore.models.frozen_files import POOLED
from tlcore.models.weights_cache import is_present
from tlcore.pipeline import fine_tune_stages, head_stages
from tlcore.pipeline.caches import Requests, open_image_store, open_requests, views_of
from tlcore.pipeline.context import Context, FineTuneModel
from tlcore.pipeline.stage import Stage

LEAST_JOINT_ROWS = 50
"""Rows from which on extracting features and activations in one pass is worth it: to make and check the file that gives
both takes as long as some 30."""


def build_plan(context: Context) -> list[Stage]:
    """The stages that a run still has before it, in order.

    Makes the network in Keras where a part of it will train, which takes seconds the first time.

    Raises:
        UserError: the memory will not do, the network has no such block, or its weights are damaged.
    """
    config, spec = context.config, context.spec
    stages: list[Stage] = []
    if config.pretrained and spec.is_downloaded:
        size, present = spec.download_bytes, is_present(spec)
        cached = size if present else 0
        stages.append(Stage(StageKey.DOWNLOAD, size, cached, head_stages.download_weights, open_ended=not present))
        if not present:
            return stages
    model = fine_tune_stages.model_of(context) if config.fine_tunes else None
    photos = fine_tune_stages.adaptation_photos(context, model) if model is not None else []
    if photos:
        stages.append(Stage(StageKey.ADAPT_BATCH_NORM, len(photos), 0, fine_tune_stages.adapt_batch_norm))
    certain = not photos or StageKey.ADAPT_BATCH_NORM in context.done
    features, inputs = _extraction(context, model, certain) if config.pretrained else ([], [])
    stages += features
    if config.pretrained:
        stages.append(_head_stage(context))
    stages += inputs
    if model is not None:
        stages += [_decode_stage(context)] if model.layer is None else []
        stages.append(_fine_tune_stage(context, model))
    return [stage for stage in stages if stage.key not in context.done]


def _extraction(context: Context, model: FineTuneModel | None, certain: bool) -> tuple[list[Stage], list[Stage]]:
    """What is extracted before the head trains, and after it.

    Args:
        certain: False while the network will still change, so that nobody can know what is cached of it.
    """
    if certain:
        with open_requests(context) as requests:
            lacking = _count_missing(context, model, requests)
            total = sum(request.total for request in requests.features)
    else:
        total = _total_rows(context)
        lacking = _Lacking(total, total, total if _may_join(context, model, total) else 0)
    rest = total - lacking.joint
    before = [
        Stage(
            StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS,
            lacking.joint,
            0,
            fine_tune_stages.extract_features_and_activations,
            num_outputs=2,
            certain=certain,
        ),
        Stage(
            StageKey.EXTRACT_FEATURES,
            rest,
            total - lacking.features,
            head_stages.extract_features,
            num_outputs=1,
            certain=certain,
        ),
    ]
    after = []
    if model is not None and model.layer is not None:
        after.append(
            Stage(
                StageKey.CACHE_ACTIVATIONS,
                rest,
                total - lacking.activations,
                fine_tune_stages.cache_activations,
                num_outputs=1,
                certain=certain,
            )
        )
    return [stage for stage in before if stage.total], [stage for stage in after if stage.total]


@dataclass(frozen=True)
class _Lacking:
    """Rows that are missing: for the head, for the part that trains, and of these in both what one pass will give."""

    features: int
    activations: int
    joint: int


def _count_missing(context: Context, model: FineTuneModel | None, requests: Requests) -> _Lacking:
    features, activations = _num_missing(requests.features), _num_missing(requests.activations)
    joint = _num_missing(requests.joint)
    if not _may_join(context, model, joint) or not _can_join(context, model):
        joint = 0
    return _Lacking(features, activations, joint)


def _num_missing(requests: Sequence[Request]) -> int:
    return sum(map(num_lacking, requests))


def _may_join(context: Context, model: FineTuneModel | None, rows: int) -> bool:
    """Whether one pass is worth it for so many rows that are missing twice, as far as can be told without a file."""
    pooled = top_layer(context.config.head) == POOLED
    return model is not None and model.layer is not None and pooled and rows >= LEAST_JOINT_ROWS


def _can_join(context: Context, model: FineTuneModel | None) -> bool:
    """Whether a file gives both in one pass; it may take seconds to make, so nobody waits for it after a stop."""
    if model is None or model.layer is None or StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS in context.done:
        return False
    return not context.should_stop() and context.backbone.can_join(model.layer)


def _total_rows(context: Context) -> int:
    """Rows of all photos, those to learn from in all views."""
    train, others = ({photo.sha256 for photo in photos} for photos in context.split_photos())
    views = views_of(context.config)
    return len(train) * (views.count if has_views(views) else 1) + len(others)


def _head_stage(context: Context) -> Stage:
    config = context.config
    least = min(config.epochs, config.patience or config.epochs)
    samples = len(context.part("train")[0])
    run = head_stages.train_head_stage
    return Stage(StageKey.TRAIN_HEAD, config.epochs, 0, run, least, epoch_units=1, epoch_samples=samples)


def _decode_stage(context: Context) -> Stage:
    with open_image_store(context) as store:
        request = Request(context.photos, (store,))
        cached = request.total - num_rows(request.missing())
    run = fine_tune_stages.decode_photos
    return Stage(StageKey.DECODE_PHOTOS, request.total, cached, run, num_outputs=1)


def _fine_tune_stage(context: Context, model: FineTuneModel) -> Stage:
    config = context.config
    samples = len(context.part("train")[0])
    steps = -(-samples // config.batch_size)
    least = min(config.fine_tune_epochs, config.patience or config.fine_tune_epochs)
    cached = fine_tune_stages.num_epochs_done(context) * steps
    total, run = config.fine_tune_epochs * steps, fine_tune_stages.fine_tune_stage
    return Stage(StageKey.FINE_TUNE, total, cached, run, least * steps, epoch_units=steps, epoch_samples=samples)
