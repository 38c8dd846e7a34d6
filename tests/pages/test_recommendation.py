"""The line on the Train page: photos are examined by themselves, nothing is held up, and what it says can be taken."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.train import recommendation_line
from pages.shared import recommendation
from tests.pages.conftest import buttons, words
from tests.pages.test_shared import HOSTILE, Tags
from tests.recommendations import examined_photos, make_recommendation
from tlcore.advice.rule import SIMILAR_FROM
from tlcore.config import defaults_for
from tlcore.events import Failed, Progress, Started, encode
from tlcore.jobs import status
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import EVENTS, recommendation_job


@pytest.fixture
def dataset(trained):
    return trained[1]


@pytest.fixture
def form(visit, trained, monkeypatch):
    """`form(advice)`: the Train page where this came of the look at the photos."""

    def open_form(found=None) -> AppTest:
        monkeypatch.setattr(recommendation, "load_recommendation", lambda job: found)
        return visit("train", trained[0], dataset=trained[1].id)

    return open_form


def line(at: AppTest):
    """The line that opens, None where there is no recommendation."""
    folds = [fold for fold in at.expander if fold.label.startswith("Recommended")]
    return folds[0] if folds else None


def test_the_first_visit_starts_the_look_and_no_other_does(form, queue):
    at = form()
    assert [job.kind for job in queue.advice] == ["advice"]
    at.run()
    assert len(queue.advice) == 1
    assert line(at) is None and "Train" in buttons(at), "nothing is held up"


def test_where_there_is_advice_nobody_looks_again(form, dataset, queue):
    form(make_recommendation(examined=examined_photos(dataset)))
    assert queue.advice == []


def test_the_line_has_the_strategy_the_reason_and_nine_photos(form, dataset):
    at = form(make_recommendation(0.4, reason="Few photos like yours.", examined=examined_photos(dataset)))
    assert line(at).label == "Recommended: **hybrid** · Why this recommendation?"
    assert not line(at).proto.expanded, "one line, whatever comes"
    assert "nth-child(2) { --tl-badge" in words(at), "the second card says so too"
    text = words(at)
    assert "Few photos like yours." in text.replace("\\", "")
    grid = next(element.body for element in at.html if "looks like" in element.body)
    assert grid.count("<figure") == 9 and grid.count("looks like: oboe 40%") == 9 and "tabby" not in grid
    assert "to the network it looks like oboe" in grid, "the alt text says so too"
    assert "similarity of 0.40 (of 1)" in at.get("vega_lite_chart")[0].proto.alt


def arrive(at: AppTest, monkeypatch, found) -> AppTest:
    """The page drawn again, now that this came of the look at the photos."""
    monkeypatch.setattr(recommendation, "load_recommendation", lambda job: found)
    return at.run()


def test_the_advice_is_selected_as_long_as_nobody_chose_anything(form, dataset, queue, monkeypatch):
    at = form()
    assert at.radio(key="setting_strategy").value == "feature-extraction"
    arrive(at, monkeypatch, make_recommendation(0.4, examined=examined_photos(dataset)))
    assert at.radio(key="setting_strategy").value == "hybrid" and "then fine-tunes the top" in words(at)
    assert "Use this recommendation" not in buttons(at) and "Selected below" in words(at)
    at.button(key="train").click().run()
    assert queue.jobs[0].config == defaults_for("hybrid")


def test_a_slow_strategy_is_recommended_and_not_selected(form, dataset, queue, monkeypatch):
    """A first model comes in seconds: ten minutes are for a person to choose."""
    monkeypatch.setattr(recommendation_line, "estimate_seconds", lambda *_: (300.0, 900.0))
    at = arrive(form(), monkeypatch, make_recommendation(0.4, examined=examined_photos(dataset)))
    assert at.radio(key="setting_strategy").value == "feature-extraction"
    assert line(at).label.startswith("Recommended: **hybrid**") and "Use this recommendation" in buttons(at)


def test_what_somebody_chose_stays_when_the_advice_arrives_until_it_is_taken(form, dataset, queue, monkeypatch):
    at = form()
    at.radio(key="setting_strategy").set_value("scratch").run()
    at.radio(key="setting_strategy").set_value("feature-extraction").run()
    arrive(at, monkeypatch, make_recommendation(0.4, examined=examined_photos(dataset)))
    assert at.radio(key="setting_strategy").value == "feature-extraction"
    at.button(key="use_recommendation").click().run()
    assert at.radio(key="setting_strategy").value == "hybrid"
    at.button(key="train").click().run()
    assert queue.jobs[0].config == defaults_for("hybrid")


def test_advice_that_arrives_with_the_press_on_the_button_changes_nothing(form, dataset, queue, monkeypatch):
    """What a person saw when the button was pressed is what is trained."""
    at = form()
    at.button(key="train").click()
    arrive(at, monkeypatch, make_recommendation(0.4, examined=examined_photos(dataset)))
    assert queue.jobs[0].config == defaults_for("feature-extraction")


def test_what_the_person_set_stays_when_the_advice_arrives(form, dataset, monkeypatch):
    at = form()
    at.number_input(key="setting_epochs").set_value(7).run()
    arrive(at, monkeypatch, make_recommendation(0.4, examined=examined_photos(dataset)))
    assert at.number_input(key="setting_epochs").value == 7
    assert at.radio(key="setting_strategy").value == "hybrid"


@pytest.mark.parametrize(
    ("off", "label", "ticked", "reason"),
    [
        (-0.1, "Race hybrid against feature extraction", {"race_hybrid", "race_feature-extraction"}, "just below it"),
        (0.1, "Race feature extraction against hybrid", {"race_hybrid", "race_feature-extraction"}, "just above it"),
        (-0.4, "", set(), "far from the border"),
    ],
)
def test_close_to_the_border_a_button_leads_to_the_race(form, dataset, off, label, ticked, reason):
    at = form(make_recommendation(SIMILAR_FROM + off, examined=examined_photos(dataset)))
    found = [text for text in buttons(at) if text.startswith("Race ")]
    assert found == ([label] if label else []), reason
    assert ("rule of thumb" in words(at)) != bool(label), "one hint at the race is enough"
    if label:
        at.button(key="race_rivals").click().run()
        assert {box.key for box in at.checkbox if box.value} == ticked and "Start a race of 2 runs" in buttons(at)
        assert at.query_params["dataset"] == dataset.id and not at.exception


def test_advice_that_is_followed_already_has_no_button(form, dataset):
    at = form(make_recommendation(0.9, examined=examined_photos(dataset)))
    assert "Use this recommendation" not in buttons(at) and "Selected below" in words(at)


@pytest.mark.parametrize(
    ("events", "said", "reason"),
    [
        ([Started(0.0, 1)], "Checking your photos was interrupted", "its process was killed"),
        (
            [Started(0.0, 1), Failed("The photo a.png is gone.", "Put it back.")],
            "a.png is gone. Put it back.",
            "a person can mend it",
        ),
        (
            [Started(0.0, 1), Failed("KeyError: 1", "", bug=True)],
            "This is a fault in Transfer Lab",
            "a bug is told as one",
        ),
    ],
)
def test_a_look_that_ended_badly_says_so_and_can_be_done_again(form, trained, queue, events, said, reason):
    job = recommendation_job(trained[0], trained[1].id)
    (job.folder / EVENTS).write_text("".join(encode(event) + "\n" for event in events))
    try:
        at = form()
        text = words(at) + "".join(error.value for error in at.error)
        assert said in text.replace("\\", "").replace("**", ""), reason
        before = len(queue.advice)
        at.button(key="recommend_again").click().run()
        assert len(queue.advice) == before + 1
        assert "Train" in buttons(at)
    finally:
        (job.folder / EVENTS).unlink()


def test_a_look_in_work_tells_how_far_it_is(form, trained, queue, monkeypatch):
    job = recommendation_job(trained[0], trained[1].id)
    (job.folder / EVENTS).write_text(encode(Progress("extract_features", 5, 20, None)) + "\n")
    monkeypatch.setattr(status, "is_locked", lambda path: path == job.folder / LOCK)
    try:
        at = form()
        (said,) = [each.proto.text for each in at.get("progress")]
        assert re.fullmatch(r"Finding the best strategy for your photos · 2\d%", said), "one of four is read"
        assert queue.advice == [], "it is at work already"
        assert "Train" in buttons(at)
    finally:
        (job.folder / EVENTS).unlink()


def test_hostile_names_stay_letters(form, dataset):
    at = form(make_recommendation(0.4, reason=HOSTILE, examined=examined_photos(dataset, HOSTILE, ((HOSTILE, 0.5),))))
    grid = next(element.body for element in at.html if "looks like" in element.body)
    assert "script" not in Tags(grid).tags and "onerror" not in Tags(grid).attributes
    said = [element.value for element in at.markdown if "onerror" in element.value]
    assert said and all("<script" not in text.replace("\\<", "") for text in said)
