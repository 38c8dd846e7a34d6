"""The second phase of a run: a part of the network, or all of it, adapts to the photos [TF].

What lies below the open part is frozen, so what it makes of each photo is computed once (open_rows.py). The network is
built here, measured where that is asked for, trained, and handed on to be packed.
"""

import hashlib
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import prod

import keras
import numpy as np

from tlcore.config import TrainConfig
from tlcore.data.images import RESIZE_POLICY, load_input
from tlcore.events import Event
from tlcore.features.extract import Photo
from tlcore.features.memory import SLOTS, Demand, check_open_memory
from tlcore.features.saving import Stopwatch
from tlcore.jobs.store import can_resume
from tlcore.models.build import build_backbone, cut_backbone, layer_below
from tlcore.models.convert import convert_to_tflite
from tlcore.models.frozen_files import ACTIVATION, FEATURE_MAP, POOLED, convert_checked, cut_checked
from tlcore.models.litert_runtime import usable_cores
from tlcore.models.registry import auto_block, find_block
from tlcore.pipeline import head_stages as frozen_phase
from tlcore.pipeline.context import Frozen, Halted, Network, Result, Task
from tlcore.pipeline.fine_tune_inputs import Batches, open_rows
from tlcore.pipeline.head_stages import OUTPUTS
from tlcore.serving.export import save_keras_model, set_dense, stack_head, with_probabilities
from tlcore.training.batch_norm import (
    adapt_batch_norm,
    batch_norm_bytes,
    freeze_batch_norm,
    has_batch_norm,
    set_batch_norm_momentum,
)
from tlcore.training.fine_tune import Answer, Before, Schedule, fine_tune
from tlcore.training.head import Head, hidden_sizes, softmax

AUTO = "auto"  # the upper third of the layers

MEASURED_PHOTOS, MEASURED_BATCH = 512, 16
"""Training photos at most, and at once, on which statistics are measured. Each photo has many places to measure, so
more of them change little; the batch decides how much memory the whole network needs for a moment."""


def prepare(task: Task) -> Generator[Event, None, Network]:
    """Build the network before anything else is done, so that what it needs and how long it takes is known at once.

    Raises:
        Halted: stopped before its weights were there.
        UserError: weights are missing, or the memory will not do.
    """
    if task.config.strategy != "scratch":
        yield from frozen_phase.fetch_weights(task)
    keras.utils.set_random_seed(task.config.seed)
    network = _build(task)
    check_open_memory(demand(network.open_part, task.config), task.config)
    return network


