"""The preview of augmentation: the pictures are those of training, and one change changes only what it changes."""

import base64
import re
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pages.parts.train import preview
from tests.pages.conftest import words
from tests.photos import make_image
from tlcore.config import TrainConfig, defaults_for
from tlcore.data.augment import Augmentation, Views, augment, view_random
from tlcore.data.decoder import PhotoDecoder

SHA256 = "ab" * 32
IMAGE = np.asarray(make_image(3, (64, 64)))
TURNED = TrainConfig(rotation=40.0, zoom=0.3, seed=5)


def pictures(config: TrainConfig) -> list[np.ndarray]:
    """The variants as a browser decodes them."""
    return [
        np.asarray(Image.open(BytesIO(base64.b64decode(photo.source.split(",")[1]))))
        for photo in preview.variants(IMAGE, config, "cat", SHA256)
    ]


def test_the_variants_are_the_views_that_training_gets():
    changes = Augmentation(rotation=40.0, zoom=0.3)
    for number, shown in enumerate(pictures(TURNED), start=1):
        for made in (
            Views(changes, 4, 5).image(IMAGE, SHA256, number),  # what a frozen network sees
            augment(IMAGE, changes, view_random(5, SHA256, number)),
        ):  # what an open one sees, round by round
            assert np.abs(shown.astype(int) - made).mean() < 6, "the same but for the JPEG"


def test_nine_variants_differ_and_come_again():
    shown = pictures(TURNED)
    assert len(shown) == 9 and len({picture.tobytes() for picture in shown}) == 9
    assert all((one == other).all() for one, other in zip(shown, pictures(TURNED)))


def test_switching_one_change_on_leaves_the_others_as_they_are():
    before = preview.variants(IMAGE, TURNED, "cat", SHA256)
    after = preview.variants(IMAGE, replace(TURNED, horizontal_flip=True), "cat", SHA256)
    assert [photo.more.removeprefix("mirrored, ") for photo in after] == [photo.more for photo in before]
    assert 0 < sum(photo.more.startswith("mirrored") for photo in after) < 9


def test_every_variant_has_words_of_its_own():
    photos = preview.variants(IMAGE, TURNED, "cat", SHA256)
    for number, photo in enumerate(photos, start=1):
        assert photo.alt == f"Variant {number} of a photo of the class cat: {photo.more}"
        assert re.fullmatch(r"turned \d+° to the (left|right)(, \d+% (closer|farther away))?", photo.more)


@pytest.mark.parametrize(
    ("amounts", "said", "reason"),
    [
        (Augmentation(), "unchanged", "nothing was drawn"),
        (Augmentation(rotation=0.3), "unchanged", "nobody would see it"),
        (Augmentation(horizontal_flip=True, vertical_flip=True), "mirrored, turned over", "both flips"),
        (Augmentation(rotation=8.2), "turned 8° to the left", "positive is counter-clockwise"),
        (Augmentation(rotation=-8.2), "turned 8° to the right", "negative is clockwise"),
        (
            Augmentation(zoom=-0.05, width_shift=0.03, height_shift=-0.1),
            "5% farther away, 3% to the right, 10% up",
            "negative zoom is farther, positive shifts are right and down",
        ),
        (
            Augmentation(shear=4, brightness=0.1, contrast=-0.2),
            "slanted by 4°, 10% brighter, 20% less contrast",
            "tones",
        ),
    ],
)
def test_amounts_in_words(amounts, said, reason):
    assert preview.amounts_message(amounts) == said, reason


@pytest.mark.parametrize(
    ("config", "said", "reason"),
    [
        (TrainConfig(), "all nine are alike", "nothing varies by itself"),
        (TrainConfig(rotation=9.0, views=4), "each photo itself and on 3 such variants", "a frozen network has views"),
        (TrainConfig(rotation=9.0, views=2), "each photo itself and on 1 such variant.", "one variant is no variants"),
        (defaults_for("fine-tuning"), "In every epoch", "an open network gets another one each time"),
    ],
)
def test_what_the_network_gets_is_told(config, said, reason):
    assert said in preview.views_message(config), reason


@pytest.fixture
def form(visit, trained):
    """The page with a data set and no run."""
    workspace, dataset, _ = trained
    return visit("train", workspace, dataset=dataset.id)


def shown(at) -> str:
    """The preview's grid; "" where there is none."""
    return next((element.body for element in at.html if 'tl-variants"' in element.body), "")


def test_a_change_changes_the_pictures(form):
    before = shown(form)
    assert before.count("<img") == 9 and before.count("alt=") == 9 and "nine are alike" in words(form)
    form.checkbox(key="setting_horizontal_flip").check().run()
    assert shown(form) != before and "mirrored" in shown(form)
    assert not form.exception and not form.error


def test_another_photo_is_another_one(form):
    before = shown(form)
    form.button(key="another_photo").click().run()
    assert shown(form) not in ("", before)


def test_without_views_nothing_varies_and_there_is_nothing_to_show(form):
    form.slider(key="setting_views").set_value(1).run()
    assert not shown(form) and "Choose two or more variants" in words(form)


def test_a_photo_that_is_gone_is_told(form, monkeypatch):
    monkeypatch.setattr(PhotoDecoder, "input", lambda *_: (_ for _ in ()).throw(preview.PhotoRefused("is gone")))
    preview._decoded.clear()
    form.run()
    assert not shown(form) and "cannot be read any more" in words(form)
    assert "setting_rotation" in {each.key for each in form.number_input}, "the settings stay"


def test_a_hint_is_quiet_before_and_plain_while_the_mirroring_is_on(form, monkeypatch):
    monkeypatch.setattr(preview, "flip_hints", lambda labels, mirrored: [("horizontal_flip", "A *b* becomes a d.")])
    form.run()
    assert [each.value for each in form.caption if "becomes" in each.value] == [r"A \*b\* becomes a d."]
    form.checkbox(key="setting_horizontal_flip").check().run()
    assert not [each.value for each in form.caption if "becomes" in each.value]
    assert [each.value for each in form.markdown if "becomes" in each.value] == [r"A \*b\* becomes a d."]


def test_a_slider_that_moves_on_is_not_pushed_back(form):
    form.slider(key="setting_zoom").set_value(0.3).run()
    assert not form.slider(key="setting_zoom").proto.set_value, "the browser knows; an order would come too late"
    form.button(key="put_back").click().run()
    assert form.slider(key="setting_zoom").proto.set_value and form.slider(key="setting_zoom").value == 0.0
