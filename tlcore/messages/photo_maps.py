"""What a map of photos shows, in words and for JSON."""

from typing import Any

from tlcore.analysis.photo_map import PhotoMap
from tlcore.messages.durations import about_message
from tlcore.messages.quantities import count, percent

TITLE, SELECTED = "Map of your photos", "Selected on the map"
ABOUT = (
    "Photos that look alike to the network are close together. A mistake among photos of another class may be a wrong "
    "label."
)
BEFORE_FINE_TUNING = "Seen by the built-in network, since this run kept no map of its own."


def offer_message(is_quick: bool, seconds: float) -> str:
    """What arranging brings, and how long it takes.

    Args:
        is_quick: whether the map by PCA is there already.
    """
    takes = f"Takes {about_message(seconds, seconds)}."
    if is_quick:
        return f"This is a quick overview (PCA). Arrange the photos to see groups more clearly (t-SNE). {takes}"
    return f"Arrange all photos so that those that look alike are close together (t-SNE). {takes}"


def map_message(found: PhotoMap) -> str:
    """How far the classes keep apart: "96% of each photo’s nearest neighbours are of its own class. …"."""
    near = found.neighbourhood
    words = f"{percent(near.purity)} of each photo’s nearest neighbours are of its own class."
    if not near.overlap[0]:
        return f"{words} No classes overlap."
    if found.photos["label"].nunique() == 2:
        return words
    first, second = near.overlap
    return f"{words} “{first}” and “{second}” overlap most."


def map_alt_text(found: PhotoMap, mistakes: int) -> str:
    """What the map shows, for those who do not see it."""
    photos, labels = found.photos, found.photos["label"].nunique()
    words = f"Map of {count(len(photos), 'photo')} of {count(labels, 'class', 'classes')}. {map_message(found)}"
    return f"{words} {count(mistakes, 'mistake')} marked with a ring." if mistakes else words


def map_values(found: PhotoMap) -> dict[str, Any]:
    """A map for JSON, with its sentence."""
    near = found.neighbourhood
    return {
        "message": map_message(found),
        "method": found.method,
        "purity": near.purity,
        "purity_by_chance": near.chance,
        "overlap": list(near.overlap) if near.overlap[0] else None,
        "shared": near.shared,
        "photos": found.photos.to_dict("records"),
    }
