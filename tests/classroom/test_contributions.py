"""Photos of a group's devices: they meet in one area, and none is lost when that is imported meanwhile."""

import pytest

from tests.photos import make_photo
from tlcore import access
from tlcore.access import visitor_name
from tlcore.classroom.contributions import (
    OfferedClass,
    current_area,
    num_waiting,
    offered_classes,
    send_to,
    sent_by,
    take_back,
    use_area,
)
from tlcore.classroom.membership import join
from tlcore.classroom.store import change_group, create_classroom
from tlcore.data import incoming, receive
from tlcore.data.upload_classes import UploadClass, UploadClasses, add_class, read_classes, write_classes
from tlcore.errors import UserError
from tlcore.settings import OWN

PHONE, OTHER = "a" * 16, "b" * 16


@pytest.fixture
def group(workspace):
    classroom = create_classroom(workspace)
    return join(workspace, classroom.code, "Foxes", visitor_name(access.new_secret()))


def send(workspace, area, label, numbers, by=PHONE):
    """Let a device send photos; returns their ids."""
    files = []
    for number in numbers:
        data = make_photo(number)
        part = receive.Part(workspace, area, f"{by}-{number}", 0)
        part.write(data)
        part.close()
        files.append(receive.SentFile(f"{by}-{number}", f"{number}.jpg", label, len(data), by=by))
    return receive.commit(workspace, area, files, OWN)


def test_all_devices_of_a_group_send_to_one_area_until_it_ends(workspace, group):
    assert current_area(workspace, group) == "" and num_waiting(workspace, group) == 0
    area = use_area(workspace, group)
    assert use_area(workspace, group) == current_area(workspace, group) == area
    assert incoming.owner(workspace, area) == group.visitor
    incoming.clear(workspace, area)
    assert current_area(workspace, group) == ""
    assert use_area(workspace, group) not in ("", area)


def test_an_area_of_somebody_else_is_none_of_the_groups(workspace, group):
    foreign = incoming.new_incoming(workspace, visitor_name(access.new_secret()))
    change_group(workspace, group, area=foreign)
    assert current_area(workspace, group) == "" and use_area(workspace, group) != foreign


def test_what_comes_while_the_photos_are_imported_waits_in_the_same_area(workspace, group):
    area = send_to(workspace, group, ["oak"])
    label = add_class(workspace, area, "oak")
    send(workspace, area, label, range(2))
    taken = [each.number for each in incoming.list_uploads(workspace, area)]
    send(workspace, area, label, [2])
    incoming.remove_imported(workspace, area, taken)
    assert current_area(workspace, group) == area and num_waiting(workspace, group) == 1
    assert offered_classes(workspace, area, ()) == [OfferedClass("oak", label, 1)], "with its name"
    incoming.remove_imported(workspace, area, [3])
    assert current_area(workspace, group) == "", "nothing waits, so the next photo begins another"


@pytest.mark.parametrize(
    ("names", "offered", "reason"),
    [
        ((), [("Oak", 2), ("beech", 0), ("loose", 1)], "the cards, those without a name and photos left out"),
        (
            ("oak", "maple"),
            [("oak", 2), ("maple", 0), ("beech", 0), ("loose", 1)],
            "a name that a card has is one class",
        ),
        (("elm", "elm"), [("elm", 0), ("Oak", 2), ("beech", 0), ("loose", 1)], "each name once"),
    ],
)
def test_which_classes_a_phone_offers(workspace, group, names, offered, reason):
    area = use_area(workspace, group)
    cards = (UploadClass(("c-0", "c-1"), "Oak"), UploadClass(("c-2",)), UploadClass(("c-3",), "beech"))
    write_classes(workspace, area, UploadClasses(cards, removed=("c-9",)))
    send(workspace, area, "c-0", [0])
    send(workspace, area, "c-1", [1])
    send(workspace, area, "loose", [2])
    found = [(each.name, each.photos) for each in offered_classes(workspace, area, names)]
    assert found == offered, reason


def test_a_class_that_is_called_otherwise_keeps_its_photos(workspace, group):
    area = send_to(workspace, group, ["oak"])
    label = add_class(workspace, area, " OAK ")
    write_classes(workspace, area, UploadClasses((UploadClass((label,), "oak leaf"),)))
    send(workspace, area, label, [0])
    assert offered_classes(workspace, area, ()) == [OfferedClass("oak leaf", label, 1)]


def test_a_device_takes_back_its_own_photos_only(workspace, group):
    area = use_area(workspace, group)
    mine, theirs = send(workspace, area, "oak", [0, 1]), send(workspace, area, "oak", [2], by=OTHER)
    assert sent_by(workspace, area, PHONE) == mine and sent_by(workspace, area, "") == []
    take_back(workspace, area, PHONE, [mine[1], *theirs])
    assert sent_by(workspace, area, PHONE) == mine[:1] and sent_by(workspace, area, OTHER) == theirs


@pytest.mark.parametrize("name", ["", "  ", "\u200e"])
def test_a_class_needs_a_name(workspace, group, name):
    with pytest.raises(UserError, match="Name the class"):
        send_to(workspace, group, [name])
    assert read_classes(workspace, current_area(workspace, group)) == UploadClasses()
