"""Renaming, deleting and undoing on the pages: who may, what is said, and where one is afterwards."""

from urllib.parse import unquote

import pytest

from tests.conftest import copy_of
from tests.pages.conftest import buttons, words
from tlcore import access
from tlcore.comparison.store import create_comparison, list_comparisons
from tlcore.config import TrainConfig
from tlcore.data.dataset_list import list_datasets
from tlcore.data.edits import delete_class, rename_class
from tlcore.data.manifest import load_dataset
from tlcore.jobs.store import create_run, list_runs, load_run
from tlcore.storage.put_aside import list_deletions
from tlcore.storage.renaming import rename
from tlcore.storage.sharing import rights_with
from tlcore.storage.trash import delete
from tlcore.storage.visits import OWNER, LastUsed, note_visit


@pytest.fixture
def own(trained, tmp_path):
    """The one finished run in a workspace that the test may change."""
    return copy_of(trained, tmp_path / "own")


def menu(at, key):
    return next(each for each in at.menu_button if each.key == key)


def choose(at, key, option):
    return menu(at, key).click(option).run()


def links(at):
    return [link.proto.label for link in at.get("page_link")]


def press(at, label):
    return next(button for button in at.button if button.label == label).click().run()


MENUS = [
    ("data", "in_use_dataset", "the top line"),
    ("welcome", "menu_list_{dataset}", "a card"),
]


@pytest.mark.parametrize(("page", "key", "reason"), MENUS)
def test_a_data_set_is_renamed_where_it_is_shown(visit, own, page, key, reason):
    workspace, dataset, _ = own
    at = visit(page, workspace, **({"dataset": dataset.id} if page == "data" else {}))
    at = choose(at, key.format(dataset=dataset.id), "Rename…")
    assert at.text_input(key="rename_field").value == dataset.name, reason
    at.text_input(key="rename_field").set_value("My *shapes*")
    at = press(at, "Save")
    assert [each.name for each in list_datasets(workspace)] == ["My *shapes*"]
    assert r"My \*shapes\*" in " ".join([*links(at), *(each.label for each in at.menu_button)]), "letters stay letters"


@pytest.mark.parametrize(("page", "key", "reason"), MENUS)
def test_a_data_set_is_deleted_after_it_was_said_what_goes_along_and_comes_back(visit, own, page, key, reason):
    workspace, dataset, run = own
    at = visit(page, workspace, **({"dataset": dataset.id, "run": run.id} if page == "data" else {}))
    at = choose(at, key.format(dataset=dataset.id), "Delete…")
    assert "1 run goes with it. This frees" in words(at) and list_datasets(workspace), reason
    at = press(at, "Delete")
    assert not at.exception and not at.error
    assert not list_datasets(workspace) and not list_runs(workspace)
    assert "Deleted “shapes”\\." in words(at) or "Deleted “shapes”." in words(at)
    assert "dataset" not in at.query_params and "run" not in at.query_params
    at = press(at, "Undo")
    assert [each.id for each in list_runs(workspace)] == [run.id] and not list_deletions(workspace)
    assert at.query_params["dataset"] in (dataset.id, [dataset.id]) and "Undo" not in buttons(at)


def test_a_run_is_called_what_it_is_and_how_good_until_somebody_renames_it(visit, own):
    workspace, dataset, run = own
    at = visit("welcome", workspace)
    assert any(label.startswith("**Feature extraction · ") and label.endswith("%**") for label in links(at))
    at = choose(at, f"menu_list_{run.id}", "Rename…")
    at.text_input(key="rename_field").set_value("The good one")
    at = press(at, "Save")
    assert "**The good one**" in links(at) and load_run(workspace, run.id).is_renamed
    at = visit("train", workspace, dataset=dataset.id, run=run.id)
    assert "The good one" in at.title[0].value and "Trained on shapes" in words(at)


def test_a_run_in_use_is_deleted_and_the_page_offers_the_next_one(visit, own):
    workspace, dataset, run = own
    at = visit("train", workspace, dataset=dataset.id, run=run.id)
    at = press(choose(at, "in_use_run", "Delete…"), "Delete")
    assert "run" not in at.query_params and not list_runs(workspace) and not at.error
    assert any(button.key == "train" for button in at.button), "and another one can be trained"


