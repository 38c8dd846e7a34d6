"""The Predict page: one photo large, many as a grid with totals, what is none with its reason, and a file."""

from io import BytesIO
from types import SimpleNamespace

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.shared import answer_grid, answers, camera, photo_limit, predict_panel, predictions
from pages.shared.predictions import NewPhoto, PhotoPrediction
from tests.pages.conftest import grids, words
from tests.photos import make_photo
from tlcore.serving.bundle import Bundle

HOSTILE = "<b onclick=x>cats</b>"


def prediction(name: str, *shares: float, labels: str = "abcdefghij") -> PhotoPrediction:
    """Of classes a, b, …, with these probabilities."""
    ranked = sorted(zip(labels, shares), key=lambda pair: -pair[1])
    return PhotoPrediction(NewPhoto(name, name, bytes), None, tuple(ranked), 1.0, 40, 40)


def give(at: AppTest, *files: tuple[str, bytes]) -> AppTest:
    at.file_uploader[0].set_value([(name, data, "image/png") for name, data in files])
    return at.run()


def test_one_photo_is_answered_large(visit, trained):
    workspace, dataset, run = trained
    at = visit("predict", workspace, run=run.id)
    assert f"Recognises {', '.join(dataset.labels)}." in words(at), "it says first what it can tell apart"
    row = dataset.part("test").iloc[0]
    give(at, ("mine <b>.png", dataset.read(row.path)))
    text = words(at)
    assert (
        'class="tl-score"' in text and "Runner-up: " in text and text.count('class="tl-track"') == len(dataset.labels)
    )
    assert "1 prediction · " in text and not at.error and not at.exception
    (large,) = grids(at)
    assert [photo["more"] for photo in large] == ["mine <b>.png"]
    assert not at.get("download_button")[1:], "one answer needs no file: the model's is the only download"


def test_many_photos_are_a_grid_with_totals_and_a_file(visit, trained):
    workspace, dataset, run = trained
    at = visit("predict", workspace, run=run.id)
    photos = [(path.rpartition("/")[2], dataset.read(path)) for path in dataset.part("test")["path"]]
    give(at, *photos, ("page.jpg", b"<html><body>hello</body></html>"))
    text = words(at)
    assert f"{len(photos)} predictions · " in text and "1 file left out" in text and "web page" in text
    chips = [option.content for option in at.get("button_group")[0].proto.options]
    assert [chip.split(" · ")[0] for chip in chips] == list(dataset.labels)
    assert sum(int(chip.split(" · ")[1]) for chip in chips) == len(photos)
    assert len(grids(at)[-1]) == len(photos)
    assert "Download predictions (CSV)" in [each.proto.label for each in at.get("download_button")]
    at.toggle(key="answers_uncertain").set_value(True).run()
    shares = [int(photo["caption"].rsplit(" ", 1)[1].rstrip("%")) for photo in grids(at)[-1]]
    assert shares == sorted(shares)
    label = chips[0].split(" · ")[0]
    at.get("button_group")[0].set_value(label).run()
    assert all(photo["caption"].startswith(label) for photo in grids(at)[-1]) and not at.exception


def test_order_view_and_class_survive_a_reload(visit, trained):
    workspace, dataset, run = trained
    photos = [(path.rpartition("/")[2], dataset.read(path)) for path in dataset.part("test")["path"]]
    at = give(visit("predict", workspace, run=run.id), *photos)
    at.toggle(key="answers_uncertain").set_value(True).run()
    at.button_group(key="answers_view").set_value("Table").run()
    at.button_group(key="answers_class").set_value(dataset.labels[0]).run()
    said = {"sort": "uncertain", "view": "table", "class": dataset.labels[0]}
    assert {name: at.query_params[name] for name in said} in (said, {name: [value] for name, value in said.items()})
    again = give(visit("predict", workspace, run=run.id, **said), *photos)
    assert again.toggle(key="answers_uncertain").value is True and not again.exception
    assert again.button_group(key="answers_view").value == "Table"
    assert again.button_group(key="answers_class").value == dataset.labels[0]


