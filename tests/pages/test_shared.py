"""The pieces of the pages: who is the owner, words, settings, tables and photos with hostile names."""

from dataclasses import fields
from html.parser import HTMLParser

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import answers, photos, state, widgets
from tlcore.config import TrainConfig
from tlcore.events import EpochEnd, Progress
from tlcore.runs.store import JobStatus

HOSTILE = '<img src=x onerror="alert(1)">"\'&</figure><script>alert(2)</script>'


@pytest.mark.parametrize(
    ("headers", "address", "owner", "reason"),
    [
        ({"Host": "localhost:8501"}, None, True, "the usual: a browser on the same machine"),
        ({"Host": "127.0.0.1:8501"}, "127.0.0.1", True, "the loopback address"),
        ({"Host": "[::1]:8501"}, "::1", True, "the loopback address of IPv6"),
        ({"Host": "[::1]"}, None, True, "without a port"),
        ({"Host": "192.168.1.5:8501"}, "192.168.1.9", False, "another machine in the room"),
        ({"Host": "localhost:8501"}, "192.168.1.9", False, "a made-up Host"),
        ({"Host": "demo.example.org"}, None, False, "a proxy on the same machine, or a name that points here"),
        ({"Host": "localhost", "X-Forwarded-For": "203.0.113.7"}, None, False, "a proxy that says so"),
        ({"Host": "localhost"}, "nonsense", False, "an address that is none"),
    ],
)
def test_the_owner_is_who_sits_at_the_machine(headers, address, owner, reason):
    assert state.comes_from_here(headers, address) is owner, reason


class Tags(HTMLParser):
    """Collects the tags and attributes of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def test_a_hostile_label_stays_letters_in_the_grid():
    photo = photos.Photo("data:,", HOSTILE, HOSTILE, HOSTILE, mark=False, detail=HOSTILE)
    found = Tags(photos.figure(photo))
    assert found.tags == ["li", "figure", "img", "span", "figcaption", "span", "br"]
    assert set(found.attributes) == {"class", "tabindex", "src", "alt"}


def test_right_and_wrong_are_told_by_word_and_sign():
    assert "✓ right" in photos.figure(photos.Photo("data:,", "a", "a", "a", mark=True))
    assert "✗ wrong" in photos.figure(photos.Photo("data:,", "a", "a", "a", mark=False))


def test_a_hostile_label_stays_letters_in_a_table():
    def page() -> None:
        import pandas

        from pages.shared.widgets import table
        from tests.pages.test_shared import HOSTILE

        table(pandas.DataFrame({HOSTILE: [HOSTILE], "n": [3]}), HOSTILE)

    at = AppTest.from_function(page).run()
    found = Tags(at.html[0].body)
    assert found.tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
    assert set(found.attributes) <= {"class", "aria-label", "scope"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("oak leaf", "oak leaf"),
        ("![x](http://evil/x.png)", r"\!\[x\]\(http\://evil/x.png\)"),
        (":red[x] $y$", r"\:red\[x\] \$y\$"),
        ("**a**\n# b", r"\*\*a\*\* \# b"),
        ("<b>", r"\<b\>"),
    ],
)
def test_markdown_in_a_name_stays_letters(text, said):
    assert widgets.plain(text) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""), (0, "a few seconds left"), (4.9, "a few seconds left"), (21, "about 20 seconds left"),
        (54, "about 55 seconds left"), (58, "about a minute left"), (61, "about 2 minutes left"),
        (3600, "about 60 minutes left"), (7200, "about 2 hours left"),
    ],
)
def test_time_left_in_words(seconds, said):
    assert widgets.say_left(seconds) == said


def status(state: str = "running", **values: object) -> JobStatus:
    """A job's status with these parts."""
    parts = {"last_progress": None, "epochs": (), "evaluated": None, "finished": None, "error": None, "stopped": None}
    return JobStatus(state, **{**parts, **values})


@pytest.mark.parametrize(
    ("job", "position", "share", "said", "reason"),
    [
        (status("queued"), 2, 0.0, "Waiting: 2 jobs before this one.", "in the queue"),
        (status("queued"), 0, 0.0, "Starting, a few seconds.", "its turn, nothing done yet"),
        (status(last_progress=Progress("read", 50, 200, 21.0)), 0, 0.25,
         "Reading photos · 50 of 200 photos · about 20 seconds left", "photos"),
        (status(last_progress=Progress("download", 5_000_000, 10_000_000, None)), 0, 0.5,
         "Downloading · 5.0 MB of 10.0 MB", "bytes, nobody knows how long"),
        (status(last_progress=Progress("read", 0, 0, None)), 0, 0.0, "Starting, a few seconds.", "nothing to count"),
        (status(epochs=(EpochEnd(3, 30, 1, 1, 1, 1, 0.02),)), 0, 0.1,
         "Learning · round 3 of 30 · a few seconds left", "learning"),
    ],
)
def test_progress_tells_what_is_happening_and_how_long_it_takes(job, position, share, said, reason):
    assert widgets.say_progress(job, position) == (share, said), reason


def test_every_setting_has_its_widget_with_its_own_words():
    def page() -> None:
        import streamlit

        from pages.shared import widgets
        from tlcore.config import TrainConfig

        streamlit.session_state["made"] = widgets.settings(TrainConfig())

    at = AppTest.from_function(page, default_timeout=20).run()
    shown = [each.label for kind in (at.selectbox, at.slider, at.select_slider, at.number_input) for each in kind]
    assert sorted(shown) == sorted(option.metadata["label"] for option in fields(TrainConfig))
    assert at.session_state["made"] == TrainConfig()


def test_a_series_has_its_ends_and_the_value_in_use():
    assert widgets.series(0.01, 1.0, 0.03) == [0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0]


def test_nine_photos_show_as_many_classes_as_there_is_room_for():
    frame = pd.DataFrame({"label": ["a"] * 50 + ["b"] * 2 + ["c"]})
    nine = photos.three_by_three(frame)
    assert len(nine) == 9 and nine["label"].value_counts().to_dict() == {"a": 6, "b": 2, "c": 1}
    assert len(photos.three_by_three(frame.head(4))) == 4


def test_a_file_name_that_looks_like_a_formula_stays_a_name_in_the_table():
    answered = answers.frame([answers.Answer("=1+1.png", None, (("a", 0.75), ("b", 0.25)), 1.0)])
    lines = answers.csv(answered).decode("utf-8-sig").splitlines()
    assert lines == ["photo,class,probability,p(a),p(b)", "'=1+1.png,a,0.750000,0.750000,0.250000"]