def to_measure(task: Task, network: Network) -> list[Photo]:
    """The training photos to measure statistics on; none where the network keeps its own."""
    if not task.config.batch_norm_adaptation or task.config.strategy == "scratch" or not has_batch_norm(network.whole):
        return []
    photos = task.part("train")[0]
    order = np.random.default_rng(task.config.seed).permutation(len(photos))[:MEASURED_PHOTOS]
    order = order[: max(len(order) // MEASURED_BATCH, 1) * MEASURED_BATCH]  # a small last batch would count as much
    return [photos[number] for number in order]


def measure(task: Task, network: Network, photos: list[Photo]) -> Generator[Event, None, Network]:
    """The network with a share of the statistics of these photos, before anything is looked at with it.

    Raises:
        Halted: stopped before it was done.
    """
    watch = Stopwatch("statistics", len(photos))
    yield watch.progress(0)
    with ThreadPoolExecutor(usable_cores()) as pool:

        def load(photo: Photo) -> np.ndarray:
            return load_input(task.dataset.read(photo.path), task.config.image_size, RESIZE_POLICY)

        starts = range(0, len(photos), MEASURED_BATCH)
        rows = (np.stack(list(pool.map(load, photos[start : start + MEASURED_BATCH]))) for start in starts)
        for number, done in enumerate(adapt_batch_norm(network.whole, rows, task.config.batch_norm_adaptation)):
            if number == 0:
                watch.restart(done)
            yield watch.progress(done)
            if task.should_stop() and not can_resume(task.run):  # else there are rounds that need this network
                raise Halted("Nothing was learned yet.")
    digest = hashlib.sha256(batch_norm_bytes(network.whole)).hexdigest()[:12]
    return replace(network, frozen=Frozen(f"{task.network_name}-own-{digest}", _files(task, network), network.backbone))


def _files(task: Task, network: Network) -> Callable[[str | None], bytes]:
    """What `Frozen.file` is, for a network whose statistics were measured: each made when it is first asked for."""
    size, made = task.config.image_size, {}
    top = FEATURE_MAP if task.config.head == "flatten" else None

    def make(layer: str | None) -> bytes:
        if layer == top:
            return convert_checked(network.backbone, size, ACTIVATION if layer else POOLED)
        lower = cut_backbone(network.backbone, layer)[0]
        if top in made:
            return cut_checked(made[top], lower, layer, size)
        return convert_checked(lower, size, ACTIVATION)

    def file(layer: str | None) -> bytes:
        if layer not in made:
            made[layer] = make(layer)
        return made[layer]

    return file


def demand(open_part: keras.Model, config: TrainConfig) -> Demand:
    """What a correction of the open part has to hold in memory."""
    values = sum(prod(layer.output.shape[1:]) for layer in open_part.layers if hasattr(layer.output, "shape"))
    weights = sum(prod(variable.shape) for variable in open_part.trainable_variables)
    return Demand(values * config.batch_size, weights, SLOTS[config.optimizer])


def adapt(task: Task, network: Network, head: Head | None, epochs_done: int) -> Generator[Event, None, Result]:
    """Train the open part, beginning with the head of the first phase where there is one.

    Raises:
        Halted: stopped before anything was learned.
        UserError: photos, weights, memory or disk do not allow it.
    """
    if head is not None:
        set_dense(network.dense, head.layers)
    before = Before(head.epoch, frozen_phase.validation(task, head)) if head is not None else None
    schedule = Schedule(epochs_done, task.config.fine_tune_epochs, before)
    with (yield from open_rows(task, network)) as rows:
        source = Batches(task, rows, network.layer is None).source()
        answer = Answer(network.open_part)
        best = yield from fine_tune(
            network.open_part, source, task.config, schedule, task.run.folder, task.should_stop, answer
        )
        if best == 0 and head is None:
            raise Halted("Nothing was learned yet.")
        if best == 0:
            return frozen_phase.result(task, head)
        probabilities = softmax(answer(source.held_out("test"))[0])
    return Result(
        probabilities,
        epochs_done + best,
        lambda: _convert(network, task.config.image_size),
        lambda folder: save_keras_model(folder, network.whole),
    )


def _convert(network: Network, image_size: int) -> bytes:
    """The whole network as a `.tflite`, in 32 bits, so that it answers as the figures were counted."""
    named = keras.Model(network.whole.input, {"probabilities": network.whole.output})
    return convert_to_tflite(named, image_size, float16=False)


def _build(task: Task) -> Network:
    """Backbone and head as one network, cut where the open part begins."""
    config = task.config
    scratch = config.strategy == "scratch"
    backbone = build_backbone(
        task.spec, config.image_size, output=OUTPUTS[config.head], weights=None if scratch else "imagenet"
    )
    logits, dense = stack_head(backbone.output, len(task.dataset.labels), config, hidden_sizes(config))
    trunk = keras.Model(backbone.input, logits, name=backbone.name)
    if scratch:
        set_batch_norm_momentum(trunk)
    else:
        freeze_batch_norm(trunk)
    layer = lowest_open_layer(task, backbone) if config.strategy == "hybrid" else None
    below, open_part = cut_backbone(trunk, layer) if layer else (None, trunk)
    share = _work(below) / _work(trunk) if below else 0.0
    whole = with_probabilities(backbone.input, logits)
    return Network(whole, open_part, dense, layer, share, backbone)


def _work(model: keras.Model) -> int:
    """About how many multiplications a photo takes: in each layer, every place of its output times its weights."""
    return sum(
        prod(layer.output.shape[1:-1]) * sum(prod(weight.shape) for weight in layer.weights if len(weight.shape) > 1)
        for layer in model.layers
        if layer.weights
    )


def lowest_open_layer(task: Task, backbone: keras.Model) -> str | None:
    """The layer whose output enters the open part, as the settings ask for it; None when everything opens.

    Raises:
        UserError: the backbone has no such block.
    """
    config = task.config
    if config.num_unfrozen_layers:
        return layer_below(backbone, config.num_unfrozen_layers)
    if config.unfreeze_from != AUTO:
        return find_block(task.spec, config.unfreeze_from).layer
    return auto_block(task.spec).layer
