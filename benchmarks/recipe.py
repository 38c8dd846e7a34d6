"""The other side of time_to_model.py: the classic Keras transfer learning recipe, on our backbone and our split [TF].

It follows TensorFlow's tutorial "Transfer learning and fine-tuning"
(https://www.tensorflow.org/tutorials/images/transfer_learning): image_dataset_from_directory with prefetch, random
flips and rotations, a frozen network called with training=False in every epoch, pooling, dropout 0.2, dense, Adam 1e-4.
What needs no photo (imports, layers, weights, compile) stands outside of its clock.
"""

import shutil
import time
from pathlib import Path

import keras
import tensorflow as tf

from benchmarks.outcome import Outcome
from tlcore.config import TrainConfig
from tlcore.data.manifest import SPLITS, Dataset, load_dataset
from tlcore.models.build import build_backbone
from tlcore.models.registry import TABLE
from tlcore.worker.process import warm_up
from tlcore.workspace import open_workspace

BATCH = 32


def lay_out(dataset: Dataset, target: Path) -> None:
    """Copy the data set's photos into part/class folders, so that both sides train and test on the same photos."""
    for number, row in enumerate(dataset.photos.itertuples(index=False)):
        folder = target / row.split / row.label
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(dataset.root / row.file, folder / f"{number}{Path(row.file).suffix}")


def classic(workspace: Path, dataset_id: str, folder: Path, config: TrainConfig) -> Outcome:
    """Train and test by the recipe; the seconds of `config.epochs` epochs are measured, nothing is left out."""
    warm_up()
    lay_out(load_dataset(open_workspace(workspace), dataset_id), folder)
    model = _model(config, len(list((folder / "train").iterdir())))
    start = time.perf_counter()
    train, validation, test = (
        keras.utils.image_dataset_from_directory(
            folder / part,
            image_size=(config.image_size, config.image_size),
            batch_size=BATCH,
            seed=config.seed,
            verbose=False,
        ).prefetch(tf.data.AUTOTUNE)
        for part in SPLITS
    )
    read = time.perf_counter() - start
    history = model.fit(train, validation_data=validation, epochs=config.epochs, verbose=0, callbacks=[_Say()])
    trained = time.perf_counter() - start
    accuracy = model.evaluate(test, verbose=0)[1]
    seconds = time.perf_counter() - start
    num_test = sum(len(labels) for _, labels in test)
    parts = (
        f"listing {read:.2f}, fit {trained - read:.2f}, evaluate {seconds - trained:.2f}; validation accuracy "
        f"{history.history['val_accuracy'][-1]:.1%}"
    )
    return Outcome(seconds, accuracy, num_test, parts=parts)


def _model(config: TrainConfig, num_classes: int) -> keras.Model:
    """Augmentation, frozen backbone, pooling, dropout, dense; compiled."""
    backbone = build_backbone(TABLE[config.backbone], config.image_size, "feature_map")
    backbone.trainable = False
    image = keras.Input((config.image_size, config.image_size, 3))
    x = keras.layers.RandomFlip("horizontal")(image)
    x = keras.layers.RandomRotation(0.2)(x)
    x = backbone(x, training=False)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.2)(x)
    model = keras.Model(image, keras.layers.Dense(num_classes)(x))
    model.compile(
        keras.optimizers.Adam(1e-4), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    return model


class _Say(keras.callbacks.Callback):
    """A line an epoch: the recipe takes minutes."""

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        print(f"  classic recipe, epoch {epoch + 1}: validation accuracy {logs['val_accuracy']:.1%}", flush=True)
