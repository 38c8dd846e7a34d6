"""The teacher's Classroom page: opening, groups, one group, task, hidden test, the end; nobody else sees any of it."""

import time
from urllib.parse import unquote

import pytest

from pages.parts.classroom import groups, joining, views
from pages.shared import photo_grid
from pages.shared.photo_grid import Order
from tests.conftest import copy_of, finish
from tests.pages.conftest import buttons, words
from tests.small import CLASSES, write_small_folder
from tlcore import access
from tlcore.classroom import hidden_test, membership, store
from tlcore.classroom.hidden_test import HiddenScore, save_score
from tlcore.classroom.removal import list_removed
from tlcore.classroom.values import Task
from tlcore.data.ingest import ingest_folder
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import current_version
from tlcore.jobs.line import Line
from tlcore.jobs.store import create_run, load_run
from tlcore.workspace import read_json, write_json

FOXES, HOSTILE = "Foxes", "<b>Owls</b> [x](y)"


def device() -> str:
    return access.visitor_name(access.new_secret())


def give(folder, name: str, visitor: str) -> None:
    """Let what lies in a folder have been made by a visitor."""
    write_json(folder / name, read_json(folder / name) | {"visitor": visitor})


@pytest.fixture
def place(trained, tmp_path):
    """A classroom with two groups: Foxes have the trained run and its photos, the hostile one nothing yet."""
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    classroom = store.create_classroom(workspace, "Biology 7b")
    foxes = membership.join(workspace, classroom.code, FOXES, device())
    membership.join(workspace, classroom.code, HOSTILE, device())
    give(workspace.datasets / dataset.id, "dataset.json", foxes.visitor)
    give(run.folder, "job.json", foxes.visitor)
    return workspace, classroom, foxes, dataset, run


@pytest.fixture(scope="module")
def kept_back(tmp_path_factory):
    """Photos that no group has seen."""
    return write_small_folder(tmp_path_factory.mktemp("kept") / "kept back", 4, seed=9)


def press(at, label):
    return next(button for button in at.button if button.label == label).click().run()


def now(place):
    return store.load_classroom(place[0], place[1].id)


def links(at) -> list[str]:
    return [link.proto.label for link in at.get("page_link")]


@pytest.mark.parametrize(
    "address",
    [{}, {"view": "task"}, {"view": "test"}, {"show": "code"}, {"show": "podium"}, {"group": "G"}, {"view": "all"}],
    ids=str,
)
def test_a_stranger_sees_nothing_of_it(visit, place, stranger, address):
    workspace, classroom, foxes, _, _ = place
    stranger(workspace, {})
    ids = {"classroom": classroom.id} | address | ({"group": foxes.id} if "group" in address else {})
    at = visit("classroom", workspace, **ids)
    said = words(at)
    assert not at.exception and "Only the owner of this server can open this page." in said
    assert not [each for each in ("Biology", FOXES, classroom.code, classroom.spaced_code) if each in said]
    assert not buttons(at) and not at.toggle and "Classroom" not in links(at)


def test_a_classroom_is_opened_with_one_press(visit, workspace):
    at = visit("classroom", workspace)
    at.text_input(key="classroom_name").set_value("Biology 7b")
    at = press(at, "Open a classroom")
    made = store.open_classroom(workspace)
    assert made is not None and made.name == "Biology 7b" and at.title[0].value == "Biology 7b"
    assert made.spaced_code in words(at) and "No group has joined yet" in words(at)
    assert "Classroom" in {each.value for each in at.html if "tl-here" in each.value} or "aria-current" in words(at)


def test_the_way_here_is_on_the_welcome_page_and_in_the_top_line_while_one_is_open(visit, workspace):
    assert "Teach a class" in links(visit("welcome", workspace))
    assert "Classroom" not in links(visit("learn", workspace)), "on one's own machine nobody needs it"
    store.create_classroom(workspace)
    assert "Classroom" in links(visit("learn", workspace))


def test_what_groups_made_fills_no_list_of_the_teacher(visit, place):
    workspace, _, _, dataset, run = place
    assert "Your runs" not in words(visit("welcome", workspace))
    there = visit("evaluate", workspace, run=run.id, dataset=dataset.id)
    assert not there.exception and "Results by class" in words(there), "what he was led to is all there"
    assert "Back to the classroom" in links(there)
    assert "Back to the classroom" not in links(visit("host", workspace, run=run.id, dataset=dataset.id))


