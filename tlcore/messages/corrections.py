"""Corrections of photos that are planned, and what training again on them was worth, in sentences."""

from collections.abc import Sequence

from tlcore.data.corrections import Correction, Outstanding
from tlcore.evaluation.before_after import BeforeAfter
from tlcore.messages.quantities import count
from tlcore.messages.scores import score_message

OPTIMISTIC = (
    "Labels were corrected after the model’s mistakes had been seen, so both scores may be a little too high. "
    "New test photos would settle it."
)


def correction_message(correction: Correction) -> str:
    """One correction: "cats → dogs", "cats → left out"."""
    return f"{correction.label} → left out" if correction.leaves_out else f"{correction.label} → {correction.to}"


def apply_label(number: int) -> str:
    """The words of the button: "Apply 3 changes and retrain"."""
    return f"Apply {count(number, 'change')} and retrain"


def outstanding_messages(found: Outstanding, is_newest: bool) -> list[str]:
    """What one should know before planned corrections are applied.

    Args:
        is_newest: whether the run was trained on the newest version of its data set.
    """
    said = []
    if not is_newest and found.to_do:
        said.append("The photos have been changed since this model was trained. Your changes add to that.")
    if found.gone:
        photos = count(len(found.gone), "photo")
        said.append(f"{photos} left out or deleted since: {_its(found.gone)} won’t be applied.")
    if found.no_class:
        classes = ", ".join(sorted({each.to for each in found.no_class}))
        said.append(f"No class {classes} any more: {_its(found.no_class)} won’t be applied.")
    return said


def _its(listed: Sequence[Correction]) -> str:
    return "this change" if len(listed) == 1 else f"{len(listed):,} changes"


def before_after_title(found: BeforeAfter) -> str:
    """The finding as a heading: "3 more correct: could be chance"."""
    if not found.total:
        return "No test photo in common with the earlier model"
    if not found.gain:
        same = not found.only_after
        return "No difference on the same test photos" if same else "As many correct as before, but other photos"
    words = f"{abs(found.gain):,} {'more' if found.gain > 0 else 'fewer'} correct of {found.total:,}"
    return f"{words}: {'more than chance' if found.beyond_chance else 'could be chance'}"


def before_after_message(found: BeforeAfter) -> str:
    """Which photos made the difference, in a sentence; "" where there is none."""
    if not found.only_after and not found.only_before:
        return ""
    return (
        f"The new model got {count(found.only_after, 'photo')} correct that the earlier one got wrong, "
        f"and {found.only_before:,} the other way round."
    )


def labels_message(found: BeforeAfter) -> str:
    """By which labels both are judged, and which photos are not counted; "" where there is nothing to say."""
    said = []
    if found.num_relabelled:
        said.append(
            f"Both are judged by the corrected labels ({count(found.num_relabelled, 'test photo')}). With the labels "
            f"as they were, the earlier model had {found.old_correct:,} of {found.old_total:,} correct."
        )
    if found.num_left:
        said.append(f"Not counted: {count(found.num_left, 'earlier test photo')} that the new model was not tested on.")
    if found.num_new:
        said.append(f"Not counted: {count(found.num_new, 'test photo')} that the earlier model was not tested on.")
    if found.num_relabelled:
        said.append(OPTIMISTIC)
    return " ".join(said)


def before_after_lines(found: BeforeAfter) -> list[str]:
    """All of it for a terminal."""
    if not found.total:
        return [f"{before_after_title(found)}."]
    scores = [
        f"Before: {score_message(found.correct_before, found.total, *found.interval_before)}",
        f"After:  {score_message(found.correct, found.total, *found.interval)}",
        f"{before_after_title(found)}.",
    ]
    return [*scores, *filter(None, (before_after_message(found), labels_message(found)))]
