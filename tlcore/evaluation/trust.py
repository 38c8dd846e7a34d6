"""How far the score of a run can be trusted, as values: what speaks for it and what against, the weightiest first.

Everything here is read off counts that were made elsewhere, nothing is measured. messages/trust.py has the words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tlcore.evaluation.findings import (
    FEW_PHOTOS,
    FEW_TESTED,
    AlwaysAnswers,
    EveryPhoto,
    FewPhotos,
    FewTested,
    Finding,
    Imbalance,
    NearCopies,
    NoBetterThanGuessing,
    NotChecked,
    NoTestPhotos,
    OtherPhotos,
    Refit,
    RejectsMany,
    SaysNone,
    TestGroups,
    TestPhotos,
    TornGroups,
    WrongLabels,
)
from tlcore.evaluation.fold_interval import widest_interval
from tlcore.evaluation.significance import difference_of_shares
from tlcore.intervals import wilson_interval

WIDE = 0.2  # of an interval, ± 10 points: a good model cannot be told from one that is not
FEW_TEST = 50  # test photos: even where all of 49 are correct, 7% may be mistakes
MANY_A_GROUP = 1.25  # test photos on average: with fewer, that they belong together changes little
IMBALANCED = 4  # times as many photos in the largest class as in the smallest

Counted = tuple[int, int]
"""Photos that were right, and all."""


@dataclass(frozen=True)
class Evidence:
    """What is known about a run that bears on its score; None or empty for what nobody found out.

    Attributes:
        test: on the run's own test photos. test_groups: of each group of these that belong together, how many it has.
        tested: test photos of each class. photos: of each class, in all parts.
        cross_validation: every photo tested once, and the 95% interval of the share.
        others: tests on other photos: name, count; those of the model as it is, without photos it learned from.
        near_copies: test photos that are nearly the same as one that it learned from; None where nobody checked.
        honest: what a quick model gets with photos split at random and with groups kept together, where these differ by
            more than chance.
        rejected: of the photos of its classes in those tests, how many got "none of these": name, count of all.
        wrong_labels: photos that may have a wrong label; None where nobody checked.
        kept: the share of known photos that the threshold for "none of these" keeps; None where it has none.
        refit: whether the shipped model learned from the test photos too.
    """

    test: Counted
    test_groups: Sequence[int] = ()
    tested: Mapping[str, int] = field(default_factory=dict)
    photos: Mapping[str, int] = field(default_factory=dict)
    cross_validation: tuple[int, int, float, float] | None = None
    others: Sequence[tuple[str, Counted]] = ()
    near_copies: int | None = None
    honest: TornGroups | None = None
    rejected: Sequence[tuple[str, Counted]] = ()
    wrong_labels: int | None = None
    kept: float | None = None
    refit: bool = False


def find_limits(evidence: Evidence) -> list[Finding]:
    """What a person should know before relying on a score, the weightiest first."""
    return [
        *_of_the_test(evidence),
        *_of_the_split(evidence),
        *_of_other_tests(evidence),
        *_of_the_photos(evidence),
        SaysNone(evidence.kept) if evidence.kept is not None else AlwaysAnswers(),
        *([Refit()] if evidence.refit else []),
    ]


def _of_the_test(evidence: Evidence) -> Iterator[Finding]:
    correct, total = evidence.test
    if not total:
        yield NoTestPhotos()
        return
    low, high = wilson_interval(correct, total)
    yield TestPhotos(correct, total, low, high, high - low > WIDE or total < FEW_TEST)
    if evidence.test_groups and total > MANY_A_GROUP * len(evidence.test_groups):
        yield TestGroups(total, len(evidence.test_groups), *widest_interval(correct, evidence.test_groups))
    if evidence.tested:
        largest = max(evidence.tested, key=evidence.tested.__getitem__)
        share = evidence.tested[largest] / total
        if low <= share:
            yield NoBetterThanGuessing(largest, share)


def _of_the_split(evidence: Evidence) -> Iterator[Finding]:
    if evidence.near_copies:
        yield NearCopies(evidence.near_copies, evidence.test[1])
    if evidence.honest is not None:
        yield evidence.honest


def _of_other_tests(evidence: Evidence) -> Iterator[Finding]:
    if evidence.cross_validation is not None:
        correct, total, low, high = evidence.cross_validation
        # The test photos may be among them, so the counts are no independent ones; the intervals must not even touch.
        lower = bool(evidence.test[1]) and high < wilson_interval(*evidence.test)[0]
        yield EveryPhoto(correct, total, low, high, lower, bool(evidence.near_copies) or evidence.honest is not None)
    for name, (correct, total) in evidence.others:
        yield OtherPhotos(name, correct, total, difference_of_shares(evidence.test, (correct, total)))
    for name, (rejected, total) in evidence.rejected:
        expected = 1 - (evidence.kept or 0)
        if total and wilson_interval(rejected, total)[0] > expected:
            yield RejectsMany(name, rejected, total, expected)


def _of_the_photos(evidence: Evidence) -> Iterator[Finding]:
    photos = evidence.photos
    few = tuple(label for label, number in photos.items() if number < FEW_PHOTOS)
    if few:
        yield FewPhotos(few)
    untested = tuple(label for label, number in evidence.tested.items() if number < FEW_TESTED and label not in few)
    if untested and evidence.test[1]:
        yield FewTested(untested)
    if photos:
        largest, smallest = max(photos, key=photos.__getitem__), min(photos, key=photos.__getitem__)
        if photos[largest] >= IMBALANCED * max(1, photos[smallest]):
            yield Imbalance(largest, photos[largest], smallest, photos[smallest])
    if evidence.wrong_labels is None:
        yield NotChecked()
    elif evidence.wrong_labels:
        yield WrongLabels(evidence.wrong_labels)


def evidence_in(info: Mapping[str, Any]) -> Evidence:
    """What a `model.json` alone says, which anybody may have written: what cannot be right is passed over."""
    test, cross, unknown = (info.get(name) for name in ("test", "cross_validation", "unknown"))
    refit = info.get("refit")
    return Evidence(
        test=_counted(test) or (0, 0),
        tested=_supports(test),
        cross_validation=_with_interval(cross),
        wrong_labels=0,  # nobody can look at photos that are not here
        kept=_share(unknown.get("kept")) if isinstance(unknown, Mapping) else None,
        refit=isinstance(refit, Mapping) and refit.get("with_test") is True,
    )


def _counted(values: Any) -> tuple[int, int] | None:
    if not isinstance(values, Mapping):
        return None
    correct, total = values.get("correct"), values.get("total")
    if not (isinstance(correct, int) and isinstance(total, int)):
        return None
    return (correct, total) if 0 <= correct <= total else None


def _with_interval(values: Any) -> tuple[int, int, float, float] | None:
    counted = _counted(values)
    ends = values.get("interval_95") if counted is not None else None
    if counted is None or not counted[1] or not isinstance(ends, list) or len(ends) != 2:
        return None
    low, high = (_share(end) for end in ends)
    return None if low is None or high is None else (*counted, low, high)


def _supports(test: Any) -> dict[str, int]:
    """Test photos of each class."""
    rows = test.get("per_class") if isinstance(test, Mapping) else None
    found = {}
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and isinstance(row.get("label"), str) and type(row.get("support")) is int:
            found[row["label"]] = row["support"]
    return found


def _share(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and 0 <= value <= 1 else None
