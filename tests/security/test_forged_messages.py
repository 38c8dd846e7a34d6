"""Messages that no page sends: presses of buttons never drawn, ids and files of others, Streamlit's own levers."""

import ast
from contextlib import suppress

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from tests.security.conftest import NAME, TOKEN
from tests.security.tab import Tab
from tests.security.test_headers import small_png
from tests.security.test_visitors import REFUSED
from tests.served import ROOT
from tlcore.access import VISITORS, visitor_name
from tlcore.data import edits, incoming
from tlcore.jobs import store
from tlcore.jobs.store import list_imports

CHANGING = {"submit", "restart", "resume", "cancel", "move_to_front", "request_stop", "reset"}
"""The methods and functions that change a job."""
MANAGING = {"tlcore.storage.renaming", "tlcore.storage.trash.delete", "tlcore.storage.trash.restore"}
MANAGING |= {f"tlcore.data.edits.{name}" for name in {*edits.__all__} - {"compare_versions", "history"}}
MANAGING |= {f"tlcore.data.versions.{name}" for name in ("undo", "redo", "go_to")}
MANAGING |= {"tlcore.workspace.discard"}
MANAGING |= {"tlcore.data.commit", "tlcore.data.additions", "tlcore.data.edit_log.point", "tlcore.cleaning.kept"}
MANAGING |= {f"tlcore.cleaning.planned.{name}" for name in ("plan", "take_back", "settle")}
MANAGING |= {"tlcore.data.corrections.correct", "tlcore.comparison.retraining.prepare_retraining"}
MANAGING |= {"tlcore.storage.sharing.stop_sharing", "tlcore.storage.handover.hand_over", "tlcore.grants.end_links"}
MANAGING |= {f"tlcore.classroom.store.{name}" for name in ("create_classroom", "change_classroom", "change_group")}
MANAGING |= {f"tlcore.classroom.removal.{name}" for name in ("remove_group", "restore_group", "erase")}
MANAGING |= {"tlcore.classroom.task.set_task", "tlcore.classroom.hidden_test.set_hidden_test"}
MANAGING |= {"tlcore.classroom.hidden_test.start_scoring"}
"""What renames, deletes, restores, ends links and hands over; only pages/shared/actions has modules of it whole."""
ACTIONS = ROOT / "pages" / "shared" / "actions"
GUARDS = {"is_allowed", "may_change", "may_see", "may_act", "is_owner", "account", "group"}
"""One of them is asked by whatever changes something. `account`, `group`: what it changes is then its own alone."""
HARMLESS = {"is_maker", "may_correct", "takes_more", "check_number_added", "refusals_kept", *GUARDS}
"""Functions of that package that only answer."""
SOURCES = [ROOT / "streamlit_app.py", *sorted((ROOT / "pages").rglob("*.py"))]


def test_a_right_that_was_taken_back_ends_with_it(host):
    """The button was drawn, and its callback is still known to the session."""
    browser = host.shared("act", "race")
    with browser.open("compare", race=host.ids["race"]) as tab:
        button = tab.buttons["Stop"]
        for file in (host.workspace.root / VISITORS).glob("*.json"):
            file.unlink()
        tab.press(button)
        assert "Nothing was changed" in tab.words and REFUSED in tab.words
    assert not (host.racing.folder / store.STOP).exists()


def test_a_button_that_was_never_drawn_does_nothing(host):
    with host.ann().open("compare", race=host.ids["race"]) as ann:
        buttons = {label: ann.buttons[label] for label in ("Stop", "Stop the race")}
    with host.shared("see", "race").open("compare", race=host.ids["race"]) as bob:
        for button in buttons.values():
            bob.press(button)
            assert NAME in bob.words, "the page goes on"
    assert not (host.racing.folder / store.STOP).exists()


def test_an_address_inside_a_message_is_no_key(host):
    with host.bob().open("train") as bob:
        bob.run("train", f"run={host.ids['run']}&key={host.key('act', 'run')}")
        assert REFUSED in bob.words, "a key counts only where it is taken out of the address"
        bob.run("data", f"dataset={host.ids['dataset']}&more=1&run={host.ids['run']}")
        assert REFUSED in bob.words and NAME not in bob.words


@pytest.mark.parametrize(
    "forge",
    [
        lambda message: setattr(message, "clear_cache", True),
        lambda message: setattr(message, "load_git_info", True),
        lambda message: setattr(message, "stop_script", True),
        lambda message: setattr(message, "set_run_on_save", True),
        lambda message: setattr(message, "debug_disconnect_websocket", True),
        lambda message: setattr(message, "debug_shutdown_runtime", True),
        lambda message: setattr(message.rerun_script, "fragment_id", "0" * 32),
        lambda message: setattr(message.rerun_script, "page_script_hash", "../../etc/passwd"),
        lambda message: setattr(message.rerun_script, "page_name", "../pages/shared/state.py"),
        lambda message: message.file_urls_request.file_names.append("../../x"),
    ],
)
def test_streamlits_levers_harm_nobody(host, forge):
    message = BackMsg()
    forge(message)
    with host.ann().open("train", run=host.ids["run"]) as ann, host.bob().open("train") as bob:
        for _ in range(5):
            bob.send(message)
        with suppress(ConnectionClosed, TimeoutError):
            bob.run("train", "")
            assert NAME not in bob.words
        ann.run()
        assert "View results" in ann.buttons, "others notice nothing"
    with host.bob().open("train") as again:
        assert "Add photos before you train" in again.words


