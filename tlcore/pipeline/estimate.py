"""How long a run will take, before anybody starts it: what its stages do, times what such work took on this machine.

Made for a page, so it builds no network and reads no photo; a run that is at work knows better (eta.py). No TensorFlow.
"""

from dataclasses import dataclass, replace
from functools import partial

from tlcore.config import TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.events import StageKey
from tlcore.features.activations import ImageCache
from tlcore.features.extract import Photo, Request, num_rows
from tlcore.features.joined import num_lacking, open_pooled
from tlcore.features.views import ViewedStore, has_views
from tlcore.models.backbones import find_backbone
from tlcore.models.frozen_backbone import top_layer
from tlcore.models.frozen_files import POOLED
from tlcore.models.predictor import EXACT
from tlcore.models.runtime_memory import recall_precision
from tlcore.models.weights_cache import is_present
from tlcore.pipeline.caches import views_of
from tlcore.pipeline.feature_precision import FeaturePrecision, feature_precision
from tlcore.pipeline.fold_time import FoldPlan, plan_folds
from tlcore.pipeline.folding import fold_photos
from tlcore.pipeline.rates import Range, Rates, num_products
from tlcore.pipeline.timings import load_timings, timing_names
from tlcore.workspace import Workspace

AROUND = (0.3, 2.0)
"""Seconds between the press of the button and the first photo, and the last epoch and the figures, by a warm worker."""

USUAL_SHARE_BELOW = 0.53
"""Of a network's multiplications, what lies below its upper third (EfficientNet-Lite0); to count them takes Keras."""

MOST_ADAPTATION_PHOTOS = 512
"""To which batch normalisation is adapted (fine_tune_stages.py, which cannot be imported without Keras)."""


def estimate_seconds(workspace: Workspace, dataset: Dataset, config: TrainConfig) -> Range | None:
    """Seconds until the model predicts, at least and at most; None where a network has to be downloaded first.

    Raises:
        UserError: the config names a network or a block that is not known.
    """
    spec = find_backbone(config.backbone, workspace)
    if config.pretrained and not is_present(spec):
        return None  # how long a download takes is no property of this machine
    work = _Work(workspace, dataset, config)
    parts = [AROUND, work.packing()]
    if config.pretrained:
        parts += [work.adaptation(), work.extraction(), work.head()]
    if config.fine_tunes:
        parts += [work.decoding(), work.fine_tuning()]
    else:
        parts.append(work.cross_validation())
    return _plus(*parts)


@dataclass(frozen=True)
class FoldEstimate:
    """A cross-validation on request: how many folds, 0 where none are possible; its seconds, at least and at most."""

    folds: int
    seconds: Range | None


def estimate_cross_validation(workspace: Workspace, dataset: Dataset, config: TrainConfig) -> FoldEstimate:
    """How long it takes to test every photo of a data set once.

    Raises:
        UserError: the config names a network or a block that is not known.
    """
    folding = fold_photos(dataset, config)
    folds = folding.num_folds
    if not config.fine_tunes:
        work = _Work(workspace, dataset, config)
        plan = work.fold_plan()
        missing = plan.work.missing + work.num_inexact()
        plan = replace(plan, work=replace(plan.work, missing=missing))
        return FoldEstimate(folds, _plus(AROUND, plan.seconds(work.rates)))
    once = estimate_seconds(workspace, dataset, config)
    return FoldEstimate(folds, None if once is None else _times(once, folds))


