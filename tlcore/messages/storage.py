"""What is stored on a host, for how long, and what deleting it means, in words."""

from tlcore.messages.quantities import count, format_bytes
from tlcore.settings import Limits
from tlcore.storage.deletion import Deleted
from tlcore.storage.usage import Usage


def kept_message(limits: Limits) -> str:
    """How long what a visitor makes stays; one paragraph."""
    uploads, days = limits.upload_hours, limits.keep_days
    words = []
    if days:
        duration = _duration(days, "day")
        words.append(f"Your photos and training runs are deleted {duration} after you last used them.")
    else:
        words.append("Your photos and training runs are kept on this server until you delete them.")
    if uploads:
        words.append(f"Photos that you add but don’t import are deleted after {_duration(uploads, 'hour')}.")
    return " ".join(words)


def usage_message(found: Usage, limits: Limits) -> str:
    """How much of their allowance a visitor uses; "" where nothing is limited."""
    parts = []
    if limits.visitor_photos:
        parts.append(f"{found.photos:,} of {count(limits.visitor_photos, 'photo')}")
    if limits.visitor_mb:
        parts.append(f"{format_bytes(found.bytes)} of {format_bytes(int(limits.visitor_mb * 1e6))}")
    return f"You use {' and '.join(parts)}." if parts else ""


def deletion_message(found: Usage) -> str:
    """What would go, before it does."""
    if not found:
        return "You have nothing stored here."
    return (
        f"This deletes {_listed(found)}, {format_bytes(found.bytes)} in all. A running training is stopped, and "
        "links you shared stop working. Models you downloaded are yours to keep. This cannot be undone."
    )


def deleted_message(gone: Deleted) -> str:
    """What went, afterwards."""
    words = f"Deleted: {_listed(gone)}." if _listed(gone) else "Everything is deleted."
    if gone.still_ending:
        verb = "is" if gone.still_ending == 1 else "are"
        words += f" {count(gone.still_ending, 'job')} {verb} still stopping and will be deleted right after."
    return words


def _listed(what: Usage | Deleted) -> str:
    """The kinds of things with their numbers: "3 data sets, 5 training runs and 1 race"."""
    parts = [
        count(number, one, many)
        for number, one, many in (
            (what.datasets, "data set", ""),
            (what.runs, "training run", ""),
            (what.comparisons, "race", ""),
            (what.networks, "network", ""),
            (what.uploads, "set of unfinished uploads", "sets of unfinished uploads"),
            (what.put_aside, "recently deleted item", ""),
        )
        if number
    ]
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _duration(number: float, unit: str) -> str:
    if unit == "hour" and number >= 48 and number % 24 == 0:
        number, unit = number / 24, "day"
    return f"{number:,g} {unit if number == 1 else unit + 's'}"
