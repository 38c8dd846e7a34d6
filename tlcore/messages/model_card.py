"""The card of a model, a part of its README: what it is for, what it learned from and how, how good it is, its limits.

It is the short form of the report of a run, by the same figures, made of `model.json` alone, which anybody may have
written: what is missing or of another kind is left out.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tlcore.config import STRATEGIES
from tlcore.evaluation.cross_validation import parse_cross_validation
from tlcore.evaluation.findings import EveryPhoto, Finding, Refit, TestPhotos
from tlcore.evaluation.rejection import RejectionRule
from tlcore.evaluation.trust import evidence_in, find_limits
from tlcore.messages import unknown
from tlcore.messages.cross_validation import coverage_message, cross_validation_message, how_message, refit_message
from tlcore.messages.ensembles import ensemble_message, member_rows
from tlcore.messages.model_info import plain, text, value
from tlcore.messages.quantities import count
from tlcore.messages.run_report import INTENDED, PART_WORDS
from tlcore.messages.scores import score_message
from tlcore.messages.trust import TITLE, finding_message


def intended_section() -> str:
    """What it is for, and what not."""
    return f"## Intended use\n\n{INTENDED}"


def making_section(info: Mapping[str, Any], settings_in: str = "model.json") -> str:
    """What it learned from and how; `settings_in`: the file that has all settings, "" for none."""
    lines = []
    photos = value(info, "dataset", "photos")
    if isinstance(photos, Mapping):
        parts = [(words.lower(), photos[part]) for part, words in PART_WORDS.items() if type(photos.get(part)) is int]
        if parts:
            lines.append(f"- Photos: {', '.join(f'{number:,} {words}' for words, number in parts)}")
    strategy = text(info, "config", "strategy")
    if combined := ensemble_message(info):
        lines.append(f"- Procedure: {combined}")
        lines += [f"- {plain(name)}: {score}, counts for {share}" for name, score, share, _ in member_rows(info)]
    elif strategy in STRATEGIES:
        lines.append(f"- Procedure: {STRATEGIES[strategy]}")
    if refit := refit_message(info):
        lines.append(f"- {refit}")
    seed = value(info, "seed")
    if type(seed) is int:
        lines.append(f"- Seed {seed}" + (f"; all settings and versions are in {settings_in}" if settings_in else ""))
    return "## Data and training\n\n" + "\n".join(lines) if lines else ""


def score_section(info: Mapping[str, Any]) -> str:
    """How good it is: on the test photos, and with every photo tested once."""
    try:
        test = info["test"]
        correct, total, (low, high) = int(test["correct"]), int(test["total"]), test["interval_95"]
        message = score_message(correct, total, float(low), float(high))
    except (LookupError, TypeError, ValueError):
        return ""
    if not total:
        return "## How good it is\n\nIt has not been tested yet."
    lines = [
        f"## How good it is\n\n{message}\n\n"
        f"Counted on {count(total, 'test photo')} that had not been used for training (test accuracy, 95% confidence "
        "interval). With another camera, or in another place, it may do worse: test it before you rely on it."
    ]
    try:
        found = parse_cross_validation(info["cross_validation"], pd.DataFrame({"correct": [], "fold": []}))
        lines.append(f"{cross_validation_message(found)}. {how_message(found)} {coverage_message(found)}")
    except (LookupError, TypeError, ValueError):
        pass
    return "\n\n".join(lines)


def limits_section(info: Mapping[str, Any]) -> str:
    """How far that can be trusted, and what it does with things it does not know."""
    evidence = evidence_in(info)
    if not evidence.test[1]:
        return ""
    lines = [f"- {plain(finding_message(each))}" for each in find_limits(evidence) if not _is_said(each)]
    try:
        rule = RejectionRule.from_dict(info["unknown"])
        lines.append(f"- {unknown.cost_message(rule.cost())}")
    except (LookupError, TypeError, ValueError):
        pass
    return f"## {TITLE}\n\n" + "\n".join(lines)


def _is_said(finding: Finding) -> bool:
    """Whether the score, or what it learned from, says it already."""
    match finding:
        case TestPhotos():
            return not finding.few
        case EveryPhoto():
            return not finding.lower and not finding.leaky
        case Refit():
            return True
    return False
