"""Who joins a classroom how, and under which name a browser works."""

import pytest

from tlcore import access
from tlcore.access import visitor_name
from tlcore.classroom import codes, membership
from tlcore.classroom.membership import group_key, group_of, join, join_group, leave, working_name
from tlcore.classroom.store import (
    change_classroom,
    change_group,
    create_classroom,
    list_classrooms,
    list_groups,
    open_classroom,
)
from tlcore.errors import UserError

ANN, BOB = visitor_name(access.new_secret()), visitor_name(access.new_secret())


@pytest.mark.parametrize(
    ("typed", "read", "reason"),
    [
        ("ABC234", "ABC234", "as it stands"),
        ("abc 234", "ABC234", "small, and as it is shown"),
        (" ab-c2-34 ", "ABC234", "with dashes"),
        ("ＡＢＣ２３４", "ABC234", "wide letters of a Japanese keyboard"),
        ("ABC23", "", "too short"),
        ("ABC2345", "", "too long"),
        ("ABC230", "", "0 is in no code"),
        ("", "", "nothing"),
    ],
)
def test_a_code_is_read_as_people_type_it(typed, read, reason):
    assert codes.read_code(typed) == read, reason


def test_a_new_code_can_be_read():
    assert codes.read_code(codes.spaced(codes.new_code()))


def test_a_group_works_under_one_name_on_all_its_devices(workspace):
    classroom = create_classroom(workspace, "5b")
    group = join(workspace, classroom.spaced_code.lower(), "  The   Foxes ", ANN)
    assert group.name == "The Foxes"
    assert working_name(workspace, ANN) == group.visitor != ANN
    assert working_name(workspace, BOB) == BOB
    assert join_group(workspace, classroom.id, group.id, group_key(workspace, group), BOB) == group
    assert working_name(workspace, BOB) == group.visitor
    leave(workspace, BOB)
    assert working_name(workspace, BOB) == BOB and group_of(workspace, ANN) == group


@pytest.mark.parametrize(
    ("code", "name", "said"),
    [
        ("WRONG2", "Owls", "No classroom with this code"),
        (None, "", "Enter a name"),
        (None, "\u200b \n", "Enter a name"),
        (None, "foxes", "already a group called"),
    ],
)
def test_who_cannot_join_is_told_why(workspace, code, name, said):
    classroom = create_classroom(workspace)
    join(workspace, classroom.code, "Foxes", ANN)
    with pytest.raises(UserError, match=said):
        join(workspace, code or classroom.code, name, BOB)
    assert len(list_groups(workspace, classroom.id)) == 1 and group_of(workspace, BOB) is None


def test_a_classroom_takes_no_endless_number_of_groups(workspace, monkeypatch):
    monkeypatch.setattr(membership, "MOST_GROUPS", 1)
    classroom = create_classroom(workspace)
    join(workspace, classroom.code, "Foxes", ANN)
    with pytest.raises(UserError, match="1 groups, the most"):
        join(workspace, classroom.code, "Owls", BOB)


def test_no_key_but_the_groups_own_lets_a_device_in(workspace):
    classroom = create_classroom(workspace)
    foxes, owls = join(workspace, classroom.code, "Foxes", ANN), join(workspace, classroom.code, "Owls", ANN)
    with pytest.raises(UserError, match="doesn’t belong"):
        join_group(workspace, classroom.id, foxes.id, group_key(workspace, owls), BOB)
    assert working_name(workspace, BOB) == BOB


def test_a_new_classroom_closes_the_one_before(workspace):
    first = create_classroom(workspace, "first")
    join(workspace, first.code, "Foxes", ANN)
    second = create_classroom(workspace, "second")
    assert open_classroom(workspace) == second
    assert [each.is_open for each in list_classrooms(workspace)] == [True, False]
    assert working_name(workspace, ANN) == ANN, "a closed classroom holds nobody"
    change_classroom(workspace, second.id, is_open=False)
    assert open_classroom(workspace) is None


def test_what_is_changed_is_read_anew(workspace):
    classroom = create_classroom(workspace)
    group = join(workspace, classroom.code, "Foxes", ANN)
    change_group(workspace, group, entry="a-run")
    assert list_groups(workspace, classroom.id)[0].entry == "a-run"
    (classroom.folder / "classroom.json").write_text("{", encoding="utf-8")
    assert list_classrooms(workspace) == [] and group_of(workspace, ANN) is None
