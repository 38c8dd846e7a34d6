"""The whole way by keyboard alone: from the welcome page to an answer on a photo of one's own, and no mouse."""

import re

from playwright.sync_api import expect

from tests.e2e.test_journey import emoji_of
from tests.e2e.ways import heading, open_page, press, primary, settle, step, tab_to

SAMPLE = re.compile("^Use emoji")


def test_from_the_welcome_page_to_an_answer(page, server, tmp_path):
    open_page(page, server)
    welcome = heading(page).inner_text()
    press(page, primary(page))
    expect(heading(page)).not_to_have_text(welcome)
    expect(heading(page)).to_be_focused()

    press(page, page.get_by_role("button", name=SAMPLE))
    expect(page.locator(".st-key-tl_steps")).to_contain_text("✓ Data")
    settle(page)
    expect(primary(page)).to_have_text("Continue to training")
    press(page, primary(page))
    expect(page).to_have_url(re.compile("/train"))
    settle(page)
    expect(heading(page)).to_be_focused()

    expect(page.get_by_text("Why this recommendation?")).to_be_visible()  # until it is there another one may be checked
    settle(page)
    tab_to(page, page.locator(".st-key-setting_strategy input:checked"))
    if page.get_by_role("radio", name="Feature extraction").is_checked():
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Hybrid")).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="Feature extraction")).to_be_checked()
    settle(page)
    press(page, primary(page))
    expect(page.locator("#tl-told")).to_contain_text(re.compile(r"\w"))  # a screen reader hears how it goes
    expect(page.locator(".st-key-tl_steps")).to_contain_text("✓ Train")
    press(page, step(page, "predict"))
    expect(page).to_have_url(re.compile("/predict"))
    settle(page)
    expect(heading(page)).to_be_focused()

    with page.expect_file_chooser() as chooser:
        press(page, page.get_by_test_id("stFileUploaderDropzone").locator("button").first)
    photo = emoji_of("vehicles", tmp_path).rename(tmp_path / "a photo of mine.png")
    chooser.value.set_files(photo)
    expect(page.locator("#root").get_by_text("vehicles").first).to_be_visible()
