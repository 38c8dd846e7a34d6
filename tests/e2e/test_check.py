"""In a real browser: check photos, correct a wrong label, leave a photo out, take that back, split by groups."""

import re
import shutil

from PIL import Image
from playwright.sync_api import expect

from tests.small import write_small_folder
from tlcore.data.ingest import ingest_folder
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import current_version
from tlcore.events import run_to_end
from tlcore.workspace import open_workspace


def test_what_is_found_is_corrected_with_one_press_each(page, server, home, tmp_path):
    folder = write_small_folder(tmp_path / "figures", seed=5)
    (folder / "square" / "square011.png").rename(folder / "disc" / "square011.png")
    shutil.copy(folder / "stripes" / "stripes000.png", folder / "stripes" / "again.png")
    Image.new("RGB", (96, 96), (90, 90, 90)).save(folder / "stripes" / "grey.png")
    workspace = open_workspace(home)
    dataset = run_to_end(ingest_folder(workspace, folder))

    def now():
        return load_dataset(workspace, current_version(workspace, dataset.id)).photos.set_index("path")

    page.goto(f"{server}/data?dataset={dataset.id}")
    page.get_by_role("button", name="Check photos").click()
    expect(page.get_by_role("radio", name=re.compile("Possibly wrong label"))).to_be_visible()
    page.reload()  # what was found stays
    page.get_by_role("button", name="Move square011.png to square").click()
    expect(page.get_by_text("Moved 1 photo to “square”.")).to_be_visible()
    assert now().at["disc/square011.png", "label"] == "square"
    expect(page.get_by_role("button", name="Move square011.png to square")).to_have_count(0)
    expect(page.get_by_text("Checked before your last change")).to_be_visible()

    page.get_by_role("radio", name=re.compile("Empty")).click()
    page.get_by_role("button", name="Leave out grey.png").click()
    expect(page.get_by_text("Left out 1 photo.")).to_be_visible()
    assert "stripes/grey.png" not in now().index
    expect(page.get_by_role("radio", name=re.compile("Empty"))).to_have_count(0)
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("radio", name=re.compile("Empty"))).to_be_visible()
    assert "stripes/grey.png" in now().index

    page.get_by_role("radio", name=re.compile("Copies")).click()
    card = page.locator(".tl-check", has_text="The same file twice")
    expect(card.locator("img")).to_have_count(2)
    card.locator("button.tl-opens").first.click()
    expect(page.get_by_role("dialog").get_by_text("1 of 2")).to_be_visible()
    page.keyboard.press("Escape")
    card.get_by_role("button", name=re.compile("Keep both")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 kept as it is")).to_be_visible()
