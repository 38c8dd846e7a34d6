"""The pieces of the pages: words, settings, tables and photos with hostile names."""

from dataclasses import fields, replace
from html.parser import HTMLParser

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.train import settings_form
from pages.shared import answer_grid, chrome, gallery, networks, predictions, settings, state, widgets
from tlcore.config import STRATEGIES, TrainConfig, defaults_for
from tlcore.models.registry import BUILT_IN

HOSTILE = '<img src=x onerror="alert(1)">"\'&</figure><script>alert(2)</script>'


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
    photo = gallery.GalleryPhoto("data:,", HOSTILE, HOSTILE, HOSTILE, mark=False, detail=HOSTILE)
    found = Tags(gallery.figure(photo))
    assert found.tags == ["li", "figure", "span", "img", "span", "figcaption", "span", "br"]
    assert set(found.attributes) == {"class", "style", "src", "alt"}


def test_right_and_wrong_are_told_by_word_and_sign():
    assert "✓ correct" in gallery.figure(gallery.GalleryPhoto("data:,", "a", "a", "a", mark=True))
    assert "✗ wrong" in gallery.figure(gallery.GalleryPhoto("data:,", "a", "a", "a", mark=False))


def test_a_hostile_label_stays_letters_in_a_table():
    def page() -> None:
        import pandas

        from pages.shared.widgets import table
        from tests.pages.test_shared import HOSTILE

        table(pandas.DataFrame({HOSTILE: [HOSTILE], "n": [3]}), HOSTILE)

    at = AppTest.from_function(page).run()
    found = Tags(at.html[0].body)
    tags = [tag for tag in found.tags if tag != "wbr"]  # where a long word may break
    assert tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
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


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_setting_that_counts_has_its_widget_with_its_own_words(strategy):
    def page(strategy: str) -> None:
        from pages.parts.train import backbone_picker, settings_form, strategy_cards
        from pages.shared import settings

        settings.own().setdefault("strategy", strategy)
        strategy_cards.choose(settings.proposed(), settings.backbone(), None)
        backbone_picker.choose(settings.backbone())
        settings_form.options()

    at = AppTest.from_function(page, default_timeout=20, args=(strategy,)).run()
    assert not at.exception
    kinds = (at.selectbox, at.slider, at.select_slider, at.number_input, at.checkbox, at.radio)
    labels = [each.label for kind in kinds for each in kind if each.key.startswith("setting_")]
    idle = settings.IDLE[strategy]
    counting = [option for option in fields(TrainConfig) if option.name not in idle]
    if strategy in ("feature-extraction", "hybrid") and defaults_for(strategy).views == 1:
        counting = [option for option in counting if option.name not in settings.VARIATIONS]
    assert sorted(labels) == sorted(option.metadata["label"] for option in counting)


def test_what_does_nothing_for_a_strategy_is_a_setting():
    names = {option.name for option in fields(TrainConfig)}
    assert set(settings.IDLE) == set(STRATEGIES)
    assert all(names.issuperset(idle) for idle in settings.IDLE.values())


@pytest.mark.parametrize(
    ("change", "said", "reason"),
    [
        ({}, ["EfficientNet-Lite0", "75% accurate", "built in"], "the built-in one"),
        (
            {"asset": "", "weights_url": "https://a/none.h5", "download_bytes": 58_900_000},
            ["58.9 MB download"],
            "it has to be fetched",
        ),
        ({"imagenet_top1": None}, ["EfficientNet-Lite0 · built in"], "nobody published how good it is"),
    ],
)
def test_a_network_in_the_list_says_how_good_it_is_and_where(change, said, reason, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    spec = replace(BUILT_IN, **change)
    assert all(words in networks.backbone_label(spec) for words in said), reason


def test_a_network_that_was_fetched_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    spec = replace(BUILT_IN, asset="", weights_url="https://a/none.h5", download_bytes=58_900_000)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "none.h5").touch()
    assert networks.place_message(spec) == "downloaded"


@pytest.mark.parametrize(("times", "said"), [(0.5, "fast"), (3, "fast"), (10, "medium speed"), (40, "slow")])
def test_the_speed_of_a_network_in_words(times, said):
    spec = replace(BUILT_IN, asset="", multiply_adds=int(BUILT_IN.multiply_adds * times))
    assert networks.speed_word(spec) == said


@pytest.mark.parametrize(
    ("text", "said", "reason"),
    [
        ("/srv/keras/models is missing", "(a folder on the server) is missing", "a stranger sees no paths"),
        (
            "Fetch https://storage.googleapis.com/a/b.h5 first",
            "Fetch https://storage.googleapis.com/a/b.h5 first",
            "an address is no path",
        ),
    ],
)
def test_a_sentence_for_a_stranger_keeps_its_addresses(monkeypatch, text, said, reason):
    monkeypatch.setattr(state, "is_owner", lambda: False)
    assert chrome._without_paths(text) == said, reason


def test_a_series_has_its_ends_and_the_usual_values():
    assert settings_form.round_steps(0.01, 1.0, {0.03}) == [0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0]


NINE_FROM = pd.DataFrame(
    [(f"{label}/{number}.jpg", label) for label, most in (("a", 50), ("b", 2), ("c", 1)) for number in range(most)],
    columns=["path", "label"],
)


def test_nine_photos_show_as_many_classes_as_there_is_room_for():
    nine = gallery.three_by_three(NINE_FROM)
    assert len(nine) == 9 and nine["label"].value_counts().to_dict() == {"a": 6, "b": 2, "c": 1}
    assert len(gallery.three_by_three(NINE_FROM.head(4))) == 4
    assert set(gallery.three_by_three(NINE_FROM, seed=1)["path"]) != set(nine["path"]), "nine others"


@pytest.mark.parametrize("place", range(9))
def test_without_one_of_nine_photos_the_other_eight_stay(place):
    before = gallery.three_by_three(NINE_FROM)["path"].tolist()
    gone = before.pop(place)
    after = gallery.three_by_three(NINE_FROM[NINE_FROM["path"] != gone])["path"].tolist()
    assert len(set(before) & set(after)) == 8


def test_a_file_name_that_looks_like_a_formula_stays_a_name_in_the_table():
    photo = predictions.NewPhoto("1", "=1+1.png", bytes)
    answered = answer_grid.frame([predictions.PhotoPrediction(photo, None, (("a", 0.75), ("b", 0.25)), 1.0)])
    lines = answer_grid.csv(answered).decode("utf-8-sig").splitlines()
    row = "'=1+1.png,a,yes,0.750000,,0.750000,0.250000"
    assert lines == ["photo,class,known,probability,familiarity,p(a),p(b)", row]


@pytest.mark.parametrize(
    ("values", "expected", "reason"),
    [
        (["<1%", "12%", "99.9%"], True, "shares, also a very small one"),
        (["<\u00a00.001", "0.5"], True, "a probability"),
        (["1,000", "cats"], False, "words among numbers"),
        (["<b>1%"], False, "markup is no number"),
    ],
)
def test_columns_of_numbers_are_known(values, expected, reason):
    assert widgets.is_numeric(pd.Series(values)) is expected, reason