def test_groups_are_told_the_address_in_the_network(visit, place, monkeypatch):
    monkeypatch.setattr(joining, "network_addresses", lambda: ["192.168.1.20"])
    at = visit("classroom", place[0])
    code = next(each.proto.body for each in at.get("html") if "tl-join" in each.proto.body)
    assert f"join?code={place[1].code}" not in code, "the code of the picture is no text"
    assert place[1].spaced_code in code and 'alt="QR code that leads to' in code and "svg+xml" in unquote(code)
    at.text_input(key="classroom_address").set_value("10.0.0.7:8501/")
    at.button(key="classroom_address_save").click().run()
    assert now(place).address == "http://10.0.0.7:8501"
    assert joining.join_link(now(place)) == f"http://10.0.0.7:8501/join?code={place[1].code}"
    at = visit("classroom", place[0])
    at.text_input(key="classroom_address").set_value("not an address")
    at.button(key="classroom_address_save").click().run()
    assert "not the address of a server" in at.error[0].value and now(place).address == "http://10.0.0.7:8501"


def test_every_group_is_seen_with_its_photos_and_its_newest_score(visit, place):
    workspace, _, _, dataset, run = place
    at = visit("classroom", workspace)
    said = words(at)
    assert not at.exception and "2 groups · 2 devices · 36 photos" in said
    assert f"**{FOXES}**" in links(at) and "No photos yet" in said
    for label in CLASSES:
        assert f"{label} 12" in said
    evaluated = next(each for each in at.html if "tl-interval" in each.value).value
    assert "test photos correct<br>likely range" in evaluated and "newest model counts" in evaluated
    assert r"**\<b\>Owls\</b\> \[x\]\(y\)**" in links(at), "what a group is called stays letters"


def test_a_training_is_seen_with_its_place_in_the_line(visit, place, queue):
    workspace, _, foxes, dataset, _ = place
    waiting = create_run(workspace, dataset.id, load_run(workspace, place[4].id).config, "again", foxes.visitor)
    Line(workspace).add(waiting)
    said = words(visit("classroom", workspace))
    assert "1 training" in said and ("Starting…" in said or "Waiting" in said) and 'role="progressbar"' in said


@pytest.mark.parametrize(
    ("sort", "first"),
    [(groups.JOINED, FOXES), (groups.NAME, HOSTILE), (groups.PHOTOS, FOXES), (groups.SCORE, FOXES)],
)
def test_the_order_is_the_teachers(visit, place, sort, first):
    at = visit("classroom", place[0])
    at.segmented_control(key=groups.SORT_KEY).set_value(sort).run()
    cards = [each for each in links(at) if each.startswith("**") and ("Foxes" in each or "Owls" in each)]
    assert ("Foxes" in cards[0]) is (first == FOXES)


def test_a_photo_is_removed_and_brought_back(visit, place, monkeypatch):
    workspace, classroom, foxes, dataset, _ = place
    path = str(dataset.photos["path"].iloc[0])
    given = iter([Order(photo_grid.LEAVE_OUT, (path, "../../etc/passwd"))])
    monkeypatch.setattr(photo_grid, "show", lambda page, key, on_order: [on_order(each) for each in given])
    at = visit("classroom", workspace, classroom=classroom.id, group=foxes.id)
    newest = load_dataset(workspace, current_version(workspace, dataset.id))
    assert path not in set(newest.photos["path"]) and len(newest.photos) == len(dataset.photos) - 1
    at.button(key="undo").click().run()
    assert not at.exception and current_version(workspace, dataset.id) == dataset.id


def test_a_group_is_opened_with_its_runs_and_what_to_show_the_class(visit, place):
    workspace, classroom, foxes, dataset, run = place
    at = visit("classroom", workspace, classroom=classroom.id, group=foxes.id)
    assert not at.exception and at.title[0].value == FOXES
    shown = links(at)
    assert {"Show its results to the class", "Show its photos to the class", "Back to all groups"} <= set(shown)
    assert [each for each in shown if each.startswith("**Feature extraction")]
    shown_to_class = visit("evaluate", workspace, run=run.id, dataset=dataset.id)
    assert f"**{FOXES}** · Biology 7b" in words(shown_to_class) and "Back to the classroom" in links(shown_to_class)


def test_a_group_without_anything_has_a_page_and_its_name_stays_letters(visit, place):
    workspace, classroom, _, _, _ = place
    owls = store.list_groups(workspace, classroom.id)[1]
    at = visit("classroom", workspace, classroom=classroom.id, group=owls.id)
    assert not at.exception and at.title[0].value == r"\<b\>Owls\</b\> \[x\]\(y\)"
    assert "No photos yet." in words(at) and "No training yet" in words(at)
    assert "Show its results to the class" not in links(at), "there is nothing to show"


