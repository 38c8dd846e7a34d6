"""What a data set needs: the quadrant it is in and the strategy that is right there, with what was measured.

The quadrants are those of the tutorials (Karpathy's notes to Stanford's CS231n, "Transfer Learning"): few or many
photos, like those of ImageNet or not. Values and the rule only; photos are examined in recommend.py and measured in
similarity.py, and messages/recommendation.py has the sentence that says why. docs/notes/recommendation-calibration.md
has where the borders come from. No TensorFlow.
"""

from dataclasses import asdict, dataclass
from typing import Any

SIMILAR_FROM = 0.65
"""Similarity from which on photos count as like those of ImageNet: above it no set gained by adapting the network."""

CLOSE = 0.15
"""So near to `SIMILAR_FROM`, on either side, a race of the two strategies tells more than the similarity does."""

LARGE_FROM = 5_000
"""Training photos from which on a data set counts as large. The tutorials give no number; this one is not measured."""

RULES = {
    "small-similar": "feature-extraction",
    "small-different": "hybrid",
    "large-similar": "hybrid",
    "large-different": "fine-tuning",
}
"""The strategy for each quadrant."""


@dataclass(frozen=True)
class ExaminedPhoto:
    """A photo and what ImageNet sees in it: `guesses` are names with probabilities 0–1, the best three, best first."""

    sha256: str
    path: str
    label: str
    guesses: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class FewShotAccuracy:
    """Share right (0–1) of held-out photos with `per_class` example photos a class, by the nearest class mean.

    `features`: of what the network saw; `pixels`: of the photo in 16 × 16 pixels.
    """

    per_class: int
    features: float
    pixels: float


@dataclass(frozen=True)
class LabelChangingFlip:
    """A mirroring that changes the meaning: the share (0–1) of the mirrored photos of `label` that look like `becomes`.

    `change`: "horizontal_flip" or "vertical_flip", the names of the settings.
    """

    change: str
    label: str
    becomes: str
    share: float


KEYS = {
    "num_examined": "looked_at",
    "examined": "seen",
    "few_shot": "few",
    "label_changing_flips": "mirrored",
    "close_strategies": "rivals",
}
"""What fields of `Recommendation` are called in JSON where that is not their own name."""


@dataclass(frozen=True)
class Recommendation:
    """What the photos of a data set need, and what was measured to say so.

    Attributes:
        similarity: to ImageNet's photos, 0–1.
        num_photos: training photos.
        size: "small" or "large".
        quadrant: a key of `RULES`.
        strategy: one of `STRATEGIES`.
        num_examined: photos that were examined.
        examined: up to nine of them, spread over the classes.
        few_shot: by rising `per_class`; () where classes have too few photos for it.
        label_changing_flips: the strongest first.
        close_strategies: the two to compare where the photos are close to the border, the recommended one first;
            else ().
        similarity_interval: where the similarity plausibly lies (95%); None in files that do not have it yet.
        reason: why, in a sentence or two, in files that do not have the interval; "" where the sentence is made of it.
    """

    similarity: float
    similar: bool
    num_photos: int
    num_classes: int
    size: str
    quadrant: str
    strategy: str
    num_examined: int
    examined: tuple[ExaminedPhoto, ...]
    few_shot: tuple[FewShotAccuracy, ...]
    label_changing_flips: tuple[LabelChangingFlip, ...]
    close_strategies: tuple[str, ...]
    similarity_interval: tuple[float, float] | None = None
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The values under their names in JSON (`KEYS`)."""
        return {KEYS.get(name, name): value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Recommendation":
        """The recommendation of a `to_dict`, also after a way through JSON.

        Raises:
            TypeError, KeyError, ValueError: it is of another version.
        """
        fields = {KEYS.get(name, name): name for name in cls.__dataclass_fields__}
        current = {fields[key]: value for key, value in values.items()}
        interval = current.get("similarity_interval")
        return cls(
            **current
            | {
                "examined": tuple(
                    ExaminedPhoto(**row | {"guesses": tuple(map(tuple, row["guesses"]))}) for row in current["examined"]
                ),
                "few_shot": tuple(FewShotAccuracy(**row) for row in current["few_shot"]),
                "label_changing_flips": tuple(LabelChangingFlip(**row) for row in current["label_changing_flips"]),
                "close_strategies": tuple(current["close_strategies"]),
                "similarity_interval": None if interval is None else tuple(interval),
            }
        )


def find_quadrant(similarity: float, num_photos: int) -> tuple[bool, str, str]:
    """Whether photos are similar to ImageNet's, the size of the data set, and its quadrant, a key of `RULES`."""
    similar, size = similarity >= SIMILAR_FROM, "large" if num_photos >= LARGE_FROM else "small"
    return similar, size, f"{size}-{'similar' if similar else 'different'}"


def find_close_strategies(similarity: float, interval: tuple[float, float], num_photos: int) -> tuple[str, ...]:
    """The strategies on both sides of the border that photos are close to, the recommended one first; () elsewhere.

    Args:
        interval: where the similarity plausibly lies (95%); where that holds the border, the photos are close too.
        num_photos: training photos.
    """
    near = round(abs(similarity - SIMILAR_FROM), 2) <= CLOSE  # as people read it, with two digits
    if not near and not interval[0] < SIMILAR_FROM <= interval[1]:
        return ()
    similar, size, quadrant = find_quadrant(similarity, num_photos)
    ours, other = RULES[quadrant], RULES[f"{size}-{'different' if similar else 'similar'}"]
    return (ours, other) if ours != other else ()
