"""Photos that open: what the grid sends, what a press means, what the viewer shows. tests/e2e presses in a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import gallery, photo_viewer
from pages.shared.photo_viewer import ViewerPhoto
from tests.pages.conftest import words
from tests.photos import make_photo

HOSTILE = "<b onclick=x>cats</b>"


@pytest.fixture
def press(monkeypatch):
    """Let the browser say that a photo of a grid was pressed, in the next run alone."""
    told = []
    real = gallery._MOUNT

    def mount(**options):
        real(**options)
        return {"opened": told.pop() if told else None}

    monkeypatch.setattr(gallery, "_MOUNT", mount)
    return told.append


def stage(at: AppTest) -> str:
    """The name of the photo that is shown large, the photo, and what is known of it; "" where none is."""
    return "".join(element.body for element in at.html if 'class="tl-viewer' in element.body)


def test_a_press_opens_that_photo(visit, trained, press):
    workspace, dataset, _ = trained
    nine = gallery.three_by_three(dataset.photos)
    names = [path.rpartition("/")[2] for path in nine["path"]]
    at = visit("data", workspace, dataset=dataset.id)
    assert not stage(at)
    press(8)
    at.run()
    assert names[8] in stage(at) and "data:image/" in stage(at) and not at.exception
    assert "9 of 9" in words(at)
    at.run()
    assert not stage(at), "a press opens it once"


@pytest.mark.parametrize("said", [9, -1, "0", None, True, [1], 1.0, {"place": 1}])
def test_a_browser_that_says_anything_else_opens_nothing(visit, trained, press, said):
    workspace, dataset, _ = trained
    at = visit("data", workspace, dataset=dataset.id)
    press(said)
    at.run()
    assert not stage(at) and not at.exception and not at.error


@pytest.mark.parametrize(
    ("photo", "expected", "reason"),
    [
        (ViewerPhoto("a.jpg", bytes), [], "what is not known takes no room"),
        (ViewerPhoto("a.jpg", bytes, label="cats", part="Test"), ["Class", "Used for"], "of a data set"),
        (ViewerPhoto("a.jpg", bytes, predicted="cats", probability=0.9), ["Prediction"], "new: no truth known"),
        (
            ViewerPhoto("a.jpg", bytes, label="dogs", predicted="cats", probability=0.9),
            ["Class", "Prediction", "Result"],
            "both are known, so it is right or wrong",
        ),
    ],
)
def test_facts_are_those_that_are_known(photo, expected, reason):
    shown = photo_viewer.facts(photo)
    assert [part.split("</dt>")[0] for part in shown.split("<dt>")[1:]] == expected, reason


def test_names_that_look_like_html_stay_names():
    shown = photo_viewer.facts(ViewerPhoto(HOSTILE, bytes, HOSTILE, HOSTILE, HOSTILE, 0.5))
    assert "<b" not in shown and shown.count("&lt;b onclick=x&gt;") == 3


def test_a_photo_whose_file_is_gone_is_told_and_its_neighbours_stay_in_reach():
    def page(data: bytes) -> None:
        import streamlit as st

        from pages.shared.photo_viewer import ViewerPhoto, show
        from tlcore.errors import UserError

        def gone() -> bytes:
            raise UserError("It is gone.", "Put it back.")

        # AppTest knows no runs of a dialog alone, so the page opens it again where it was.
        photos = [ViewerPhoto("gone.jpg", gone), ViewerPhoto("here.jpg", lambda: data)]
        show(photos, st.session_state.get("viewer_place", 0))

    at = AppTest.from_function(page, args=(make_photo(1, (300, 200)),), default_timeout=30).run()
    assert "can’t be opened" in stage(at) and not at.exception
    for button, name in (("next", "here.jpg"), ("next", "gone.jpg"), ("previous", "here.jpg")):
        at.button(key=f"viewer_{button}").click().run()
        assert name in stage(at), "after the last comes the first"


def test_what_can_be_done_with_a_photo_is_done_to_the_one_that_is_shown():
    def page() -> None:
        import streamlit as st

        from pages.shared.photo_viewer import ViewerAction, ViewerPhoto, show

        done = st.session_state.setdefault("done", [])
        if not done:
            photos = [ViewerPhoto("a.jpg", bytes), ViewerPhoto("b.jpg", bytes)]
            show(photos, 1, [ViewerAction("Delete photo", done.append)])

    at = AppTest.from_function(page, default_timeout=30).run()
    next(button for button in at.button if button.label == "Delete photo").click().run()
    assert at.session_state["done"] == [1]


@pytest.mark.parametrize(
    ("place", "then", "reason"),
    [(1, "c.jpg", "the next one"), (2, "a.jpg", "after the last comes the first")],
)
def test_after_a_photo_was_taken_away_the_viewer_goes_on(place, then, reason):
    def page(place: int) -> None:
        import streamlit as st

        from pages.shared import photo_viewer
        from pages.shared.photo_viewer import ViewerAction, ViewerPhoto

        photos = [ViewerPhoto(name, bytes) for name in ("a.jpg", "b.jpg", "c.jpg")]
        delete = ViewerAction("Delete photo", lambda place: None, removes=True, done="Photo deleted.")
        if "opened" not in st.session_state:
            st.session_state["opened"] = True
            photo_viewer.show(photos, place, [delete])
        else:  # AppTest knows no runs of a dialog alone
            photo_viewer._body(photos, [delete])

    at = AppTest.from_function(page, args=(place,), default_timeout=30).run()
    at.button(key="viewer_action_0").click().run()
    assert then in stage(at) and "of 2" in words(at) and "Photo deleted." in words(at), reason
    at.button(key="viewer_next").click().run()
    assert "abc"[place] + ".jpg" not in stage(at), "it does not come back"
    at.button(key="viewer_action_0").click().run()
    assert stage(at) and "viewer_next" not in [button.key for button in at.button], "one is left, without neighbours"
    assert not at.exception


@pytest.mark.parametrize("refused", [True, False])
def test_what_was_not_done_takes_no_photo_away(refused):
    def page(refused: bool) -> None:
        import streamlit as st

        from pages.shared import photo_viewer
        from pages.shared.photo_viewer import ViewerAction, ViewerPhoto
        from tlcore.errors import UserError

        def refuse(place: int) -> bool:
            if refused:
                raise UserError("A class needs three photos.", "Add some.")
            return False  # this visitor may not

        photos = [ViewerPhoto("a.jpg", bytes), ViewerPhoto("b.jpg", bytes)]
        st.session_state.setdefault("viewer_place", 0)
        photo_viewer.chrome.errors_shown()(photo_viewer._body)(photos, [ViewerAction("Delete", refuse, removes=True)])

    at = AppTest.from_function(page, args=(refused,), default_timeout=30).run()
    at.button(key="viewer_action_0").click().run()
    assert "1 of 2" in words(at) and ("needs three photos" in words(at)) == refused


@pytest.mark.parametrize(
    ("pixels", "style", "reason"),
    [
        (0, "tl-tile", "a photo fills its square"),
        (100, "tl-tile tl-own-size", "never blown up"),
        (64, "tl-tile tl-pixel-art", "an emoji: each pixel is shown as it is"),
    ],
)
def test_a_picture_is_never_blown_up(pixels, style, reason):
    assert gallery.tile_style(pixels) == style, reason
    photo = gallery.GalleryPhoto("data:,", "a", "a", "a", pixels=pixels)
    assert f'class="{style}" style="--tl-pixels:{pixels}px"' in gallery.figure(photo)
    assert "tabindex" not in gallery.figure(photo), "what leads nowhere is no tab stop"
