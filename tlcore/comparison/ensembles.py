"""Ensembles: which finished runs can be combined into one model, and the run that waits to do it.

An ensemble is a run of its own, whose job combines (ensemble_job.py) in place of training. From its test figures on it
is like any other: it is self-contained, so it goes on when the runs that it was made of are deleted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlcore.comparison.store import MOST, Comparison
from tlcore.errors import UserError
from tlcore.evaluation.ensemble import AVERAGE, METHODS, VOTE
from tlcore.evaluation.report import load_report
from tlcore.jobs.status import job_status
from tlcore.jobs.store import EnsembleSpec, Run, create_run, list_runs, load_run
from tlcore.serving.bundle import is_onnx_model, read_info
from tlcore.workspace import Workspace

OUT_OF_FOLD, EQUAL = "out-of-fold", "equal"
"""Weights by what the models predicted for photos that they had not learned from, or the same for all."""

_SEEN = ("resize", "pixels", "data_ranges")  # of `input` in model.json: how a photo becomes the network's input


@dataclass(frozen=True)
class Member:
    """A model in an ensemble, as its `model.json` tells: the id of its run, what it was, and how much it counts."""

    run: str
    strategy: str
    backbone: str
    weight: float
    correct: int
    total: int


def create_ensemble(
    workspace: Workspace,
    run_ids: Sequence[str],
    method: str = AVERAGE,
    weights: str | Sequence[float] = OUT_OF_FOLD,
    visitor: str = "",
) -> Run:
    """Make the run that combines finished runs; whoever works on it queues it.

    Args:
        run_ids: 2 to 12 runs on the same version of a data set. method: of `METHODS`.
        weights: "out-of-fold", "equal", or a number a run; votes always count the same.

    Raises:
        UserError: there is no such run, the runs cannot be combined, or the disk is full.
    """
    ids = list(dict.fromkeys(run_ids))
    if not 2 <= len(ids) <= MOST:
        raise UserError(f"An ensemble combines 2 to {MOST} models, and this is {len(ids)}.", "Choose other models.")
    if method not in METHODS:
        raise UserError(f"Models can’t be combined by “{method}”.", f"Use one of: {', '.join(METHODS)}.")
    chosen = _weights(weights, len(ids), method)
    runs = [load_run(workspace, run_id) for run_id in ids]
    check_members(runs)
    best = max(runs, key=lambda run: load_report(run.folder).correct)
    spec = EnsembleSpec(tuple(ids), method, chosen)
    return create_run(workspace, best.dataset_id, best.config, best.name, visitor, ensemble=spec)


def _weights(weights: str | Sequence[float], number: int, method: str) -> str | tuple[float, ...]:
    """The weights that were asked for, checked."""
    if isinstance(weights, str):
        if weights not in (OUT_OF_FOLD, EQUAL):
            raise UserError(
                f"Weights can’t be “{weights}”.", f"Use “{OUT_OF_FOLD}”, “{EQUAL}” or one number per model."
            )
        return EQUAL if method == VOTE else weights
    if method == VOTE:
        raise UserError("In a vote all models count the same.", "Leave the weights out, or average instead.")
    values = tuple(float(weight) for weight in weights)
    total = sum(values)
    if len(values) != number or not all(0 <= value < float("inf") for value in values) or not 0 < total < float("inf"):
        raise UserError("These weights can’t be used.", f"Give {number} numbers, none below 0 and one at least above.")
    return tuple(value / total for value in values)


def check_members(runs: Sequence[Run]) -> None:
    """Raise UserError, with the reason, unless these runs can be combined."""
    for run in runs:
        if run.ensemble is not None:
            raise UserError(
                f"The run {run.id} is an ensemble itself.", "Choose single models; an ensemble can have up to 12."
            )
        if not job_status(run).predicts:
            raise UserError(f"The run {run.id} has no model yet.", "Wait until it has finished, or choose another one.")
        if is_onnx_model(read_info(run.folder)):
            raise UserError(
                f"The run {run.id} uses an ONNX network, which can’t be combined with others.", "Leave it out."
            )
    if len({run.dataset_id for run in runs}) > 1:
        raise UserError(
            "These models were trained on different photos, so they can’t be combined.",
            "Choose runs on the same version of a data set.",
        )
    if len({_recipe(_input_of(run)) for run in runs}) > 1:
        raise UserError(
            "These models prepare photos in different ways, so they can’t be combined.",
            "Train the older ones again, then combine.",
        )


def _input_of(run: Run) -> dict[str, Any]:
    values = read_info(run.folder).get("input")
    return values if isinstance(values, dict) else {}


def _recipe(values: Mapping[str, Any]) -> str:
    """How photos are prepared, but for the image size, as one comparable value."""
    return repr([values.get(name, 1 if name == "pixels" else None) for name in _SEEN])


def alike(runs: Sequence[Run]) -> list[str]:
    """The ids of the largest group of runs that prepare photos in the same way, so that they can be combined."""
    groups: dict[str, list[str]] = {}
    for run in runs:
        groups.setdefault(_recipe(_input_of(run)), []).append(run.id)
    return max(groups.values(), key=len, default=[])


def combinable(runs: Sequence[Run], dataset_id: str) -> list[Run]:
    """Of these runs those on this version of a data set that can be part of an ensemble, in their order."""
    return [run for run in runs if run.dataset_id == dataset_id and run.ensemble is None and job_status(run).predicts]


def ensembles_among(runs: Sequence[Run], members: Sequence[str]) -> list[Run]:
    """Of these runs those that combine only some of these members, the newest first."""
    known = set(members)
    found = [run for run in runs if run.ensemble is not None and known.issuperset(run.ensemble.runs)]
    return sorted(found, key=lambda run: -run.created)


def ensembles_of(workspace: Workspace, comparison: Comparison) -> list[Run]:
    """The ensembles of a comparison's runs, the newest first."""
    return ensembles_among(list_runs(workspace), comparison.run_ids)


def members_in(info: Mapping[str, Any]) -> list[Member]:
    """What an ensemble was made of, by its `model.json`, which anybody may have written; empty for any other model."""
    values = info.get("ensemble")
    rows = values.get("members") if isinstance(values, Mapping) else None
    try:
        return [_member(each) for each in rows] if isinstance(rows, list) else []
    except (LookupError, TypeError, ValueError):
        return []


def _member(values: Any) -> Member:
    weight, correct, total = float(values["weight"]), int(values["correct"]), int(values["total"])
    if not (0 <= weight <= 1 and 0 <= correct <= total):
        raise ValueError("A member of an ensemble contradicts itself.")
    return Member(str(values["run"]), str(values["strategy"]), str(values["backbone"]), weight, correct, total)
