"""What a browser left out before the upload ends in the report; what it says is bounded, and nothing but text."""

import json

import pytest

from tests.photos import make_photo, run_job
from tlcore.data import incoming
from tlcore.data.ingest import ingest_incoming
from tlcore.data.report import BROWSER_REASONS
from tlcore.data.unsent import MAX_NAME, MOST_NAMED, Unsent, keep_unsent, read_unsent, unsent_from
from tlcore.data.upload_classes import classes_from, write_classes
from tlcore.errors import UserError

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def area(workspace):
    made = incoming.new_incoming(workspace)
    files = [(f"{number}.jpg", make_photo(number), f"card-{number % 2}") for number in range(8)]
    incoming.add_files(workspace, made, files)
    return made


@pytest.mark.parametrize(
    ("groups", "more", "expected"),
    [
        (None, None, Unsent()),
        ("x", True, Unsent()),
        ([["empty", "card-0", ["a.jpg"]]], 2, Unsent(frozenset({("empty", "card-0", "a.jpg")}), 2)),
        ([["no such reason", "card-0", ["a.jpg"]], ["empty", 7, ["a.jpg"]], ["empty", None]], 0, Unsent()),
        ([["empty", None, ["../../etc/passwd", 7, {}]]], -5, Unsent(frozenset({("empty", None, "etc/passwd")}))),
    ],
)
def test_only_what_can_be_used_is_kept(groups, more, expected):
    assert unsent_from(groups, more) == expected


def test_an_endless_list_is_bounded_in_number_and_length(workspace, area):
    names = [f"{HOSTILE}{'x' * 10_000}{number:06d}.jpg" for number in range(100_000)]
    for groups in ([["empty", "card-0", names]], [["damaged", "card-1", names]]):
        keep_unsent(workspace, area, unsent_from(groups, 10**12))
    found = read_unsent(workspace, area)
    assert len(found.files) == MOST_NAMED and all(len(name) <= MAX_NAME for _, _, name in found.files)
    assert (incoming.area_folder(workspace, area) / "unsent.json").stat().st_size < 2_000_000
    dataset = run_job(ingest_incoming(workspace, area, "pets"))[0]
    assert len(dataset.report) == MOST_NAMED + 1
    assert dataset.report["path"].str.fullmatch("1,000,000 more files").sum() == 1


def test_each_file_has_a_line_under_the_name_of_its_class(workspace, area):
    cards = [{"labels": ["card-0"], "name": "cats"}, {"labels": ["card-1"], "name": "dogs"}]
    write_classes(workspace, area, classes_from({"classes": cards, "removed": ["card-2"]}))
    said = [
        ["damaged", "card-0", ["holiday/bad.jpg"]],
        ["twice", "card-1", ["1.jpg"]],
        ["outside", None, ["pets/readme.txt"]],
        ["empty", "card-2", ["of a card that was removed.jpg"]],
        ["not_sent", "card-0", ["0.jpg", "never.jpg"]],  # the former came after all
    ]
    keep_unsent(workspace, area, unsent_from(said))
    keep_unsent(workspace, area, Unsent())  # the page was loaded again, and its browser knows nothing any more
    dataset = run_job(ingest_incoming(workspace, area, "pets"))[0]
    assert dict(dataset.refused.itertuples(index=False, name=None)) == {
        "cats/bad.jpg": BROWSER_REASONS["damaged"],
        "cats/never.jpg": BROWSER_REASONS["not_sent"],
        "dogs/1.jpg": BROWSER_REASONS["twice"],
        "pets/readme.txt": BROWSER_REASONS["outside"],
    }


def test_a_failed_import_counts_what_the_browser_left_out(workspace, area):
    cards = [{"labels": ["card-0"], "name": "cats"}]
    write_classes(workspace, area, classes_from({"classes": cards, "removed": ["card-1"]}))
    keep_unsent(workspace, area, unsent_from([["video", "card-3", [f"{number}.mov" for number in range(30)]]]))
    with pytest.raises(UserError) as caught:
        run_job(ingest_incoming(workspace, area, "pets"))
    assert caught.value.reasons == ("30 files are videos. For example: card-3/0.mov.",)


def test_it_is_told_once_where_more_photos_have_come_meanwhile(workspace, area):
    keep_unsent(workspace, area, unsent_from([["empty", "card-0", ["a.jpg"]]]))
    incoming.remove_imported(workspace, area, [1])
    assert read_unsent(workspace, area) == Unsent()


@pytest.mark.parametrize("damage", ["", "{", "[]", json.dumps({"files": [1], "more": "x"}), json.dumps({"files": 7})])
def test_a_damaged_file_is_no_list(workspace, area, damage):
    (incoming.area_folder(workspace, area) / "unsent.json").write_text(damage)
    assert read_unsent(workspace, area) == Unsent()
