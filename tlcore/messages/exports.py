"""What an export is good for, and what its check found, in words."""

KIND_LINES: dict[str, str] = {
    "html": "One file that opens in any current browser, without a network, and classifies photos and the camera.",
    "python": "A script for a laptop or a Raspberry Pi. It needs Python and three small packages.",
    "service": "A small web service with a Dockerfile: send a photo, get the answer as JSON.",
}
"""One sentence for each kind of export, by its key."""


def check_message(photos: int, largest_difference: float, are_photos: bool = False) -> str:
    """How far the answers of an export are from the model's: "Checked on 5 photos: answers within 0.0001.".

    Args:
        largest_difference: in probability, 0–1. are_photos: whether they are photos, not drawings.
    """
    within = max(1e-4, round(largest_difference + 5e-5, 4))  # rounded up: "within" must hold
    return f"Checked on {photos} {'photos' if are_photos else 'drawings'}: answers within {within:g}."
