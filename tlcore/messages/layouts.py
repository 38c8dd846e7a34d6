"""How photos are read, in sentences: what a reading gives, what it is based on, and how to choose among several."""

import os
import shlex
from collections.abc import Sequence
from subprocess import list2cmdline

from tlcore.errors import LayoutChoice, UndecidedLayout
from tlcore.messages.quantities import count

MOST_NAMED = 5
"""Classes that a sentence names; of more it names one fewer and counts the rest."""

_BASIS = {
    "class-folders": "Each folder is a class",
    "outer-folders": "Each outer folder is a class",
    "inner-folders": "Each inner folder is a class",
    "folder-level": "Each folder on level {file} is a class",
    "only-folder": "Each folder in {file} is a class, and the other folders are left out",
    "all-folders": "Each folder is a class, including {file}",
    "file-names": "The class is in the file names",
    "file-name-word": "The class is word {file} of the file names",
    "table": "The class is in the column {column} of {file}",
    "table-one-hot": "{file} has a column for each class",
    "folders-and-table": "Each folder is a class, and {file} has the classes of the other photos",
    "coco": "This is a COCO export for object detection, and each photo has objects of one class",
    "yolo": "This is a YOLO export for object detection, and each photo has objects of one class",
    "voc": "This is a Pascal VOC export for object detection, and each photo has objects of one class",
}


_UNLIKELY = ("only-folder", "all-folders", "folder-level", "file-name-word")
MOST_LIKELY = 3
_SOURCES = {
    "folders": "folder names",
    "names": "file names",
    "table": "{file}",
    "annotations": "the objects in each photo",
}


def summary_message(choice: LayoutChoice) -> str:
    """What a reading gives: "3 classes (bike, mug, pen) in 2 parts (train, test), 240 photos, 4 files left out"."""
    parts = f" in {count(len(choice.parts), 'part')} ({', '.join(part for part, _ in choice.parts)})"
    left_out = f", {count(choice.num_left_out, 'file')} left out" if choice.num_left_out else ""
    classes = f"{count(choice.num_classes, 'class', 'classes')} ({_named(choice)})"
    return f"{classes}{parts if choice.parts else ''}, {count(choice.num_photos, 'photo')}{left_out}"


def basis_message(choice: LayoutChoice) -> str:
    """What a reading is based on, as a label without a full stop: "Each inner folder is a class"."""
    names = f", with names from {choice.names_file}" if choice.names_file else ""
    case = ", whether upper or lower case" if choice.ignores_case else ""
    return _BASIS[choice.basis].format(file=choice.file, column=choice.column) + names + case


def found_message(choice: LayoutChoice) -> str:
    """Where classes and parts were read from: "Classes from folder names, in 2 parts (train, test)"."""
    parts = f", in {count(len(choice.parts), 'part')} ({', '.join(part for part, _ in choice.parts)})"
    source = _SOURCES.get(choice.labels_from, "{file}").format(file=choice.file)
    return f"Classes from {source}{parts if choice.parts else ''}"


def by_likelihood(
    choices: Sequence[LayoutChoice],
) -> tuple[tuple[LayoutChoice, ...], tuple[LayoutChoice, ...]]:
    """The readings to choose from at first, and the other ways to read it: a single folder, another word of the names.

    The first is always among the likely ones, of which there are `MOST_LIKELY` at most.
    """
    likely = [each for place, each in enumerate(choices) if not place or each.basis not in _UNLIKELY][:MOST_LIKELY]
    return tuple(likely), tuple(each for each in choices if each not in likely)


def undecided_message(error: UndecidedLayout) -> str:
    """What the terminal shows where it needs a choice: every reading with its option, counts and examples."""
    lines = [error.what, "Choose how to read it by adding one of these options:"]
    for choice in error.choices:
        lines += [f"  --layout {_quoted(choice.key)}", f"      {basis_message(choice)}: {summary_message(choice)}."]
        lines += [f"      For example, {path} is {label}." for path, label in choice.examples[:2]]
    return "\n".join(lines)


def _quoted(key: str) -> str:
    """A key as it can be pasted behind an option, with the quotes of this system's shell where it needs any."""
    return list2cmdline([key]) if os.name == "nt" else shlex.quote(key)


def _named(choice: LayoutChoice) -> str:
    labels: Sequence[str] = [label for label, _ in choice.classes]
    if choice.num_classes <= MOST_NAMED:
        return ", ".join(labels)
    return f"{', '.join(labels[: MOST_NAMED - 1])} and {choice.num_classes - MOST_NAMED + 1:,} more"
