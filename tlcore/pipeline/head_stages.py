"""The first phase of a run: the frozen network looks at every photo once, and a head learns from what it saw [TF]."""

from collections.abc import Generator
from dataclasses import fields
from pathlib import Path

import numpy as np

from tlcore.config import TrainConfig
from tlcore.data.augment import Augmentation, Views, view_key
from tlcore.data.images import RESIZE_POLICY
from tlcore.data.manifest import SPLITS
from tlcore.events import Event, never
from tlcore.features.activations import ActivationKind, make_room, open_activations, open_features
from tlcore.features.extract import Photo, extract
from tlcore.features.memory import check_memory
from tlcore.features.store import FeatureKind, row_bytes
from tlcore.features.views import ViewedStore, has_views
from tlcore.jobs.store import can_resume
from tlcore.models.frozen_files import ACTIVATION, FEATURE_MAP
from tlcore.models.litert_runtime import LiteModel
from tlcore.models.weights_cache import fetch
from tlcore.pipeline.context import Halted, Result, Task
from tlcore.pipeline.eta import Series
from tlcore.pipeline.timings import LOOK
from tlcore.serving.export import save_keras_model, set_dense, stack_head, with_probabilities
from tlcore.serving.graft import graft_head
from tlcore.training.head import Examples, Head, hidden_sizes, train_head
from tlcore.training.optimise import Score, validation_score

OUTPUTS = {"pooling": "pooled", "flatten": FEATURE_MAP}  # of build_backbone, by head


def views_of(config: TrainConfig) -> Views:
    """The augmented views that a frozen network looks at."""
    augmentation = Augmentation(**{option.name: getattr(config, option.name) for option in fields(Augmentation)})
    return Views(augmentation, config.views, config.seed)


def learn_head(task: Task) -> Generator[Event, None, Head]:
    """Fetch the weights where they are missing, extract what is missing, and train the head.

    Raises:
        Halted: stopped before there was a head.
        UserError: photos, weights or disk do not allow it.
    """
    yield from fetch_weights(task)
    with open_store(task, views_of(task.config)) as varied, open_store(task) as plain:
        check_vectors(task, varied)
        train = yield from look_at(task, varied, ("train",))
        plain.plain.refresh()
        held_out = yield from look_at(task, plain, ("validation", "test"))
        task.report_kept(varied.num_missing(train) + plain.num_missing(held_out))
        photos, classes = task.part("validation")
        validation = Examples(_flat(plain.read([photo.sha256 for photo in photos])), classes)
        features = _StoredViews(varied, train) if varied.views.count > 1 else _flat(varied.read(train))
        examples = Examples(features, task.part("train")[1])
        should_stop = (
            never if can_resume(task.run) else task.should_stop
        )  # a continued run needs the head it began with
        head = yield from train_head(examples, validation, len(task.dataset.labels), task.config, should_stop)
    if head is None:
        raise Halted("What the network saw in the photos is kept for next time; nothing was learned yet.")
    return head


def check_vectors(task: Task, store: ViewedStore) -> None:
    """Whether what the head learns from fits into the memory.

    Raises:
        UserError: it does not; the sentence has the estimate.
    """
    check_memory(len(task.part("train")[0]) + len(task.part("validation")[0]), row_bytes(store.kind))


def fetch_weights(task: Task) -> Generator[Event, None, None]:
    """Fetch the network's weights where they are missing.

    Raises:
        Halted: stopped before they were there.
        UserError: they cannot be fetched.
    """
    if (yield from fetch(task.spec, task.should_stop)) is None and not task.spec.built_in:
        raise Halted("What was downloaded of the network is kept for next time.")


def missing(task: Task) -> list[Series]:
    """The photos that have to be looked at before the head can learn. Their weights have to be there."""
    with open_store(task, views_of(task.config)) as store:
        lacking = [own.missing(photo.sha256 for photo in photos) for photos, own in parts_of(task, store)]
    return [Series(LOOK, len(views), sum(map(len, views.values()))) for views in lacking]


def parts_of(task: Task, store: ViewedStore) -> list[tuple[list[Photo], ViewedStore]]:
    """The photos in the order in which they are looked at: those to learn from in all views, the others as they are."""
    held_out = task.part("validation")[0] + task.part("test")[0]
    return [(task.part("train")[0], store), (held_out, ViewedStore(store.plain))]


