"""Visitors, what they may, and the keys of share links."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tlcore import access
from tlcore.access import Visitor, right_of_key, share_key, visitor_name
from tlcore.errors import UserError
from tlcore.grants import give_rights, rights_given

ANN, BOB = visitor_name(access.new_secret()), visitor_name(access.new_secret())


@dataclass(frozen=True)
class Thing:
    id: str = "thing"
    visitor: str = ANN


@pytest.mark.parametrize(
    ("visitor", "thing", "sees", "acts", "reason"),
    [
        (Visitor(ANN), Thing(), True, True, "she made it"),
        (Visitor(BOB), Thing(), False, False, "somebody else did"),
        (Visitor(BOB, is_owner=True), Thing(), True, True, "the owner may all"),
        (Visitor(BOB, given={"thing": "see"}), Thing(), True, False, "it was shared to look"),
        (Visitor(BOB, given={"thing": "act"}), Thing(), True, True, "it was shared to change"),
        (Visitor(BOB, given={"other": "act"}), Thing(), False, False, "something else was shared"),
        (Visitor(ANN), Thing(visitor=""), False, False, "made without a browser, or by an earlier version"),
        (Visitor(""), Thing(visitor=""), False, False, "nobody is not nobody's friend"),
        (Visitor(BOB, is_owner=True), Thing(visitor=""), True, True, "that is the owner's"),
    ],
)
def test_who_may_what(visitor, thing, sees, acts, reason):
    assert (visitor.may_see(thing), visitor.may_act(thing)) == (sees, acts), reason


def test_a_name_tells_nothing_of_its_secret():
    secret = access.new_secret()
    assert access.is_secret(secret) and visitor_name(secret) == visitor_name(secret) != visitor_name(
        access.new_secret()
    )
    assert secret not in visitor_name(secret)


@pytest.mark.parametrize("text", ["", "x", "a" * 42, "a" * 44, "a" * 42 + "/", "a" * 42 + "\n", "é" * 43])
def test_what_no_secret_can_be(text):
    assert not access.is_secret(text)


def test_a_key_opens_one_thing_in_one_way(workspace, tmp_path):
    from tlcore.workspace import open_workspace

    things = [("see", "run", "a"), ("act", "run", "a"), ("see", "race", "a"), ("see", "run", "b")]
    keys = {thing: share_key(workspace, *thing) for thing in things}
    assert len(set(keys.values())) == len(things) and all(len(key) == 32 for key in keys.values())
    for (right, kind, an_id), key in keys.items():
        assert right_of_key(workspace, key, kind, an_id) == right
        opened = [other for other in things if other[1:] != (kind, an_id) and right_of_key(workspace, key, *other[1:])]
        assert not opened
    other = open_workspace(tmp_path / "other")
    assert right_of_key(other, keys[things[0]], "run", "a") is None, "another workspace has another secret"


@pytest.mark.parametrize("key", ["", "A" * 32, "é\udc80", "x" * 10_000])
def test_a_wrong_key_opens_nothing(workspace, key):
    assert right_of_key(workspace, key, "run", "a") is None


def test_what_was_given_is_kept_and_only_grows(workspace):
    give_rights(workspace, BOB, {"a": "act", "b": "see"})
    give_rights(workspace, BOB, {"a": "see", "b": "act", "c": "see"})
    assert rights_given(workspace, BOB) == {"a": "act", "b": "act", "c": "see"}
    assert rights_given(workspace, ANN) == {}


def test_links_opened_at_once_are_all_kept(workspace):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: give_rights(workspace, BOB, {f"thing-{number}": "see"}), range(40)))
    assert len(rights_given(workspace, BOB)) == 40


@pytest.mark.parametrize("content", ["", "{", "[]", '{"given": 3}', '{"given": {"a": "all"}}', '{"given": ["a"]}'])
def test_a_damaged_file_gives_nothing(workspace, content):
    give_rights(workspace, BOB, {"a": "act"})
    (workspace.root / access.VISITORS / f"{BOB}.json").write_text(content)
    assert rights_given(workspace, BOB) == {}


@pytest.mark.parametrize("name", ["../secret", "", "x", BOB.upper()], ids=["up", "nothing", "short", "capitals"])
def test_a_name_never_becomes_another_path(workspace, name):
    assert rights_given(workspace, name) == {}
    with pytest.raises(ValueError, match="no visitor’s name"):
        give_rights(workspace, name, {"a": "see"})


def test_the_secret_is_made_once_whoever_asks_first_and_only_its_owner_reads_it(workspace):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: share_key(workspace, "see", "run", "a"), range(16)))
    assert len(keys) == 1
    if os.name == "posix":
        assert stat.S_IMODE((workspace.root / access.SECRET_FILE).stat().st_mode) == 0o600
    assert not list(workspace.root.glob("*.part"))


def test_a_damaged_secret_is_a_sentence(workspace):
    (workspace.root / access.SECRET_FILE).write_bytes(b"short")
    with pytest.raises(UserError, match="is damaged"):
        share_key(workspace, "see", "run", "a")
