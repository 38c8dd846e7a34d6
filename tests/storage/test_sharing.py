"""Share links and their end: what a link gives, and what is left of it once somebody stops sharing."""

import pytest

from tlcore import grants
from tlcore.access import new_secret, right_of_key, share_key, visitor_name
from tlcore.comparison.store import create_comparison
from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.grants import give_rights, link_key, rights_given, visitors_with
from tlcore.storage.sharing import open_link, rights_with, stop_sharing
from tlcore.workspace import write_json

ANN, BOB, CAT = (visitor_name(new_secret()) for _ in range(3))
D = "leaves-0123456789abcdef"


@pytest.fixture
def things(workspace):
    """Ann's data set, and her race of two runs on it: the ids by one letter each."""
    folder = workspace.datasets / D
    folder.mkdir()
    write_json(folder / "dataset.json", {"visitor": ANN, "num_photos": 1})
    race = create_comparison(workspace, D, [TrainConfig(), TrainConfig(seed=1)], "race", ANN)
    return {"d": D, "x": race.id, "r": race.run_ids[0], "s": race.run_ids[1]}


KINDS = {"d": "dataset", "x": "race", "r": "run", "s": "run"}


def opened(workspace, things, thing, right="see", visitor=BOB):
    key = link_key(workspace, right, KINDS[thing], things[thing])
    assert open_link(workspace, visitor, key, KINDS[thing], things[thing])
    return key


def has(workspace, things, visitor=BOB):
    """The visitor's rights by the letters of the things: "r+" to change it, "r" to see it."""
    given = rights_given(workspace, visitor)
    return " ".join(
        sorted(name + ("+" if given[an_id] == "act" else "") for name, an_id in things.items() if an_id in given)
    )


@pytest.mark.parametrize(
    ("links", "stopped", "left", "reason"),
    [
        ("r", "", "d r", "with a run come its photos"),
        ("r+", "", "d r+", "to change a run gives no right to change its photos"),
        ("x", "", "d r s x", "with a race come its runs and its photos"),
        ("x+", "", "d r+ s+ x+", "to change a race is to change its runs"),
        ("d", "d", "", "the link's own right goes"),
        ("r", "r", "", "and the photos that came along"),
        ("x", "x", "", "and the runs that came along"),
        ("r+", "r", "", "to change as well as to look"),
        ("r r+", "r", "", "both kinds of link end"),
        ("x r", "x", "d r", "the run has a link of its own, and needs its photos"),
        ("x+ r", "x", "d r", "to look at the run was given by its own link, to change it by the race's"),
        ("x r+", "x", "d r+", "the greater right was the run's own link's"),
        ("x r+", "r", "d r s x", "the race's link still shows the run"),
        ("r s", "r", "d s", "the other run needs the photos"),
        ("r d", "r", "d", "the photos have a link of their own"),
        ("r d", "d", "d r", "the run still shows its photos"),
        ("r d", "d r", "", "whichever goes first"),
        ("r d", "r d", "", "whichever goes first"),
        ("r", "x", "d r", "a race that was never shared takes nothing"),
        ("x r s d", "x r s d", "", "all of them"),
    ],
)
def test_what_is_left_when_sharing_stops(workspace, things, links, stopped, left, reason):
    for link in links.split():
        opened(workspace, things, link[0], "act" if "+" in link else "see")
    for thing in stopped.split():
        stop_sharing(workspace, things[thing])
    assert has(workspace, things) == left, reason


@pytest.mark.parametrize("thing", "rxd")
def test_earlier_links_are_worthless_and_later_ones_work(workspace, things, thing):
    kind, an_id = KINDS[thing], things[thing]
    old = [opened(workspace, things, thing, right) for right in ("see", "act")]
    assert stop_sharing(workspace, an_id) == 1
    assert not any(open_link(workspace, CAT, key, kind, an_id) for key in old)
    new = opened(workspace, things, thing)
    assert new not in old and has(workspace, things) != ""
    stop_sharing(workspace, an_id)
    assert not open_link(workspace, CAT, new, kind, an_id), "a second time as well"


