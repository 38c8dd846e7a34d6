"""What a data set needs: the quadrant it is in, the strategy that is right there, and the sentence that says why.

The quadrants are those of the tutorials (Karpathy's notes to Stanford's CS231n, "Transfer Learning"): few or many
photos, like those of ImageNet or not. Values and the rule only; photos are examined in recommend.py and measured in
similarity.py. docs/recommendation.md tells where the borders come from. No TensorFlow.
"""

from dataclasses import asdict, dataclass
from typing import Any

from tlcore.config import short_name

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
class Seen:
    """What ImageNet sees in one photo: `guesses` are its names with probabilities 0–1, the best three, best first."""

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


@dataclass(frozen=True)
class Recommendation:
    """What the photos of a data set need, and what was measured to say so.

    `similarity` 0–1; `num_photos`: training photos; `size`: "small" or "large"; `quadrant`: a key of `RULES`;
    `strategy`: one of `STRATEGIES`; `reason`: a sentence or two; `looked_at`: photos that were looked at; `seen`: up to
    nine of them, spread over the classes; `few`: by rising `per_class`, () where classes have too few photos for it;
    `mirrored`: the mirrorings that change the meaning, the strongest first; `rivals`: the two strategies to race where
    the photos are close to the border, else ().
    """

    similarity: float
    similar: bool
    num_photos: int
    num_classes: int
    size: str
    quadrant: str
    strategy: str
    reason: str
    looked_at: int
    seen: tuple[Seen, ...]
    few: tuple[FewShotAccuracy, ...]
    mirrored: tuple[LabelChangingFlip, ...]
    rivals: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The values by field name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Recommendation":
        """The advice of a `to_dict`, also after a way through JSON.

        Raises:
            TypeError, KeyError, ValueError: it is of another version.
        """
        seen = tuple(Seen(**row | {"guesses": tuple(map(tuple, row["guesses"]))}) for row in values["seen"])
        few = tuple(FewShotAccuracy(**row) for row in values["few"])
        mirrored = tuple(LabelChangingFlip(**row) for row in values["mirrored"])
        return cls(**values | {"seen": seen, "few": few, "mirrored": mirrored, "rivals": tuple(values["rivals"])})


def place(similarity: float, num_photos: int) -> tuple[bool, str, str]:
    """Whether photos are similar to ImageNet's, the size of the data set, and its quadrant, a key of `RULES`."""
    similar, size = similarity >= SIMILAR_FROM, "large" if num_photos >= LARGE_FROM else "small"
    return similar, size, f"{size}-{'similar' if similar else 'different'}"


def rivals(similarity: float, interval: tuple[float, float], num_photos: int) -> tuple[str, ...]:
    """The strategies on both sides of the border that photos are close to, the recommended one first; () elsewhere.

    Args:
        interval: where the similarity plausibly lies (95 %); where that holds the border, the photos are close too.
        num_photos: training photos.
    """
    near = round(abs(similarity - SIMILAR_FROM), 2) <= CLOSE  # as people read it, with two digits
    if not near and not interval[0] < SIMILAR_FROM <= interval[1]:
        return ()
    similar, size, quadrant = place(similarity, num_photos)
    ours, other = RULES[quadrant], RULES[f"{size}-{'different' if similar else 'similar'}"]
    return (ours, other) if ours != other else ()


def give_reason(similarity: float, interval: tuple[float, float], num_photos: int, looked_at: int) -> str:
    """Why the strategy of the quadrant is the right one, in a few short sentences.

    Args:
        interval: where the similarity plausibly lies (95 %).
        num_photos: training photos.
    """
    similar, size, quadrant = place(similarity, num_photos)
    two = [short_name(strategy) for strategy in rivals(similarity, interval, num_photos)]
    known = {
        (True, False): "The network knows photos like yours",
        (True, True): "The network knows photos somewhat like yours",
        (False, False): "The network has seen few photos like yours",
        (False, True): "The network knows photos like yours only in part",
    }[similar, bool(two)]
    measured = (
        f"similarity {similarity:.2f} of 1, plausibly {interval[0]:.2f}–{interval[1]:.2f}, "
        f"from {looked_at:,} {'photo' if looked_at == 1 else 'photos'}"
    )
    amount = "few" if size == "small" else "many"
    border = f" This is close to the border: a race of {' against '.join(two)} shows which is better." if two else ""
    so = _SO[similar, RULES[quadrant]]
    number = "one photo to learn from is" if num_photos == 1 else f"{num_photos:,} to learn from are"
    return f"{known} ({measured}), and {number} {amount}. {so}{border}"


_SO = {
    (True, "feature-extraction"): "So it can stay as it is, and only the last step learns.",
    (True, "hybrid"): "So the last step learns first, and then the top of the network may adapt.",
    (True, "fine-tuning"): "So all of the network may adapt, in small steps.",
    (False, "feature-extraction"): "Still, what it knows serves here, and only the last step learns.",
    (False, "hybrid"): "So the last step learns first, and then the top of the network adapts to your photos.",
    (False, "fine-tuning"): "So all of the network adapts to your photos, in small steps.",
}
