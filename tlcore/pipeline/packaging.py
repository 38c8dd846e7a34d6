"""From a trained network to a checked bundle: make the file, run it on the test photos, describe it, write it."""

import importlib.metadata
import math
import platform
import shutil
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tlcore import __version__
from tlcore.config import TrainConfig
from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import decode_input
from tlcore.data.manifest import Dataset
from tlcore.data.wanted import PIXELS_VERSION, RESIZE_POLICY
from tlcore.errors import UserError
from tlcore.evaluation.cross_validation import cross_validation_info
from tlcore.evaluation.report import Report, figures
from tlcore.events import Event, Packed, Progress, StageKey
from tlcore.features.extract import Photo, run_photos
from tlcore.features.saving import Stopwatch
from tlcore.jobs.store import Run
from tlcore.models.predictor import EXACT
from tlcore.models.registry import BackboneSpec
from tlcore.models.runtime_memory import runtime_versions
from tlcore.models.runtimes import is_onnx, network_pool
from tlcore.pipeline.context import TrainedModel
from tlcore.pipeline.familiarity import Familiarity
from tlcore.pipeline.feature_precision import PRECISIONS, FeaturePrecision
from tlcore.pipeline.finishing import Completed
from tlcore.serving.bundle import FOLDER, INFO, Bundle, write_bundle
from tlcore.serving.bundle_weights import pack_arrays
from tlcore.serving.graft_familiarity import FAMILIARITY
from tlcore.serving.predict import OUTPUT
from tlcore.workspace import disk_error

MOST_DIFFERENCE = 1e-3  # in probability, between the shipped file and the figures shown


@dataclass(frozen=True)
class Package:
    """What is packed: a trained model, what it was trained on and with, the figures it was judged by (with how familiar
    each test photo is), what it tells known photos from others by, and the precision of what it learned from."""

    dataset: Dataset
    spec: BackboneSpec
    config: TrainConfig
    completed: Completed
    familiarity: Familiarity
    precision: FeaturePrecision

    @property
    def report(self) -> Report:
        return self.completed.report

    @property
    def model(self) -> TrainedModel:
        return self.completed.model


def package(run: Run, contents: Package) -> Iterator[Event]:
    """Make the model file, check it against the figures on the test photos, and write the bundle.

    Nothing is on disk before the check has passed, and `model.json` comes last of all. The file for Keras, which takes
    seconds, is made of the weights beside it when somebody asks for it. A stop does not shorten this: what is kept of a
    training that was stopped is checked like any other.

    Raises:
        UserError: the packed file does not answer like the figures, and is not written; or the disk is full.
    """
    folder = run.folder / FOLDER
    yield Progress(StageKey.PACK, 0, 1)
    network = contents.model.make_file(contents.familiarity.prototypes)
    bundle = Bundle(network, contents.dataset.labels, _describe(run, contents, is_onnx(network)))
    checked, largest = yield from _verify(bundle, contents)
    if not largest <= MOST_DIFFERENCE:  # not a number is as bad
        differs = f"gives other probabilities than the trained one (by up to {largest:.4f})"
        raise UserError(
            f"The saved model {'gives no numbers' if math.isnan(largest) else differs} on the test photos.",
            f"At most {MOST_DIFFERENCE} is allowed, so this model can’t be used. Please report this.",
        )
    info = bundle.info | {"check": {"photos": checked, "largest_difference": largest, "allowed": MOST_DIFFERENCE}}
    withdraw_bundle(run.folder)
    weights = pack_arrays(contents.model.arrays() | {"prototypes": [contents.familiarity.prototypes]})
    write_bundle(folder, Bundle(bundle.network, bundle.labels, info), weights)
    yield Packed()


def withdraw_bundle(run_folder: Path) -> None:
    """Take away the model of an earlier attempt, `model.json` first, since a folder with it counts as whole.

    Raises:
        UserError: it cannot be taken away.
    """
    folder = run_folder / FOLDER
    try:
        (folder / INFO).unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(folder / INFO, error) from error
    shutil.rmtree(folder, ignore_errors=True)


