"""A recommendation as the job gives it, for tests of what shows it."""

from typing import Any

from tlcore.advice.rule import (
    RULES,
    ExaminedPhoto,
    FewShotAccuracy,
    Recommendation,
    find_close_strategies,
    find_quadrant,
)
from tlcore.data.manifest import Dataset

FEW = (FewShotAccuracy(1, 0.5, 0.3), FewShotAccuracy(10, 0.9, 0.4))
GUESSES = (("oboe", 0.4), ("tabby", 0.2), ("nail", 0.05))


def make_recommendation(similarity: float = 0.5, num_photos: int = 24, **changes: Any) -> Recommendation:
    """The recommendation for photos that are so similar to ImageNet's."""
    similar, size, quadrant = find_quadrant(similarity, num_photos)
    values = {
        "num_classes": 3,
        "strategy": RULES[quadrant],
        "reason": "Because.",
        "num_examined": 24,
        "examined": (),
        "few_shot": FEW,
        "label_changing_flips": (),
        "close_strategies": find_close_strategies(similarity, (similarity, similarity), num_photos),
    }
    return Recommendation(
        similarity=similarity, similar=similar, num_photos=num_photos, size=size, quadrant=quadrant, **values | changes
    )


def examined_photos(
    dataset: Dataset, label: str = "", guesses: tuple[tuple[str, float], ...] = GUESSES
) -> tuple[ExaminedPhoto, ...]:
    """Nine photos of a data set, all with the same guesses."""
    return tuple(
        ExaminedPhoto(row.sha256, row.path, label or row.label, guesses) for row in dataset.photos.head(9).itertuples()
    )