def all_photos(task: Task, kind: str) -> list[Series]:
    """What there is to compute where the stores are empty, which is not sure; in the order of `parts_of`."""
    train, validation, test = ({photo.sha256 for photo in task.part(part)[0]} for part in SPLITS)
    views, others = views_of(task.config), len(validation | test)
    return [
        Series(kind, len(train), len(train) * (views.count if has_views(views) else 1), sure=False),
        Series(kind, others, others, sure=False),
    ]


def network_file(task: Task) -> Path | bytes:
    """The frozen network as a `.tflite`, up to where the head begins."""
    return task.network_file(FEATURE_MAP if task.config.head == "flatten" else None)


def open_store(task: Task, views: Views | None = None) -> ViewedStore:
    """The store of what the head learns from. A feature map is large, so it lies with the activations.

    Raises:
        UserError: the disk has no room for it; the sentence has the estimate.
    """
    size = task.config.image_size
    if task.config.head == "pooling":
        kind = FeatureKind(task.network_name, size, RESIZE_POLICY, task.spec.feature_size)
        store = open_features(task.workspace, kind, views)
    else:
        shape = LiteModel(network_file(task)).run(np.zeros((1, size, size, 3), np.uint8), ACTIVATION).shape[1:]
        kind = ActivationKind(task.network_name, FEATURE_MAP, size, RESIZE_POLICY, shape)
        store = open_activations(task.workspace, kind, views)
    lacking = [own.num_missing(photo.sha256 for photo in photos) for photos, own in parts_of(task, store)]
    make_room(task.workspace, store.kind, sum(lacking))
    return store


class _StoredViews:
    """What the network saw in the views of some photos, read from disk as it is asked for; see `head.Views`."""

    def __init__(self, store: ViewedStore, sha256s: list[str]) -> None:
        self.count = store.views.count
        self._store, self._sha256s = store, sha256s

    def take(self, numbers: np.ndarray) -> np.ndarray:
        """float32 (photos, dimension)."""
        return _flat(self._store.read([view_key(*each) for each in zip(self._sha256s, numbers.tolist())]))


def _flat(rows: np.ndarray) -> np.ndarray:
    """Each row in one axis."""
    return rows.reshape(len(rows), -1)


def look_at(task: Task, store: ViewedStore, parts: tuple[str, ...]) -> Generator[Event, None, list[str]]:
    """Let the network look at the photos of some parts, as far as the store lacks them; their hashes."""
    photos: list[Photo] = [photo for part in parts for photo in task.part(part)[0]]
    source = network_file(task) if store.num_missing(photo.sha256 for photo in photos) else None
    yield from extract(store, task.spec, photos, task.dataset.read, task.should_stop, source=source)
    return [photo.sha256 for photo in photos]


def validation(task: Task, head: Head) -> Score:
    """How a head does on the validation photos, which the network has looked at."""
    photos, classes = task.part("validation")
    with open_store(task) as store:
        features = _flat(store.read([photo.sha256 for photo in photos]))
    return validation_score(head.logits(features), classes)


def result(task: Task, head: Head) -> Result:
    """What a run with nothing but a head gives."""
    with open_store(task) as store:
        features = _flat(store.read([photo.sha256 for photo in task.part("test")[0]]))
        output = store.kind.output

    def make_tflite() -> bytes:
        source = network_file(task)
        data = source if isinstance(source, bytes) else source.read_bytes()
        return graft_head(data, head.layers, task.config.image_size, output)

    def save_keras(folder: Path) -> None:
        from tlcore.models.build import build_backbone

        size, output = task.config.image_size, OUTPUTS[task.config.head]
        backbone = task.frozen.model if task.frozen else build_backbone(task.spec, size, output=output)
        logits, dense = stack_head(backbone.output, len(task.dataset.labels), task.config, hidden_sizes(task.config))
        set_dense(dense, head.layers)
        save_keras_model(folder, with_probabilities(backbone.input, logits))

    return Result(head.probabilities(features), head.epoch, make_tflite, save_keras)
