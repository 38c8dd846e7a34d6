"""The pages of a group: joining, its home, photos from its phones, a pause, and handing in a model."""

import json

import pytest
from starlette.requests import Request

from pages.parts.contribute import phone
from pages.parts.data import board
from pages.parts.evaluate.hand_in import HANDED_IN, NEWEST
from pages.server.identity import enter
from pages.shared.group_line import PAUSED
from tests.classroom.test_contributions import send
from tests.conftest import copy_of
from tests.pages.conftest import buttons, words
from tlcore import access
from tlcore.access import visitor_name
from tlcore.classroom import contributions, membership
from tlcore.classroom.attempts import BROWSER_A_MINUTE, attempts
from tlcore.classroom.membership import group_key, group_of, join
from tlcore.classroom.store import change_classroom, create_classroom, list_groups
from tlcore.classroom.values import Task
from tlcore.data import incoming
from tlcore.data.upload_classes import add_class, read_classes
from tlcore.workspace import read_json, write_json

TEXT = "Teach the computer to tell leaves apart.\nFrom all sides."


@pytest.fixture
def classroom(workspace, stranger):
    attempts.cache_clear()
    return create_classroom(workspace, "7b", Task(text=TEXT, classes=("oak", "beech")))


@pytest.fixture
def group(workspace, classroom):
    """The group of the browser that visits."""
    return join(workspace, classroom.code, "Foxes", visitor_name(access.new_secret()))


def components(at):
    return [json.loads(each.proto.json) for each in at.get("bidi_component") if each.proto.json]


def entered(at, code, name):
    at.text_input(key="join_code").set_value(code)
    at.text_input(key="join_name").set_value(name)
    return at.button(key="join_pressed").click().run()


def test_a_group_joins_with_the_code_and_a_name(visit, workspace, classroom):
    at = visit("join", workspace, code=classroom.code.lower())
    assert at.text_input(key="join_code").value == classroom.spaced_code, "as the QR code has it"
    at = entered(at, "ABC 234", "Foxes")
    assert "No classroom with this code" in at.error[0].value and not list_groups(workspace, classroom.id)
    at = entered(at, classroom.spaced_code, " Foxes ")
    assert not at.exception and not at.error and at.title[0].value == "Foxes"
    said = words(at)
    assert all(line in said for line in TEXT.splitlines()) and "Classes: oak, beech" in said.replace("\\", "")
    assert "Add photos" in buttons(at)
    (group,) = list_groups(workspace, classroom.id)
    assert f"group={group.id}" in said and "key=" in said, "the link for a phone"


def test_wrong_codes_are_limited_and_the_right_one_is_not(visit, workspace, classroom):
    at = visit("join", workspace)
    for _ in range(BROWSER_A_MINUTE):
        at = entered(at, "ABC 234", "Foxes")
    assert "Too many wrong codes" in entered(at, "ABC 234", "Foxes").error[0].value


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda place, room, patch: change_classroom(place, room.id, is_open=False), "No classroom is open here"),
        (lambda place, room, patch: patch.delenv("TRANSFERLAB_HOSTED"), "You are the teacher here"),
    ],
    ids=["no classroom", "the owner"],
)
def test_who_cannot_join_is_told_what_to_do(visit, workspace, classroom, monkeypatch, prepare, said):
    prepare(workspace, classroom, monkeypatch)
    at = visit("join", workspace)
    assert not at.text_input and said in words(at) + "".join(each.value for each in at.info)


def test_the_welcome_page_offers_it_first(visit, workspace, classroom):
    at = visit("welcome", workspace)
    assert buttons(at)[0] == "Join the classroom"
    join(workspace, classroom.code, "Foxes", visitor_name(access.new_secret()))
    assert "Join the classroom" not in buttons(visit("welcome", workspace))


@pytest.mark.parametrize("right", [True, False])
def test_a_key_lets_a_device_in_and_never_reaches_a_page(workspace, group, monkeypatch, right):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(workspace.root))
    key = group_key(workspace, group) if right else "x" * 32
    secret = "s" * 43
    monkeypatch.setattr("pages.server.identity.visitor_secret", lambda cookies: secret)
    query = f"classroom={group.classroom_id}&group={group.id}&key={key}"
    scope = {"type": "http", "method": "GET", "path": "/contribute", "query_string": query.encode(), "headers": []}
    answer = enter(Request(scope | {"scheme": "http", "server": ("127.0.0.1", 80)}))
    assert answer.status_code == 303 and "key" not in answer.headers["location"]
    found = group_of(workspace, visitor_name(secret))
    assert (found is not None and found.id == group.id) is right


def test_a_link_that_lets_nobody_in_says_so(visit, workspace, classroom):
    at = visit("contribute", workspace, classroom=classroom.id, group="group-0123456789abcdef")
    assert "This link no longer lets anybody" in at.error[0].value and "Join your classroom first" in words(at)
    assert "group" not in at.query_params


