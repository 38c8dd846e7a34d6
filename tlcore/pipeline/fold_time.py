"""How long a cross-validation takes: the epochs of a head, as many times as there are folds. No TensorFlow."""

from dataclasses import dataclass

from tlcore.config import ALWAYS, NEVER, TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.events import StageKey
from tlcore.features.views import has_views
from tlcore.jobs.pace import likely
from tlcore.pipeline.caches import views_of
from tlcore.pipeline.folding import Folding, fold_photos
from tlcore.pipeline.rates import Range, Rates

AUTOMATIC_SECONDS = 10.0  # what takes longer is done on request


@dataclass(frozen=True)
class FoldTime:
    """What the folds of a frozen network's heads are.

    `samples`: photos that all folds together learn from in an epoch; `missing`: rows of features that are not on disk.
    """

    folds: int
    samples: float
    missing: int = 0


def fold_time(folding: Folding, train_share: float, missing: int = 0) -> FoldTime:
    """The work of a cross-validation.

    Args:
        train_share: of the photos that are not predicted, which are learned from; the others tell when to stop.
    """
    folds = folding.num_folds
    return FoldTime(folds, max(0, folds - 1) * len(folding.rows) * train_share, missing)


@dataclass(frozen=True)
class FoldPlan:
    """The cross-validation that a run with these settings would do at its end."""

    config: TrainConfig
    work: FoldTime

    def seconds(self, rates: Rates, epochs: int = 0) -> Range:
        """What it takes, at least and at most; nothing where no folds are possible.

        Args:
            epochs: that the head of the run took; 0 where nobody knows yet.
        """
        config, work = self.config, self.work
        if not work.folds:
            return 0.0, 0.0
        least = epochs or min(config.epochs, config.patience or config.epochs)
        (low, high), first, extract = rates[StageKey.TRAIN_HEAD], rates["trace"], rates[StageKey.EXTRACT_FEATURES]
        return (
            first[0] + low * work.samples * least + extract[0] * work.missing,
            first[1] + high * work.samples * (epochs or config.epochs) + extract[1] * work.missing,
        )

    def is_automatic(self, rates: Rates, epochs: int = 0) -> bool:
        """Whether the run does it by itself."""
        config = self.config
        if config.fine_tunes or config.cross_validation == NEVER or not self.work.folds:
            return False
        return config.cross_validation == ALWAYS or likely(self.seconds(rates, epochs)) < AUTOMATIC_SECONDS


def plan_folds(dataset: Dataset, config: TrainConfig) -> FoldPlan:
    """The cross-validation of a run.

    Photos that the run does not learn from have no augmented views yet: those would be computed for it.
    """
    folding, parts = fold_photos(dataset, config), dataset.photos["split"].value_counts()
    views, rows = views_of(config), folding.rows
    others = rows["sha256"][rows["split"] != "train"].nunique()
    missing = others * (views.count - 1) if has_views(views) else 0
    train, validation = int(parts.get("train", 0)), int(parts.get("validation", 0))
    return FoldPlan(config, fold_time(folding, train / max(1, train + validation), missing))
