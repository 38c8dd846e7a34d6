"""The Evaluate page: what its figures lead to, the photos that are shown and in which order, and forged messages."""

import re

import numpy as np
import pandas as pd
import pytest

from pages.parts.evaluate import figures, matrix, row_table
from pages.parts.evaluate.photo_filter import PhotoFilter, Shown, select, shown_message
from tests.conftest import copy_of
from tests.pages.conftest import ROOT, words
from tlcore.data.manifest import Dataset
from tlcore.evaluation.report import Report, make_report, predictions_frame, save_report
from tlcore.jobs.store import Run
from tlcore.messages.quantities import count

LABELS = ("ant", "bee", "cow")


def report(rows: list[tuple[str, str, float]]) -> Report:
    """A report on photos given by their class, the prediction and its probability."""
    photos = pd.DataFrame(
        [(f"{number}.png", f"{number}", label) for number, (label, _, _) in enumerate(rows)],
        columns=["path", "sha256", "label"],
    )
    probabilities = np.zeros((len(rows), 3), np.float32)
    for number, (_, predicted, probability) in enumerate(rows):
        probabilities[number] = (1 - probability) / 2
        probabilities[number, LABELS.index(predicted)] = probability
    return make_report(predictions_frame(photos, probabilities, LABELS), LABELS)


REPORT = report(
    [("ant", "ant", 0.9), ("ant", "bee", 0.6), ("bee", "bee", 0.7), ("bee", "ant", 0.95), ("ant", "bee", 0.8)]
)


@pytest.mark.parametrize(
    ("shown", "paths", "message", "reason"),
    [
        (Shown(True), [3, 4, 1], "3 mistakes, most confident first", "the worst mistake stands first"),
        (Shown(False), [3, 4, 1, 2, 0], "5 photos, mistakes first", "then the least certain of the others"),
        (Shown(False, "bee"), [3, 2], "2 photos: actually bee (mistakes first)", "a row of the table of classes"),
        (Shown(True, "bee"), [3], "1 mistake: actually bee", "one needs no order"),
        (
            Shown(False, "ant", "bee"),
            [4, 1],
            "2 photos: predicted bee, actually ant (most confident first)",
            "a cell off the diagonal",
        ),
        (Shown(False, "bee", "bee"), [2], "1 photo: bee, predicted correctly", "a cell on the diagonal"),
        (Shown(True, "cow"), [], "0 mistakes: actually cow", "nothing of that class"),
    ],
)
def test_what_is_shown_and_in_which_order(shown, paths, message, reason):
    rows = select(REPORT.predictions, shown)
    assert rows["path"].tolist() == [f"{number}.png" for number in paths], reason
    assert shown_message(rows, shown) == message, reason


@pytest.mark.parametrize(
    ("shown", "cell"),
    [
        (Shown(False, "ant", "bee"), ("ant", "bee")),
        (Shown(True, "ant", "bee"), ("ant", "bee")),
        (Shown(True, "bee", "bee"), None),
        (Shown(False, "ant"), None),
        (Shown(True), None),
    ],
)
def test_the_cell_that_is_marked_is_the_one_whose_photos_are_shown(shown, cell):
    assert shown.cell == cell


def test_each_class_has_the_counts_of_its_shares():
    ant, bee, cow = figures.class_rows(REPORT)
    assert [cell.text for cell in ant.cells] == ["33%", "50%", "40%"]
    assert [cell.detail for cell in ant.cells] == ["1 of 3", "1 of 2", ""]
    assert ant.action == "Show 3 test photos of ant" and (ant.hue, bee.hue) == (0, 1)
    assert cow.cells[1].text == "–", "what was never predicted has no precision, and no 0% either"


@pytest.mark.parametrize(
    "message",
    [None, "x", 7, [0, 1], {}]
    + [{"cell": cell} for cell in ("01", [0], [0, 3], [-1, 0], [True, 0], [0.0, 1.0], {"0": 1})]
    + [{"row": row} for row in (9, -1, True, "1", [1])],
)
def test_a_forged_message_opens_nothing(message):
    assert matrix.cell_of(message, 3) is None and row_table.row_of(message, 3) is None


def test_a_true_message_opens_what_it_names():
    assert matrix.cell_of({"cell": [0, 2]}, 3) == (0, 2) and row_table.row_of({"row": 2}, 3) == 2


