"""An archive whose folder names read differently in several encodings: the page asks, and imports again."""

import pytest

from tests.pages.conftest import words
from tlcore.errors import EncodingChoice
from tlcore.events import Failed
from tlcore.jobs.event_log import EventLog, read_events
from tlcore.jobs.store import ImportSpec, create_import

CHOICES = (
    EncodingChoice("gb18030", "Simplified Chinese, GBK", ("猫", "狗")),
    EncodingChoice("cp949", "Korean, EUC-KR", ("챔", "<b>뭍</b>")),
)


@pytest.fixture
def question(workspace):
    """An import that asks which names are right."""
    job = create_import(workspace, ImportSpec("folder", "/photos.zip", "pets", without=("birds",)), visitor="somebody")
    EventLog(job).write(Failed("They can be read in 2 ways.", "Choose.", encodings=CHOICES))
    return job


def test_each_reading_is_a_card_with_names(visit, workspace, question):
    at = visit("data", workspace, job=question.id)
    text = words(at)
    assert at.title[0].value == "Which names are correct?" and "can be read in 2 ways" in text and not at.error
    assert "<li>猫</li>" in text and "Korean, EUC-KR (cp949)" in text
    assert "&lt;b&gt;뭍" in text and "<b>뭍" not in text


@pytest.mark.parametrize(("place", "encoding"), [(0, "gb18030"), (1, "cp949")])
def test_a_press_imports_again_with_that_encoding(visit, workspace, question, queue, place, encoding):
    at = visit("data", workspace, job=question.id)
    at.button(key=f"encoding_{place}").click().run()
    spec = queue.jobs[0].spec
    assert (spec["encoding"], spec["value"], list(spec["without"])) == (encoding, "/photos.zip", ["birds"])


def test_choices_survive_the_disk(workspace, question):
    (event,) = [each for each in read_events(question) if isinstance(each, Failed)]
    assert event.encodings == CHOICES


def test_a_stranger_sees_no_question(visit, workspace, question, stranger):
    stranger(workspace, {})
    at = visit("data", workspace, job=question.id)
    assert "猫" not in words(at) and not any(button.label == "Use these names" for button in at.button)
