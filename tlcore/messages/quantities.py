"""Numbers as people read them: counts with their noun, shares, sizes and durations."""

from tlcore.shares import percent as percent
from tlcore.shares import percent_range as percent_range


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 photo", "1,000 photos"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def format_bytes(num_bytes: int) -> str:
    """A size: "340 kB", "12.5 MB"."""
    if num_bytes < 1_000_000:
        return f"{max(1, round(num_bytes / 1000))} kB"
    return f"{num_bytes / 1e6:.1f} MB" if num_bytes < 1e9 else f"{num_bytes / 1e9:.1f} GB"


def format_seconds(seconds: float) -> str:
    """A duration: "8 milliseconds", "2.4 seconds", "3 minutes"."""
    if seconds < 0.1:
        return f"{max(1, round(seconds * 1000))} milliseconds"
    if seconds < 60:
        return f"{seconds:.1f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else "1 minute"


def capitalized(text: str) -> str:
    """The text with a capital at its beginning; the rest stays as it is."""
    return text[:1].upper() + text[1:]