def test_a_group_is_removed_after_one_question_and_comes_back(visit, place):
    workspace, classroom, foxes, _, _ = place
    at = visit("classroom", workspace, classroom=classroom.id, group=foxes.id)
    at = press(at, "Remove group…")
    assert "with its photos and trainings" in words(at)
    at = press(at, "Remove the group")
    assert not at.exception and [each.group.id for each in list_removed(workspace, classroom.id)] == [foxes.id]
    assert [each.name for each in store.list_groups(workspace, classroom.id)] == [HOSTILE]
    at.button(key=f"restore_group_undo_{foxes.id}").click().run()
    assert FOXES in {each.name for each in store.list_groups(workspace, classroom.id)}
    assert load_dataset(workspace, current_version(workspace, place[3].id)).visitor == foxes.visitor


def task_key(at, name: str) -> str:
    kinds = (at.text_area, at.selectbox, at.multiselect, at.number_input)
    return next(each.key for kind in kinds for each in kind if str(each.key).endswith(f"_{name}"))


def test_a_task_is_set_changed_and_cleared(visit, place):
    workspace, classroom, _, _, _ = place
    at = visit("classroom", workspace, view="task")
    at.text_area(key=task_key(at, "text")).set_value("Tell shapes apart.\nUse 20 photos.")
    at.number_input(key=task_key(at, "most")).set_value(20)
    at.number_input(key=task_key(at, "runs")).set_value(3)
    at.multiselect(key=task_key(at, "strategies")).set_value(["hybrid"])
    at = press(at, "Save task")
    assert not at.exception
    expected = Task("Tell shapes apart.\nUse 20 photos.", photos_per_class=20, strategies=("hybrid",), runs=3)
    assert now(place).task == expected
    assert at.text_area(key=task_key(at, "text")).value == expected.text, "the form shows the task as it is"
    at.button(key="classroom_task_clear").click().run()
    assert now(place).task == Task()


@pytest.mark.parametrize(
    ("typed", "kept", "refused"),
    [
        ("oak, beech ,maple", ("oak", "beech", "maple"), ""),
        ("oak, Oak, , beech,", ("oak", "beech"), ""),  # once each, and nothing between two commas
        ("", (), ""),
        ("oak", (), "two classes or more"),
    ],
)
def test_class_names_are_typed_with_commas_between(visit, place, typed, kept, refused):
    at = visit("classroom", place[0], view="task")
    at.text_input(key=next(each.key for each in at.text_input if str(each.key).endswith("_classes"))).set_value(typed)
    at = press(at, "Save task")
    assert not at.exception and now(place).task.classes == kept
    assert refused in "".join(each.value for each in at.error) and bool(refused) is bool(at.error)


def test_what_nobody_could_do_is_refused_in_words(visit, place, kept_back):
    workspace, classroom, _, _, _ = place
    own = finish(ingest_folder(workspace, kept_back))[1]
    hidden_test.set_hidden_test(workspace, classroom.id, own.id)
    at = visit("classroom", workspace, view="task")
    at.selectbox(key=task_key(at, "photos")).set_value(own.id)
    at = press(at, "Save task")
    assert "These photos are the hidden test." in at.error[0].value and now(place).task == Task()


def test_photos_of_a_group_are_not_offered_for_a_task_or_a_test(visit, place):
    """Nobody is judged on what another group has brought."""
    for view in ("task", "test"):
        at = visit("classroom", place[0], view=view)
        offered = next(each for each in at.selectbox if "hotos" in each.label).options
        assert not [each for each in offered if place[3].name in each]
        assert [each for each in offered if "sample set" in each]


def scored(place, kept_back, foxes_right: int, owls_right: int) -> None:
    """Scores of both groups on a hidden test of 40 photos."""
    workspace, classroom, _, _, run = place
    own = finish(ingest_folder(workspace, kept_back))[1]
    test = f"{hidden_test.set_hidden_test(workspace, classroom.id, own.id).hidden_test} fingerprint"
    for group, right in zip(store.list_groups(workspace, classroom.id), (foxes_right, owls_right)):
        answers = tuple(number < right for number in range(40))
        save_score(workspace, group, HiddenScore(group.id, run.id, "m", test, answers, when=time.time()))


@pytest.mark.parametrize(
    ("foxes", "owls", "is_level"),
    [(38, 36, True), (38, 10, False)],
    ids=["two photos more are chance", "28 photos more are not"],
)
def test_the_podium_respects_chance(visit, place, kept_back, foxes, owls, is_level):
    scored(place, kept_back, foxes, owls)
    for address in ({"view": "test"}, {"show": "podium"}):
        at = visit("classroom", place[0], **address)
        chart = next(each.proto for each in at.get("vega_lite_chart"))
        assert not at.exception and chart.alt.startswith(f"Place 1: {FOXES} 95%")
        assert (f"place {1 if is_level else 2}:" in chart.alt.partition(";")[2]) and "<b>Owls" in chart.alt
        assert ("are level" in words(at)) is is_level


