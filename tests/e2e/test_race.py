"""From the advice to the verdict in a real browser: advice taken, variants looked at, two strategies that race."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sklearn.datasets import load_digits

from tests.e2e.test_journey import fill
from tests.e2e.test_upload import open_board, zip_input
from tests.e2e.ways import TRAINING_MS, expect_no_sideways_scroll, settle
from tests.photos import write_zip
from tlcore.data.samples import draw_digit

EACH = 40
EPOCHS = {"Epochs": 2, "Fine-tuning epochs": 2}


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """A zip of 40 of each of scikit-learn's digits."""
    found = load_digits()
    chosen = [place for digit in range(10) for place in np.flatnonzero(found.target == digit)[:EACH]]
    files = {f"{found.target[place]}/{place}.png": draw_digit(found.images[place]) for place in chosen}
    return write_zip(tmp_path / "digits.zip", files)


def test_the_advice_is_taken_and_two_strategies_race(page, server, digits):
    open_board(page, server)
    zip_input(page).set_input_files(digits)
    page.get_by_role("button", name="Import and continue").click()
    page.wait_for_url("**/train?**")
    follow_the_advice(page)
    look_at_variants(page)

    # What was set on the Train page counts in the race.
    page.get_by_role("tab", name="Network").click()
    fill(page, "Image size (pixels)", 64)
    page.get_by_role("slider", name="Batch norm adaptation").press("Home")
    expect(page.get_by_text(re.compile("^You changed: .*Batch norm adaptation"))).to_be_visible()
    page.get_by_role("tab", name="Training").click()
    for label, value in EPOCHS.items():
        fill(page, label, value)
    page.get_by_role("link", name="Compare strategies on your photos").click()
    expect(page.get_by_text(re.compile(r"Your options from the Train page apply: .*Image size"))).to_be_visible()
    expect(page.get_by_role("checkbox", name="Hybrid")).to_be_checked()
    start = page.get_by_role("button", name="Start a race of 2 runs")
    start.focus()
    page.keyboard.press("Enter")

    # The first line appears while the second run waits or learns; a refresh finds the race again.
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1, timeout=TRAINING_MS)
    page.reload()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1)
    expect(page.get_by_role("link", name="Feature extraction")).to_be_visible()
    expect(page.get_by_role("link", name="Hybrid")).to_be_visible()
    read_the_verdict(page)


def follow_the_advice(page: Page) -> None:
    """Digits are few and unlike ImageNet's photos: hybrid is advised, and selected at once only where it is quick.

    Nothing moves when the advice arrives.
    """
    hybrid, cards = page.get_by_role("radio", name="Hybrid"), page.locator(".st-key-setting_strategy")
    expect(hybrid).to_be_visible()
    settle(page)
    before = cards.bounding_box()
    expect(page.get_by_text("Why this recommendation?")).to_be_visible()
    assert cards.bounding_box() == before
    cards.locator("label", has_text="Feature extraction").click()
    expect(hybrid).not_to_be_checked()
    page.get_by_text("Why this recommendation?").click()
    take = page.get_by_role("button", name="Use this recommendation")
    take.click()
    expect(page.get_by_text("✓ Selected below")).to_be_visible()
    expect(take).to_have_count(0)  # it goes when the page has been drawn to its end; until then some things stand twice
    expect(hybrid).to_be_checked()


def look_at_variants(page: Page) -> None:
    """Nine variants of a photo, as hybrid varies them: other ones when a setting changes, none for a single view."""
    page.get_by_text("Options", exact=True).click()
    page.get_by_role("tab", name="Augmentation").click()
    variants = page.locator("ul.tl-variants img")
    expect(page.get_by_text("The network trains on each photo itself and on 3 such variants.")).to_be_visible()
    expect(variants).to_have_count(9)
    before = [each.get_attribute("src") for each in variants.all()]
    fill(page, "Rotate by up to (degrees)", 90)
    for number, source in enumerate(before):
        expect(variants.nth(number)).not_to_have_attribute("src", source)
        expect(variants.nth(number)).to_have_attribute("alt", re.compile(r"turned \d+° to the (left|right)"))
    assert len({*before, *(each.get_attribute("src") for each in variants.all())}) == 18
    page.get_by_role("slider", name=re.compile("^Variants per photo")).press("Home")
    expect(page.get_by_text("Choose two or more variants")).to_be_visible()
    expect(variants).to_have_count(0)


def read_the_verdict(page: Page) -> None:
    """The end of a race: a table, what chance allows, on a phone too, and the way to the best one's mistakes."""
    summary = re.compile(r"^(No clear winner: the differences? could be chance|\S.* is better than \S.*)")
    expect(page.get_by_role("heading", name=summary)).to_be_visible(timeout=TRAINING_MS)
    expect(page.locator(".st-key-card_verdict").get_by_test_id("stVegaLiteChart")).to_be_visible()
    rows = page.get_by_role("table").first.locator("tbody tr")
    expect(rows).to_have_count(2)
    for row in rows.all():
        expect(row).to_contain_text(re.compile(r"\d+% correct: \d+ of 60 \(likely range \d+–\d+%\)"))
    verdict = re.compile(r"got \d+ photos? correct that \S.* got wrong, and \d+ the other|exactly the same photos")
    expect(page.get_by_text(verdict)).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect_no_sideways_scroll(page)
    page.get_by_role("button", name="View the best run").click()
    expect(page.get_by_text(re.compile(r"\d+ of 60 test photos correct"))).to_be_visible()
