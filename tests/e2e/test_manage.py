"""In a real browser: rename, delete, undo, and a new tab that opens what was used last."""

import re

from playwright.sync_api import expect

from tests.e2e.ways import open_page, settle
from tests.photos import class_files, write_zip
from tlcore.data.ingest import ingest_zip
from tlcore.events import run_to_end
from tlcore.workspace import open_workspace


def test_after_a_photo_was_deleted_the_next_one_is_shown(page, server, home, tmp_path):
    files = class_files({"larks": 8, "wrens": 8}, seed=42)
    dataset = run_to_end(ingest_zip(open_workspace(home), write_zip(tmp_path / "birds.zip", files)))
    open_page(page, f"{server}/data?dataset={dataset.id}")
    sources = "() => [...document.querySelectorAll('button.tl-photo img')].map(image => image.src)"
    expect(page.locator("button.tl-photo img")).to_have_count(9)
    before = page.evaluate(sources)
    page.locator("button.tl-photo").first.click()
    viewer = page.get_by_role("dialog")
    name = viewer.locator(".tl-viewer-name").inner_text()
    viewer.get_by_role("button", name="Delete photo").click()
    expect(viewer.get_by_text("1 of 8")).to_be_visible()
    expect(viewer.get_by_text("Photo deleted.")).to_be_visible()
    expect(viewer.locator(".tl-viewer-name")).not_to_have_text(name)
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    expect(page.get_by_text("Deleted 1 photo.")).to_be_visible()
    expect(page.get_by_text("15 photos").first).to_be_visible()
    settle(page)
    expect(page.locator("button.tl-photo img")).to_have_count(9)
    after = page.evaluate(sources)
    assert len(set(before) & set(after)) == 8, "the sample keeps its other photos"


def test_rename_delete_and_undo(page, server, home, tmp_path):
    files = class_files({"ferns": 8, "mosses": 8}, seed=41)
    dataset = run_to_end(ingest_zip(open_workspace(home), write_zip(tmp_path / "herbarium.zip", files)))

    # A card on the welcome page has a menu; Enter saves the new name.
    page.goto(server)
    page.get_by_role("button", name="Options for the data set herbarium").click()
    page.get_by_role("menuitem", name="Rename…").click()
    field = page.get_by_label("Name", exact=True)
    expect(field).to_have_value("herbarium")
    field.fill("Green *things*")
    field.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Green *things*").click()
    expect(page.get_by_role("heading", name="Your photos", exact=True)).to_be_visible()

    # A new tab without an address of its own opens it again.
    other = page.context.new_page()
    other.goto(f"{server}/data")
    expect(other.get_by_role("button", name="Green *things*", exact=True)).to_be_visible()
    expect(other).to_have_url(re.compile(dataset.id))
    other.close()

    # Deleting asks once; the way back stands on the page where one lands.
    page.get_by_role("button", name="Green *things*", exact=True).click()
    page.get_by_role("menuitem", name="Delete…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(re.compile(r"You can undo this for 24 hours"))).to_be_visible()
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Deleted “Green *things*”.")).to_be_visible()
    expect(page).not_to_have_url(re.compile(dataset.id))
    assert not dataset.folder.exists()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Your photos", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(dataset.id))
    assert all(map(dataset.read, dataset.photos["path"])), "every photo is back"

    # Escape closes the question, and nothing has happened.
    page.get_by_role("button", name="Green *things*", exact=True).click()
    page.get_by_role("menuitem", name="Delete…").click()
    expect(dialog.get_by_role("button", name="Delete", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Your photos", exact=True)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