def test_groups_see_the_podium_when_it_is_revealed(visit, place, kept_back):
    scored(place, kept_back, 38, 36)
    at = visit("classroom", place[0], view="test")
    assert not now(place).is_revealed and "Only you see these photos." in words(at)
    at.toggle(key="classroom_revealed").set_value(True).run()
    assert now(place).is_revealed
    assert "newer model" in words(at), "the scores are not of the models that count now"


def test_scoring_is_a_job_that_one_press_starts(visit, place, kept_back, queue):
    workspace, classroom, _, _, _ = place
    own = finish(ingest_folder(workspace, kept_back))[1]
    at = visit("classroom", workspace, view="test")
    key = next(each.key for each in at.selectbox if each.label.startswith("Photos"))
    at.selectbox(key=key).set_value(own.id).run()
    at.button(key="classroom_test_save").click().run()
    assert now(place).hidden_test == own.id and "1 of 2 groups has a model" in words(at)
    at.button(key="classroom_score").click().run()
    assert [job.kind for job in queue.jobs] == ["scoring"]


def test_pause_close_and_open_again(visit, place):
    at = visit("classroom", place[0])
    at.toggle(key="classroom_paused").set_value(True).run()
    assert now(place).is_paused and "Paused" in words(at)
    menu = next(each for each in at.menu_button if "Options for the classroom" in each.label)
    at = press(menu.click("Close the classroom…").run(), "Close the classroom")
    assert not now(place).is_open and "This classroom is closed" in words(at)
    store.create_classroom(place[0], "Another")
    at = visit("classroom", place[0], classroom=place[1].id)
    at = press(at, "Open again")
    assert "Close it first" in at.error[0].value and not now(place).is_open
    other = store.open_classroom(place[0])
    store.change_classroom(place[0], other.id, is_open=False)
    press(at, "Open again")
    assert now(place).is_open


def test_all_is_erased_only_with_the_name_typed(visit, place):
    workspace, classroom, foxes, dataset, run = place
    at = visit("classroom", workspace)
    menu = next(each for each in at.menu_button if "Options for the classroom" in each.label)
    at = menu.click("Erase…").run()
    assert "This cannot be undone" in words(at) and "for good" in words(at)
    at = press(at, "Erase for good")
    assert "Nothing was erased" in words(at) and now(place)
    at.text_input(key="classroom_erase_name").set_value("biology 7B")
    at = press(at, "Erase for good")
    assert not at.exception and not store.list_classrooms(workspace)
    assert not (workspace.datasets / dataset.id).exists() and not run.folder.exists()
    assert "Open a classroom" in buttons(at)


def test_everything_can_be_taken_home(visit, place):
    at = visit("classroom", place[0])
    (link,) = [each.value for each in at.html if "classroom-files/" in each.value]
    assert f"classroom-files/{place[1].id}/" in link and "download" in link, "without a hidden test there is one"


def test_earlier_classrooms_can_be_looked_at(visit, place):
    store.change_classroom(place[0], place[1].id, is_open=False)
    at = visit("classroom", place[0])
    assert "**Biology 7b**" in links(at) and "2 groups" in words(at) and "closed" in words(at)
    at = visit("classroom", place[0], classroom=place[1].id)
    assert f"**{FOXES}**" in links(at) and place[1].spaced_code not in words(at), "nobody can join it"


def test_the_wall_shows_the_code_and_who_is_there(visit, place):
    at = visit("classroom", place[0], show="code")
    said = words(at)
    assert at.title[0].value == "Join the classroom" and place[1].spaced_code in said and "2 groups here" in said
    assert "&lt;b&gt;Owls" in said and "<b>Owls" not in said
    assert "Leave full screen" in links(at) and not at.toggle


@pytest.mark.parametrize("ids", [{"classroom": "20260101-0000000000000000"}, {"classroom": "../x"}, {"group": "../x"}])
def test_what_is_gone_is_said(visit, place, ids):
    at = visit("classroom", place[0], **ids)
    assert not at.exception and "no longer exists" in at.error[0].value


def test_the_list_of_classrooms_is_there_while_one_is_open(visit, place):
    """Its link has a parameter: without any, Streamlit leaves those of before in the address."""
    at = visit("classroom", place[0], **views.start())
    assert views.start() and "Open a classroom" in buttons(at) and "closes “Biology 7b”" in words(at)