def test_a_phone_gets_a_place_for_the_class_that_it_wants(visit, workspace, group, monkeypatch):
    at = visit("contribute", workspace)
    data = next(each for each in components(at) if "device" in each)
    assert data["area"] is None and [each["name"] for each in data["classes"]] == ["oak", "beech"]
    assert not data["can_add"], "the task names the classes"
    monkeypatch.setattr(phone, "last_said", lambda: phone.said({"wanted": ["oak"], "dropped": []}))
    data = next(each for each in components(at.run()) if "device" in each)
    assert data["area"] == contributions.current_area(workspace, group) and data["key"]
    assert data["classes"][0]["label"] and not data["classes"][1]["label"]
    ids = send(workspace, data["area"], data["classes"][0]["label"], range(2), by=data["device"])
    monkeypatch.setattr(phone, "last_said", lambda: phone.said({"wanted": [], "dropped": [ids[1], "x"]}))
    data = next(each for each in components(at.run()) if "device" in each)
    assert data["mine"] == ids[:1] and data["classes"][0]["photos"] == 1


@pytest.mark.parametrize(
    "status",
    [None, "x", {"wanted": 3, "dropped": {}}, {"wanted": [None, "", "  "], "dropped": [1]}],
)
def test_a_phone_may_say_anything(status):
    assert phone.said(status) == phone.Said()


def test_the_board_of_a_group_shows_what_others_send(visit, workspace, group, monkeypatch):
    area = contributions.use_area(workspace, group)
    label = add_class(workspace, area, "oak")
    send(workspace, area, label, range(2))
    send(workspace, area, "card-of-this-board", [5], by="b" * 16)
    status = {"area": area, "classes": [{"labels": ["card-of-this-board"], "name": "beech"}], "board": "b" * 16}
    monkeypatch.setattr(board, "last_told", lambda: board.told(status))
    at = visit("data", workspace)
    assert not at.exception and not at.error
    data = next(each for each in components(at) if "arrived" in each)
    assert data["area"] == area and [each["label"] for each in data["arrived"]["photos"]] == [label, label]
    assert {each["name"] for each in data["arrived"]["classes"]} == {"oak", "beech"}
    assert [each.name for each in read_classes(workspace, area).classes] == ["beech", "oak"], "nobody's are lost"
    assert not [each for each in buttons(at) if each.startswith("Use ")], "the task asks for photos of their own"


def test_the_board_begins_with_the_classes_of_the_task(visit, workspace, group):
    at = visit("data", workspace)
    data = next(each for each in components(at) if "cards" in each)
    assert [card["name"] for card in data["cards"]] == ["oak", "beech"] and data["area"] is None


def test_a_pause_is_said_on_every_page_and_ends(visit, workspace, classroom, group):
    change_classroom(workspace, classroom.id, is_paused=True)
    for page in ("data", "train", "predict", "contribute", "join"):
        assert PAUSED in words(visit(page, workspace)), page
    change_classroom(workspace, classroom.id, is_paused=False)
    assert PAUSED not in words(visit("train", workspace))


@pytest.mark.parametrize("page", ["data", "train"])
def test_the_task_can_be_opened_where_a_group_works_on_it(visit, workspace, group, page):
    at = visit(page, workspace)
    assert any(each.label == f"Task: {TEXT.splitlines()[0]}" for each in at.expander)


@pytest.fixture
def finished(trained, tmp_path, stranger):
    """A group with the trained run and its photos."""
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    classroom = create_classroom(workspace)
    group = membership.join(workspace, classroom.code, "Foxes", visitor_name(access.new_secret()))
    for path in (workspace.datasets / dataset.id / "dataset.json", run.folder / "job.json"):
        write_json(path, read_json(path) | {"visitor": group.visitor})
    return workspace, classroom, group, dataset, run


def test_a_group_hands_in_a_model(visit, finished):
    workspace, classroom, group, dataset, run = finished
    at = visit("evaluate", workspace, dataset=dataset.id, run=run.id)
    assert NEWEST in words(at)
    change_classroom(workspace, classroom.id, is_paused=True)
    at = at.button(key="hand_in").click().run()
    assert "paused" in at.error[0].value and not list_groups(workspace, classroom.id)[0].entry
    change_classroom(workspace, classroom.id, is_paused=False)
    at = at.button(key="hand_in").click().run()
    assert HANDED_IN in words(at) and list_groups(workspace, classroom.id)[0].entry == run.id
    assert "Hand in this model" not in buttons(at)


def test_photos_that_wait_are_offered_beside_the_data_set(visit, finished):
    workspace, _, group, dataset, run = finished
    assert "View results" in buttons(visit("join", workspace))
    area = contributions.use_area(workspace, group)
    label = add_class(workspace, area, dataset.labels[0])
    send(workspace, area, label, range(3))
    assert "**3 new photos** from your group wait" in words(visit("data", workspace, dataset=dataset.id))
    at = visit("data", workspace, dataset=dataset.id, more="add")
    card = next(each for each in components(at) if "cards" in each)["cards"][0]
    assert (card["name"], card["labels"], card["count"]) == (dataset.labels[0], [label], 3), "on the card of its class"
    assert "See your new photos" in buttons(visit("join", workspace))
    assert len(incoming.list_uploads(workspace, area)) == 3
