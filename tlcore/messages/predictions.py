"""Predictions of many photos, in words."""

from tlcore.messages.quantities import count

KEPT_NOTE = (
    "Your photos stay on this server so that you can sort and correct them, until you delete the predictions{days}."
)
GONE = "The photos themselves are no longer here, so they can’t be sorted or added to your data set."
OUTDATED = "These predictions are from the model before this run was restarted."


def sorted_message(number: int, folder: str) -> str:
    """That photos were copied into the folders of their classes."""
    return f"Sorted {count(number, 'photo')} into {folder}. The originals are unchanged."


def kept_note(hours: int) -> str:
    """How long photos that were uploaded stay.

    Args:
        hours: that an upload is kept, 0 for always.
    """
    days = f", or for {count(max(1, round(hours / 24)), 'day')}" if hours else ""
    return KEPT_NOTE.format(days=days)


def total_message(number: int, is_whole: bool) -> str:
    """How many photos were predicted."""
    words = f"Predicted {count(number, 'photo')}."
    return words if is_whole else f"{words} It was stopped before the last one."
