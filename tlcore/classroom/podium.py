"""Places that respect chance: a group is behind another one only where their difference on the hidden test is larger.

Every pair of groups is compared on the same photos (McNemar, corrected for the number of pairs after Holm;
evaluation/significance.py). A group's place is one more than the number of groups that did better by more than chance.

Being level is not transitive: of three groups the first may be level with the second, the second with the third, and
the first still better than the third. So nothing here sorts groups into levels; a place names those it is level with.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from tlcore.classroom.hidden_test import HiddenScore
from tlcore.evaluation.significance import Verdict, compare

OTHER_TEST = "This group was scored on other photos than the others. Score again."


@dataclass(frozen=True)
class Place:
    """Where a group stands.

    Attributes:
        place: 1 for the first. score: on the hidden test.
        level: the ids of the groups that it cannot be told from. behind: of those that did better by more than chance.
    """

    place: int
    score: HiddenScore
    level: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()

    @property
    def group_id(self) -> str:
        """The group."""
        return self.score.group_id


@dataclass(frozen=True)
class Podium:
    """How the groups stand against one another.

    Attributes:
        places: the first one first; of one place those with more photos correct first.
        unranked: groups without a score, with the `problem` that says why.
        verdicts: every pair of ranked groups, by their ids.
    """

    places: tuple[Place, ...]
    unranked: tuple[HiddenScore, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def are_level(self, first: str, second: str) -> bool:
        """Whether chance could explain the difference between two groups, by their ids."""
        return any(place.group_id == first and second in place.level for place in self.places)


def podium(scores: Sequence[HiddenScore]) -> Podium:
    """The places of the groups that were scored on the same photos as the one scored last."""
    scored = [each for each in scores if each.right]
    test = max(scored, key=lambda each: each.when).test if scored else ""
    ranked = [each for each in scored if each.test == test]
    unranked = [each for each in scores if not each.right]
    unranked += [replace(each, problem=OTHER_TEST) for each in scored if each.test != test]
    verdicts = compare({each.group_id: _frame(each) for each in ranked}) if len(ranked) > 1 else []
    places = [_place(each, verdicts) for each in ranked]
    places.sort(key=lambda each: (each.place, -each.score.correct))
    return Podium(tuple(places), tuple(unranked), tuple(verdicts))


def level_sets(podium: Podium) -> list[tuple[str, ...]]:
    """The largest sets of groups of which any two are level, in the order of the podium; a group may be in several.

    C. Bron, J. Kerbosch, "Finding all cliques of an undirected graph", Communications of the ACM 16 (1973).
    """
    order = [place.group_id for place in podium.places]
    level = {place.group_id: set(place.level) for place in podium.places}
    found: list[tuple[str, ...]] = []

    def extend(chosen: set[str], left: set[str], seen: set[str]) -> None:
        if not left and not seen and len(chosen) > 1:
            found.append(tuple(sorted(chosen, key=order.index)))
        pivot = max(left | seen, key=lambda each: len(level[each] & left), default="")
        for each in [one for one in order if one in left and one not in level.get(pivot, ())]:
            extend(chosen | {each}, left & level[each], seen & level[each])
            left, seen = left - {each}, seen | {each}

    extend(set(), set(order), set())
    return sorted(found, key=lambda groups: [order.index(each) for each in groups])


def _place(score: HiddenScore, verdicts: Sequence[Verdict]) -> Place:
    own = score.group_id
    behind = tuple(each.best for each in verdicts if each.other == own and each.beyond_chance)
    others = [each for each in verdicts if own in (each.best, each.other) and not each.beyond_chance]
    level = tuple(each.other if each.best == own else each.best for each in others)
    return Place(1 + len(behind), score, level, behind)


def _frame(score: HiddenScore) -> pd.DataFrame:
    """What `compare` takes: the photos of a test have numbers here, and no names."""
    numbers = [f"{number:06d}" for number in range(score.total)]
    return pd.DataFrame({"path": numbers, "sha256": score.test, "label": "", "correct": list(score.right)})
