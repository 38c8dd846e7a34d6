"""The Data page around its board: what it hands to the browser, and what it makes of what the browser tells.

How the cards behave and send is tested in a browser (tests/e2e/test_board.py, tests/e2e/test_upload.py), the route in
tests/security/test_upload_route.py.
"""

import re
from dataclasses import replace

import pytest

from pages.parts.data import board
from pages.parts.data.board import SCRIPTS
from pages.shared import sending
from pages.shared.sending import SENDING_SCRIPTS
from tests.pages.conftest import ROOT, words
from tests.photos import make_photo
from tlcore.data import incoming, receive
from tlcore.data.unsent import MOST_NAMED, read_unsent
from tlcore.data.upload_classes import UploadClass, UploadClasses, read_classes, write_classes
from tlcore.events import Failed
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.store import ImportSpec, create_import
from tlcore.settings import HOSTED, OWN, UNLIMITED

BATCH = "0123456789abcdef"


def send(workspace, area, numbers, label=None, batch=BATCH):
    """Put files into an area as the upload route does."""
    files = []
    for number in numbers:
        data = make_photo(number)
        part = receive.Part(workspace, area, f"{batch}-{number}", 0)
        part.write(data)
        part.close()
        folder = ("cats", "dogs")[number % 2]
        files.append(receive.SentFile(f"{batch}-{number}", f"pets/{folder}/{number}.jpg", label, len(data)))
    receive.commit(workspace, area, files, OWN)


@pytest.fixture
def area(workspace):
    return incoming.new_incoming(workspace)


@pytest.fixture
def tell(monkeypatch):
    """`tell(status)`: let the browser have told this; the list given back gets what the page hands to it."""

    def told(status=None):
        given = []
        monkeypatch.setattr(board, "last_told", lambda: board.told(status))
        monkeypatch.setattr(board, "mount", lambda target, shown: given.append((target, shown)))
        return given

    return told


def cards(*names, area=None, **more):
    """What the browser tells of cards whose photos it sent under the labels card-0, card-1 …"""
    classes = [{"labels": [f"card-{place}"], "name": name} for place, name in enumerate(names)]
    return {"area": area, "busy": False, "classes": classes, "removed": [], "dropped": [], **more}


def two_classes(workspace, area):
    send(workspace, area, range(6), "card-0")
    send(workspace, area, range(6, 12), "card-1", "f" * 16)


def test_what_arrived_is_there_on_the_next_visit_with_its_names(visit, workspace, area, tell):
    two_classes(workspace, area)
    write_classes(workspace, area, UploadClasses((UploadClass(("card-0",), "cats"), UploadClass(("card-1",)))))
    given = tell()
    at = visit("data", workspace, incoming=area)
    assert not at.exception and not at.error
    (target, board_data), *_ = given
    assert target.area == area and target.key == receive.upload_key(workspace, area)
    assert [(card["labels"], card["name"], card["count"]) for card in board_data["cards"]] == [
        (["card-0"], "cats", 6),
        (["card-1"], "", 6),
    ]
    newest = board_data["cards"][0]["photos"]
    assert [photo["id"] for photo in newest] == [f"{BATCH}-{number}" for number in (5, 4, 3, 2, 1, 0)]
    assert all(photo["source"].startswith("data:image/") for photo in newest[:5]) and not newest[5]["source"]


def test_a_board_that_was_drawn_from_scratch_is_told_what_stood_on_the_one_before(visit, workspace, area, tell):
    two_classes(workspace, area)
    write_classes(workspace, area, UploadClasses((UploadClass(("card-0",), "cats"), UploadClass(("card-1",)))))
    given = tell({"restore": "b1"})
    visit("data", workspace, incoming=area)
    assert given[0][1]["restored"] == "b1" and [card["count"] for card in given[0][1]["cards"]] == [6, 6]
    assert read_classes(workspace, area).classes[0].name == "cats", "an empty board takes nothing away"


def test_nothing_is_made_on_the_disk_before_somebody_sends_something(visit, workspace, tell):
    given = tell()
    at = visit("data", workspace)
    assert not at.exception and list(workspace.incoming.iterdir()) == [] and given[0][0].area is None
    given = tell(cards("", "", busy=True))
    at = visit("data", workspace)
    assert not at.exception
    (made,) = workspace.incoming.iterdir()
    assert given[0][0].area == made.name == at.query_params["incoming"]


def test_names_are_kept_as_they_are_typed_and_the_data_set_is_called_after_them(visit, workspace, area, tell, queue):
    two_classes(workspace, area)
    given = tell(cards("cats", "dogs", area=area))
    visit("data", workspace, incoming=area)
    assert [each.name for each in read_classes(workspace, area).classes] == ["cats", "dogs"]
    assert given[0][1]["suggested"] == "cats and dogs"
    tell(cards("cats", "puppies", area=area, without=["birds", 7], order="1"))
    at = visit("data", workspace, incoming=area)
    (job,) = queue.jobs
    assert job.spec | {"without": list(job.spec["without"])} == {
        "kind": "incoming", "value": area, "name": "cats and puppies", "seed": 0, "base": None, "without": ["birds"],
        "layout": "", "encoding": "",
    }  # fmt: skip
    assert at.query_params["job"] == job.id


def test_a_name_that_somebody_typed_is_the_data_sets(visit, workspace, area, tell, queue):
    two_classes(workspace, area)
    tell(cards("cats", "dogs", area=area, name="  My <b>pets</b> ", order="1"))
    visit("data", workspace, incoming=area)
    assert queue.jobs[0].spec["name"] == "My <b>pets</b>"