def test_more_photos_than_fit_at_once_are_left_out_with_a_word(visit, trained, monkeypatch):
    """A browser's script keeps them back before they are sent; this is for one that did not."""
    workspace, dataset, run = trained
    monkeypatch.setattr(photo_limit, "MOST_PHOTOS", 2)
    at = visit("predict", workspace, run=run.id)
    give(at, *((f"{n}.png", dataset.read(path)) for n, path in enumerate(dataset.photos["path"][:4])))
    assert "2 predictions · " in words(at) and "Only the first 2 of 4 photos are used." in words(at)


@pytest.mark.parametrize(
    ("visits", "expected", "reason"),
    [
        (["a"], "a", "the only one"),
        (["ab"], None, "of two at once none stands out"),
        (["ab", "abc"], "c", "one that was added by itself"),
        (["ab", "abc", "abc"], "c", "also when the page is drawn again"),
        (["ab", "abc", "abcde"], None, "until several come"),
        (["ab", "abc", "ab"], None, "or it is taken out"),
        (["ab", "a"], "a", "the only one that is left"),
        (["a", ""], None, "there is none"),
    ],
)
def test_the_photo_that_is_shown_large(monkeypatch, visits, expected, reason):
    monkeypatch.setattr(predict_panel.st, "session_state", {})
    assert [predict_panel._newest(list(ids)) for ids in visits][-1] == expected, reason


def test_what_was_predicted_is_not_predicted_again(visit, trained, monkeypatch):
    workspace, dataset, run = trained
    made = []
    real = predictions._predict
    monkeypatch.setattr(predictions, "_predict", lambda model, photo: made.append(photo.name) or real(model, photo))
    at = visit("predict", workspace, run=run.id)
    give(at, *((f"{n}.png", dataset.read(path)) for n, path in enumerate(dataset.photos["path"][:4])))
    assert len(made) == 4
    at.toggle(key="answers_uncertain").set_value(True).run()
    assert len(made) == 4


def test_what_was_changed_about_a_photo_is_told(visit, trained):
    workspace, dataset, run = trained
    frames, moving = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")], BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    at = visit("predict", workspace, run=run.id)
    give(at, ("a.jpg", make_photo(1)))
    assert "file changed" not in words(at)
    give(at, ("a.jpg", make_photo(1)), ("moving.gif", moving.getvalue()))
    assert "1 file changed" in words(at) and "is an animation; only its first frame was used" in words(at)


def test_many_are_predicted_a_slice_at_a_time(visit, trained, monkeypatch):
    """No run of the page works for long: what is done is shown, with how far it is."""
    workspace, dataset, run = trained
    monkeypatch.setattr(predict_panel, "SLICE_SECONDS", 0.0)  # a photo a slice
    at = visit("predict", workspace, run=run.id)
    give(at, *((f"{n}.png", dataset.read(path)) for n, path in enumerate(dataset.photos["path"][:5])))
    assert "Predicting · 2 of 5 photos" in at.get("progress")[0].proto.text
    for _ in range(3):
        at.run()
    assert "5 predictions · " in words(at) and not at.get("progress")


def test_the_camera_is_answered_beside_its_own_picture(visit, trained):
    workspace, dataset, run = trained
    at = visit("predict", workspace, run=run.id)
    at.toggle(key="camera_on").set_value(True).run()
    assert "its prediction appears here" in words(at)
    give(at, ("camera-1700000000000-1.jpg", make_photo(1, (64, 48))))
    assert "Runner-up: " in words(at) and not at.exception and not grids(at)
    give(at, *((f"camera-1700000000{n:03d}-{n}.jpg", make_photo(n, (64, 48))) for n in (2, 10, 9)))
    assert "3 predictions" in words(at) and words(at).count("Runner-up: ") == 1, "the burst's last, and the grid"


def test_the_camera_s_photos_are_told_by_their_names_and_come_in_the_order_of_time():
    names = ["camera-1700000000000-10.jpg", "b.jpg", "camera-1700000000000-9.jpg", "camera-.jpg", "camera-16-99.jpg"]
    found = camera.shots([NewPhoto(name, name, bytes) for name in names])
    assert [photo.name for photo in found] == [names[4], names[2], names[0]]


@pytest.mark.parametrize(
    ("uncertain", "label", "expected", "reason"),
    [
        (False, None, ["x", "y", "z"], "in the order in which they came"),
        (True, None, ["z", "x", "y"], "the least certain first"),
        (False, "a", ["x", "z"], "of one class"),
        (True, "c", [], "of a class that was never predicted"),
    ],
)
def test_filter_and_order(uncertain, label, expected, reason):
    good = [prediction("x", 0.7, 0.2, 0.1), prediction("y", 0.05, 0.9, 0.05), prediction("z", 0.4, 0.3, 0.3)]
    assert [each.photo.name for each in answer_grid.arranged(good, label, uncertain)] == expected, reason


