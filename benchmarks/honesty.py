"""Whether what is said of a model is true: its likely range, its probabilities, "none of these"; and what that costs.

Coverage: data sets are made whose truth is known (coverage.py), 2,000 of each kind, and it is counted how often the
95% interval of a cross-validation covers it. Calibration: the expected calibration error before and after, out of fold;
of 100 photos, the cross-entropy of 399 new ones. Cross-validation: the seconds that 1,000 photos in 5 folds take when
their features are there. Photos of something else: unknown.py. Heat maps: heat_map.py. From a correction to the new
score: retraining.py.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.command import check_data, few_photos, finish, parser
from benchmarks.coverage import SITUATIONS, coverage
from benchmarks.heat_map import heat_map_rows
from benchmarks.retraining import retraining
from benchmarks.table import Row, figure
from benchmarks.unknown import unknown_rows
from tlcore.api.datasets import load_dataset
from tlcore.api.model import Model
from tlcore.api.training import train
from tlcore.data.manifest import Dataset
from tlcore.evaluation.calibration import divide_by, load_calibration, negative_log_likelihood
from tlcore.workspace import Workspace, open_workspace

DATA_SETS, QUICK_DATA_SETS = 2_000, 100
FEW, TIMES = 50, 3  # photos of each of two classes, and how often they are drawn


def main() -> int:
    """Measure, print, write."""
    options = parser("honesty", __doc__).parse_args()
    check_data(options.data)
    rows = list(coverage_rows(QUICK_DATA_SETS if options.quick else DATA_SETS))
    with tempfile.TemporaryDirectory() as scratch:
        workspace = open_workspace(Path(scratch, "home"))
        folder = few_photos(options.data, Path(scratch, "few")) if options.quick else options.data
        rows += fold_rows(workspace, folder)
        rows += calibration_rows(workspace, folder, Path(scratch))
        if not options.quick:
            rows += unknown_rows(workspace, folder, folder.parent / "imagenet-100", Path(scratch, "unknown"))
    rows += heat_map_rows(options.data, options.quick)
    rows += retraining(options.data, options.quick)
    return finish("Honest answers", rows, options)


def coverage_rows(num_datasets: int) -> Iterator[Row]:
    """The share of data sets whose interval covers the truth, of each kind."""
    for kind in SITUATIONS:
        with threadpool_limits(1):
            share = coverage(kind, num_datasets if kind.photos <= 120 else num_datasets // 4)
        groups = f" in {kind.groups} groups" if kind.groups else ""
        name = f"{kind.photos} photos{groups}, {kind.features} features: truth covered"
        yield figure(f"{name}, at least", share, ">= 0.93", "share")
        yield figure(f"{name}, at most", share, "<= 0.97", "share")


def fold_rows(workspace: Workspace, cats_dogs: Path) -> Iterator[Row]:
    """What testing every photo once takes, after the features are there."""
    model = train(cats_dogs / "train", workspace=workspace, cross_validation="always", progress=False)
    found = model.cross_validation
    assert found is not None
    yield figure(f"{found.total:,} photos tested once, in {found.folds} folds", found.seconds, "<= 3", "s")


def calibration_rows(workspace: Workspace, cats_dogs: Path, scratch: Path) -> Iterator[Row]:
    """Probabilities are no worse than before, better where they were off, and few photos break nothing."""
    for name in (str(cats_dogs), "emoji", "digits"):
        data = load_dataset(name, workspace=workspace, progress=False)
        yield _change(data, f"{data.name}: calibration error, change", "<= 0.005")
    smoothed = load_dataset("emoji", workspace=workspace, progress=False)
    yield _change(smoothed, "Emoji, too cautious (label smoothing 0.3): change", "<= -0.02", label_smoothing=0.3)
    worse = [_few(workspace, cats_dogs, scratch / f"few-{seed}", seed) for seed in range(TIMES)]
    yield figure(f"{2 * FEW} photos: cross-entropy of new ones, worst change", max(worse), "<= 0.01", "nats")


def _change(data: Dataset, name: str, target: str, **settings: float) -> Row:
    """How the expected calibration error changes, with what it was before."""
    calibration = load_calibration(train(data, cross_validation="always", progress=False, **settings).path)
    assert calibration is not None and calibration.before is not None and calibration.after is not None
    return figure(name, calibration.after.error - calibration.before.error, target, "share", calibration.before.error)


def _few(workspace: Workspace, cats_dogs: Path, folder: Path, seed: int) -> float:
    """By how much the temperature changes the cross-entropy of new photos, of a model of few photos."""
    random = np.random.default_rng(seed)
    for label in sorted((cats_dogs / "train").iterdir()):
        (folder / label.name).mkdir(parents=True)
        files = sorted(label.iterdir())
        for number in random.permutation(len(files))[:FEW]:
            shutil.copy2(files[number], folder / label.name)
    model = train(folder, workspace=workspace, progress=False)
    return _new_loss(model, cats_dogs / "validation")


def _new_loss(model: Model, folder: Path) -> float:
    report, _ = model.evaluate(folder, progress=False)
    shown = np.stack(report.predictions["probabilities"].tolist())
    truth = np.array([report.labels.index(label) for label in report.predictions["label"]])
    raw = divide_by(shown, 1 / float(model.info["temperature"]))
    return negative_log_likelihood(shown, truth) - negative_log_likelihood(raw, truth)


if __name__ == "__main__":
    sys.exit(main())