def test_a_race_goes_with_its_runs_or_without(visit, own):
    workspace, dataset, run = own
    races = [create_comparison(workspace, dataset.id, [TrainConfig(), TrainConfig(seed=1)], "x") for _ in range(2)]
    at = visit("compare", workspace, dataset=dataset.id)
    at = choose(at, f"menu_list_{races[0].id}", "Delete…")
    assert "2 runs go with it" in words(at)
    at.checkbox(key="delete_keep_runs").check().run()
    at = press(at, "Delete")
    assert len(list_runs(workspace)) == 5 and len(list_comparisons(workspace)) == 1
    at = press(choose(at, f"menu_list_{races[1].id}", "Delete…"), "Delete")
    assert len(list_runs(workspace)) == 3 and not list_comparisons(workspace)


def class_menu(at, dataset, label):
    return f"menu_page_{dataset.id}_{dataset.labels.index(label)}"


CLASSES = [
    ("Delete…", None, "Delete", {"square", "stripes"}, "Deleted the class “disc”"),
    ("Rename…", "Circle", "Save", {"Circle", "square", "stripes"}, "Renamed the class “disc” to “Circle”"),
]


@pytest.mark.parametrize(("option", "name", "button", "labels", "said"), CLASSES, ids=["delete", "rename"])
def test_a_class_is_changed_and_the_change_undone(visit, own, option, name, button, labels, said):
    workspace, dataset, run = own
    at = visit("data", workspace, dataset=dataset.id)
    at = choose(at, class_menu(at, dataset, "disc"), option)
    if name:
        at.text_input(key="rename_field").set_value(name)
    at = press(at, button)
    (newest,) = list_datasets(workspace)
    assert not at.error and set(newest.labels) == labels and said in words(at)
    assert at.query_params["dataset"] in (newest.id, [newest.id])
    assert set(load_dataset(workspace, dataset.id).labels) == {"disc", "square", "stripes"}, "the run keeps its photos"
    press(at, "Undo")
    assert [each.id for each in list_datasets(workspace)] == [dataset.id]


OUTDATED = "This model was trained before you changed the photos."


def test_a_run_stays_in_use_when_its_photos_are_changed_and_after_that_is_undone(visit, own):
    workspace, dataset, run = own
    ids = {"dataset": [dataset.id], "run": [run.id]}
    at = visit("data", workspace, dataset=dataset.id, run=run.id)
    assert OUTDATED not in words(at)
    at = press(choose(at, class_menu(at, dataset, "disc"), "Delete…"), "Delete")
    (newest,) = list_datasets(workspace)
    assert at.query_params["run"] in (run.id, [run.id]) and at.query_params["dataset"] in (newest.id, [newest.id])
    assert OUTDATED in words(at) and "menu_page_" + newest.id in " ".join(each.key for each in at.menu_button)
    ways = [link.proto for link in at.get("page_link") if link.proto.label == "Train again"]
    assert newest.id in unquote(ways[0].query_string) and run.id not in ways[0].query_string
    for page in ("evaluate", "train"):
        other = visit(page, workspace, dataset=newest.id, run=run.id)
        assert OUTDATED in words(other) and not other.error and "Train a model first" not in words(other), page
    at = press(at, "Undo")
    assert {
        kind: [at.query_params[kind]] if isinstance(at.query_params[kind], str) else at.query_params[kind]
        for kind in ids
    } == ids
    assert "Undone" in words(at) and OUTDATED not in words(at)


def test_a_run_that_was_deleted_is_in_use_again_when_it_is_back(visit, own):
    workspace, dataset, run = own
    at = visit("train", workspace, dataset=dataset.id, run=run.id)
    at = press(press(choose(at, "in_use_run", "Delete…"), "Delete"), "Undo")
    assert at.query_params["run"] in (run.id, [run.id]) and not at.error


def test_runs_bear_the_name_that_their_photos_have_now(visit, own):
    workspace, dataset, run = own
    rename(workspace, dataset.id, "First")
    newer = delete_class(workspace, load_dataset(workspace, dataset.id), "disc")
    rename(workspace, newer.id, "Second")
    at = visit("welcome", workspace)
    assert any(each.value.startswith("Second · ") for each in at.caption)
    assert "Trained on Second" in words(visit("train", workspace, run=run.id))


