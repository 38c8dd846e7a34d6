"""The runs on the Train page: the ways on after an end, and the line of those that wait."""

from dataclasses import replace

import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import buttons, words
from tlcore.config import TrainConfig, defaults_for
from tlcore.events import EpochEnd, Evaluated, Failed, Finished, Started, Stopped, encode
from tlcore.jobs import store
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import Run, create_run
from tlcore.models.registry import BUILT_IN
from tlcore.storage.renaming import rename
from tlcore.storage.sharing import rights_with
from tlcore.workspace import CHECKPOINT

pytestmark = pytest.mark.usefixtures("two_networks")


def ended(trained, config: TrainConfig, events: list, checkpoint: bool = True) -> Run:
    """A run with these events, and a checkpoint or none."""
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, config, "ended")
    (run.folder / "events.jsonl").write_text("".join(encode(event) + "\n" for event in events))
    if checkpoint:
        (run.folder / CHECKPOINT).touch()
    return run


def rounds(opened: int) -> list[EpochEnd]:
    """Two rounds of the head, then some of five with the network open."""
    return [
        EpochEnd(number, 7, 1, 1, 1, 1, 0.1, "head" if number < 3 else "fine_tune") for number in range(1, 3 + opened)
    ]


SHORT = defaults_for("hybrid", epochs=2, fine_tune_epochs=5)
FIGURES = Evaluated(3, 6, 9.0, 4.0, 5.0)


@pytest.mark.parametrize(
    ("events", "checkpoint", "expected", "reason"),
    [
        ([*rounds(2)], True, ["Continue from epoch 5", "Restart"], "its process was killed"),
        ([*rounds(2)], False, ["Restart"], "nothing to continue from"),
        (
            [*rounds(2), Failed("The disk is full.", "Free some.")],
            True,
            ["Continue from epoch 5", "Restart"],
            "the person can mend it",
        ),
        ([*rounds(1), Stopped("Kept.")], True, ["Continue from epoch 4", "Restart"], "stopped without a result"),
        ([*rounds(5)], True, ["Finish", "Restart"], "killed before it was tested"),
        (
            [*rounds(0), FIGURES, Finished("x", 9.0, stopped=True)],
            True,
            ["View results", "Continue from epoch 3", "Restart"],
            "stopped between its head and fine-tuning",
        ),
        (
            [*rounds(2), FIGURES, Finished("x", 9.0, stopped=True)],
            True,
            ["View results", "Continue from epoch 5", "Restart"],
            "stopped, and there is a result",
        ),
        ([*rounds(5), FIGURES, Finished("x", 9.0)], True, ["View results"], "it is done"),
    ],
)
def test_a_run_that_ended_offers_the_ways_on(visit, trained, queue, events, checkpoint, expected, reason):
    run = ended(trained, SHORT, [Started(0.0, 1), *events], checkpoint)
    at = visit("train", trained[0], run=run.id)
    assert buttons(at) == expected, reason
    primary = [button.label for button in at.button if button.proto.type == "primary"]
    assert primary == expected[:1], "one primary button"
    if checkpoint and len(expected) > 1:
        at.button(key="go_on").click().run()
        assert queue.continued == [run.id]


def test_a_second_press_on_train_meets_nothing(visit, trained, queue):
    run = ended(trained, SHORT, [Started(0.0, 1), *rounds(1)])
    with FileLock(run.folder / LOCK):
        at = visit("train", trained[0], run=run.id)
        assert at.button[0].label == "Training…" and at.button[0].disabled, "in the place of the button Train"
        assert buttons(at) == ["Training…", "Stop"]
        assert not [button for button in at.button if button.proto.type == "primary"]


def test_what_was_stopped_before_its_first_epoch_keeps_its_places(visit, trained, queue):
    run = ended(trained, SHORT, [Started(0.0, 1), Stopped("Kept.")], checkpoint=False)
    at = visit("train", trained[0], run=run.id)
    shown = "".join(each.proto.body for each in at.get("html"))
    assert shown.count("No epochs to show") == 1 and "No model to try" in shown


