"""What the network of a finished training makes of photos: its pooled features, frozen or fine-tuned [TF].

Of a frozen network they lie in the feature store. A network that adapted is run from where it was trained on, with the
cached activations below, by the code that also gives its test probabilities.
"""

import logging
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tlcore.events import Event, StageKey
from tlcore.features.batches import batches
from tlcore.features.extract import Photo, Request, check_numbers, decode, extract
from tlcore.features.saving import Stopwatch
from tlcore.features.store import MOST_REPAIRS, DamagedRows
from tlcore.features.views import ViewedStore
from tlcore.models.build import cut_backbone
from tlcore.models.frozen_backbone import top_layer
from tlcore.models.frozen_files import POOLED
from tlcore.models.predictor import EXACT
from tlcore.pipeline.caches import (
    check_complete,
    extract_for_head,
    make_room_for,
    open_activation_store,
    open_feature_store,
    open_image_store,
)
from tlcore.pipeline.context import Context, FineTuneModel, TrainedModel
from tlcore.training.fine_tune import InferenceFunction

READ_AT_ONCE = 256  # feature maps; they are averaged as they come

Vectors = npt.NDArray[np.float32]
_log = logging.getLogger(__name__)
Result = TypeVar("Result")


def features_of(
    context: Context, model: TrainedModel, photos: Sequence[Photo], exact: bool = False
) -> Generator[Event, None, Vectors]:
    """The pooled features of photos of the data set, float32 (n, dimension), by the network that `model` ships.

    Those of training photos are what the run learned from, which may have been computed in fewer than 32 bits, unless
    they have to be `exact`.

    What is on disk, or was computed for an earlier call, is taken from there, and there are no events then. Where the
    head sees every position (flatten), it is the mean over them.

    Raises:
        UserError: a photo is gone or has changed, the disk is full, or the network gives values that are not numbers.
    """
    if model.network is None:
        return (yield from _repaired(lambda: _by_precision(context, photos, exact, partial(_frozen, context))))
    network, known = model.network, context.final_features
    missing = list({photo.sha256: photo for photo in photos if photo.sha256 not in known}.values())
    if missing:
        tuned = partial(_tuned, context, network)
        rows = yield from _repaired(lambda: _by_precision(context, missing, exact, tuned))
        known.update((photo.sha256, row) for photo, row in zip(missing, rows, strict=True))
    if not photos:
        return np.empty((0, int(network.backbone.output_shape[-1])), np.float32)
    return np.stack([known[photo.sha256] for photo in photos])


def _repaired(work: Callable[[], Generator[Event, None, Result]]) -> Generator[Event, None, Result]:
    """What comes of `work`, done again where stored rows turn out damaged: those were dropped."""
    for attempt in range(MOST_REPAIRS + 1):
        try:
            return (yield from work())
        except DamagedRows as error:
            if attempt == MOST_REPAIRS:
                raise
            _log.warning("%s They will be recomputed.", error.what)
    raise AssertionError("The last attempt returns or raises.")


def _by_precision(
    context: Context,
    photos: Sequence[Photo],
    exact: bool,
    compute: Callable[[Sequence[Photo], bool], Generator[Event, None, Vectors]],
) -> Generator[Event, None, Vectors]:
    """The features of photos, those that the run learned from in its precision and the others in 32 bits.

    Args:
        compute: the features of photos; whether the run learned from them.
    """
    if exact or context.precision.is_exact:
        return (yield from compute(photos, False))
    learned = {photo.sha256 for photo in context.part("train")[0]}
    is_learned = np.array([photo.sha256 in learned for photo in photos], bool)
    first = yield from compute([photo for photo in photos if photo.sha256 in learned], True)
    if is_learned.all():
        return first
    others = yield from compute([photo for photo in photos if photo.sha256 not in learned], False)
    rows: Vectors = np.empty((len(photos), others.shape[1]), np.float32)
    rows[~is_learned] = others
    if is_learned.any():
        rows[is_learned] = first
    return rows


def _frozen(context: Context, photos: Sequence[Photo], learned: bool) -> Generator[Event, None, Vectors]:
    """From the feature store, what it lacks computed first."""
    layer, sha256s = top_layer(context.config.head), [photo.sha256 for photo in photos]
    with open_feature_store(context, precision=context.precision.photos if learned else EXACT) as store:
        yield from _complete(context, store, layer, photos)
        starts = range(0, len(sha256s), READ_AT_ONCE)
        parts = [_pooled(store.read(sha256s[start : start + READ_AT_ONCE])) for start in starts]
        return np.concatenate(parts) if parts else np.empty((0, store.kind.shape[-1]), np.float32)


def _tuned(
    context: Context, network: FineTuneModel, photos: Sequence[Photo], learned: bool
) -> Generator[Event, None, Vectors]:
    """By the network that adapted, from the activations or photos that enter the part that trained."""
    if not photos:
        return np.empty((0, int(network.backbone.output_shape[-1])), np.float32)
    sha256s, rows = [photo.sha256 for photo in photos], []
    features = _inference(context, network).features
    with _open_inputs(context, network, learned) as store:
        yield from _complete(context, store, network.layer, photos)
        stopwatch = Stopwatch(StageKey.FINAL_FEATURES, len(photos))
        yield stopwatch.progress(0)
        done = 0
        for batch in batches(store, sha256s, np.zeros(len(photos), np.int32), context.config.batch_size):
            rows.append(features(batch[0]))
            done += len(batch[1])
            if len(rows) == 1:
                stopwatch.restart(done)  # the first batch compiles
            yield stopwatch.progress(done)
    return _pooled(np.concatenate(rows))


def _open_inputs(context: Context, network: FineTuneModel, learned: bool) -> ViewedStore:
    """What enters the part that trained."""
    if network.layer is None:
        return open_image_store(context)
    precision = context.precision.photos if learned else EXACT
    return open_activation_store(context, network, precision=precision, learning=learned)


def _complete(
    context: Context, store: ViewedStore, layer: str | None, photos: Sequence[Photo]
) -> Generator[Event, None, None]:
    """Put what a store lacks of the photos as they are into it; `layer`: what it holds, None for decoded photos."""
    request = Request(photos, (ViewedStore(store.plain),))
    if not request.missing():
        return
    make_room_for(context, [request])
    if layer is None:
        yield from decode(request.stores[0], photos, context.dataset.read)
    elif layer == POOLED:
        yield from extract_for_head(context, [request])
    else:
        yield from extract(partial(context.backbone.predictors, layer), [request], context.dataset.read)
    check_complete([request])


def _inference(context: Context, network: FineTuneModel) -> InferenceFunction:
    """What gives the features of what enters the part that trained; compiling one takes as long as a short epoch."""
    if context.inference is not None and network is context.fine_tune_model:
        return context.inference
    upper = cut_backbone(network.backbone, network.layer)[1] if network.layer else network.backbone
    return InferenceFunction(upper, upper.output)


def _pooled(rows: np.ndarray) -> npt.NDArray[np.float32]:
    """Rows as (n, dimension): feature maps are averaged over their positions."""
    check_numbers([rows])
    return np.asarray(rows.mean(axis=(1, 2)) if rows.ndim == 4 else rows, np.float32)
