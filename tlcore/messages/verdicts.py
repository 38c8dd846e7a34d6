"""Which of two models is better, in a sentence; evaluation/significance.py judges it."""

from collections.abc import Mapping

from tlcore.evaluation.significance import Verdict
from tlcore.messages.quantities import capitalized, count


def verdict_message(verdict: Verdict, names: Mapping[str, str]) -> str:
    """The finding in a sentence: "Hybrid got 5 photos correct that feature extraction got wrong, …".

    Args:
        names: what the models are called, by their keys.
    """
    best, other = names[verdict.best], names[verdict.other]
    if not verdict.only_best and not verdict.only_other:
        return f"{capitalized(best)} and {other} got exactly the same photos correct: no difference."
    end = "the difference is larger than chance" if verdict.beyond_chance else "the difference could be chance"
    return (
        f"{capitalized(best)} got {count(verdict.only_best, 'photo')} correct that {other} got wrong, "
        f"and {verdict.only_other:,} the other way round: {end}."
    )
