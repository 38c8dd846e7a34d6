"""Trust on the Evaluate page: how far the score can be relied on, and the model on other photos than its own."""

import re

import pytest

from pages.parts.evaluate.test_set import ZONE
from pages.shared import actions, drop_zone, gallery, photo_viewer, state
from tests.conftest import copy_of
from tests.pages.conftest import ROOT, buttons, words
from tests.small import write_small_folder
from tlcore.analysis.test_set_results import list_test_sets, load_results
from tlcore.data import incoming
from tlcore.errors import UserError
from tlcore.jobs.store import analysis_job
from tlcore.messages.other_photos import KEPT_NOTE
from tlcore.messages.trust import TITLE
from tlcore.worker.runner import run_job

NAME = "<b>Park</b> *1*"


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Photos of the same classes, one of them broken."""
    folder = write_small_folder(tmp_path_factory.mktemp("other") / "park", 3, seed=50)
    (folder / "disc" / "broken.jpg").write_bytes(b"nothing")
    return folder


@pytest.fixture
def place(trained, tmp_path):
    return copy_of(trained, tmp_path / "home")


def a_test(place, path, name=NAME):
    workspace, _, run = place
    job = analysis_job(workspace, run, "test-set", {"path": str(path), "name": name})
    run_job(workspace, job)
    return job


def trust(visit, place):
    return visit("evaluate", place[0], run=place[2].id, view="trust")


def test_a_test_stands_beside_the_own_score(visit, place, other):
    job = a_test(place, other)
    at = trust(visit, place)
    report = load_results(job).report
    said = words(at)
    assert not at.exception and TITLE in said
    assert f"{report.correct} of {report.total} photos correct" in said
    assert "its own test photos" in said.replace("\\", ""), "with the verdict of chance"
    assert "<b>" not in "".join(each.value for each in at.markdown if "Park" in each.value).replace("\\<b\\>", "")
    assert [each.label for each in at.expander if "left out" in each.label] == ["1 file left out"]
    assert KEPT_NOTE in said
    at.button(key=f"delete_{job.id}").click().run()
    assert not job.folder.exists() and not list_test_sets(*place[::2]) and not at.exception


def test_a_mistake_opens_large(visit, place, other, monkeypatch):
    shown = []
    monkeypatch.setattr(gallery, "_MOUNT", lambda **options: {"opened": 0})
    monkeypatch.setattr(photo_viewer, "show", lambda photos, place, *rest: shown.append(photos[place]))
    a_test(place, other / "disc", "without classes")
    at = trust(visit, place)
    (photo,) = [each for each in shown if each.name.endswith(".png")][:1]
    assert not at.exception and photo.predicted and photo.read()[:2] == b"\xff\xd8", "the small picture that is kept"
    assert "Only a small one is kept" in photo_viewer.facts(photo)


def test_photos_without_classes_get_predictions(visit, place, other, tmp_path):
    (tmp_path / "holiday").mkdir()
    for number, photo in enumerate(sorted(other.rglob("*.png"))):
        (tmp_path / "holiday" / f"IMG_{number}.png").write_bytes(photo.read_bytes())
    a_test(place, tmp_path / "holiday", "Holiday")
    at = trust(visit, place)
    assert "9 photos have no class folders, so nothing was counted" in words(at) and not at.exception
    assert "Download predictions (CSV)" in [each.label for each in at.get("download_button")]


def test_of_several_one_is_chosen(visit, place, other):
    first, second = a_test(place, other, "One"), a_test(place, other, "Two")
    at = trust(visit, place)
    (choice,) = [each for each in at.selectbox if each.label == "Test set"]
    assert [option.split(" · ")[0] for option in choice.options] == ["Two", "One"], "the newest first"
    assert f"delete_{second.id}" in [each.key for each in at.button]
    choice.set_value(first.id).run()
    assert f"delete_{first.id}" in [each.key for each in at.button]


def test_what_failed_says_why_and_can_be_removed(visit, place, queue, tmp_path):
    (tmp_path / "zoo" / "lions").mkdir(parents=True)
    (tmp_path / "zoo" / "bears").mkdir()
    for name in ("lions/a.png", "bears/b.png"):
        (tmp_path / "zoo" / name).write_bytes((next(place[1].root.rglob("*.png"))).read_bytes())
    job = a_test(place, tmp_path / "zoo", "Zoo")
    at = trust(visit, place)
    said = words(at).replace("\\", "")
    assert "**Zoo was not tested.**" in said and "The model doesn’t know these classes: bears, lions." in said
    at.button(key=f"retry_{job.id}").click().run()
    assert [each.id for each in queue.jobs] == [job.id]
    at.button(key=f"remove_{job.id}").click().run()
    assert not job.folder.exists() and "was not tested" not in words(at)


def test_the_owner_names_a_folder(visit, place, queue, other):
    at = trust(visit, place)
    at.text_input(key="test_path").set_value(f" {other}/ ").run()
    at.button(key="test_path_go").click().run()
    assert [each.spec["options"] for each in queue.jobs] == [{"path": f"{other}/", "name": "park"}]


def test_a_visitor_names_no_folder_of_the_server(visit, place, stranger, monkeypatch):
    """No page offers it, and a forged press comes to the same refusal."""
    stranger(place[0], {place[2].id: "act"})
    at = trust(visit, place)
    assert "test_path" not in [each.key for each in at.text_input] and not at.exception
    monkeypatch.setattr(state, "is_owner", lambda: False)
    with pytest.raises(UserError, match="Only the owner"):
        actions.test_on_photos(place[2], {"path": "/etc"})


def test_who_may_only_look_changes_nothing(visit, place, other, stranger):
    job = a_test(place, other)
    stranger(place[0], {place[2].id: "see"})
    at = trust(visit, place)
    assert "Test on other photos" in words(at) and not at.exception
    assert not {"Delete this test", "Try again"} & set(buttons(at))
    assert not [each for each in at.get("bidi_component") if "request_bytes" in (each.proto.json or "")]
    assert "Download report" in [each.label for each in at.get("download_button")]
    assert job.folder.exists()


@pytest.mark.parametrize(
    "said",
    [None, "x", {"status": 7}, {"status": {"order": "1"}}, {"status": {"order": "1", "area": "../runs", "name": 3}}],
)
def test_a_forged_message_tests_nothing(visit, place, queue, said):
    at = trust(visit, place)
    at.session_state[f"test_upload_{place[2].id}_0"] = said
    at.run()
    assert not queue.jobs


def test_an_order_becomes_a_job_once(monkeypatch, place):
    """What the browser says is a state, which comes with every run of the page."""
    workspace = place[0]
    area = incoming.new_incoming(workspace)
    kept = {"k": {"status": {"order": "a1", "area": area, "name": "Park\n" + "x" * 200}}, drop_zone.AREA + "z": area}
    monkeypatch.setattr(drop_zone.st, "session_state", kept)
    monkeypatch.setattr(drop_zone.state, "workspace", lambda: workspace)
    monkeypatch.setattr(drop_zone.state, "maker", lambda: "")
    monkeypatch.setattr(drop_zone, "_MOUNT", lambda **options: None)
    order = drop_zone.ask("z", "k", ZONE)
    assert order is not None and order.area == area and order.name.startswith("Park x") and len(order.name) == 80
    assert drop_zone.ask("z", "k", ZONE) is None


def test_names_of_files_never_become_markup():
    folder = ROOT / "pages" / "shared"
    text = "".join((folder / f"drop_zone.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
    assert not re.search(r"https?:|@import|url\(|innerHTML|insertAdjacent|eval\(", text)
