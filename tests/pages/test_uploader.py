"""The Data page around its uploader: what it hands to the browser, and what it says of what the browser tells.

How the browser sends is tested in one (tests/e2e/test_upload.py), the route in tests/security/test_upload_route.py.
"""

import re
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.data import uploader
from tests.pages.conftest import ROOT, buttons, words
from tests.photos import make_photo
from tlcore.data import incoming, receive
from tlcore.settings import HOSTED, OWN, UNLIMITED

BATCH = "0123456789abcdef"


def send(workspace, area, numbers, label=None):
    """Put files into an area as the upload route does."""
    files = []
    for number in numbers:
        data = make_photo(number)
        part = receive.Part(workspace, area, f"{BATCH}-{number}", 0)
        part.write(data)
        part.close()
        folder = ("cats", "dogs")[number % 2]
        files.append(receive.SentFile(f"{BATCH}-{number}", f"pets/{folder}/{number}.jpg", label, len(data)))
    receive.commit(workspace, area, files, OWN)


@pytest.fixture
def area(workspace):
    return incoming.new_incoming(workspace)


def tell(monkeypatch, status):
    """Let the browser have told this."""
    monkeypatch.setattr(uploader, "mount", lambda *args, **options: status)


def test_what_arrived_is_there_on_the_next_visit_and_becomes_a_data_set(visit, workspace, area, queue):
    send(workspace, area, range(12))
    at = visit("data", workspace, incoming=area)
    at.button_group[0].set_value("Folder").run()
    assert not at.exception and "12 files" in words(at)
    next(button for button in at.button if button.label == "Make a data set of 12 files").click().run()
    (job,) = queue.jobs
    assert job.spec["kind"] == "incoming" and job.spec["value"] == area


def test_nothing_is_made_on_the_disk_before_somebody_sends_something(visit, workspace):
    at = visit("data", workspace)
    for way in ("Folder", "Zip", "Photos, class by class"):
        at.button_group[0].set_value(way).run()
        assert not at.exception and buttons(at)[0] == "Make a data set"
    assert list(workspace.incoming.iterdir()) == []


def test_while_files_are_sent_no_data_set_can_be_made_of_half_of_them(visit, workspace, area, monkeypatch):
    send(workspace, area, range(12))
    tell(monkeypatch, {"busy": True, "batch": BATCH})
    at = visit("data", workspace, incoming=area)
    at.button_group[0].set_value("Folder").run()
    assert at.button[0].disabled and "Keep this page open" in words(at)


def test_the_page_names_what_did_not_arrive(visit, workspace, area, monkeypatch):
    send(workspace, area, range(8))
    failed = [{"name": f"pets/*{number}*.jpg", "reason": "The disk of the server is full."} for number in (8, 9)]
    tell(monkeypatch, {"busy": False, "batch": BATCH, "sent": 12, "failed": failed})
    at = visit("data", workspace, incoming=area)
    at.button_group[0].set_value("Folder").run()
    assert at.expander[0].label == "4 files did not arrive"
    text = words(at)
    assert "pets/\\*8\\*.jpg: The disk of the server is full." in text and "and 2 more" in text


@pytest.mark.parametrize(
    ("status", "found", "reason"),
    [
        ({}, None, "nothing was sent"),
        ({"busy": True, "batch": BATCH}, None, "it goes on"),
        ({"busy": False, "batch": BATCH, "sent": 3, "failed": []}, (3, 3), "all of them"),
        ({"busy": False, "batch": BATCH, "sent": 5, "failed": []}, (5, 3), "what the browser says is not believed"),
        ({"busy": False, "batch": "f" * 16, "sent": 5, "failed": None}, (5, 0), "another batch"),
        ({"batch": 7, "sent": 5}, None, "forged"),
        ({"batch": BATCH, "sent": "5"}, None, "forged"),
        ({"batch": "../..", "sent": 5, "failed": ["x", {"name": 1}]}, (5, 0), "forged"),
    ],
)
def test_how_many_arrived_is_counted_in_the_area(workspace, area, status, found, reason):
    send(workspace, area, range(3))
    outcome = uploader.outcome(workspace, area, status)
    assert (outcome and (outcome.sent, outcome.arrived)) == found, reason
    assert uploader.outcome(workspace, None, status) is None


@pytest.mark.parametrize("told", [None, "x", 7, ["busy"], {"status": "busy"}, {"status": {"busy": "yes"}}])
def test_a_forged_message_makes_no_area(told, monkeypatch):
    monkeypatch.setattr(uploader.st, "session_state", {"upload_folder": told})
    assert not uploader.wants_area("upload_folder")


@pytest.mark.parametrize(
    ("limits", "most"),
    [(OWN, 16_000_000), (HOSTED, 16_000_000), (replace(HOSTED, request_mb=10), 9_000_000)],
)
def test_a_request_stays_under_what_the_route_takes(limits, most):
    assert uploader.request_bytes(limits) == most
    assert limits.request_mb == UNLIMITED or uploader.request_bytes(limits) < limits.request_mb * 1e6


def shown(number: int) -> None:
    from pages.parts.data import uploader
    from tlcore.settings import HOSTED

    target = uploader.Target("incoming-0123456789abcdef", "key", HOSTED)
    wording = (uploader.PHOTOS, uploader.FOLDER, uploader.ZIP)[number]
    uploader.mount("one", wording, target, class_name="cats", ready=number > 0)


@pytest.mark.parametrize(
    ("number", "hint"),
    [(0, "Enter a class name first."), (1, "up to 2,000 files and 500 MB in all"), (2, "up to 500 MB in all")],
)
def test_the_uploader_says_what_is_allowed(number, hint):
    at = AppTest.from_function(shown, args=(number,)).run()
    assert not at.exception
    assert hint in str(at.get("bidi_component")[0].proto)


def test_the_uploader_asks_nobody_else_for_anything():
    folder = ROOT / "pages" / "parts" / "data"
    text = (folder / "uploader.js").read_text(encoding="utf-8") + (folder / "uploader.css").read_text(encoding="utf-8")
    assert not re.search(r"https?:|@import|url\(|innerHTML|eval\(", text)
