"""Live answers of the camera: the browser runs the model itself, and says what the program would say."""

import base64
import json

import pytest
from playwright.sync_api import expect

from tests.e2e.studio import studio
from tests.e2e.ways import WAIT_MS, open_page, settle, until
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import current_version
from tlcore.serving.bundle import load_bundle
from tlcore.serving.predict import ImageClassifier
from tlcore.workspace import open_workspace

PICTURE = """picture => {
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 288, height: 288 });
    const context = canvas.getContext("2d");
    const image = new Image();
    window.show = async (data) => { image.src = data; await image.decode(); };
    await window.show(picture);
    setInterval(() => context.drawImage(image, 0, 0, 288, 288), 40);
    return canvas.captureStream(25);
  };
}"""
TOLERANCE = 0.15
"""In probability: a video's colours are coarser than those of a picture, and it was drawn three times as large."""


@pytest.fixture
def place(trained, tmp_path):
    """A server of this test's own: a photo joins the data set."""
    with studio(trained, tmp_path) as found:
        yield found


@pytest.fixture
def tab(browser, place):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["camera"])
    page, errors = context.new_page(), []
    page.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    open_page(page, place.at("predict"))
    yield page
    context.close()
    assert not errors, errors[:3]


def as_data(photo: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(photo).decode()}"


def test_the_browser_answers_as_the_program_does(tab, trained, tmp_path):
    home = open_workspace(tmp_path / "home")
    _, dataset, run = trained
    classifier = ImageClassifier(load_bundle(run.folder))
    photos = [dataset.read(path) for path in dataset.photos["path"]]
    answers = [(photo, classifier.predict_photo(photo)) for photo in photos]
    sure = [(photo, found) for photo, found in answers if found.known and found.probability > 0.9]
    first = sure[0]
    second = next(each for each in sure if each[1].label != first[1].label)
    tab.evaluate(PICTURE, as_data(first[0]))
    tab.get_by_text("Use the camera").click()
    live = tab.locator(".live")

    def seen() -> dict:
        return json.loads(live.get_attribute("data-answer") or "{}")

    until(tab, lambda: seen().get("label") == first[1].label)
    assert seen()["probability"] == pytest.approx(first[1].probability, abs=TOLERANCE)
    expect(live.locator(".live-said")).to_contain_text(first[1].label)
    tab.get_by_role("button", name="Freeze").click()
    tab.evaluate("data => window.show(data)", as_data(second[0]))
    tab.wait_for_timeout(600)
    assert seen()["label"] == first[1].label, "what is frozen stays"
    tab.get_by_role("button", name="Continue").click()
    until(tab, lambda: seen().get("label") == second[1].label)
    tab.get_by_role("button", name="Take photo").click()
    expect(tab.locator(".tl-answer")).to_contain_text(second[1].label)

    def number() -> int:
        return len(load_dataset(home, current_version(home, dataset.id)).photos)

    before = number()
    settle(tab)
    tab.get_by_role("button", name="Add to your data set").click()
    tab.get_by_role("button", name="Add photo").click()
    expect(tab.get_by_text(f"as {second[1].label}. Train again to learn from")).to_be_visible()
    assert number() == before + 1
