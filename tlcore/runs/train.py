"""What a training run does, from photos to a checked bundle, as one generator of events [TF].

The order is the user's: the test figures come first (`Evaluated`), then a bundle that Predict can use, and only then
the check of the packed file against the figures and the Keras file for those who go on working with it.
"""

import importlib.metadata
import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tlcore import __version__
from tlcore.config import TrainConfig
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.evaluation.report import Report, figures, make_report, predictions_frame, save_report
from tlcore.events import Evaluated, Event, Finished, ShouldStop, Stopped
from tlcore.features.extract import Network, Photo, Stopwatch, extract, feature_kind, run_photos
from tlcore.features.store import FeatureStore
from tlcore.models.registry import BackboneSpec, find_backbone
from tlcore.models.weights import asset_path
from tlcore.runs.store import Run
from tlcore.serving.bundle import FOLDER, Bundle, write_bundle
from tlcore.serving.graft import graft_head
from tlcore.training.head import Examples, Head, train_head
from tlcore.workspace import Workspace

RESIZE_POLICY = "center-crop"  # 393 of 399 cats and dogs right at 160 px; "squash" 391 (same head, four seeds)
MOST_DIFFERENCE = 1e-3  # in probability, between the shipped file and the figures shown


@dataclass(frozen=True)
class _Trained:
    """What the steps of a run hand on to each other."""

    dataset: Dataset
    spec: BackboneSpec
    config: TrainConfig
    head: Head
    report: Report


def train_run(workspace: Workspace, run: Run, should_stop: ShouldStop) -> Iterator[Event]:
    """Do a run: features, head, figures, bundle, check. Yields its events; the last is Finished or Stopped.

    Raises:
        UserError: photos or disk do not allow it, or the packed model does not answer like the figures.
    """
    start = time.perf_counter()
    dataset, config = load_dataset(workspace, run.dataset_id), run.config
    spec = find_backbone(config.backbone)
    store = FeatureStore(workspace, feature_kind(spec, config.image_size, RESIZE_POLICY))
    photos = [Photo(*row) for row in dataset.photos[["sha256", "path"]].itertuples(index=False)]
    yield from extract(store, spec, photos, dataset.read, should_stop)
    seconds_features = time.perf_counter() - start
    if missing := len(store.missing(photo.sha256 for photo in photos)):
        yield Stopped(f"What the network saw in {len(photos) - missing} of {len(photos)} photos is kept for next time.")
        return
    parts = {name: _examples(dataset, store, name) for name in ("train", "validation", "test")}
    training = time.perf_counter()
    head = yield from train_head(parts["train"], parts["validation"], len(dataset.labels), config, should_stop)
    seconds_training = time.perf_counter() - training
    if head is None:
        yield Stopped("What the network saw in the photos is kept for next time; nothing was learned yet.")
        return
    stopped = should_stop()
    test = dataset.part("test")
    report = make_report(predictions_frame(test, head.probabilities(parts["test"].features), dataset.labels),
                         dataset.labels)
    save_report(run.folder, report)
    yield Evaluated(report.correct, report.total, time.perf_counter() - start, seconds_features, seconds_training)
    yield from _pack(run, _Trained(dataset, spec, config, head, report), should_stop)
    yield Finished(run.id, time.perf_counter() - start, stopped)


def _examples(dataset: Dataset, store: FeatureStore, part: str) -> Examples:
    """A part of the data set as vectors and class numbers."""
    photos = dataset.part(part)
    numbers = pd.Categorical(photos["label"], categories=list(dataset.labels)).codes.astype(np.int32)
    return Examples(store.read(list(photos["sha256"])), numbers)


def _pack(run: Run, trained: _Trained, should_stop: ShouldStop) -> Iterator[Event]:
    """Write the bundle, check its file against the figures on the test photos, and add the Keras model."""
    from tlcore.serving.export import save_keras_model  # builds the network in Keras: seconds that nobody waits for

    head, config = trained.head, trained.config
    tflite = graft_head(asset_path(trained.spec).read_bytes(), head.weights, head.bias, config.image_size)
    bundle = Bundle(tflite, trained.dataset.labels, _describe(run, trained))
    folder = run.folder / FOLDER
    write_bundle(folder, bundle)
    checked, largest = yield from _check(bundle, trained, should_stop)
    if largest > MOST_DIFFERENCE:
        shutil.rmtree(folder)
        raise UserError(
            f"The packed model differs from the figures by up to {largest:.4f} in probability on the test photos.",
            f"At most {MOST_DIFFERENCE} is allowed, so the file was withdrawn. Please report this.",
        )
    info = bundle.info | {"check": {"photos": checked, "largest_difference": largest, "allowed": MOST_DIFFERENCE}}
    save_keras_model(folder, trained.spec, head.weights, head.bias, config)
    write_bundle(folder, Bundle(tflite, bundle.labels, info))


def _check(bundle: Bundle, trained: _Trained, should_stop: ShouldStop) -> Iterator[Event]:
    """Run the packed file on the test photos; returns how many and the largest difference in probability."""
    predictions = trained.report.predictions
    shown = dict(zip(predictions["sha256"], predictions["probabilities"], strict=True))
    photos = [Photo(*row) for row in predictions[["sha256", "path"]].itertuples(index=False)]
    network = Network(bundle.tflite, "probabilities", bundle.image_size, bundle.policy)
    watch, checked, largest = Stopwatch("check", len(photos)), 0, 0.0
    for chunk, rows in run_photos(network, photos, trained.dataset.read, should_stop):
        expected = np.stack([shown[photo.sha256] for photo in chunk])
        largest = max(largest, float(np.abs(rows - expected).max()))
        checked += len(chunk)
        yield watch.progress(checked)
    return checked, largest


def _describe(run: Run, trained: _Trained) -> dict:
    """The content of `model.json`."""
    dataset, config, report = trained.dataset, trained.config, trained.report
    test = {key: value for key, value in figures(report).items() if key != "labels"}
    return {
        "format": 1,
        "name": run.name,
        "run": run.id,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "input": {
            "size": config.image_size, "resize": RESIZE_POLICY, "orientation": "EXIF applied", "channels": "RGB",
            "range": [0, 255], "dtype": "float32", "shape": [1, config.image_size, config.image_size, 3],
        },
        "output": {"name": "probabilities", "labels": list(dataset.labels)},
        "backbone": {"name": trained.spec.name, "fingerprint": trained.spec.fingerprint,
                     "licence": trained.spec.licence, "source": trained.spec.source},
        "dataset": {
            "id": dataset.id, "name": dataset.name, "fingerprint": dataset.fingerprint, "licence": dataset.licence,
            "photos": dataset.photos["split"].value_counts().to_dict(),
        },
        "config": config.to_dict(),
        "seed": config.seed,
        "best_epoch": trained.head.epoch,
        "test": test,
        "versions": {"transferlab": __version__, "python": platform.python_version(),
                     "platform": f"{platform.system()} {platform.machine()}"}
        | {name: importlib.metadata.version(name) for name in ("keras", "ai-edge-litert", "numpy", "pillow")},
    }
