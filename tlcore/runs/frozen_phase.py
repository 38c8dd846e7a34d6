"""The first phase of a run: the frozen network looks at every photo once, and a head learns from what it saw [TF]."""

from collections.abc import Generator
from dataclasses import fields
from pathlib import Path

import numpy as np

from tlcore.config import TrainConfig
from tlcore.data.augment import Augmentation, Views
from tlcore.events import Event
from tlcore.features.extract import Photo, extract, feature_kind
from tlcore.features.views import ViewedStore, open_features
from tlcore.models.frozen import frozen_file
from tlcore.runs.pack import RESIZE_POLICY
from tlcore.runs.task import Halted, Result, Task
from tlcore.serving.export import save_keras_model, set_dense, stack_head, with_probabilities
from tlcore.serving.graft import graft_head
from tlcore.training.head import Examples, Head, hidden_sizes, train_head


def views_of(config: TrainConfig) -> Views:
    """The augmented views that a frozen network looks at."""
    augmentation = Augmentation(**{option.name: getattr(config, option.name) for option in fields(Augmentation)})
    return Views(augmentation, config.views, config.seed)


def learn_head(task: Task) -> Generator[Event, None, Head]:
    """Extract what is missing and train the head.

    Raises:
        Halted: stopped before there was a head.
        UserError: photos, weights or disk do not allow it.
    """
    kind = feature_kind(task.spec, task.config.image_size, RESIZE_POLICY)
    source = frozen_file(task.workspace, task.spec, task.config.image_size)
    with (
        open_features(task.workspace, kind, views_of(task.config)) as varied,
        open_features(task.workspace, kind) as plain,
    ):
        train = yield from look_at(task, varied, source, ("train",))
        plain.plain.refresh()
        held_out = yield from look_at(task, plain, source, ("validation", "test"))
        task.report_kept(varied.num_missing(train) + plain.num_missing(held_out))
        examples = Examples(varied.read_views(train), task.part("train")[1])
        photos, classes = task.part("validation")
        validation = Examples(plain.read([photo.sha256 for photo in photos]), classes)
    head = yield from train_head(examples, validation, len(task.dataset.labels), task.config, task.should_stop)
    if head is None:
        raise Halted("What the network saw in the photos is kept for next time; nothing was learned yet.")
    return head


def look_at(
    task: Task, store: ViewedStore, source: Path, parts: tuple[str, ...]
) -> Generator[Event, None, list[str]]:
    """Let the network look at the photos of some parts, as far as the store lacks them; their hashes."""
    photos: list[Photo] = [photo for part in parts for photo in task.part(part)[0]]
    yield from extract(store, task.spec, photos, task.dataset.read, task.should_stop, source=source)
    return [photo.sha256 for photo in photos]


def result(task: Task, head: Head) -> Result:
    """What a run with nothing but a head gives."""
    kind = feature_kind(task.spec, task.config.image_size, RESIZE_POLICY)
    with open_features(task.workspace, kind) as store:
        features = store.read([photo.sha256 for photo in task.part("test")[0]])

    def make_tflite() -> bytes:
        backbone = frozen_file(task.workspace, task.spec, task.config.image_size)
        return graft_head(backbone.read_bytes(), head.layers, task.config.image_size)

    def save_keras(folder: Path) -> None:
        from tlcore.models.build import build_backbone

        backbone = build_backbone(task.spec, task.config.image_size)
        logits, dense = stack_head(
            backbone.output, len(task.dataset.labels), task.config, hidden_sizes(task.config)
        )
        set_dense(dense, head.layers)
        save_keras_model(folder, with_probabilities(backbone.input, logits))

    return Result(head.probabilities(features.astype(np.float32)), head.epoch, make_tflite, save_keras)
