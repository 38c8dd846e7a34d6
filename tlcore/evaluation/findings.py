"""What there is to know about a score before one relies on it, each as a value; trust.py finds them."""

from dataclasses import dataclass

from tlcore.evaluation.significance import Difference

FEW_PHOTOS = 10  # of a class, in all its parts: with fewer, one odd photo changes the class
FEW_TESTED = 5  # test photos of a class: with 4 of 4 correct the interval of its recall begins at 51%


@dataclass(frozen=True)
class TestPhotos:
    """How many test photos there were, and the 95% interval of their share; `few`: too few to rely on it."""

    __test__ = False  # for pytest, which collects classes of such names

    correct: int
    total: int
    low: float
    high: float
    few: bool


@dataclass(frozen=True)
class NoTestPhotos:
    """Nothing was held back, so there is no score."""


@dataclass(frozen=True)
class NoBetterThanGuessing:
    """Always giving the largest class of the test photos, `label`, would be right for `share` of them."""

    label: str
    share: float


@dataclass(frozen=True)
class TestGroups:
    """Test photos that belong together, in so many groups, and the 95% interval were they right or wrong together."""

    __test__ = False

    photos: int
    groups: int
    low: float
    high: float


@dataclass(frozen=True)
class NearCopies:
    """Test photos that are nearly the same as one that it learned from."""

    number: int
    total: int


@dataclass(frozen=True)
class TornGroups:
    """What a quick model gets with a random split, and with what belongs together kept on one side: shares, and the
    95% interval of the second."""

    at_random: float
    honest: float
    low: float
    high: float


@dataclass(frozen=True)
class EveryPhoto:
    """Every photo tested once (cross-validation); `lower`: by more than chance than the test photos. `leaky`: what is
    known to be alike, or to belong together, stood on both sides there too."""

    correct: int
    total: int
    low: float
    high: float
    lower: bool
    leaky: bool = False


@dataclass(frozen=True)
class OtherPhotos:
    """A test on other photos beside the own one."""

    name: str
    correct: int
    total: int
    difference: Difference


@dataclass(frozen=True)
class RejectsMany:
    """Of other photos of its classes so many got "none of these", by more than chance more than it was set for."""

    name: str
    rejected: int
    total: int
    expected: float


@dataclass(frozen=True)
class FewPhotos:
    """Classes with very few photos, and how many that may be at most."""

    labels: tuple[str, ...]
    fewer_than: int = FEW_PHOTOS


@dataclass(frozen=True)
class FewTested:
    """Classes with very few test photos."""

    labels: tuple[str, ...]
    fewer_than: int = FEW_TESTED


@dataclass(frozen=True)
class Imbalance:
    """The largest class and the smallest, with their photos."""

    largest: str
    most: int
    smallest: str
    least: int


@dataclass(frozen=True)
class WrongLabels:
    """Photos that may have a wrong label."""

    number: int


@dataclass(frozen=True)
class NotChecked:
    """Nobody looked for wrong labels and copies."""


@dataclass(frozen=True)
class AlwaysAnswers:
    """It has no "none of these": whatever a photo shows, it gets one of the classes."""


@dataclass(frozen=True)
class SaysNone:
    """It says "none of these" for what is too unlike its classes; it keeps this share of known photos."""

    kept: float


@dataclass(frozen=True)
class Refit:
    """The model to take away learned from all photos; the score is that of one made in the same way without them."""


Finding = (
    TestPhotos
    | NoTestPhotos
    | NoBetterThanGuessing
    | TestGroups
    | NearCopies
    | TornGroups
    | EveryPhoto
    | OtherPhotos
    | RejectsMany
    | FewPhotos
    | FewTested
    | Imbalance
    | WrongLabels
    | NotChecked
    | AlwaysAnswers
    | SaysNone
    | Refit
)


def is_good(finding: Finding) -> bool:
    """Whether a finding speaks for the score, or at least not against it."""
    match finding:
        case TestPhotos():
            return not finding.few
        case EveryPhoto():
            return not finding.lower and not finding.leaky
        case OtherPhotos():
            return not (finding.difference.beyond_chance and finding.difference.high < 0)
        case SaysNone() | Refit():
            return True
    return False


def is_alarm(finding: Finding) -> bool:
    """Whether the score itself is misleading by this, so that it should never be seen without."""
    match finding:
        case NoTestPhotos() | NoBetterThanGuessing() | TestGroups() | NearCopies() | TornGroups() | RejectsMany():
            return True
        case EveryPhoto():
            return finding.lower
    return isinstance(finding, OtherPhotos) and not is_good(finding)