@pytest.mark.parametrize("data", [b"", b"\xff" * 100, b"\x00" * 5000])
def test_bytes_that_are_no_message_end_one_connection_at_most(host, data):
    with host.bob().open("train") as bob:
        bob.socket.send(data)
    with host.bob().open("train") as again:
        assert "Add photos before you train" in again.words
    assert str(ROOT) not in again.words


def test_the_file_of_another_session_is_not_ones_own(host):
    with (
        host.ann().open("predict", run=host.ids["run"]) as ann,
        host.shared("see", "run").open("predict", run=host.ids["run"]) as bob,
    ):
        file_id, status = ann.upload(small_png())
        assert status == 204
        uploader = ann.of_type("file_uploader")
        taken = UploadedFileInfo(file_id=file_id, name="photo.png", size=100)
        state = WidgetState(id=uploader.id, file_uploader_state_value=FileUploaderState(uploaded_file_info=[taken]))
        bob.run(states=[state])
        assert "Recognises " in bob.words and "prediction ·" not in bob.words, "to his session there is no file"
        ann.run(states=[state])
        assert "1 prediction ·" in ann.words, "to hers there is"
        assert bob.upload(small_png(), session="00000000-0000-0000-0000-000000000000")[1] == 400


def test_the_session_of_another_gives_no_rights(host):
    """Who learned the id of a session, which no page shows and no log has, takes over its tab but not its visitor."""
    with host.ann().open("train", run=host.ids["run"]) as ann:
        session = ann.session
    bob = host.bob()
    bob.get("/")
    bob.get("/_stcore/health")
    with Tab(bob, {}, session) as tab:
        tab.run("train", f"run={host.ids['run']}")
        assert REFUSED in tab.words and not {"Restart", "Share"} & set(tab.buttons)
    assert session not in host.server.log.read_text()


def test_a_folder_of_the_server_cannot_be_named_by_a_stranger(host):
    """The field and the button that only the owner has, forged under the ids that they have on his page."""
    owner = host.bob()
    owner.get(f"/data?owner={TOKEN}")
    with owner.open("data") as tab:
        button, field = tab.buttons["Import folder"], tab.of_type("text_input").id
    with host.bob().open("data") as bob:
        assert "Import folder" not in bob.buttons
        bob.run(states=[WidgetState(id=field, string_value=str(ROOT)), WidgetState(id=button, trigger_value=True)])
        assert str(ROOT) not in bob.words
    assert not list_imports(host.workspace)


def test_the_uploads_of_another_are_passed_over(host):
    ann = visitor_name(host.secret)
    area = incoming.new_incoming(host.workspace, ann)
    incoming.add_file(host.workspace, area, "a.png", small_png(), NAME)
    for browser, sees in ((host.ann(), True), (host.bob(), False)):
        with browser.open("data", incoming=area) as tab:
            boards = str(tab.all_of_type("bidi_component"))
            assert (NAME in boards) is sees and (area in boards) is sees
    incoming.clear(host.workspace, area)


def test_what_a_visitor_makes_bears_his_name_and_nobody_else_has_it(host):
    bob, eve = host.bob(), host.bob()
    with bob.open("data") as tab:
        tab.press(next(button for label, button in tab.buttons.items() if label.startswith("Use ")))
    (job,) = list_imports(host.workspace)
    secret = next(value for name, value in bob.cookies.items() if "visitor" in name)
    assert job.visitor == visitor_name(secret) and secret not in (job.folder / store.JOB).read_text()
    with eve.open("data", job=job.id) as tab:
        assert REFUSED in tab.words and "Stop" not in tab.buttons
    store.request_stop(job)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_whatever_changes_a_job_goes_through_the_guard(path):
    """Only making a new job and its first step need no guard: they are the visitor's own."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
    changing = {node.attr for node in calls if node.attr in CHANGING and ast.unparse(node.value) != "actions"}
    allowed = {
        "train.py": {"submit"},
        "compare.py": {"submit"},
        "importing.py": {"submit"},
        "recommendation.py": {"restart"},  # of what is worked out for all who see a data set
    }
    assert path.parent == ACTIONS or changing <= allowed.get(path.name, set())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_whatever_renames_or_deletes_goes_through_the_guard(path):
    taken = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            taken |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    whole = {f"tlcore.classroom.{name}" for name in ("store", "removal", "task", "hidden_test")}
    whole |= {"tlcore.storage.trash", "tlcore.storage.renaming", "tlcore.data.versions", "tlcore.data.edits"}
    imported_whole = {name for name in taken if name in whole and f"from {name} import" not in path.read_text()}
    assert path.parent == ACTIONS or not (taken & MANAGING or imported_whole)


def test_every_action_asks_whether_this_visitor_may():
    """By itself, or by another action that it calls first of all."""
    functions = {
        node.name: {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
        for path in ACTIONS.glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    asking = set(GUARDS)
    while more := {name for name, called in functions.items() if called & asking} - asking:
        asking |= more
    assert len(functions) > 40
    assert not set(functions) - asking - HARMLESS
