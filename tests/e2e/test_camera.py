"""The camera of a card: a photo at a press, a burst while it is held, a countdown, and the way out without a camera."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_board import card, count, go_on, name
from tests.e2e.test_upload import open_board
from tests.e2e.ways import WAIT_MS, until
from tlcore.data import incoming
from tlcore.data.manifest import load_dataset
from tlcore.workspace import open_workspace

COUNTED_AT_ONE = """card => new Promise((done) => {
  const timer = setInterval(() => {
    if (card.querySelector(".camera .digits").textContent !== "1") return;
    clearInterval(timer);
    done(card.querySelector(".count").textContent);
  }, 20);
})"""


NEVER_THE_SAME = """navigator.mediaDevices.getUserMedia = async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
  const context = canvas.getContext("2d");
  setInterval(() => {
    for (let place = 0; place < 48; place++) {
      context.fillStyle = `hsl(${360 * Math.random()} 80% ${20 + 60 * Math.random()}%)`;
      context.fillRect(40 * (place % 8), 40 * Math.floor(place / 8), 40, 40);
    }
  }, 40);
  return canvas.captureStream(25);
}"""
"""The browser's own test picture repeats itself on a busy machine, and copies are left out of a data set."""


@pytest.fixture
def camera_page(browser, server):
    """A tab that may use the camera, which shows a test picture."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["camera"])
    tab = context.new_page()
    tab.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    yield tab
    context.close()


def open_camera(page: Page, place: int):
    """The camera of a card; returns its button."""
    page.get_by_role("button", name=f"Use camera for Class {place}").click()
    shutter = page.get_by_role("button", name="Take photo")
    expect(shutter).to_be_focused()
    return shutter


def taken(page: Page, place: int) -> int:
    return int(re.match(r"\d+", count(page, place).inner_text()).group())


def expect_at_least(page: Page, place: int, number: int) -> None:
    numbers = "|".join(str(each) for each in range(number, number + 60))
    expect(count(page, place)).to_have_text(re.compile(f"^({numbers}) photos"))


def test_the_camera_takes_one_photo_or_a_burst(camera_page, server, home):
    page = camera_page
    open_board(page, server)
    shutter = open_camera(page, 1)
    page.keyboard.press("Enter")
    expect(count(page, 0)).to_have_text("1 photo")
    expect(page.locator(".camera .hint")).to_have_text("1 photo taken")
    shutter.hover()
    page.mouse.down()
    expect(count(page, 0)).to_have_text(re.compile(r"^[4-9]\d* photos"))
    expect(page.locator(".camera .left")).to_have_text(re.compile(r"^[1-8] s$"))
    page.mouse.up()
    expect(page.locator(".camera .hint")).to_have_text(re.compile(r"^\d+ photos taken. Record at least three bursts"))
    shutter.focus()
    page.keyboard.down("Space")
    expect_at_least(page, 0, taken(page, 0) + 3)
    page.keyboard.up("Space")
    page.get_by_role("button", name="Use camera for Class 2").click()
    expect(page.get_by_role("button", name="Take photo")).to_have_count(1)
    page.get_by_role("button", name="Close camera").click()
    expect(page.get_by_role("button", name="Use camera for Class 2")).to_be_focused()
    expect(page.locator(".verdict")).to_contain_text("uploaded.")
    area = re.search(r"incoming=(incoming-\w+)", page.url).group(1)
    uploads = lambda: incoming.list_uploads(open_workspace(home), area)  # noqa: E731
    until(page, lambda: len(uploads()) == taken(page, 0))
    groups = [upload.group for upload in uploads()]
    assert len(set(groups)) == 3 and all(re.fullmatch("[0-9a-f]{16}", each) for each in groups)
    page.reload()
    expect(count(page, 0)).to_have_text(f"{len(groups)} photos")


def test_a_countdown_records_for_both_hands_and_escape_ends_it(camera_page, server):
    page = camera_page
    open_board(page, server)
    open_camera(page, 1)
    page.get_by_role("button", name="Record in 3 s").click()
    expect(page.locator(".camera .digits")).to_be_visible()
    assert card(page, 0).evaluate(COUNTED_AT_ONE) == "", "none is taken before the countdown is over"
    expect(count(page, 0)).to_have_text(re.compile(r"^[3-9]\d* photos"))
    page.keyboard.press("Escape")
    expect(page.locator(".camera .hint")).to_have_text(re.compile(r"^\d+ photos taken"))  # not before it was stopped
    number = re.match(r"\d+", page.locator(".camera .hint").inner_text()).group()
    expect(count(page, 0)).to_have_text(f"{number} photos")
    page.wait_for_timeout(500)  # four photos a second, if it went on
    expect(count(page, 0)).to_have_text(f"{number} photos")
    expect(page.get_by_role("button", name="Record in 3 s")).to_be_enabled()


def test_bursts_stay_together_in_the_data_set(camera_page, server, home):
    page = camera_page
    page.add_init_script(NEVER_THE_SAME)
    open_board(page, server)
    for place in (1, 2):
        name(page, place - 1).fill(f"thing {place}")
        name(page, place - 1).press("Tab")
        page.get_by_role("button", name=f"Use camera for thing {place}").click()
        shutter = page.get_by_role("button", name="Take photo")
        before = 0
        for _ in range(3):
            shutter.hover()
            page.mouse.down()
            expect_at_least(page, place - 1, before + 4)  # on a slow machine some of them are the same picture
            page.mouse.up()
            expect(page.locator(".camera .hint")).to_have_text(re.compile("photos taken"))
            before += int(re.match(r"\d+", page.locator(".camera .hint").inner_text()).group())
            expect_at_least(page, place - 1, before)
    page.get_by_role("button", name="Close camera").click()
    go_on(page)
    page.wait_for_url(re.compile(r"/(train|data)\?.*dataset="))
    photos = load_dataset(open_workspace(home), re.search(r"dataset=([\w-]+)", page.url).group(1)).photos
    assert photos["group"].nunique() == 6 and photos["group"].notna().all()
    assert (photos.groupby("group")["split"].nunique() == 1).all()


NO_CAMERA = [
    # what the browser does, what the page says, whether trying again may help
    ("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))",
     "No camera was found on this device.", False),
    ("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))",
     "Your browser blocks the camera. Allow it beside the address, then try again.", True),
    ("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotReadableError'))",
     "Another program is using the camera. Close it, then try again.", True),
    ("Object.defineProperty(navigator, 'mediaDevices', {value: undefined});"
     "Object.defineProperty(window, 'isSecureContext', {value: false})",
     "This page was opened without https, so the browser gives it no camera.", False),
    ("Object.defineProperty(navigator, 'mediaDevices', {value: undefined})",
     "This browser gives pages no camera.", False),
]  # fmt: skip


@pytest.mark.parametrize(("script", "words", "again"), NO_CAMERA)
def test_without_a_camera_it_says_why_and_offers_the_camera_app(page, server, tmp_path, script, words, again):
    from tests.photos import make_photo

    page.add_init_script(script)
    open_board(page, server)
    page.get_by_role("button", name="Use camera for Class 1").click()
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible(visible=again)
    app = page.locator(".camera input[type=file]")
    assert app.get_attribute("capture") == "environment" and app.get_attribute("accept") == "image/*"
    (tmp_path / "phone.jpg").write_bytes(make_photo(1))
    app.set_input_files(tmp_path / "phone.jpg")
    expect(count(page, 0)).to_have_text("1 photo")
    page.get_by_role("button", name="Close camera").click()
    expect(page.get_by_role("button", name="Use camera for Class 1")).to_be_focused()