def _verify(bundle: Bundle, contents: Package) -> Generator[Event, None, tuple[int, float]]:
    """Run the file in memory on the test photos; returns how many and the largest difference in any output.

    It is held against what the trained model gives: the figures, or where it learned from all photos its own.
    """
    predictions = contents.report.predictions
    given = np.column_stack([contents.model.test_probabilities, contents.familiarity.test])
    shown = dict(zip(predictions["sha256"], given, strict=True))
    photos = [Photo(*row) for row in predictions[["sha256", "path"]].itertuples(index=False)]
    pool, read = network_pool(bundle.network, (OUTPUT, FAMILIARITY)), contents.dataset.read
    stopwatch, checked, largest = Stopwatch(StageKey.VERIFY, len(photos)), 0, 0.0

    def load(path: str) -> np.ndarray:
        return decode_input(read(path), bundle.wanted, ACCEPTED)

    yield stopwatch.progress(0)
    for chunk, outputs in run_photos(pool, photos, load):
        expected = np.stack([shown[photo.sha256] for photo in chunk])
        difference = float(np.abs(np.concatenate(outputs, axis=1) - expected).max())
        largest = difference if math.isnan(difference) else max(largest, difference)
        if math.isnan(largest):
            break
        checked += len(chunk)
        yield stopwatch.progress(checked)
    return checked, largest


def _describe(run: Run, contents: Package, on_onnx: bool) -> dict[str, Any]:
    """The content of `model.json`."""
    dataset, config, spec = contents.dataset, contents.config, contents.spec
    runtime = "onnxruntime" if on_onnx else "ai-edge-litert"
    test = {key: value for key, value in figures(contents.report).items() if key != "labels"}
    return {
        "format": 1,
        "name": run.name,
        "run": run.id,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "input": {
            "size": config.image_size,
            "resize": RESIZE_POLICY,
            "orientation": "EXIF applied",
            "channels": "RGB",
            "colours": "sRGB",
            "pixels": PIXELS_VERSION,
            "data_ranges": {kind: list(pair) for kind, pair in dataset.data_ranges.items()} or None,
            "range": [0, 255],
            "dtype": "float32",
            "shape": [1, config.image_size, config.image_size, 3],
        },
        "output": {"name": OUTPUT, "labels": list(dataset.labels), "familiarity": FAMILIARITY},
        "backbone": _origin(spec),
        **({"backbones": [_origin(member) for member in spec.members]} if spec.members else {}),
        "dataset": {
            "id": dataset.id,
            "name": dataset.name,
            "fingerprint": dataset.fingerprint,
            "licence": dataset.licence,
            "photos": dataset.photos["split"].value_counts().to_dict(),
        },
        "config": config.to_dict(),
        "seed": config.seed,
        "features": _precisions(contents.precision),
        "best_epoch": contents.model.best_epoch,
        "test": test,
        **_told(contents.completed),
        "unknown": contents.familiarity.rule.to_dict() | {"prototypes": len(contents.familiarity.prototypes)},
        "versions": {
            "transferlab": __version__,
            "python": platform.python_version(),
            "platform": f"{platform.system()} {platform.machine()}",
        }
        | {name: importlib.metadata.version(name) for name in ("keras", runtime, "numpy", "pillow")}
        | {name: number for name, number in runtime_versions().items() if name != runtime},
    }


def _precisions(precision: FeaturePrecision) -> dict[str, str]:
    """In which precision the features were computed that it learned from and that it was tested on."""
    names = {"training_photos": precision.photos, "augmented_views": precision.views, "other_photos": EXACT}
    return {name: PRECISIONS[each] for name, each in names.items()}


def _origin(spec: BackboneSpec) -> dict[str, str]:
    """Which network it is, and by whom."""
    return {name: getattr(spec, name) for name in ("name", "title", "fingerprint", "licence", "source")}


def _told(completed: Completed) -> dict[str, Any]:
    """What came beside the test figures: the score with every photo tested once, what probabilities are divided by, and
    what the model learned from where that is more than the training photos."""
    found, refit = completed.cross_validation, completed.refit
    return {
        "cross_validation": cross_validation_info(found) if found is not None else None,
        "temperature": completed.calibration.temperature,
        "refit": vars(refit) if refit is not None else None,
    }