def test_it_ends_for_everybody_and_for_nothing_else(workspace, things):
    opened(workspace, things, "r", visitor=BOB)
    opened(workspace, things, "r", "act", visitor=CAT)
    other = opened(workspace, things, "s", visitor=CAT)
    assert visitors_with(workspace, "run", things["r"]) == 2
    assert stop_sharing(workspace, things["r"]) == 2
    assert (has(workspace, things), has(workspace, things, CAT)) == ("", "d s")
    assert visitors_with(workspace, "run", things["r"]) == 0 < visitors_with(workspace, "run", things["s"])
    assert open_link(workspace, BOB, other, "run", things["s"])


def test_who_opens_both_links_counts_once(workspace, things):
    for right in ("see", "act", "see"):
        opened(workspace, things, "r", right)
    assert visitors_with(workspace, "run", things["r"]) == 1
    assert has(workspace, things) == "d r+"


def test_all_versions_of_a_data_set_have_one_end(workspace, things):
    later = things | {"e": f"{D}@2"}
    key = link_key(workspace, "see", "dataset", f"{D}@2")
    assert open_link(workspace, BOB, key, "dataset", f"{D}@2")
    assert has(workspace, later) == "e" and visitors_with(workspace, "dataset", D) == 1
    stop_sharing(workspace, D)
    assert has(workspace, later) == "" and not open_link(workspace, BOB, key, "dataset", f"{D}@2")


def test_a_kill_after_the_first_step_leaves_nobody_a_right(workspace, things, monkeypatch):
    key = opened(workspace, things, "x")
    monkeypatch.setattr(grants, "_visitors", lambda workspace: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        grants.end_links(workspace, "race", things["x"], {})
    assert has(workspace, things) == "" and not open_link(workspace, CAT, key, "race", things["x"])


def test_rights_of_an_earlier_version_count_and_end(workspace, things):
    give_rights(workspace, BOB, rights_with(workspace, "race", things["x"], "act") | {"elsewhere": "see"})
    assert has(workspace, things) == "d r+ s+ x+"
    stop_sharing(workspace, things["x"])
    assert rights_given(workspace, BOB) == {"elsewhere": "see"}, "they know of no link, so all that it gave goes"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"generation": ""}'])
def test_a_damaged_note_opens_nothing_until_sharing_is_stopped_once_more(workspace, things, content):
    opened(workspace, things, "r")
    stop_sharing(workspace, things["r"])
    key = opened(workspace, things, "r")
    (workspace.runs / things["r"] / grants.NOTE).write_text(content)
    first = share_key(workspace, "see", "run", things["r"])
    assert not any(open_link(workspace, CAT, each, "run", things["r"]) for each in (key, first))
    assert has(workspace, things) == ""
    stop_sharing(workspace, things["r"])
    opened(workspace, things, "r")


def test_the_key_of_a_former_generation_is_no_prefix_of_another(workspace):
    assert share_key(workspace, "see", "run", "a", "b") != share_key(workspace, "see", "run", "a")
    assert right_of_key(workspace, share_key(workspace, "see", "run", "a"), "run", "a", "b") is None


@pytest.mark.parametrize("an_id", ["nothing-here", "../../secret", ""])
def test_what_is_not_there_cannot_be_stopped(workspace, an_id):
    with pytest.raises(UserError, match="There is no data set, run or race"):
        stop_sharing(workspace, an_id)


def test_rights_go_over_to_another_name_whole(workspace, things):
    opened(workspace, things, "r", visitor=BOB)
    opened(workspace, things, "r", "act", visitor=CAT)
    opened(workspace, things, "s", visitor=CAT)
    give_rights(workspace, CAT, {"elsewhere": "see"})
    grants.move_rights(workspace, CAT, BOB)
    assert has(workspace, things) == "d r+ s" and rights_given(workspace, BOB)["elsewhere"] == "see"
    assert rights_given(workspace, CAT) == {}
    stop_sharing(workspace, things["r"])
    assert has(workspace, things) == "d s", "they still end with the link that gave them"
