"""How photos are read, in sentences: what a reading gives, what it is based on, and how to choose among several."""

from collections.abc import Sequence

from tlcore.errors import LayoutChoice, UndecidedLayout
from tlcore.messages.quantities import count

MOST_NAMED = 5
"""Classes that a sentence names; of more it names one fewer and counts the rest."""

_BASIS = {
    "class-folders": "Each folder is a class",
    "outer-folders": "Each outer folder is a class",
    "inner-folders": "Each inner folder is a class",
}


def summary_message(choice: LayoutChoice) -> str:
    """What a reading gives: "3 classes (bike, mug, pen) in 2 parts (train, test), 240 photos, 4 files left out"."""
    parts = f" in {count(len(choice.parts), 'part')} ({', '.join(part for part, _ in choice.parts)})"
    left_out = f", {count(choice.num_left_out, 'file')} left out" if choice.num_left_out else ""
    classes = f"{count(choice.num_classes, 'class', 'classes')} ({_named(choice)})"
    return f"{classes}{parts if choice.parts else ''}, {count(choice.num_photos, 'photo')}{left_out}"


def basis_message(choice: LayoutChoice) -> str:
    """What a reading is based on, as a label without a full stop: "Each inner folder is a class"."""
    return _BASIS[choice.basis].format(file=choice.file, column=choice.column)


def undecided_message(error: UndecidedLayout) -> str:
    """What the terminal shows where it needs a choice: every reading with its option, counts and examples."""
    lines = [error.what, "Choose how to read it by adding one of these options:"]
    for choice in error.choices:
        lines += [f"  --layout {choice.key}", f"      {basis_message(choice)}: {summary_message(choice)}."]
        lines += [f"      For example, {path} is {label}." for path, label in choice.examples[:2]]
    return "\n".join(lines)


def _named(choice: LayoutChoice) -> str:
    labels: Sequence[str] = [label for label, _ in choice.classes]
    if choice.num_classes <= MOST_NAMED:
        return ", ".join(labels)
    return f"{', '.join(labels[: MOST_NAMED - 1])} and {choice.num_classes - MOST_NAMED + 1:,} more"