def test_twenty_thousand_predictions_are_never_drawn_at_once(monkeypatch):
    drawn = []
    monkeypatch.setattr(predictions, "picture", lambda each, model: drawn.append(each) or each)
    monkeypatch.setattr(answer_grid.gallery, "grid", lambda *args: None)
    many = [prediction(str(number), 0.6, 0.4) for number in range(20_000)]

    def page(many: list) -> None:
        from pages.shared import answer_grid

        answer_grid._pictures(many, None)

    at = AppTest.from_function(page, args=(many,), default_timeout=30).run()
    assert not at.exception and len(drawn) == answer_grid.PAGE_SIZE


@pytest.mark.parametrize(
    ("label", "size", "reason"),
    [("cats", "tl-score", "a short name is the largest thing"), ("x" * 13, "tl-big", "a long one still fits")],
)
def test_the_answer_is_as_large_as_fits(label, size, reason):
    ranked = ((label, 0.97), ("dogs", 0.03))
    shown = answers.answer(PhotoPrediction(NewPhoto("1", "n", bytes), None, ranked), (label, "dogs"))
    assert f'<span class="{size}">{label}</span>' in shown and "97%" in shown, reason


def test_the_answer_keeps_hues_of_classes_and_reads_no_name_as_html():
    ranked = (("dogs", 0.9), (HOSTILE, 0.1))
    shown = answers.answer(PhotoPrediction(NewPhoto("1", "n", bytes), None, ranked), (HOSTILE, "dogs"))
    assert "<b" not in shown
    bars = [part.split('"')[0] for part in shown.split("background:")[2::2]]
    assert bars == ["var(--tl-class-1)", "var(--tl-class-0)"], "by the place among the labels, not by the rank"


def test_more_classes_than_bars_stand_behind_a_line_that_opens():
    shares = [0.55, *[0.05] * 9]
    shown = answers.answer(prediction("n", *shares), tuple("abcdefghij"))
    seen, _, folded = shown.partition("<details>")
    assert (
        seen.count('class="tl-track"') == answers.MOST_BARS
        and folded.count('class="tl-track"') == 4
        and "4 more classes" in folded
    )


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.02, "0.1 s"), (0.24, "0.2 s"), (12.3, "12.3 s"), (100, "2 min"), (600, "10 min")]
)
def test_how_long_it_took(seconds, expected):
    assert predict_panel.took(seconds) == expected


@pytest.mark.parametrize(
    ("policy", "whole", "reason"),
    [
        ("center-crop", False, "the square in the middle is what the model sees"),
        ("squash", True, "it sees all of the photo, so none of it is cut off"),
    ],
)
def test_a_photo_is_shown_as_the_model_sees_it(monkeypatch, policy, whole, reason):
    monkeypatch.setattr(predictions.st, "session_state", {})
    bundle = Bundle(b"", ("a", "b"), {"input": {"size": 96, "resize": policy, "pixels": 2}})
    model = SimpleNamespace(bundle=bundle)
    photo = NewPhoto("1", "n", lambda: make_photo(1, (600, 300)))
    made = predictions.picture(PhotoPrediction(photo, None, (("b", 0.9), ("a", 0.1)), 1.0, 600, 300), model)
    assert (made.whole, made.hue, made.caption) == (whole, 1, "b 90%"), reason
    assert made.source.startswith("data:image/jpeg")


@pytest.mark.parametrize(
    ("share", "words", "filled", "reason"),
    [
        (0.0, "0%", False, "nothing is no sliver of colour"),
        (0.003, "&lt;1%", False, "next to nothing"),
        (0.01, "1%", True, "small, and there"),
        (0.9996, "99.9%", True, "nearly all"),
    ],
)
def test_a_bar_is_as_full_as_its_words_say(share, words, filled, reason):
    shown = answers.answer(prediction("n", 1 - share, share), ("a", "b")).partition("<ul")[2]
    bar = next(each for each in shown.split("<li>") if f">{words}<" in each)
    assert ("tl-fill" in bar) is filled, reason
