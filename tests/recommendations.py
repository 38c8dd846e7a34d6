"""An advice as the job gives it, for tests of what shows it."""

from typing import Any

from tlcore.advice.rule import RULES, FewShotAccuracy, Recommendation, Seen, place, rivals
from tlcore.data.manifest import Dataset

FEW = (FewShotAccuracy(1, 0.5, 0.3), FewShotAccuracy(10, 0.9, 0.4))
GUESSES = (("oboe", 0.4), ("tabby", 0.2), ("nail", 0.05))


def make_recommendation(similarity: float = 0.5, num_photos: int = 24, **changes: Any) -> Recommendation:
    """The advice on photos that are so similar to ImageNet's."""
    similar, size, quadrant = place(similarity, num_photos)
    values = {
        "num_classes": 3,
        "strategy": RULES[quadrant],
        "reason": "Because.",
        "looked_at": 24,
        "seen": (),
        "few": FEW,
        "mirrored": (),
        "rivals": rivals(similarity, (similarity, similarity), num_photos),
    }
    return Recommendation(
        similarity=similarity, similar=similar, num_photos=num_photos, size=size, quadrant=quadrant, **values | changes
    )


def seen_of(dataset: Dataset, label: str = "", guesses: tuple[tuple[str, float], ...] = GUESSES) -> tuple[Seen, ...]:
    """Nine photos of a data set, all with the same guesses."""
    return tuple(Seen(row.sha256, row.path, label or row.label, guesses) for row in dataset.photos.head(9).itertuples())
