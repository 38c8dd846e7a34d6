"""How a finished training learns what its photos look like, so that its model can say that a photo shows none of them.

Prototypes are made of the training photos. The threshold is set on photos that these have not seen: the validation and
test photos, and where those are few and the network is frozen, each training photo too, by prototypes made without it.
A network that adapted to the training photos finds them more alike than they are, so they tell nothing there.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.prototypes import familiarity, fit_prototypes, out_of_fold_familiarity
from tlcore.evaluation.rejection import RejectionRule, make_rule
from tlcore.evaluation.report import FAMILIARITY, Report, save_familiarity
from tlcore.events import Event
from tlcore.pipeline.context import Context, TrainedModel
from tlcore.pipeline.final_features import features_of

ENOUGH = 200
"""Photos that the prototypes have not seen, from which on no training photo is needed for the threshold: what 95% of
200 photos reach is known to ± 3 points."""


@dataclass(frozen=True)
class Familiarity:
    """Prototypes float32 (n, D), each of length 1, and the rule that says which photos are near enough to them."""

    prototypes: npt.NDArray[np.float32]
    rule: RejectionRule


def learn_familiarity(context: Context, model: TrainedModel, report: Report) -> Generator[Event, None, Familiarity]:
    """Make the prototypes and the rule; how familiar each test photo is goes into the run's folder.

    Args:
        report: the figures on the test photos.

    Raises:
        UserError: a photo is gone or has changed, or the disk is full.
    """
    (train, classes), seed = context.part("train"), context.config.seed
    features = yield from features_of(context, model, train)
    prototypes = fit_prototypes(features, classes, seed)
    validation = familiarity((yield from features_of(context, model, context.part("validation")[0])), prototypes)
    test = familiarity((yield from features_of(context, model, context.part("test")[0])), prototypes)
    known = np.concatenate([validation, test])
    if model.network is None and len(known) < ENOUGH:
        known = np.concatenate([known, out_of_fold_familiarity(features, classes, seed)])
    rows = report.predictions.assign(**{FAMILIARITY: test})
    save_familiarity(context.run.folder, replace(report, predictions=rows))
    return Familiarity(prototypes, make_rule(known, test, rows["correct"].to_numpy(bool)))
