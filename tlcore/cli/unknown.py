"""What `evaluate` says about photos of other things: what the setting costs, and how many get no answer."""

from typing import Any

import numpy as np

from tlcore.evaluation.rejection import Cost, RejectionRule, count_cost
from tlcore.evaluation.report import FAMILIARITY, Report
from tlcore.messages.unknown import cost_message, unknown_message


def unknown_values(report: Report, rule: RejectionRule | None, kept: float | None) -> dict[str, Any]:
    """The counts under `unknown`; nothing for a model that answers every photo.

    Args:
        kept: the share of known photos that is to be answered; None: as the rule says.
    """
    if rule is None:
        return {}
    threshold, rows = rule.threshold(kept), report.predictions
    familiar = rows[FAMILIARITY].to_numpy(np.float32) if len(rows) else np.empty(0, np.float32)
    cost = count_cost(familiar, rows["correct"].to_numpy(bool), threshold) if len(rows) else rule.cost(kept)
    values: dict[str, Any] = {
        "kept": rule.kept if kept is None else kept,
        "threshold": threshold,
        "total": cost.total,
        "answered": cost.answered,
        "correct": cost.correct,
    }
    if len(report.unknown):
        strange = report.unknown[FAMILIARITY].to_numpy(np.float32)
        values |= {"photos_of_none": len(strange), "rejected": int((strange < np.float32(threshold)).sum())}
    return {"unknown": values}


def unknown_lines(values: dict[str, Any]) -> list[str]:
    """The counts of `unknown_values` in sentences."""
    if not values:
        return []
    found = values["unknown"]
    lines = [cost_message(Cost(found["total"], found["answered"], found["correct"]))]
    if "rejected" in found:
        lines.append(unknown_message(found["rejected"], found["photos_of_none"]))
    return lines
