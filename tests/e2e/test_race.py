"""A race in a real browser: two strategies on one's own photos, a refresh on the way, the table and the verdict."""

import re

from playwright.sync_api import expect

from tests.e2e.test_journey import fill, has_no_sideways_scroll


def test_a_race_of_two_and_its_verdict(page, server, small_folder):
    page.goto(f"{server}/data")
    page.get_by_text("Folder", exact=True).click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(small_folder)
    page.get_by_role("button", name=re.compile("Make a data set of 36 files")).click()
    page.get_by_role("button", name=re.compile("Go on: train on")).click()

    # What was set on the Train page counts in the race.
    page.get_by_text(re.compile(r"\(hybrid\)")).click()
    page.get_by_text("The network: image size and more").click()
    fill(page, "Image size in pixels", 96)
    page.get_by_text("How it learns: rounds, step size and more").click()
    fill(page, "Rounds over all photos (epochs)", 3)
    fill(page, "Rounds with the network open (epochs)", 3)
    page.get_by_role("link", name="Compare strategies on your photos").click()
    expect(page.get_by_text(re.compile("it counts in every run: Image size in pixels"))).to_be_visible()
    expect(page.get_by_role("checkbox", name=re.compile(r"\(hybrid\)"))).to_be_checked()
    start = page.get_by_role("button", name="Start a race of 2 runs")
    start.focus()
    page.keyboard.press("Enter")

    # The first line appears while the second run waits or learns; a refresh finds the race again.
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1)
    page.reload()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1)
    expect(page.get_by_role("link", name="Feature extraction")).to_be_visible()
    expect(page.get_by_role("link", name="Hybrid")).to_be_visible()

    # The end: a table, the verdict, and on a phone too.
    expect(page.get_by_role("heading", name="Which differences are larger than chance?")).to_be_visible()
    expect(page.get_by_role("table").first).to_contain_text(re.compile(r"\d of 6 right \(\d+.%; plausibly \d+–\d+.%\)"))
    verdict = re.compile("no difference larger than chance|the very same photos: no difference")
    expect(page.get_by_text(verdict).first).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert has_no_sideways_scroll(page)
    page.get_by_role("button", name="See where the best one is wrong").click()
    expect(page.get_by_text(re.compile(r"\d+ of 6 right")).first).to_be_visible()
