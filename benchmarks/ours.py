"""Our side of time_to_model.py: from a folder to test figures, in a process as warm as the pages' worker [TF]."""

import time
from pathlib import Path

import keras
import numpy as np

from benchmarks.outcome import Outcome
from tlcore.config import TrainConfig
from tlcore.data.ingest import ingest_path
from tlcore.events import Evaluated, run_to_end
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.store import create_run
from tlcore.pipeline.train import train_run
from tlcore.training.head import Examples, train_head
from tlcore.worker.process import warm_up  # the worker's own, so that what is measured is what a person gets
from tlcore.workspace import open_workspace

VECTORS, DIMENSION = 1000, 1280


def ours(workspace_folder: Path, photos: Path, config: TrainConfig) -> Outcome:
    """Our whole way, as import and training jobs go it: photos → data set → features → head → test figures."""
    warm_up()
    workspace = open_workspace(workspace_folder)
    start = time.perf_counter()
    dataset = run_to_end(ingest_path(workspace, photos, seed=config.seed))
    reading = time.perf_counter() - start
    run = create_run(workspace, dataset.id, config, dataset.name)
    log = EventLog(run)
    for event in train_run(workspace, run, lambda: False):
        log.write(event)
        if isinstance(event, Evaluated):
            break
    seconds = time.perf_counter() - start
    parts = (
        f"reading {reading:.2f}, features {event.seconds_features:.2f}, head {event.seconds_training:.2f}, "
        f"figures {event.seconds - event.seconds_features - event.seconds_training:.2f}"
    )
    return Outcome(seconds, event.test_correct / event.test_total, event.test_total, dataset.id, parts)


def head_epoch(epochs: int) -> tuple[float, float]:
    """Median milliseconds of an epoch over 1,000 cached vectors: our head, and Keras' `fit` on the same layers.

    In both, Dropout and Dense(2), batches of 32, Adam, 320 vectors for validation. The first two epochs, in which
    TensorFlow compiles, do not count.
    """
    random = np.random.default_rng(0)
    train, held_out = (
        Examples(random.normal(size=(count, DIMENSION)).astype(np.float32), random.integers(0, 2, count, np.int32))
        for count in (VECTORS, 320)
    )
    config = TrainConfig(epochs=epochs, patience=0)
    mine = [event.seconds for event in train_head(train, held_out, 2, config)]
    model = keras.Sequential([keras.Input((DIMENSION,)), keras.layers.Dropout(config.dropout), keras.layers.Dense(2)])
    model.compile(
        keras.optimizers.Adam(config.learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    clock = _EpochClock()
    model.fit(
        train.features,
        train.classes,
        batch_size=config.batch_size,
        epochs=epochs,
        verbose=0,
        validation_data=(held_out.features, held_out.classes),
        callbacks=[clock],
    )
    return float(np.median(mine[2:])) * 1000, float(np.median(clock.seconds[2:])) * 1000


class _EpochClock(keras.callbacks.Callback):
    """The seconds of each epoch, its validation included."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.seconds.append(time.perf_counter() - self._start)