@pytest.mark.parametrize(("page", "key"), [("data", "in_use_dataset"), ("data", "class")])
def test_a_name_that_is_refused_can_be_mended_in_the_dialog(visit, own, page, key):
    workspace, dataset, _ = own
    at = visit(page, workspace, dataset=dataset.id)
    at = choose(at, class_menu(at, dataset, "disc") if key == "class" else key, "Rename…")
    at.text_input(key="rename_field").set_value(" ")
    at = press(at, "Save")
    assert [each.value for each in at.error] == [r"**Enter a name.**"]
    assert "Go to the Data page" not in links(at)


def test_two_classes_become_one_only_when_that_was_confirmed(visit, own):
    workspace, dataset, run = own
    at = visit("data", workspace, dataset=dataset.id)
    at = choose(at, class_menu(at, dataset, "disc"), "Rename…")
    at.text_input(key="rename_field").set_value("Square")
    at = press(at, "Save")
    assert "already a class **square**" in words(at) and list_datasets(workspace)[0].id == dataset.id
    number = int((dataset.photos["label"] == "square").sum())
    both = number + int((dataset.photos["label"] == "disc").sum())
    assert f"into its {number} photos? The merged class has {both} photos" in words(at)
    at = press(at, "Merge")
    assert f"Merged “disc” into “square”\\: {both} photos" in words(at)
    assert list_datasets(workspace)[0].labels == ("square", "stripes") and not at.error


def test_what_cannot_be_changed_is_said_in_the_dialog(visit, own):
    workspace, dataset, run = own
    fewer = delete_class(workspace, dataset, "disc")
    at = visit("data", workspace, dataset=fewer.id)
    at = press(choose(at, class_menu(at, fewer, "square"), "Delete…"), "Delete")
    assert "At least two classes are needed" in at.error[0].value
    assert list_datasets(workspace)[0].id == fewer.id


def test_cancel_deletes_nothing(visit, own):
    workspace, dataset, _ = own
    at = choose(visit("data", workspace, dataset=dataset.id), "in_use_dataset", "Delete…")
    press(at, "Cancel")
    assert list_datasets(workspace) and not list_deletions(workspace)


@pytest.mark.parametrize(("right", "allowed"), [("see", False), ("act", True)])
def test_only_who_may_change_a_thing_is_offered_to(visit, own, stranger, right, allowed):
    workspace, dataset, run = own
    stranger(workspace, rights_with(workspace, "run", run.id, right))
    at = visit("train", workspace, run=run.id)
    assert ("Delete…" in menu(at, "in_use_run").options) is allowed
    assert "Delete…" not in menu(at, "in_use_dataset").options, "photos are their maker's alone"


def test_what_a_stranger_deleted_comes_back_by_its_maker(visit, own, stranger):
    workspace, dataset, run = own
    me = access.visitor_name(access.new_secret())
    theirs = create_run(workspace, dataset.id, TrainConfig(), "x", "b" * 32)
    mine = create_run(workspace, dataset.id, TrainConfig(), "x", me)
    for each in (theirs, mine):
        delete(workspace, each.id)
    stranger(workspace, rights_with(workspace, "run", run.id, "see"))
    at = visit("data", workspace, more="1")
    restoring = [button.key for button in at.button if (button.key or "").startswith("restore_")]
    assert theirs.id not in " ".join(restoring)
    assert not restoring or restoring == [f"restore_{mine.id}"]


def test_what_was_deleted_lately_is_on_the_data_page_with_what_is_left_of_the_day(visit, own):
    workspace, dataset, run = own
    delete(workspace, run.id)
    at = visit("data", workspace, more="1")
    assert "23 hours left" in words(at)
    at = at.button(key=f"restore_{run.id}").click().run()
    assert [each.id for each in list_runs(workspace)] == [run.id]


def test_a_changed_data_set_is_shown_in_its_newest_version(visit, own):
    workspace, dataset, run = own
    newer = rename_class(workspace, dataset, "disc", "Round")
    at = visit("data", workspace, dataset=dataset.id)
    assert at.query_params["dataset"] in (newer.id, [newer.id]) and not at.error
    at = visit("evaluate", workspace, run=run.id)
    assert not at.error, "the run keeps the photos that it learned from"
    at = visit("data", workspace, dataset=dataset.id, run=run.id)
    assert "Round" in words(at) and "This model was trained before you changed the photos" in words(at)
    at = visit("data", workspace, dataset=newer.id)
    assert "trained before you changed" not in words(at)


