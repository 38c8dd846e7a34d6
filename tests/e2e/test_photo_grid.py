"""In a real browser, by keyboard alone: find a photo, correct its label, leave it out, undo both; Back and reload keep
the view."""

import re
import zipfile

from playwright.sync_api import Page, expect

from tests.e2e.ways import expect_no_sideways_scroll, open_page, press, settle, until
from tests.photos import class_files, write_zip
from tlcore.data.dataset_list import list_datasets
from tlcore.data.ingest import ingest_zip
from tlcore.data.manifest import load_dataset
from tlcore.events import run_to_end
from tlcore.workspace import open_workspace


def photos(page: Page):
    return page.get_by_role("option")


def selected(page: Page):
    return page.get_by_role("option", selected=True)


def test_a_wrong_label_is_corrected_a_photo_left_out_and_both_undone(page, server, home, tmp_path):
    workspace = open_workspace(home)
    files = class_files({"ferns": 8, "mosses": 8}, seed=61)
    dataset = run_to_end(ingest_zip(workspace, write_zip(tmp_path / "greens.zip", files)))

    def labels() -> dict[str, str]:
        (newest,) = [each for each in list_datasets(workspace) if each.name == "greens"]
        found = load_dataset(workspace, newest.id).photos
        return dict(zip(found["path"], found["label"]))

    before = labels()
    open_page(page, f"{server}/data?dataset={dataset.id}")
    page.get_by_role("link", name="See all 8").first.click()
    expect(page.get_by_role("heading", name="All photos")).to_be_visible()
    expect(photos(page)).to_have_count(8)
    expect(page).to_have_url(re.compile("class=ferns"))
    expect_no_sideways_scroll(page)

    # Back leads to all of a filter that was changed, and a reload shows the same.
    page.go_back()
    expect(page.get_by_role("heading", name="Your photos")).to_be_visible()
    page.go_forward()
    expect(photos(page)).to_have_count(8)
    page.reload()
    expect(photos(page)).to_have_count(8)
    settle(page)

    # The keyboard comes to the grid in one stop, and goes from photo to photo.
    photos(page).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    expect(photos(page).nth(2)).to_be_focused()
    expect(selected(page)).to_have_count(2)
    expect(page.get_by_role("status").filter(has_text="2 selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(selected(page)).to_have_count(0)

    # A wrong label.
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog", name="Move 1 photo to")
    dialog.get_by_role("button", name="mosses").press("Enter")
    expect(page.get_by_text("Moved 1 photo from ferns to mosses.")).to_be_visible()
    expect(photos(page)).to_have_count(7)
    assert sorted(labels().values()).count("mosses") == 9

    # Left out, and undone twice: one stays in the grid where one was.
    expect(photos(page).nth(2)).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_text("Left out 1 photo")).to_be_visible()
    expect(photos(page)).to_have_count(6)
    assert len(labels()) == 15
    page.keyboard.press("Control+z")
    expect(photos(page)).to_have_count(7)
    page.keyboard.press("Control+z")
    expect(photos(page)).to_have_count(8)
    assert labels() == before
    page.keyboard.press("Control+Shift+z")
    expect(photos(page)).to_have_count(7)
    page.get_by_role("button", name="Undo").click()
    expect(photos(page)).to_have_count(8)
    assert labels() == before
    expect(page).to_have_url(re.compile("class=ferns"))


def test_a_photo_opens_large_and_what_the_keys_are_is_listed(page, server, home, tmp_path):
    files = class_files({"tin": 8, "zinc": 8}, seed=62)
    dataset = run_to_end(ingest_zip(open_workspace(home), write_zip(tmp_path / "metals.zip", files)))
    open_page(page, f"{server}/data?dataset={dataset.id}&show=photos&sort=name")
    press(page, page.get_by_role("button", name="Keyboard shortcuts"))
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Show large")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    photos(page).nth(1).focus()
    page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog")
    expect(viewer).to_contain_text(re.compile("photo 1.jpg.*Format", re.DOTALL))
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    settle(page)

    # An arrow key that comes before the large photo does leads to the next one, and the grid keeps its place.
    expect(photos(page).nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    expect(viewer).to_contain_text(re.compile("photo 2.jpg.*Format", re.DOTALL))
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)

    # A finger: a tap on the corner selects, and the bar with what can be done lies at the bottom.
    page.set_viewport_size({"width": 390, "height": 844})
    expect_no_sideways_scroll(page)
    photos(page).nth(0).locator(".tl-all-check").click(force=True)
    photos(page).nth(3).click()
    bar = page.locator(".tl-all-bar")
    expect(bar).to_contain_text("2 selected")
    until(page, lambda: bar.bounding_box()["y"] + bar.bounding_box()["height"] > 800)
    expect_no_sideways_scroll(page)


def test_all_photos_are_downloaded_as_a_zip(page, server, home, tmp_path):
    files = class_files({"lead": 6, "iron": 6}, seed=63)
    dataset = run_to_end(ingest_zip(open_workspace(home), write_zip(tmp_path / "ores.zip", files)))
    open_page(page, f"{server}/data?dataset={dataset.id}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download photos").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        photos_in_it = {name for name in archive.namelist() if name.endswith(".jpg")}
        assert len(photos_in_it) == 12 and {name.split("/")[0] for name in photos_in_it} == {"lead", "iron"}
    assert download.value.suggested_filename == "ores.zip"
