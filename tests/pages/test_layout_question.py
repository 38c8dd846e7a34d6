"""Photos whose folders can be read in several ways: the page asks, with what each reading gives, and imports again."""

from dataclasses import replace

import pytest

from pages.shared import layout_question
from tests.pages.conftest import words
from tests.photos import make_photo
from tlcore.data.examples import keep_pictures
from tlcore.errors import LayoutChoice
from tlcore.events import Failed
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.store import ImportSpec, create_import
from tlcore.messages.layouts import by_likelihood

INNER = LayoutChoice(
    key="inner",
    labels_from="folders",
    basis="inner-folders",
    num_photos=240,
    num_left_out=4,
    num_classes=2,
    classes=(("cats", 120), ("dogs", 120)),
    parts=(("train", 180), ("test", 60)),
    examples=(("train/cats/1.jpg", "cats"), ("train/dogs/1.jpg", "dogs")),
)
OUTER = LayoutChoice(
    key="outer",
    labels_from="folders",
    basis="outer-folders",
    num_photos=240,
    num_left_out=4,
    num_classes=20,
    classes=tuple((f"class {number}", number + 1000) for number in range(20)),
    examples=(("train/cats/1.jpg", "<b>train</b>"), ("gone.jpg", "gone")),
)


@pytest.fixture
def question(workspace):
    """An import that asks, whose job made pictures of all examples that it could decode."""
    job = create_import(workspace, ImportSpec("folder", "/photos", "pets", without=("birds",)), visitor="somebody")
    keep_pictures(job.folder, {path: make_photo(1) for path, _ in INNER.examples})
    EventLog(job).write(Failed("It can be read in more than one way.", "Choose.", choices=(INNER, OUTER)))
    return job


def test_each_reading_is_a_card_with_counts_and_photos(visit, workspace, question):
    at = visit("data", workspace, job=question.id)
    text = words(at)
    assert at.title[0].value == "How are these photos sorted?" and "read in 2 ways" in text
    assert not at.error, "nothing has failed"
    assert "2 classes (cats, dogs) in 2 parts (train, test), 240 photos, 4 files left out" in text
    assert (
        "Each inner folder is a class · 180 for training · 60 for testing" in text
        and "<li>cats <b>120</b></li>" in text
    )
    assert "and 8 more classes" in text and "<li>class 11 <b>1,011</b></li>" in text and "class 12 " not in text
    assert text.count("data:image/jpeg;base64,") == 3, "a photo that two readings name is shown in both"
    assert "&lt;b&gt;train&lt;/b&gt;" in text and "<b>train</b>" not in text.replace("<b>&lt;", "")
    assert [button.label for button in at.button if button.label == "Use this"] == ["Use this"] * 2


@pytest.mark.parametrize(("place", "key"), [(0, "inner"), (1, "outer")])
def test_a_press_imports_again_with_that_reading(visit, workspace, question, queue, place, key):
    at = visit("data", workspace, job=question.id)
    at.button(key=f"layout_{place}").click().run()
    spec = queue.jobs[0].spec
    assert (spec["layout"], spec["value"], list(spec["without"])) == (key, "/photos", ["birds"])


def test_unlikely_readings_are_folded_behind_the_likely_ones(visit, workspace, question):
    only = replace(OUTER, key="only-folder:a", basis="only-folder")
    EventLog(question).write(Failed("It can be read in more than one way.", "Choose.", choices=(INNER, only, OUTER)))
    at = visit("data", workspace, job=question.id)
    (others,) = at.expander
    assert others.label == "Other ways to read it (1)" and [each.label for each in others.button] == ["Use this"]
    assert by_likelihood((only, INNER)) == ((only, INNER), ()), "the first is never folded"


def test_one_reading_is_to_be_confirmed():
    assert "Check that each photo has the correct label" in layout_question.sentence((INNER,))


def test_a_stranger_sees_neither_question_nor_photos(visit, workspace, question, stranger):
    stranger(workspace, {})
    at = visit("data", workspace, job=question.id)
    assert "cats" not in words(at) and "data:image/jpeg" not in words(at)
    assert not any(button.label == "Use this" for button in at.button)