def test_a_change_on_a_page_that_shows_an_earlier_version_is_made_to_the_newest(visit, own):
    workspace, dataset, run = own
    at = choose(
        visit("data", workspace, dataset=dataset.id),
        f"menu_page_{dataset.id}_{dataset.labels.index('disc')}",
        "Rename…",
    )
    rename_class(workspace, dataset, "stripes", "Zebra")
    at.text_input(key="rename_field").set_value("Circle")
    at = press(at, "Save")
    (newest,) = list_datasets(workspace)
    assert set(newest.labels) == {"Circle", "square", "Zebra"} and not at.error
    press(at, "Undo")
    assert set(list_datasets(workspace)[0].labels) == {"disc", "square", "Zebra"}, "only that change is undone"


def test_what_was_changed_lately_is_listed_in_words_until_it_is_undone(visit, own):
    workspace, dataset, run = own
    rename_class(workspace, dataset, "disc", "Round")
    at = visit("data", workspace, more="1")
    assert "Renamed the class “disc” to “Round” in shapes" in words(at)
    at = at.button(key=f"restore_{dataset.id}").click().run()
    assert [each.id for each in list_datasets(workspace)] == [dataset.id]
    assert "Renamed the class" not in words(visit("data", workspace, more="1"))


def test_a_new_tab_opens_what_was_used_last(visit, own):
    workspace, dataset, run = own
    visit("train", workspace, dataset=dataset.id, run=run.id)
    used = LastUsed(dataset.id, run.id)
    for page in ("data", "train", "evaluate", "predict"):
        at = visit(page, workspace)
        assert "run" not in at.query_params, "each visit of these tests begins without a memory"
        note_visit(workspace, OWNER, used)
        at = at.run()
        assert at.query_params["run"] in (run.id, [run.id]), page
    at = visit("data", workspace, more="1")
    note_visit(workspace, OWNER, used)
    assert "dataset" not in at.run().query_params, "who wants other photos is not led back"


def test_what_was_used_last_and_is_gone_is_not_opened(visit, own):
    workspace, dataset, run = own
    at = visit("train", workspace)
    note_visit(workspace, OWNER, LastUsed(dataset.id, run.id))
    delete(workspace, dataset.id)
    at = at.run()
    assert not at.error and "dataset" not in at.query_params


def test_choose_photos_begins(visit, own):
    workspace, dataset, run = own
    at = press(visit("welcome", workspace), "Choose photos to begin")
    assert at.query_params["more"] in ("1", ["1"]) and "dataset" not in at.query_params


@pytest.mark.parametrize(("number", "has_field"), [(8, False), (9, True)])
def test_a_long_list_can_be_searched(visit, own, number, has_field):
    workspace, dataset, run = own
    runs = [create_run(workspace, dataset.id, TrainConfig(), "shapes") for _ in range(number - 1)]
    rename(workspace, runs[0].id, "Needle")
    at = visit("welcome", workspace)
    fields = [each for each in at.text_input if each.key == "search_runs"]
    assert bool(fields) is has_field
    if has_field:
        at = fields[0].set_value("needle").run()
        assert [label for label in links(at) if label.startswith("**Needle")] == ["**Needle**"]
        assert not any("Feature extraction" in label for label in links(at))
        at = at.text_input(key="search_runs").set_value("hay").run()
        assert "Nothing matches “hay”" in words(at)


def test_classes_are_put_in_order_in_a_list_and_saved_as_one_edit(visit, own):
    workspace, dataset, _ = own
    at = visit("data", workspace, dataset=dataset.id)
    first, *rest = dataset.labels
    choose(at, f"menu_page_{dataset.id}_0", "Reorder classes…")
    for _ in rest:
        at.button(key="order_down_0").click().run()
    assert at.button(key="order_down_0").disabled and not at.exception
    at.button(key="confirm").click().run()
    (found,) = list_datasets(workspace)
    assert load_dataset(workspace, found.id).labels == (*rest, first) and found.id.endswith("@2")
    choose(at, f"menu_page_{found.id}_0", "Reorder classes…")
    at.button(key="order_sort").click().run()
    at.button(key="confirm").click().run()
    (found,) = list_datasets(workspace)
    assert load_dataset(workspace, found.id).labels == dataset.labels
