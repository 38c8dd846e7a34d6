"""How files become photos with a class and a part: proposals, the likeliest first, and the choice among them.

What folders say is read in folder_layout.py.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tlcore.data.folder_layout import HOW, recognise
from tlcore.data.names import clean_path, looks_like_photo
from tlcore.data.placed import CLASS_LEFT_OUT, Layout, Placed, SourceFile, label_all, leave_out, name_classes
from tlcore.errors import LayoutChoice, UndecidedLayout, UserError

__all__ = [
    "CLASS_LEFT_OUT",
    "HOW",
    "Layout",
    "Placed",
    "Proposal",
    "Read",
    "SourceFile",
    "label_all",
    "leave_out",
    "name_classes",
    "propose",
    "read_layout",
]

Read = Callable[[Iterable[SourceFile]], Iterator[tuple[SourceFile, object]]]
"""The `read` of a source: the bytes of each file, or anything else where it cannot be read."""

MOST_EXAMPLES = 9
MOST_CLASSES_SHOWN = 100


@dataclass(frozen=True)
class Proposal:
    """A way to read the files.

    Attributes:
        key, labels_from, basis, file, column: as in `LayoutChoice`.
        layout: every file with its class, or the reason why it is left out.
        is_clear: nobody needs to be asked before it is used.
    """

    key: str
    labels_from: str
    basis: str
    layout: Layout
    is_clear: bool = False
    file: str = ""
    column: str = ""

    def choice(self) -> LayoutChoice:
        """What a person is asked about it."""
        photos = [each for each in self.layout.placed if looks_like_photo(each.file.parts[-1])] or self.layout.placed
        labels = Counter(each.label for each in photos)
        parts = Counter(each.split for each in photos if each.split is not None)
        return LayoutChoice(
            self.key,
            self.labels_from,
            self.basis,
            num_photos=len(photos),
            num_left_out=len(self.layout.placed) - len(photos) + len(self.layout.refused),
            num_classes=len(labels),
            classes=tuple(sorted(labels.items(), key=lambda each: (each[0].casefold(), each[0]))[:MOST_CLASSES_SHOWN]),
            parts=tuple((part, parts[part]) for part in ("train", "validation", "test") if parts[part]),
            examples=_examples(photos),
            file=self.file,
            column=self.column,
        )


def propose(
    name: str,
    files: Sequence[SourceFile],
    folders: Iterable[tuple[str, ...]],
    read: Read,
    least_classes: int = 2,
) -> tuple[Proposal, ...]:
    """The ways in which files can be read as photos with classes, the likeliest first.

    Args:
        name: of the folder or archive, for sentences.
        files: all of its files; what computers leave behind is skipped without a word.
        folders: all of its folders, to report empty ones.
        read: gives the bytes of tables and annotations, which are as hostile as any input.
        least_classes: 2 to learn from; 1 to test on, or where more photos come from elsewhere.

    Raises:
        UserError: there are no photos, or nothing gives them classes.
    """
    layout = recognise(name, list(files), folders, least_classes)
    return (Proposal("folders", "folders", "class-folders", layout, is_clear=True),)


def read_layout(
    name: str,
    files: Sequence[SourceFile],
    folders: Iterable[tuple[str, ...]],
    read: Read,
    layout: str = "",
    least_classes: int = 2,
) -> Layout:
    """The one way to read files, where it is clear or was chosen; the arguments are those of `propose`.

    Args:
        layout: a `LayoutChoice.key`, or its beginning or `labels_from` where that is unmistakable; "" for none.

    Raises:
        UndecidedLayout: a person has to choose. UserError: there is no such layout, or none at all.
    """
    proposals = propose(name, files, folders, read, least_classes)
    if not layout and proposals[0].is_clear:
        return proposals[0].layout
    matching = [each for each in proposals if each.key == layout] or [
        each for each in proposals if layout in (each.labels_from, each.key[: len(layout)])
    ]
    if layout and len(matching) == 1:
        return matching[0].layout
    if not matching:
        raise UserError(
            f"{name} can't be read by the layout “{layout}”.",
            f"Choose one of: {', '.join(each.key for each in proposals)}.",
        )
    choices = tuple(each.choice() for each in matching)
    ways = "in more than one way" if len(choices) > 1 else "in one way, which you need to confirm"
    raise UndecidedLayout(
        f"{name} can be read {ways}.", f"Choose a layout: {', '.join(each.key for each in choices)}.", choices
    )


def _examples(photos: Sequence[Placed]) -> tuple[tuple[str, str], ...]:
    """Up to `MOST_EXAMPLES` photos, one of each class, then a second of each, and so on."""
    by_label: dict[str, list[Placed]] = {}
    for each in photos:
        by_label.setdefault(each.label, []).append(each)
    turns = [
        (turn, label, each) for label, group in by_label.items() for turn, each in enumerate(group[:MOST_EXAMPLES])
    ]
    turns.sort(key=lambda each: (each[0], each[1]))
    chosen = sorted(turns[:MOST_EXAMPLES], key=lambda each: (each[1], each[0]))
    return tuple((clean_path(each.file.parts), label) for _, label, each in chosen)
