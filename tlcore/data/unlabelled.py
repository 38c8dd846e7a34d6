"""Photos to test a model on: with their classes where they have some, else without.

Which classes count is known here: those of the model. So a single folder of any other name is a folder of photos that
nobody sorted, and not a class.
"""

from collections.abc import Collection, Iterable, Sequence

from tlcore.data.evidence import Table
from tlcore.data.layout import Layout, read_layout
from tlcore.data.names import is_junk
from tlcore.data.placed import Placed, SourceFile
from tlcore.data.text_files import Read
from tlcore.errors import UndecidedLayout, UserError

NO_LABEL = ""
"""The label of photos whose class nobody says."""

_SAID = ("table", "annotations")  # where labels come from that somebody wrote down


def read_labels(
    name: str,
    files: Sequence[SourceFile],
    folders: Iterable[tuple[str, ...]],
    read: Read,
    known: Collection[str],
    layout: str = "",
    table: Table | None = None,
) -> Layout:
    """How files are read that a model is tested on; all of them get `NO_LABEL` where they have no classes.

    Args:
        known: the classes of the model; the others are those of `layout.read_layout`.

    Raises:
        UndecidedLayout: a person has to choose. UserError: the files cannot be used.
    """
    unsorted = not layout and table is None and _in_one_folder(files)
    try:
        found = read_layout(name, files, folders, read, layout, 1, table, known)
    except UndecidedLayout as question:
        if unsorted and not any(_is_about(each.labels_from, dict(each.classes), known) for each in question.choices):
            return without_labels(files)
        raise
    except UserError:
        if unsorted and files:
            return without_labels(files)
        raise
    labels = {each.label for each in found.placed}
    if unsorted and not _is_about(found.choice.labels_from if found.choice else "", labels, known):
        return without_labels(files)
    return found


def without_labels(files: Iterable[SourceFile]) -> Layout:
    """All files without a class, whatever folders they lie in."""
    return Layout(placed=[Placed(file, NO_LABEL) for file in files if not is_junk(file.parts)])


def _in_one_folder(files: Sequence[SourceFile]) -> bool:
    return len({file.parts[:-1] for file in files}) == 1


def _is_about(labels_from: str, labels: Iterable[str], known: Collection[str]) -> bool:
    """Whether labels are meant as such: somebody wrote them down, or the model knows one of them."""
    names = {label.casefold() for label in known}
    return labels_from in _SAID or any(label.casefold() in names for label in labels)
