"""A run tested on other photos than its own, in words."""

import numpy as np

from tlcore.analysis.test_set_results import Results
from tlcore.evaluation.rejection import count_cost
from tlcore.evaluation.report import FAMILIARITY, Report
from tlcore.evaluation.significance import Difference
from tlcore.intervals import wilson_interval
from tlcore.messages.quantities import count, percent, percent_range
from tlcore.messages.unknown import unknown_message

KEPT_NOTE = "Your photos are not kept: only small pictures of some of them, mistakes first, until you delete the test."


OUTDATED = "This test is of the model before this run was restarted."


def points(share: float) -> str:
    """A difference of two shares as people write it: "12 points"."""
    return count(round(100 * abs(share)), "point")


def difference_message(own: Report, other: Report, difference: Difference) -> str:
    """How a score on other photos stands beside the run's own.

    Args:
        difference: of the other's share minus the own one (significance.py).
    """
    scores = f"{percent(other.accuracy)} here, {percent(own.accuracy)} on its own test photos"
    if not difference.beyond_chance:
        return f"No clear difference from its own test photos: {scores}, which chance could explain."
    low, high = sorted(round(100 * abs(each)) for each in (difference.low, difference.high))
    how = "Worse than on its own test photos" if difference.high < 0 else "Better than on its own test photos"
    return f"{how} by more than chance explains: {scores} (likely {low}–{high} points apart)."


def learned_message(results: Results) -> str:
    """That some of the photos are none that it has never seen; "" where all are new."""
    number, total = results.num_learned, len(results.predictions)
    if not number:
        return ""
    if number == total:
        return "It learned from every one of these photos, so this score says nothing about new ones."
    verb = "is one" if number == 1 else "are ones"
    return f"{number:,} of these {total:,} photos {verb} it learned from, so the score is too good."


def answered_message(results: Results) -> str:
    """How many photos of its classes got an answer at all, and how many of the answers are correct; "" where it answers
    every photo."""
    if results.report is None or not results.threshold or FAMILIARITY not in results.report.predictions:
        return ""
    rows = results.report.predictions
    cost = count_cost(rows[FAMILIARITY].to_numpy(np.float32), rows["correct"].to_numpy(bool), results.threshold)
    if cost.answered == cost.total:
        return "All of these photos got an answer."
    nones = f"{cost.total - cost.answered:,} of them got “None of these” instead of an answer"
    if not cost.answered:
        return f"{nones}."
    low, high = wilson_interval(cost.correct, cost.answered)
    share = f"{percent(cost.correct / cost.answered)} are correct"
    return f"{nones}; of the {cost.answered:,} answers, {share} (likely range {percent_range(low, high)})."


def strange_message(results: Results) -> str:
    """How photos of other things fared, of a folder "none"; "" where there were none, or it answers every photo."""
    if results.report is None or results.report.unknown.empty or not results.threshold:
        return ""
    familiar = results.report.unknown["familiarity"]
    return unknown_message(int((familiar < results.threshold).sum()), len(familiar))


def unlabelled_message(results: Results, other: str) -> str:
    """What was predicted for photos without a class.

    Args:
        other: the name of the other run that predicted them, "" for none.
    """
    number = len(results.predictions)
    words = f"These {count(number, 'photo')} have no class folders, so nothing was counted. Least certain first."
    strange = int((~results.predictions["known"]).sum()) if "known" in results.predictions else 0
    if strange:
        words += f" “None of these” for {strange:,} of them."
    if not other or "other" not in results.predictions:
        return words
    differ = int((results.predictions["other"] != results.predictions["predicted"]).sum())
    if not differ:
        return f"{words} The run “{other}” predicts the same for all of them."
    return f"{words} The run “{other}” predicts another class for {differ:,} of them."
