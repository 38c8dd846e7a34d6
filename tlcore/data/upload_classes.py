"""What the uploads of an area are to become: the classes, by the names that a person gives them, and the data set.

    incoming/<id>/classes.json   the cards of the Data page, as they stood last

Each card of the Data page sends its photos under a label of its own that never changes, so that a class can be named,
named otherwise, put together with another or removed while its photos are still on their way. What a label stands for
is written here; a label that is not named here is the name of the class itself.

Several pages may write at once, those of a group's laptop and phones: nobody's cards push out those of another.
"""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from tlcore.data import incoming
from tlcore.data.archive_kinds import named_like_archive, without_ending
from tlcore.data.default_name import dataset_name
from tlcore.data.names import MAX_LABEL, clean_text, shorten
from tlcore.errors import UserError
from tlcore.workspace import Workspace, read_json, write_json

MOST_CLASSES = 1_000
"""Classes that are kept of what a browser says."""

_FILE = "classes.json"


@dataclass(frozen=True)
class UploadClass:
    """A card. `labels`: of its photos in the index; `name`: of the class, "" where nobody gave it one yet."""

    labels: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True)
class UploadClasses:
    """The cards in their order.

    `removed`: labels whose photos were taken out again; `name`: of the data set, "" where nobody gave it one; `folder`:
    the folder that the classes came in, "" for none.
    """

    classes: tuple[UploadClass, ...] = ()
    removed: tuple[str, ...] = ()
    name: str = ""
    folder: str = ""

    def names(self) -> dict[str, str]:
        """The class that each label stands for; one without a name is called by its place, "Class 2"."""
        return {
            label: each.name or f"Class {place}"
            for place, each in enumerate(self.classes, start=1)
            for label in each.labels
        }


def read_classes(workspace: Workspace, incoming_id: str) -> UploadClasses:
    """What was written last; empty where nothing was, or it cannot be read.

    Raises:
        UserError: there is no such upload area.
    """
    try:
        return classes_from(read_json(incoming.area_folder(workspace, incoming_id) / _FILE))
    except (OSError, ValueError):
        return UploadClasses()


def write_classes(workspace: Workspace, incoming_id: str, classes: UploadClasses) -> None:
    """Write the cards of a page down, and take the photos of removed ones out of the area.

    What the page does not know stays: cards of others behind its own, and labels that another page put onto a card.

    Raises:
        UserError: there is no such upload area, or the disk is full.
    """
    folder = incoming.area_folder(workspace, incoming_id)
    with incoming.locked(folder):
        known = read_classes(workspace, incoming_id)
        merged = _merged(known, classes)
        if known != merged:
            write_json(folder / _FILE, asdict(merged))
    present = {row.get("label") for row in incoming.read_index(folder)}
    for label in present & set(merged.removed):
        incoming.remove_class(workspace, incoming_id, label)


def _merged(known: UploadClasses, said: UploadClasses) -> UploadClasses:
    """What a page says, with what stood there and it does not know."""
    removed = tuple(sorted({*known.removed, *said.removed}))
    seen = {*removed, *(label for each in said.classes for label in each.labels)}
    cards, others = list(said.classes), []
    for each in known.classes:
        rest = tuple(label for label in each.labels if label not in seen)
        place = next((place for place, card in enumerate(cards) if not set(each.labels).isdisjoint(card.labels)), None)
        if rest and place is not None:
            cards[place] = replace(cards[place], labels=(*cards[place].labels, *rest))
        elif rest:
            others.append(replace(each, labels=rest))
    return replace(said, classes=(*cards, *others), removed=removed)


def add_class(workspace: Workspace, incoming_id: str, name: str) -> str:
    """The label under which photos of a class are sent: that of the card of this name, else of a new one.

    Raises:
        UserError: there is no such upload area, it has too many classes, or the disk is full.
    """
    folder, called = incoming.area_folder(workspace, incoming_id), _text(name)
    if not called:
        raise UserError("Name the class first.")
    with incoming.locked(folder):
        known = read_classes(workspace, incoming_id)
        for each in known.classes:
            if each.labels and is_same_name(each.name, called):
                return each.labels[0]
        if len(known.classes) >= MOST_CLASSES:
            raise UserError(f"{MOST_CLASSES:,} classes are the most there can be.", "Add photos to one that is there.")
        made = UploadClass((f"card-{secrets.token_hex(8)}",), called)
        write_json(folder / _FILE, asdict(replace(known, classes=(*known.classes, made))))
    return made.labels[0]


def is_same_name(one: str, other: str) -> bool:
    """Whether people would take two names of classes for the same: they differ in case or spaces at most."""
    return clean_text(one).casefold() == clean_text(other).casefold()


def classes_from(values: Any) -> UploadClasses:
    """What a file or a browser says, made fit to be kept. It may have said anything."""
    values = values if isinstance(values, dict) else {}
    found = []
    for each in _listed(values.get("classes")):
        if isinstance(each, dict):
            labels = tuple(label for label in _listed(each.get("labels")) if isinstance(label, str) and label)
            found.append(UploadClass(labels, _text(each.get("name"))))
    removed = tuple(sorted({label for label in _listed(values.get("removed")) if isinstance(label, str)}))
    return UploadClasses(tuple(found), removed, _text(values.get("name")), _text(values.get("folder")))


def suggested_name(
    workspace: Workspace, incoming_id: str, classes: UploadClasses, without: Collection[str] = ()
) -> str:
    """A name for the data set: of its folder, of its only zip, or of its classes; "" while these have no names.

    Args:
        without: classes that are left out.

    Raises:
        UserError: there is no such upload area.
    """
    uploads = incoming.list_uploads(workspace, incoming_id)
    return name_of_uploads(((upload.name, upload.label) for upload in uploads), classes, without)


def name_of_uploads(
    uploads: Iterable[tuple[str, str | None]], classes: UploadClasses, without: Collection[str] = ()
) -> str:
    """`suggested_name` for (name, label) of each upload."""
    names = classes.names()
    found: set[str] = set()
    whole: set[str] = set()
    for name, label in uploads:
        if label is None:
            whole.add(without_ending(name) if "/" not in name and named_like_archive(name) else name.split("/")[0])
        elif label not in classes.removed:
            found.add(names.get(label, label))
    found -= set(without)
    if classes.folder:
        return classes.folder
    if len(whole) == 1 and not found:
        return clean_text(whole.pop())
    nameless = {names[label] for each in classes.classes if not each.name for label in each.labels}
    in_order = [name for name in dict.fromkeys([*names.values(), *sorted(found)]) if name in found]
    return dataset_name(in_order) if found and not nameless & found else ""


def _listed(values: Any) -> list[Any]:
    """A list as it is, not too long; anything else is an empty one."""
    return values[:MOST_CLASSES] if isinstance(values, list) else []


def _text(value: Any) -> str:
    return shorten(clean_text(value), MAX_LABEL) if isinstance(value, str) else ""