def test_a_run_without_its_weights_leads_to_the_built_in_network(visit, trained, queue):
    config = replace(defaults_for("hybrid", epochs=9), backbone="far-net")
    run = ended(trained, config, [Started(0.0, 1), Failed("far.h5 could not be fetched.", "Built in: EfficientNet.")])
    at = visit("train", trained[0], run=run.id)
    assert "could not be fetched" in words(at)
    primary = [button for button in at.button if button.proto.type == "primary"]
    assert [button.label for button in primary] == ["Choose the built-in backbone"]
    primary[0].click().run()
    assert "run" not in at.query_params
    assert at.radio(key="setting_backbone").value == BUILT_IN.name


@pytest.fixture
def line(trained, queue) -> list[Run]:
    """Three runs, with names of their own, that wait for one that is worked on; others go by that of their data set."""
    queue.working = 1
    workspace, dataset, _ = trained
    runs = [create_run(workspace, dataset.id, SHORT, "old name") for _ in range(3)]
    for number, run in enumerate(runs, start=1):
        rename(workspace, run.id, f"run {number}")
    queue.jobs.extend(runs)
    return runs


def names(at: AppTest) -> list[str]:
    """The runs in line, as they are called."""
    return [link.proto.label.split("**")[1] for link in at.get("page_link") if "**run " in link.proto.label]


def test_the_line_is_seen_and_changed(visit, trained, queue, line):
    workspace, dataset, _ = trained
    at = visit("train", workspace, dataset=dataset.id)
    assert "Waiting their turn" in words(at) and "EfficientNet-Lite0, hybrid" in words(at)
    assert names(at)[:3] == ["run 1", "run 2", "run 3"]
    assert buttons(at).count("Let it go first") == 2, "the first one is first already"
    at.button(key=f"first_{line[2].id}").click().run()
    assert names(at)[:3] == ["run 3", "run 1", "run 2"]
    at.button(key=f"out_{line[0].id}").click().run()
    assert store.stop_requested(line[0])()
    assert names(at)[:2] == ["run 3", "run 2"] and not at.exception


def test_a_run_whose_turn_it_is_waits_for_nobody(visit, trained, queue, line):
    queue.working = 0
    at = visit("train", trained[0], dataset=trained[1].id)
    assert names(at)[:2] == ["run 2", "run 3"], "the worker takes the first one now"


def test_before_the_first_epoch_one_quiet_line_keeps_the_place_of_the_curves(visit, trained, queue):
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, SHORT, "begins")
    (run.folder / "queued.json").write_text("{}")
    at = visit("train", workspace, run=run.id)
    assert words(at).count("Accuracy and loss appear here once training starts") == 1 and not at.exception


def test_a_run_in_line_goes_by_the_name_that_its_data_set_has_now(visit, trained, queue):
    workspace, dataset, _ = trained
    queue.working = 1
    queue.jobs.append(create_run(workspace, dataset.id, SHORT, "old name"))
    at = visit("train", workspace, dataset=dataset.id)
    labels = [link.proto.label for link in at.get("page_link")]
    assert any(label.startswith(f"**{dataset.name}**, ") for label in labels) and "old name" not in " ".join(labels)


@pytest.mark.parametrize(("right", "out"), [("act", True), ("see", False)])
def test_other_people_have_no_names_in_the_line(visit, trained, queue, line, stranger, right, out):
    workspace, _, _ = trained
    stranger(workspace, rights_with(workspace, "run", line[1].id, right))
    at = visit("train", workspace, run=line[1].id)
    assert words(at).count("another run") == 2
    assert "run 1" not in words(at)
    assert [button.key for button in at.button if button.label == "Take it out"] == [f"out_{line[1].id}"] * out
