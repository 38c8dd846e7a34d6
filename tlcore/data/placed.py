"""Files with a class and a part: the values that layouts are made of, and the names that classes get. Opens no file."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from tlcore.data.names import clean_label, clean_path, clean_text, is_junk, make_unique
from tlcore.errors import LayoutChoice

CLASS_LEFT_OUT = "its class was left out, as you asked"
"""The reason for a file of a class that a person chose to leave out."""


@dataclass(frozen=True)
class SourceFile:
    """A file of a folder or an archive. `parts`: its relative path as it came; `handle`: only its source knows what."""

    parts: tuple[str, ...]
    handle: Any
    size: int


@dataclass(frozen=True)
class Placed:
    """A file with its class. `split` is None where the folders did not say it; `group` names what it belongs to and has
    to stay with, such as the burst of a camera, None for nothing. `columns`: names and values of further columns of a
    table (table_columns.py).
    """

    file: SourceFile
    label: str
    split: str | None = None
    group: str | None = None
    columns: tuple[tuple[str, str], ...] = ()


@dataclass
class Layout:
    """What was recognised.

    `refused`: (shown path, reason), of files and of what a table lists and is not there; `num_left_out`: of files;
    `empty`: classes whose folder holds no file; `choice`: how it was read, None where a person named the class.
    """

    placed: list[Placed] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    num_left_out: int = 0
    choice: LayoutChoice | None = None


def label_all(files: list[SourceFile], label: str) -> Layout:
    """All files as one class that a person named, wherever they lie."""
    return Layout(placed=[Placed(file, clean_label(label)) for file in files if not is_junk(file.parts)])


def leave_out(placed: list[Placed], classes: Collection[str], refused: list[tuple[str, str]]) -> list[Placed]:
    """The files of all other classes; those of `classes` are added to `refused`, with the reason."""
    wanted = [each for each in placed if each.label not in classes]
    gone = [each for each in placed if each.label in classes]
    refused += [(clean_path(each.file.parts), CLASS_LEFT_OUT) for each in gone]
    return wanted


def name_classes(raw: Iterable[str], notes: list[str], known: tuple[str, ...] = ()) -> dict[str, str]:
    """A label for every folder name; names that differ only in their Unicode form become one class.

    Args:
        raw: names as they came.
        notes: gets a sentence for whatever was changed.
        known: labels that are there already and keep their spelling.
    """
    spellings: dict[str, list[str]] = {clean_text(name): [name] for name in known}
    for name in sorted(set(raw) - set(known)):
        spellings.setdefault(clean_text(name), []).append(name)
    taken: dict[str, int] = {}
    labels = {}
    for names in spellings.values():
        label = make_unique(clean_label(names[0]), taken)
        labels.update(dict.fromkeys(names, label))
        if len(names[0]) > len(label) and label != clean_text(names[0]):
            notes.append(f"A class name with {len(names[0])} characters was shortened to {label}.")
    return labels
