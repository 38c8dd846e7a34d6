"""Scores with fast features of training photos against exact ones, for each sample set and for cats and dogs [TF].

Features of EfficientNet-Lite0 at its 224 px, a head with default settings, three seeds, each with a split of its own.
Everything is tested on exact features. In the way "photos", those of the training photos themselves are fast; in
"views" those of three augmented views as well. The figure is how many test photos more are right with exact features,
of all seeds together; the target is what chance allows: 1.96 times the root of the photos on which the two differ
(McNemar 1947). Where the processor has no lower precision, there is nothing to compare.
"""

import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from math import sqrt
from pathlib import Path

import numpy as np

from benchmarks.command import check_data, few_photos, finish, parser
from benchmarks.table import Row, figure
from tlcore.config import TrainConfig
from tlcore.data.augment import Augmentation, Views
from tlcore.data.ingest import ingest_path
from tlcore.data.manifest import Dataset
from tlcore.data.samples import ingest_sample
from tlcore.data.split import split_photos
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.events import run_to_end
from tlcore.features.activations import open_features
from tlcore.features.extract import Photo, Request, extract, feature_kind
from tlcore.features.views import ViewedStore
from tlcore.models.frozen_backbone import PretrainedBackbone
from tlcore.models.frozen_files import POOLED
from tlcore.models.openvino_runtime import fast_precision
from tlcore.models.predictor import EXACT
from tlcore.models.registry import BUILT_IN
from tlcore.pipeline.caches import StoredViews
from tlcore.training.head import Examples, HeadTrainer
from tlcore.workspace import Workspace, open_workspace

SEEDS = (0, 1, 2)
PARTS = (0.6, 0.1, 0.3)  # train, validation, test
SIZE = BUILT_IN.default_image_size
VIEWS = Views(Augmentation(rotation=10.0, zoom=0.1, width_shift=0.05, height_shift=0.05, brightness=0.1), 4, 0)


def main() -> int:
    """Measure, print, write."""
    options = parser("feature_precision", __doc__).parse_args()
    check_data(options.data)
    precision = fast_precision()
    if precision == EXACT:
        return finish("Fast features", [], options, ["Not counted: no lower precision is fast on this processor."])
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        workspace = open_workspace(Path(scratch, "home"))
        folder = few_photos(options.data, Path(scratch, "few")) if options.quick else options.data.resolve()
        for name, dataset in (
            ("digits", run_to_end(ingest_sample(workspace, "digits"))),
            ("emoji", run_to_end(ingest_sample(workspace, "emoji"))),
            ("cats and dogs", run_to_end(ingest_path(workspace, folder))),
        ):
            rows += _Comparison(workspace, dataset, precision).rows(name, SEEDS[:1] if options.quick else SEEDS)
    return finish(f"Fast features ({precision}) against exact ones", rows, options)


@dataclass(frozen=True)
class _Right:
    """Of all test photos of all seeds, which were right: bool (n,) with exact features, and with fast ones."""

    exact: np.ndarray
    fast: np.ndarray

    def row(self, name: str) -> Row:
        more = int(self.exact.sum()) - int(self.fast.sum())
        chance = 1.96 * sqrt(max(1, int((self.exact != self.fast).sum())))
        text = f"{name}: {self.exact.sum()} of {len(self.exact)} right with exact, {self.fast.sum()} with fast features"
        return figure(f"{text}; fewer by", float(more), f"<= {chance:.1f}", "photos")


class _Comparison:
    """One data set, all of its photos and views extracted in both precisions."""

    def __init__(self, workspace: Workspace, dataset: Dataset, precision: str) -> None:
        self._dataset, self._photos = dataset, dataset.photos.drop_duplicates("sha256").reset_index(drop=True)
        photos = [Photo(*row) for row in self._photos[["sha256", "path"]].itertuples(index=False)]
        backbone = PretrainedBackbone(workspace, BUILT_IN, SIZE)
        self._stores = {}
        for each in (EXACT, precision):
            kind = feature_kind(BUILT_IN, SIZE, RESIZE_POLICY, each)
            self._stores[each] = store = open_features(workspace, kind, VIEWS, each)
            run_to_end(extract(partial(backbone.predictors, POOLED), [Request(photos, (store,))], dataset.read))
        self._precision = precision

    def rows(self, name: str, seeds: tuple[int, ...]) -> list[Row]:
        """A row for the photos alone, and one with their views."""
        rows = []
        for way, several in (("photos", False), ("views", True)):
            pairs = [self._right(seed, several) for seed in seeds]
            rows.append(_Right(*(np.concatenate(each) for each in zip(*pairs, strict=True))).row(f"{name}, {way}"))
        return rows

    def _right(self, seed: int, several: bool) -> tuple[np.ndarray, np.ndarray]:
        """Which test photos are right, with exact and with fast features of the training photos."""
        parts = split_photos(self._photos.drop(columns="split"), seed, PARTS)
        classes = {label: number for number, label in enumerate(self._dataset.labels)}
        numbers = self._photos["label"].astype(str).map(classes).to_numpy(np.int32)
        photos = [Photo(*row) for row in self._photos[["sha256", "path"]].itertuples(index=False)]
        rows = {part: np.nonzero((parts == part).to_numpy())[0] for part in ("train", "validation", "test")}
        exact = ViewedStore(self._stores[EXACT].plain)
        held_out = {part: exact.read([photos[row].sha256 for row in rows[part]]) for part in ("validation", "test")}
        found = []
        for precision in (EXACT, self._precision):
            store, learned = self._stores[precision], [photos[row] for row in rows["train"]]
            views = StoredViews(store, learned) if several else store.read([photo.sha256 for photo in learned])
            trainer = HeadTrainer(len(classes), TrainConfig(seed=seed))
            validation = Examples(held_out["validation"], numbers[rows["validation"]])
            head = run_to_end(trainer.train(Examples(views, numbers[rows["train"]]), validation))
            found.append(head.logits(held_out["test"]).argmax(axis=1) == numbers[rows["test"]])
        return found[0], found[1]


if __name__ == "__main__":
    sys.exit(main())
