"""What the stages of a run share: what it was asked for, and what has come of it so far."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tlcore.config import TrainConfig
from tlcore.data.augment import Augmentation, Views
from tlcore.data.manifest import Dataset
from tlcore.events import ShouldStop, StageKey
from tlcore.features.extract import Photo
from tlcore.features.views import has_views
from tlcore.jobs.store import Run
from tlcore.models.frozen_backbone import FrozenBackbone
from tlcore.models.registry import BackboneSpec
from tlcore.models.runtime_choice import usable_precision
from tlcore.pipeline.feature_precision import FeaturePrecision, feature_precision
from tlcore.workspace import Workspace

if TYPE_CHECKING:
    import keras

    from tlcore.training.fine_tune import InferenceFunction
    from tlcore.training.head import Head


@dataclass(frozen=True)
class FineTuneModel:
    """The whole network (photo → probabilities), and the part of it that trains (what enters it → logits).

    `layer`: the layer whose output enters the part that trains; None when photos do. `dense`: the layers of the head.
    `share_below`: the share (0–1) of the whole's multiplications that lie below that part. `backbone`: the whole up to
    where the head begins.
    """

    whole: "keras.Model"
    trainable: "keras.Model"
    dense: "list[keras.layers.Dense]"
    layer: str | None
    share_below: float
    backbone: "keras.Model"


@dataclass(frozen=True)
class TrainedModel:
    """What a run gives: probabilities of the test photos float32 (n, classes), the epoch that was kept, how the model
    file is made, and the groups of arrays (bundle_weights.py) that unpacked.py makes the same of in another process.

    Both are called when the test figures are there already. The file is given the prototypes float32 (n, D), each of
    length 1, by which it tells how familiar a photo is. `network`: the one that adapted to the photos, None
    for a `head` on the frozen one. `validation_probabilities`: as those of the test photos; none where an earlier
    version trained it.
    """

    test_probabilities: np.ndarray
    best_epoch: int
    make_file: Callable[[np.ndarray], bytes]
    arrays: Callable[[], dict[str, list[np.ndarray]]]
    network: FineTuneModel | None = None
    head: "Head | None" = None
    validation_probabilities: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))


@dataclass
class Context:
    """A run: what it was asked for, and the state that its stages hand on.

    `backbone`: the frozen network, replaced when its batch normalisation is adapted. `fine_tune_model`: built when a
    plan needs it; `inference`: compiled for the part of it that trains. `head`, `trained`: what was learned so far.
    `epochs_done`: of the head, in the numbers of the run. `done`: the stages that are over. `held`: caches that must
    not be removed to make room before the run is over. `final_features`: by SHA-256, what final_features.py has
    computed with a network that adapted.
    """

    workspace: Workspace
    run: Run
    dataset: Dataset
    spec: BackboneSpec
    config: TrainConfig
    should_stop: ShouldStop
    backbone: FrozenBackbone
    fine_tune_model: FineTuneModel | None = None
    inference: "InferenceFunction | None" = None
    head: "Head | None" = None
    trained: TrainedModel | None = None
    epochs_done: int = 0
    done: set[StageKey] = field(default_factory=set)
    held: ExitStack = field(default_factory=ExitStack)
    final_features: dict[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def precision(self) -> FeaturePrecision:
        """In which precision the features of the photos that it learns from are computed."""
        views = views_of(self.config)
        num_views = views.count if has_views(views) else 1
        return feature_precision(
            self.dataset, self.config, self.spec, num_views, partial(usable_precision, self.workspace)
        )

    @property
    def photos(self) -> list[Photo]:
        """All photos of the data set."""
        return _photos(self.dataset.photos)

    def part(self, split: str) -> tuple[list[Photo], np.ndarray]:
        """The photos of "train", "validation" or "test" and their class numbers int32 (n,), in the data set's order."""
        rows = self.dataset.part(split)
        numbers = pd.Categorical(rows["label"], categories=list(self.dataset.labels)).codes.astype(np.int32)
        return _photos(rows), numbers

    def split_photos(self) -> tuple[list[Photo], list[Photo]]:
        """The photos to learn from, and the others: validation and test."""
        return self.part("train")[0], self.part("validation")[0] + self.part("test")[0]


def views_of(config: TrainConfig) -> Views:
    """The augmented views that a frozen network is given."""
    augmentation = Augmentation(**{option.name: getattr(config, option.name) for option in fields(Augmentation)})
    return Views(augmentation, config.views, config.seed)


class Halted(Exception):
    """A person stopped the run before there was anything to use. `kept`: a sentence about what is kept."""

    def __init__(self, kept: str) -> None:
        super().__init__(kept)
        self.kept = kept


def _photos(rows: pd.DataFrame) -> list[Photo]:
    return [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)]
