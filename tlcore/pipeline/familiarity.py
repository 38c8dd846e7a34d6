"""How a finished training learns what its photos look like, so that its model can say that a photo shows none of them.

Prototypes are made of the training photos, and the threshold is set on the validation and test photos, which they have
not seen. Where those are few and the network is frozen, prototypes are made of all photos instead, and each photo is
held against those that were made without it. A network that adapted to the training photos finds them more alike than
they are, so there is no such way there.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.prototypes import familiarity, fit_prototypes
from tlcore.evaluation.rejection import RejectionRule, make_rule
from tlcore.evaluation.report import FAMILIARITY, save_familiarity
from tlcore.events import Event
from tlcore.pipeline.context import Context
from tlcore.pipeline.feature_precision import ENOUGH_HELD_OUT as ENOUGH
from tlcore.pipeline.final_features import features_of
from tlcore.pipeline.finishing import Completed
from tlcore.pipeline.folding import fold_photos
from tlcore.pipeline.left_out import left_out

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Familiarity:
    """Prototypes float32 (n, D), each of length 1; the rule that says which photos are near enough to them; and what
    the model's file has to give of each test photo, float32 (m,)."""

    prototypes: Vectors
    rule: RejectionRule
    test: Vectors


def learn_familiarity(context: Context, completed: Completed) -> Generator[Event, None, Familiarity]:
    """Make the prototypes and the rule; how familiar each test photo is goes into the run's folder.

    Raises:
        UserError: a photo is gone or has changed, or the disk is full.
    """
    model, report = completed.model, completed.report
    train, validation, test = (context.part(part) for part in ("train", "validation", "test"))
    few = model.network is None and len(validation[0]) + len(test[0]) < ENOUGH
    folding = fold_photos(context.dataset, context.config)
    photos, classes = (folding.photos, folding.classes) if few else train
    features = yield from features_of(context, model, photos, exact=few)
    prototypes = fit_prototypes(features, classes, context.config.seed)
    shipped = familiarity((yield from features_of(context, model, test[0])), prototypes)
    if few:
        known = left_out(folding, context.dataset, context.config.seed, features)
        by_photo = dict(zip((photo.sha256 for photo in photos), known, strict=True))
        unseen = np.array([by_photo.get(photo.sha256, own) for photo, own in zip(test[0], shipped)], np.float32)
    else:
        others = familiarity((yield from features_of(context, model, validation[0])), prototypes)
        known, unseen = np.concatenate([others, shipped]), shipped
    rows = report.predictions.assign(**{FAMILIARITY: unseen})
    save_familiarity(context.run.folder, replace(report, predictions=rows))
    return Familiarity(prototypes, make_rule(known, unseen, rows["correct"].to_numpy(bool)), shipped)
