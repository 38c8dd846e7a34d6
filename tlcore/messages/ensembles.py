"""What an ensemble is made of and how it answers, in words; and what there is not for one."""

import shlex
from collections.abc import Mapping
from typing import Any

from tlcore.analysis.learning_curve import WHAT as LEARNING_CURVE
from tlcore.analysis.photo_map import WHAT as PHOTO_MAP
from tlcore.analysis.shortcuts import WHAT as SHORTCUTS
from tlcore.comparison.ensembles import Member, members_in
from tlcore.config import STRATEGIES, short_name
from tlcore.errors import UserError
from tlcore.evaluation.cross_validation import ANALYSIS as CROSS_VALIDATION
from tlcore.evaluation.ensemble import AVERAGE, VOTE
from tlcore.jobs.store import EnsembleSpec, Run
from tlcore.messages.model_info import value
from tlcore.messages.quantities import capitalized, count
from tlcore.models.backbones import known_title
from tlcore.shares import percent

TITLE = "Combine models"
WHAT_FOR = (
    "Several models together often make fewer mistakes than each of them (an ensemble). The result is a model like any "
    "other: test it, try it, download it."
)
METHOD_NAMES = {AVERAGE: "Average", VOTE: "Vote"}
METHOD_SENTENCES = {
    AVERAGE: "Averages the probabilities of all models. Models that did better on photos they hadn’t seen count more.",
    VOTE: "Each model has one vote for its most probable class; a tie goes to the class with the higher average.",
}
NO_CURVES = "An ensemble isn’t trained itself, so it has no training curves. Open one of its models to see its curves."
NO_RETRAINING = "An ensemble isn’t retrained: correct photos and retrain one of its models, then combine again."
NOT_CROSS_VALIDATED = (
    "Not every model of this ensemble was cross-validated, so not every photo could be tested. Test all photos with "
    "each of them, then combine again."
)
NOT_FOR_ENSEMBLES = {
    CROSS_VALIDATION: NOT_CROSS_VALIDATED,
    LEARNING_CURVE: "There is no learning curve for an ensemble. Open one of its models to see whether more photos "
    "would help.",
    PHOTO_MAP: "There is no map for an ensemble, since each of its models sees the photos in its own way. Open one of "
    "its models to see its map.",
    SHORTCUTS: "An ensemble isn’t checked for shortcuts. Open one of its models to check it.",
}
"""Why an analysis is not there, by its kind."""


def ensemble_title(spec: EnsembleSpec) -> str:
    """ "Ensemble of 3 models"."""
    return f"Ensemble of {count(len(spec.runs), 'model')}"


def short_ensemble_name(spec: EnsembleSpec) -> str:
    """What it is called beside its models: "ensemble of 3 (average)"."""
    return f"ensemble of {len(spec.runs)} ({METHOD_NAMES[spec.method].lower()})"


def check_can_analyse(run: Run, what: str) -> None:
    """Raise UserError where an analysis makes no sense for a run, since it is an ensemble."""
    if run.ensemble is not None and what in NOT_FOR_ENSEMBLES:
        reason, _, fix = NOT_FOR_ENSEMBLES[what].partition(". ")
        raise UserError(f"{reason}.", fix)


def member_name(member: Member) -> str:
    """ "Hybrid, EfficientNet-Lite0"."""
    strategy = short_name(member.strategy) if member.strategy in STRATEGIES else member.strategy
    return f"{capitalized(strategy)}, {known_title(member.backbone)}"


def member_rows(info: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """A row a model of an ensemble: what it is, its test score, how much it counts, the id of its run.

    Args:
        info: the content of its `model.json`, which anybody may have written; of any other model there are no rows.
    """
    return [(member_name(each), _score(each), percent(each.weight), each.run) for each in members_in(info)]


def _score(member: Member) -> str:
    if not member.total:
        return "not tested"
    return f"{percent(member.correct / member.total)} ({member.correct:,} of {member.total:,})"


def is_vote(info: Mapping[str, Any]) -> bool:
    """Whether the models of an ensemble vote."""
    values = info.get("ensemble")
    return isinstance(values, Mapping) and values.get("method") == VOTE


MEMBER_COLUMNS = ("Model", "Test accuracy", "Counts for", "Run")


def ensemble_message(info: Mapping[str, Any]) -> str:
    """How an ensemble combines, and where its weights come from, in a sentence; "" for any other model.

    Args:
        info: the content of its `model.json`, which anybody may have written.
    """
    values, members = info.get("ensemble"), members_in(info)
    if not isinstance(values, Mapping) or not members:
        return ""
    if is_vote(info):
        return f"{count(len(members), 'model')} vote. A tie goes to the class with the higher average probability."
    photos = values.get("photos")
    number = count(photos, "photo") if type(photos) is int else "photos"
    weighed = {
        "out-of-fold": f"weighted by their predictions for {number} that they hadn’t seen (cross-validation)",
        "validation": f"weighted by their predictions for {number} held back for validation",
        "given": "weighted as you chose",
        "too few photos": "all counting the same, since too few photos are left that none of them learned from",
    }
    how = weighed.get(str(values.get("weights_from")), "all counting the same")
    return f"The average of {count(len(members), 'model')}, {how}."


def ensemble_command(info: Mapping[str, Any]) -> str:
    """What makes an ensemble again in a terminal, as long as its runs are there; "" for any other model."""
    runs = [shlex.quote(member.run) for member in members_in(info)]
    if not runs:
        return ""
    equal = value(info, "ensemble", "weights_from") == "equal" and not is_vote(info)
    options = " --method vote" if is_vote(info) else " --equal-weights" if equal else ""
    return f"transferlab ensemble {' '.join(runs)}{options}"
