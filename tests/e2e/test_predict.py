"""New photos in a real browser: dropped, looked at large with the keys alone, filtered, and taken away as files."""

import re
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.api.test_unknown import STRANGE, png
from tests.e2e.axe import violations
from tests.e2e.ways import WAIT_MS, open_page, press_until, settle, until
from tlcore.data.manifest import Dataset


@pytest.fixture
def tab(browser, lab) -> Iterator[Page]:
    """The Predict page; the test fails when it throws an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["camera"])
    page, errors = context.new_page(), []
    page.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_page(page, lab.at("predict"))
    yield page
    context.close()
    assert not errors, errors[:3]


@pytest.fixture
def photos(trained, tmp_path) -> list[str]:
    """Four photos of the data set, as files whose names say the class."""
    dataset: Dataset = trained[1]
    rows = dataset.part("test").head(4)
    for number, row in enumerate(rows.itertuples()):
        (tmp_path / f"{row.label}-{number}.png").write_bytes(dataset.read(row.path))
    return sorted(str(path) for path in tmp_path.glob("*.png"))


def drop(tab: Page, *files: str) -> None:
    tab.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(list(files))


def test_one_photo_then_another(tab, photos):
    drop(tab, photos[0])
    answer = tab.locator(".tl-answer")
    expect(answer).to_be_visible()
    size = answer.locator("span").first.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    assert size >= 28, "the answer is the largest thing on the page"
    assert answer.bounding_box()["y"] < 900, "nobody has to scroll to it"
    drop(tab, photos[1])
    expect(tab.get_by_text("2 predictions · ")).to_be_visible()
    expect(tab.locator(".st-key-tl_answer_photo img")).to_have_attribute(
        "alt", f"Your photo {photos[1].split('/')[-1]}"
    )


def test_why_is_shown_and_a_photo_that_is_alike_opens_with_the_keys_alone(tab, photos):
    drop(tab, photos[0])
    expect(tab.locator(".tl-answer")).to_be_visible()
    settle(tab)
    tab.get_by_text("Show why").wait_for()
    tab.locator(".st-key-answer_why_toggle input").focus()
    tab.keyboard.press("Space")
    over = tab.locator(".st-key-tl_answer_photo .tl-over")
    expect(over).to_be_visible()
    boxes = [each.bounding_box() for each in (over, tab.locator(".st-key-tl_answer_photo img").first)]
    assert boxes[0] == boxes[1], "it lies exactly over what the model sees"
    beside = tab.locator(".st-key-tl_answer_why button.tl-photo")
    expect(beside).to_have_count(6)
    settle(tab)
    beside.first.focus()
    beside.first.press("Enter")
    expect(tab.get_by_role("dialog").locator("dt", has_text="Similarity")).to_be_visible()


def test_a_photo_of_something_else_is_none_of_these_until_every_photo_is_to_be_answered(tab, tmp_path):
    (tmp_path / "strange.png").write_bytes(png(STRANGE))
    drop(tab, str(tmp_path / "strange.png"))
    answer = tab.locator(".tl-answer")
    expect(answer).to_have_text("None of these")
    expect(tab.get_by_text(re.compile("^Closest: "))).to_be_visible()
    settle(tab)
    dial = tab.get_by_role("slider", name="How sure it must be")
    dial.focus()
    for _ in range(4):  # 97%, 98%, 99%, everything
        tab.keyboard.press("ArrowLeft")
    expect(answer).not_to_have_text("None of these")
    expect(tab).to_have_url(re.compile("kept=100"))


def test_photos_open_and_close_with_the_keys(tab, photos):
    drop(tab, *photos)
    expect(tab.get_by_text("4 predictions · ")).to_be_visible()
    settle(tab)
    second = tab.locator("button.tl-photo").nth(1)
    second.focus()
    second.press("Enter")
    viewer = tab.get_by_role("dialog")
    expect(viewer.locator(".tl-stage img")).to_be_visible()
    expect(viewer.get_by_text("2 of 4")).to_be_visible()
    settle(tab)
    press_until(tab, "ArrowRight", viewer.get_by_text("3 of 4"))
    settle(tab)
    press_until(tab, "ArrowLeft", viewer.get_by_text("2 of 4"))
    expect(viewer.locator("dt")).to_have_text(["Prediction", "Size", "Format"])
    tab.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    expect(second).to_be_focused()  # where it was


DROP_MANY = """(element, number) => {
  const transfer = new DataTransfer();
  for (let each = 0; each < number; each++) transfer.items.add(new File(["x"], `${each}.jpg`, { type: "image/jpeg" }));
  element.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


def test_more_photos_than_fit_at_once_are_not_sent(tab, photos):
    sent = []
    tab.on("request", lambda request: sent.append(request.url) if "/upload_file/" in request.url else None)
    zone = tab.get_by_test_id("stFileUploaderDropzone")
    zone.evaluate(DROP_MANY, 501)
    refused = tab.get_by_role("alert").filter(has_text="501 photos are too many at once. Choose up to 500.")
    expect(refused).to_be_visible()
    expect(refused.locator("code")).to_contain_text("tlcore predict")
    assert not sent
    drop(tab, *photos)
    expect(tab.get_by_text("4 predictions · ")).to_be_visible()
    expect(refused).to_have_count(0)
    assert len(sent) == 4
    zone.evaluate(DROP_MANY, 499)
    expect(tab.get_by_role("alert")).to_contain_text("4 are here already. Choose up to 496.")


def test_how_far_an_upload_is_can_be_seen(tab, photos):
    held = []
    tab.route("**/upload_file/**", lambda route: held.append(route) if len(held) < 1 else route.continue_())
    drop(tab, *photos)
    bar = tab.get_by_role("progressbar", name="Upload")
    expect(tab.get_by_text("Uploading · 3 of 4 photos")).to_be_visible()
    expect(bar).to_have_js_property("value", 3)
    held[0].continue_()
    expect(tab.get_by_text("4 predictions · ")).to_be_visible()
    expect(bar).to_be_hidden()


def test_many_photos_are_filtered_and_taken_away(tab, trained, photos, tmp_path):
    page = tmp_path / "page.jpg"
    page.write_text("<html><body>no picture</body></html>")
    drop(tab, *photos, str(page))
    expect(tab.get_by_text("1 file left out")).to_be_visible()
    tab.locator(".st-key-answers_class button").first.click()
    label = trained[1].labels[0]
    expect(tab.locator(".tl-caption").filter(has_not_text=re.compile(rf"^\s*{label}"))).to_have_count(0)
    expect(tab.locator(".tl-caption").first).to_be_visible()
    tab.locator(".st-key-answers_class button").first.click()
    tab.get_by_role("radio", name="Table").click()
    expect(tab.get_by_role("columnheader", name="Probability")).to_be_visible()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download predictions (CSV)").click()
    assert download.value.suggested_filename == "shapes-predictions.csv"
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download model").click()
    assert download.value.suggested_filename == "shapes-model.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        assert "% correct: " in archive.read("README.md").decode("utf-8")


def test_the_camera_is_answered_where_the_eye_is(tab):
    tab.get_by_text("Use the camera").click()
    shown = "video => video.readyState > 1 || new Promise(done => video.addEventListener('loadeddata', () => done(1)))"
    tab.locator("video").evaluate(shown)
    tab.get_by_role("button", name="Take photo").click()
    answer = tab.locator(".tl-answer")
    expect(answer).to_be_visible()

    def below_the_top_of_the_camera() -> float:
        return answer.bounding_box()["y"] - tab.locator(".camera").bounding_box()["y"]

    until(tab, lambda: 0 < below_the_top_of_the_camera() < tab.locator(".camera").bounding_box()["height"])
    tab.set_viewport_size({"width": 390, "height": 844})
    until(tab, lambda: below_the_top_of_the_camera() < 0)  # on a phone it stands above the picture
    tab.get_by_role("button", name="Take photo").hover()
    tab.mouse.down()
    expect(tab.locator(".camera .strip li").nth(3)).to_be_visible()
    tab.mouse.up()
    expect(tab.get_by_role("status").filter(has_text="photos taken")).to_be_visible()
    expect(tab.get_by_text(re.compile(r"^\d+ predictions · "))).to_be_visible()


def test_answers_and_the_viewer_keep_nobody_out(tab, photos):
    drop(tab, photos[0])
    expect(tab.locator(".tl-answer")).to_be_visible()
    drop(tab, photos[1])
    expect(tab.get_by_text("2 predictions · ")).to_be_visible()
    settle(tab)
    assert not violations(tab)
    tab.locator("button.tl-photo").nth(1).click()
    expect(tab.get_by_role("dialog").locator(".tl-stage img")).to_be_visible()
    tab.wait_for_timeout(500)  # what fades in has no contrast meanwhile
    assert not violations(tab)