class _Work:
    """The work of a run in seconds, a method a stage, by the same rates as the time left of a run (rates.py)."""

    def __init__(self, workspace: Workspace, dataset: Dataset, config: TrainConfig) -> None:
        self._spec = find_backbone(config.backbone, workspace)
        products = num_products(self._spec, config.image_size)
        self._workspace, self._dataset, self._config = workspace, dataset, config
        self.rates = self._rates = Rates(timing_names(config, self._spec), load_timings(workspace), products)
        self._rates.share_below = USUAL_SHARE_BELOW if config.partly_frozen else 0.0
        self._num_test = len(dataset.part("test"))
        self._photos = _photos(dataset, "train"), _photos(dataset, "validation") + _photos(dataset, "test")

    def adaptation(self) -> Range:
        """Batch normalisation. A network that was trained here before without measuring it has none."""
        rates = self._rates
        without = rates.known(StageKey.ADAPT_BATCH_NORM) is None and rates.known(StageKey.FINE_TUNE) is not None
        if not self._config.batch_norm_adaptation or without:
            return 0.0, 0.0
        low, high = rates["convert"]
        adapted = _times(rates[StageKey.ADAPT_BATCH_NORM], min(len(self._photos[0]), MOST_ADAPTATION_PHOTOS))
        return adapted[0] + low, adapted[1] + high

    def extraction(self) -> Range:
        """The frozen network on every photo that it has not seen; an adapted one has seen none."""
        if not self._config.batch_norm_adaptation and not self._config.partly_frozen:
            return _times(self._rates[StageKey.EXTRACT_FEATURES], self._num_missing())
        return _times(self._rates[StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS], self._num_rows())

    def head(self) -> Range:
        """The epochs of the head, which may end early."""
        config, samples = self._config, len(self._photos[0])
        (low, high), first = self._rates[StageKey.TRAIN_HEAD], self._rates["trace"]
        least = min(config.epochs, config.patience or config.epochs)
        return first[0] + low * samples * least, first[1] + high * samples * config.epochs

    def decoding(self) -> Range:
        """Photos as the whole network takes them; where a part is frozen, nothing."""
        if self._config.partly_frozen:
            return 0.0, 0.0
        with ViewedStore(ImageCache(self._workspace, self._config.image_size, RESIZE_POLICY)) as store:
            missing = num_rows(Request(self._photos[0] + self._photos[1], (store,)).missing())
        return _times(self._rates[StageKey.DECODE_PHOTOS], missing)

    def fine_tuning(self) -> Range:
        """The first step, the epochs, and the test photos with what came of them."""
        config, samples = self._config, len(self._photos[0])
        start, rate, end = (self._rates[each] for each in ("compile", StageKey.FINE_TUNE, "evaluate"))
        least = min(config.fine_tune_epochs, config.patience or config.fine_tune_epochs)
        low = start[0] + end[0] + rate[0] * samples * least
        return low, start[1] + end[1] + rate[1] * samples * config.fine_tune_epochs

    def fold_plan(self) -> FoldPlan:
        """The cross-validation that a frozen network's run may do."""
        return plan_folds(self._dataset, self._config)

    def cross_validation(self) -> Range:
        """The same where the run does it by itself."""
        plan = self.fold_plan()
        return plan.seconds(self.rates) if plan.is_automatic(self.rates) else (0.0, 0.0)

    def packing(self) -> Range:
        """Making the model file, and checking it on the test photos."""
        (low, high), check = self._rates["pack"], _times(self._rates[StageKey.VERIFY], self._num_test)
        return low + check[0], high + check[1]

    def _num_missing(self) -> int:
        """Rows that the frozen network has yet to compute."""
        if top_layer(self._config.head) != POOLED:
            return self._num_rows()
        (train, others), size, views = self._photos, self._config.image_size, views_of(self._config)
        precision = self._precision()
        learning = open_pooled(self._workspace, self._spec, size, views, precision.photos, precision.views)
        with learning, open_pooled(self._workspace, self._spec, size) as exact:
            return num_lacking(Request(train, (learning,))) + num_lacking(Request(others, (exact,)))

    def num_inexact(self) -> int:
        """Training photos whose exact features are still to be computed, where the run learned from others."""
        train, _ = self._photos
        if top_layer(self._config.head) != POOLED or self._precision().photos == EXACT:
            return 0
        with open_pooled(self._workspace, self._spec, self._config.image_size) as store:
            return num_lacking(Request(train, (store,)))

    def _precision(self) -> FeaturePrecision:
        views, usable = views_of(self._config), partial(recall_precision, self._workspace)
        num_views = views.count if has_views(views) else 1
        return feature_precision(self._dataset, self._config, self._spec, num_views, usable)

    def _num_rows(self) -> int:
        """Rows of all photos, those to train on in all views."""
        train, others = ({photo.sha256 for photo in photos} for photos in self._photos)
        views = views_of(self._config)
        return len(train) * (views.count if has_views(views) else 1) + len(others)


def _plus(*parts: Range) -> Range:
    return sum(low for low, _ in parts), sum(high for _, high in parts)


def _times(rate: Range, number: int) -> Range:
    return rate[0] * number, rate[1] * number


def _photos(dataset: Dataset, part: str) -> list[Photo]:
    return [Photo(*row) for row in dataset.part(part)[["sha256", "path"]].itertuples(index=False)]