@pytest.mark.parametrize("part", ["matrix", "row_table"])
def test_names_of_classes_never_become_markup(part):
    folder = ROOT / "pages" / "parts" / "evaluate"
    text = "".join((folder / f"{part}.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
    assert not re.search(r"https?:|@import|url\(|innerHTML|insertAdjacent|eval\(", text)


@pytest.fixture
def judged(trained, tmp_path):
    """The finished run, with figures in which one test photo of each class but the last is wrong."""
    workspace, dataset, run = copy_of(trained, tmp_path / "judged")
    _mistake(dataset, run)
    return workspace, dataset, run


def _mistake(dataset: Dataset, run: Run) -> None:
    """The first photo of the first class is predicted as the second class."""
    test = dataset.part("test")
    truth = np.array([dataset.labels.index(label) for label in test["label"]])
    predicted = truth.copy()
    predicted[np.flatnonzero(truth == 0)[0]] = 1
    probabilities = np.eye(len(dataset.labels), dtype=np.float32)[predicted]
    save_report(run.folder, make_report(predictions_frame(test, probabilities, dataset.labels), dataset.labels))


def test_the_page_begins_with_the_mistakes_and_the_filter_shows_others(visit, judged):
    workspace, dataset, run = judged
    first, second = dataset.labels[:2]
    at = visit("evaluate", workspace, run=run.id)
    assert f"a photo of “{first}” is predicted as “{second}”" in words(at) and "**1 mistake**" in words(at)
    at.selectbox(key=f"photos_actual_{run.id}").set_value(second).run()
    assert "No photos match" in words(at)
    at.button_group(key=f"photos_kind_{run.id}").set_value("All photos").run()
    number = int((dataset.part("test")["label"] == second).sum())
    assert f"**{count(number, 'photo')}\\: actually {second}" in words(at)
    assert not at.exception and not at.error


@pytest.mark.parametrize(
    ("address", "shown", "reason"),
    [
        ({"show": "all", "actual": 1}, "All photos", "as it was set before the page was loaded again"),
        ({"show": "mistakes"}, "Mistakes", "what is set at first"),
        ({"show": "<script>", "actual": "nobody"}, "Mistakes", "an address may say anything"),
    ],
)
def test_a_filter_survives_a_reload(visit, judged, address, shown, reason):
    workspace, dataset, run = judged
    said = {name: dataset.labels[value] if isinstance(value, int) else value for name, value in address.items()}
    at = visit("evaluate", workspace, run=run.id, **said)
    assert at.button_group(key=f"photos_kind_{run.id}").value == shown, reason
    actual = dataset.labels[1] if "all" in said.values() else ""
    assert at.selectbox(key=f"photos_actual_{run.id}").value == actual and not at.exception
    assert ("show" in at.query_params, "actual" in at.query_params) == (shown == "All photos", bool(actual)), reason


def test_a_filter_that_is_set_stands_in_the_address(visit, judged):
    workspace, dataset, run = judged
    at = visit("evaluate", workspace, run=run.id)
    at.button_group(key=f"photos_kind_{run.id}").set_value("All photos").run()
    assert at.query_params["show"] in ("all", ["all"])
    del at.query_params["show"]
    at.run()
    assert at.button_group(key=f"photos_kind_{run.id}").value == "Mistakes", "Back takes it away"


def test_what_is_set_counts_before_the_address_that_the_browser_still_has(visit, judged):
    """Two changes in a row: the second was sent before the browser knew the address of the first."""
    workspace, dataset, run = judged
    at = visit("evaluate", workspace, run=run.id, show="all")
    for label in dataset.labels[:2]:
        at.selectbox(key=f"photos_actual_{run.id}").set_value(label)
        at.query_params.pop("actual", None)
        at.run()
    assert at.selectbox(key=f"photos_actual_{run.id}").value == dataset.labels[1]
    assert at.query_params["actual"] in (dataset.labels[1], [dataset.labels[1]]) and not at.exception


def test_what_is_chosen_elsewhere_stands_in_the_filter(monkeypatch):
    monkeypatch.setattr("pages.parts.evaluate.photo_filter.st.session_state", {})
    monkeypatch.setattr("pages.shared.address.st.query_params", {})
    photos, others = PhotoFilter("a-run", LABELS), PhotoFilter("b", LABELS)
    assert photos.chosen(has_mistakes=True) == Shown(True) and others.chosen(False) == Shown(False)
    for shown in (Shown(False, "ant", "bee"), Shown(False, "cow"), Shown(True)):
        photos.choose(shown)
        assert photos.chosen(has_mistakes=True) == shown
    assert others.chosen(True) == Shown(False), "each run has its own"