def test_what_was_removed_in_the_browser_is_gone_from_the_disk(visit, workspace, area, tell):
    two_classes(workspace, area)
    tell(cards("", "dogs", area=area, removed=["card-0"], dropped=[f"{'f' * 16}-7", "../../x"]))
    visit("data", workspace, incoming=area)
    left = incoming.list_uploads(workspace, area)
    assert {each.label for each in left} == {"card-1"} and len(left) == 5


def test_the_browser_of_another_area_changes_nothing(visit, workspace, area, tell):
    """A tab that was open before: its cards are not those of this area."""
    two_classes(workspace, area)
    tell(cards("x", "y", area="incoming-0000000000000000", removed=["card-0"]))
    visit("data", workspace, incoming=area)
    assert len(incoming.list_uploads(workspace, area)) == 12 and read_classes(workspace, area) == UploadClasses()


def test_an_order_without_photos_gets_a_sentence(visit, workspace, tell, queue):
    tell(cards("cats", "dogs", order="1"))
    at = visit("data", workspace)
    assert "no photos to import" in at.error[0].value and queue.jobs == []


def test_photos_are_added_to_the_data_set_in_use(visit, trained, tell, queue):
    workspace, dataset, _ = trained
    given = tell()
    visit("data", workspace, dataset=dataset.id, more="add")
    assert [card["name"] for card in given[0][1]["cards"]] == list(dataset.labels)
    assert sum(card["fixed"] for card in given[0][1]["cards"]) == len(dataset.photos)
    area = incoming.new_incoming(workspace)
    two_classes(workspace, area)
    tell(cards(*dataset.labels[:2], area=area, order="1"))
    visit("data", workspace, dataset=dataset.id, more="add", incoming=area)
    assert queue.jobs[0].spec["base"] == dataset.id


def test_a_failed_import_is_headed_as_one_and_offers_to_go_on_without_small_classes(visit, workspace, area, queue):
    job = create_import(workspace, ImportSpec("incoming", area, "pets"))
    EventLog(job).write(Failed("The class birds has 2 photos.", "Add photos.", small_classes=("birds",)))
    at = visit("data", workspace, job=job.id, incoming=area)
    assert at.title[0].value == "Import failed" and "birds has 2 photos" in words(at)
    next(button for button in at.button if button.label == "Continue without birds").click().run()
    assert list(queue.jobs[0].spec["without"]) == ["birds"] and queue.jobs[0].spec["value"] == area


@pytest.mark.parametrize(
    ("base", "more"), [(False, "1"), (True, "add")], ids=["a new data set", "photos added to the one in use"]
)
def test_after_a_failed_import_the_cards_are_there_again(visit, trained, queue, base, more):
    workspace, dataset, _ = trained
    area = incoming.new_incoming(workspace)
    two_classes(workspace, area)
    spec = ImportSpec("incoming", area, "pets", base=dataset.id if base else None)
    job = create_import(workspace, spec)
    EventLog(job).write(Failed("Only the class cats has usable photos.", "bad.jpg is empty. Add photos."))
    at = visit("data", workspace, dataset=dataset.id, job=job.id)
    primary = [button.label for button in at.button if button.proto.type == "primary"]
    assert primary == ["Back to your photos"], "the same files would fail once more"
    assert at.error[0].value.startswith("**Only the class cats has usable photos.** bad")
    assert not any(link.proto.label == "Go to the Data page" for link in at.get("page_link")), "this is it"
    next(button for button in at.button if button.label == "Back to your photos").click().run()
    assert at.title[0].value == ("Add photos" if base else "Choose your photos")
    assert (at.query_params["more"], at.query_params["incoming"]) == (more, area)


def test_a_dead_address_has_a_way_on_on_the_page_itself(visit, workspace):
    at = visit("data", workspace, dataset="pets-0000000000000000")
    assert at.error and any(link.proto.label == "Choose your photos" for link in at.get("page_link"))


@pytest.mark.parametrize("told", [None, "x", 7, ["busy"], {"busy": "yes"}, {"classes": "x", "removed": 7}])
def test_a_forged_message_makes_no_area(told):
    found = board.told(told)
    assert not found.busy and found.classes == UploadClasses() and found.area is None


@pytest.mark.parametrize(
    ("limits", "most"),
    [(OWN, 16_000_000), (HOSTED, 16_000_000), (replace(HOSTED, request_mb=10), 9_000_000)],
)
def test_a_request_stays_under_what_the_route_takes(limits, most):
    assert sending.request_bytes(limits) == most
    assert limits.request_mb == UNLIMITED or sending.request_bytes(limits) < limits.request_mb * 1e6


def test_the_board_says_what_is_allowed(visit, workspace):
    (workspace.root / "settings.toml").write_text("dataset_photos = 2000\nupload_mb = 500")
    at = visit("data", workspace)
    assert not at.exception
    assert any("Up to 2,000 files and 500 MB in all" in str(each.proto) for each in at.get("bidi_component"))


def test_the_board_asks_nobody_else_for_anything():
    folder = ROOT / "pages" / "parts" / "data"
    paths = [*SENDING_SCRIPTS, *(folder / name for name in (*SCRIPTS, "board.css"))]
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    assert not re.search(r"https?:|@import|url\(|innerHTML|eval\(", text)


def test_what_the_browser_left_out_is_written_down_bounded(visit, workspace, area, tell):
    two_classes(workspace, area)
    names = [f"=HYPERLINK(1)<img src=x>{number}.jpg" for number in range(100_000)]
    tell(cards("cats", "dogs", area=area, unsent=[["damaged", "card-0", names]], unsent_more=7))
    at = visit("data", workspace, incoming=area)
    found = read_unsent(workspace, area)
    assert not at.exception and (len(found.files), found.more) == (MOST_NAMED, 100_000 - MOST_NAMED + 7)
