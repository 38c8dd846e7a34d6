"""What stands in the notebook: text and code, cell by cell."""

from collections.abc import Mapping
from typing import Any

from tlcore.exports.exporter import ExportSource
from tlcore.messages.model_info import plain

Cell = tuple[str, str]
"""Its kind, "markdown" or "code", and its text."""


def cells(source: ExportSource) -> list[Cell]:
    """The cells for a model, with the settings that it was trained with."""
    info = source.bundle.info
    return [
        ("markdown", _INTRODUCTION.replace("{name}", plain(source.name))),
        ("code", _PHOTOS),
        ("markdown", _FEATURES_TEXT),
        ("code", _FEATURES),
        ("markdown", _TRAINING_TEXT),
        ("code", _training(info["config"])),
        ("markdown", _TEST_TEXT),
        ("code", _TEST),
    ]


def _training(config: Mapping[str, Any]) -> str:
    """The training with the numbers of the run; what a strange `model.json` says stays a number."""
    code = _TRAINING
    for name, kind in {
        "seed": int,
        "dropout": float,
        "learning_rate": float,
        "epochs": int,
        "batch_size": int,
        "patience": int,
    }.items():
        code = code.replace(f"{{{name}}}", repr(kind(config[name])))
    return code


_INTRODUCTION = """# How {name} learned to tell photos apart

This notebook does what Transfer Lab did: it takes a network that already knows a million photos, and trains one new
layer on yours. Install what it needs with `pip install -r requirements.txt jupyterlab`.

The photos come from Transfer Lab: export the data set into the folder `photos` beside this notebook. Its table
`labels.csv` says which class each photo shows, and whether it is for training, for validation or for the test.
"""

_PHOTOS = """import csv
import json
from pathlib import Path

import keras
import numpy as np

from predict import read_photo

info = json.loads(Path("model.json").read_text(encoding="utf-8"))
labels = info["output"]["labels"]
rows = list(csv.DictReader(Path("photos/labels.csv").read_text(encoding="utf-8-sig").splitlines()))
photos = {}
for part in ("train", "validation", "test"):
    chosen = [row for row in rows if row["part"] == part]
    photos[part] = [row["file"] for row in chosen], np.array([labels.index(row["class"]) for row in chosen])
    print(part, len(chosen))
"""

_FEATURES_TEXT = """## 1. What the network sees

The network without its last layer turns each photo into a list of numbers, its *features*: how much of one texture,
shape or colour is there. It stays as it is (it is *frozen*), so each photo has to go through it only once.
"""

_FEATURES = """trained = keras.saving.load_model("model.keras", compile=False, safe_mode=True)
backbone = keras.Model(trained.inputs, trained.get_layer("head_dropout").input)
backbone.trainable = False


def features_of(files):
    batches = [files[start : start + 32] for start in range(0, len(files), 32)]
    return np.concatenate(
        [
            backbone.predict(np.stack([read_photo("photos/" + file, info) for file in batch]), verbose=0)
            for batch in batches
        ]
    ).reshape(len(files), -1)


features = {part: features_of(files) for part, (files, _) in photos.items()}
print(features["train"].shape, "photos, features")
"""

_TRAINING_TEXT = """## 2. Train the new layer

One layer learns which features speak for which class. After every pass over the training photos (an *epoch*) it is
tried on the validation photos, from which it does not learn; the best epoch is kept. *Dropout* hides some features at
random, so that it does not rely on few.
"""

_TRAINING = """keras.utils.set_random_seed({seed})
head = keras.Sequential(
    [
        keras.layers.Dropout({dropout}),
        keras.layers.Dense(len(labels), kernel_initializer="zeros"),
        keras.layers.Softmax(),
    ]
)
head.compile(keras.optimizers.Adam({learning_rate}), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = head.fit(
    features["train"],
    photos["train"][1],
    validation_data=(features["validation"], photos["validation"][1]),
    epochs={epochs},
    batch_size={batch_size},
    callbacks=[keras.callbacks.EarlyStopping(monitor="val_loss", patience={patience}, restore_best_weights=True)],
    verbose=0,
)
print("epochs:", len(history.history["loss"]), "best validation accuracy:", max(history.history["val_accuracy"]))
"""

_TEST_TEXT = """## 3. Test it

The test photos were in none of the steps before. With few of them the score is not exact: the range says where it
is likely to lie for other photos of the same kind.
"""

_TEST = """predicted = head.predict(features["test"], verbose=0).argmax(axis=1)
truth = photos["test"][1]
correct, total = int((predicted == truth).sum()), len(truth)
low, high = info["test"]["interval_95"]
print(f"here: {correct} of {total} correct")
print(f"Transfer Lab: {info['test']['correct']} of {info['test']['total']} correct, likely range {low:.0%}–{high:.0%}")
"""
