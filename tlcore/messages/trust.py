"""How far a score can be trusted, in plain sentences; evaluation/findings.py has the values."""

from collections.abc import Sequence

from tlcore.evaluation.findings import (
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
from tlcore.intervals import wilson_interval
from tlcore.messages.quantities import count, percent, percent_range
from tlcore.messages.scores import score_message

TITLE = "How far you can trust this"
SEE_ALL = "How far you can trust this score"
MOST_NAMED = 3  # classes; more are counted


def finding_message(finding: Finding) -> str:
    """A finding of `find_limits` as a sentence. It holds a user's labels unescaped: show it as plain text."""
    match finding:
        case TestPhotos() | TestGroups() | NoTestPhotos() | NoBetterThanGuessing():
            return _of_the_test(finding)
        case NearCopies() | TornGroups() | EveryPhoto() | OtherPhotos() | RejectsMany():
            return _of_other_tests(finding)
        case FewPhotos() | FewTested() | Imbalance() | WrongLabels() | NotChecked():
            return _of_the_photos(finding)
        case AlwaysAnswers():
            return "It always gives one of its classes, also for something it has never seen."
        case SaysNone(kept):
            return (
                "It says “none of these” for what is too unlike its classes; "
                f"about {percent(1 - kept)} of known photos get that too."
            )
        case Refit():
            return (
                "The model you download has learned from all photos, test photos included. The score is that of the "
                "same procedure without them."
            )


def _of_the_test(finding: TestPhotos | TestGroups | NoTestPhotos | NoBetterThanGuessing) -> str:
    match finding:
        case TestGroups(number, groups, low, high):
            return (
                f"The {count(number, 'test photo')} are {count(groups, 'group')} of photos that belong together, and "
                f"are often correct or wrong together: the likely range may be as wide as {percent_range(low, high)}."
            )
        case NoTestPhotos():
            return "No photos were held back for testing, so nobody knows how good it is."
        case NoBetterThanGuessing(label, share):
            return (
                f"Always answering “{label}” would be correct for {percent(share)} of the test photos; "
                "that it is better than that could be chance."
            )
    photos, reach = count(finding.total, "test photo"), f"{percent(finding.low)} and {percent(finding.high)}"
    if finding.few:
        verb = "is" if finding.total == 1 else "are"
        return f"{photos} {verb} few: the score may be anywhere between {reach}."
    return f"{photos} put the score between {reach} for photos of the same kind."


def _of_other_tests(finding: NearCopies | TornGroups | EveryPhoto | OtherPhotos | RejectsMany) -> str:
    match finding:
        case NearCopies(number, total):
            is_one = number == 1
            return (
                f"Near-copies are on both sides of the split: {number:,} of {count(total, 'test photo')} "
                f"{'looks' if is_one else 'look'} almost like a photo it learned from, which makes the test too easy."
            )
        case TornGroups(at_random, honest, low, high):
            return (
                "Photos that belong together are on both sides of the split: a quick model gets "
                f"{percent(at_random)} that way, but {percent(honest)} (likely range {percent_range(low, high)}) where "
                "they are kept together."
            )
        case RejectsMany(name, rejected, total, expected):
            low, high = wilson_interval(rejected, total)
            return (
                f"On other photos, “{name}”, {rejected:,} of {total:,} got “none of these” although they show its "
                f"classes ({percent(rejected / total)}; likely range {percent_range(low, high)}). It was set for "
                f"{percent(expected)}: train on such photos too, or choose that it answers more."
            )
        case EveryPhoto():
            score = score_message(finding.correct, finding.total, finding.low, finding.high)
            end = "in line with the test photos"
            if finding.lower:
                end = "clearly less than on the test photos, which were easier"
            if finding.leaky:
                end += ". Near-copies made it too easy as well" if finding.lower else ", and too easy in the same way"
            return f"Every photo tested once (cross-validation): {score}, {end}."
    difference = finding.difference
    verdict = "that is not clearly different from the test photos, since chance could explain it"
    if difference.beyond_chance:
        verdict = "worse" if difference.high < 0 else "better"
        verdict += " than on the test photos, by more than chance explains"
    score = score_message(finding.correct, finding.total, *wilson_interval(finding.correct, finding.total))
    return f"On other photos, “{finding.name}”: {score}; {verdict}."


def _of_the_photos(finding: FewPhotos | FewTested | Imbalance | WrongLabels | NotChecked) -> str:
    match finding:
        case FewPhotos(labels, fewer_than):
            return f"{_classes(labels)} fewer than {fewer_than} photos: add more."
        case FewTested(labels, fewer_than):
            return f"{_classes(labels)} fewer than {fewer_than} test photos, so figures by class say little there."
        case Imbalance(largest, most, smallest, least):
            return (
                f"“{largest}” has {count(most, 'photo')} and “{smallest}” {least:,}: "
                "small classes are found less often than the score suggests."
            )
        case WrongLabels(number):
            return f"{count(number, 'photo')} may have a wrong label, which makes every figure less certain."
        case NotChecked():
            return "Nobody has checked the photos for wrong labels and near-copies."


def _classes(labels: Sequence[str]) -> str:
    """ "“a” has", "“a” and “b” have", "5 classes (“a”, “b”, “c”, …) have"."""
    if len(labels) == 1:
        return f"“{labels[0]}” has"
    named = [f"“{label}”" for label in labels[:MOST_NAMED]]
    if len(labels) <= MOST_NAMED:
        return f"{', '.join(named[:-1])} and {named[-1]} have"
    return f"{len(labels):,} classes ({', '.join(named)}, …) have"
