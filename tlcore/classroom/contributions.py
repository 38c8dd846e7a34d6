"""Photos that the devices of a group bring together: the one upload area that all of them send to until it is imported.

Which area that is stands in the group's file (`Group.area`). It ends when a data set was made of all that lay in it;
what comes while that happens stays in it, and whoever sends the next photo after its end gets a new one. Each device
marks what it sends (`by`), so that it can take back its own.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from tlcore.classroom.store import changing, load_group, write_group
from tlcore.classroom.values import Group
from tlcore.data import incoming
from tlcore.data.upload_classes import add_class, is_same_name, read_classes
from tlcore.errors import UserError
from tlcore.workspace import Workspace


@dataclass(frozen=True)
class OfferedClass:
    """A class that a device can send photos of.

    Attributes:
        label: under which its photos lie in the area; "" where it has none there yet.
        photos: how many of them wait in the area.
    """

    name: str
    label: str = ""
    photos: int = 0


def current_area(workspace: Workspace, group: Group) -> str:
    """The id of the area that the group's devices send to; "" where there is none any more.

    Raises:
        UserError: the group is gone.
    """
    area = load_group(workspace, group.classroom_id, group.id).area
    return area if area and _is_the_groups(workspace, group, area) else ""


def use_area(workspace: Workspace, group: Group) -> str:
    """The area to send to, a new one where there is none; devices that ask at once get the same.

    Raises:
        UserError: the group is gone, or the disk says no.
    """
    with changing(workspace):
        now = load_group(workspace, group.classroom_id, group.id)
        if now.area and _is_the_groups(workspace, now, now.area):
            return now.area
        area = incoming.new_incoming(workspace, now.visitor)
        write_group(workspace, replace(now, area=area))
    return area


def num_waiting(workspace: Workspace, group: Group) -> int:
    """How many photos wait to be imported. Raises UserError: the group is gone."""
    area = current_area(workspace, group)
    return len(incoming.list_uploads(workspace, area)) if area else 0


def offered_classes(workspace: Workspace, area: str, names: Iterable[str]) -> list[OfferedClass]:
    """The classes that photos can be sent of: these names, then what else stands on the cards.

    Args:
        area: "" for none. names: of the task and of the group's data set; one that a card has too is offered once.

    Raises:
        UserError: there is no such upload area.
    """
    cards = _cards(workspace, area) if area else []
    offered = []
    for name in dict.fromkeys(names):
        same = [each for each in cards if is_same_name(each.name, name)]
        cards = [each for each in cards if each not in same]
        label = same[0].label if same else ""
        offered.append(OfferedClass(name, label, sum(each.photos for each in same)))
    return [*offered, *cards]


def send_to(workspace: Workspace, group: Group, names: Sequence[str]) -> str:
    """The area to send photos to, in which each of these classes has its label afterwards.

    Raises:
        UserError: the group is gone, a name is none, or the disk says no.
    """
    area = use_area(workspace, group)
    for name in names:
        add_class(workspace, area, name)
    return area


def sent_by(workspace: Workspace, area: str, device: str) -> list[str]:
    """The ids of the files that a device has sent and that still wait, in the order in which they came.

    Raises:
        UserError: there is no such upload area.
    """
    rows = incoming.read_index(incoming.area_folder(workspace, area))
    return [str(row["id"]) for row in rows if device and row.get("by") == device]


def take_back(workspace: Workspace, area: str, device: str, ids: Iterable[str]) -> None:
    """Remove files that this device has sent; what others sent, or what was imported already, stays.

    Raises:
        UserError: there is no such upload area, or the disk is full.
    """
    own = set(sent_by(workspace, area, device)) & set(ids)
    if own:
        incoming.remove_sent(workspace, area, own)


def _cards(workspace: Workspace, area: str) -> list[OfferedClass]:
    """The classes of an area as the board shows them, but for cards that have neither a name nor photos."""
    classes = read_classes(workspace, area)
    counts = Counter(upload.label for upload in incoming.list_uploads(workspace, area) if upload.label is not None)
    names = classes.names()
    cards = [
        OfferedClass(names[each.labels[0]], each.labels[0], sum(counts[label] for label in each.labels))
        for each in classes.classes
        if each.labels and (each.name or any(counts[label] for label in each.labels))
    ]
    known = {*names, *classes.removed}
    return cards + [OfferedClass(label, label, number) for label, number in counts.items() if label not in known]


def _is_the_groups(workspace: Workspace, group: Group, area: str) -> bool:
    with suppress(UserError):
        return incoming.owner(workspace, area) == group.visitor
    return False
