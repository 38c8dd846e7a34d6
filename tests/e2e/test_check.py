"""In a real browser: check photos, correct a wrong label, leave a photo out, undo both, and split by groups."""

import re
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from tests.e2e.ways import settle
from tests.small import CLASSES, write_small_folder
from tlcore.data.ingest import ingest_folder
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import current_version
from tlcore.events import run_to_end
from tlcore.workspace import open_workspace

SITES = ("north", "east", "south", "west")


def write_figures(folder: Path) -> Path:
    """Figures from four sites, which begin their names; one has a wrong label, one is there twice, one is empty."""
    write_small_folder(folder, seed=5)
    for label in CLASSES:
        for number, path in enumerate(sorted((folder / label).iterdir())):
            path.rename(path.with_name(f"{SITES[number % 4]}_{path.name}"))
    (folder / "square" / "west_square011.png").rename(folder / "disc" / "west_square011.png")
    shutil.copy(folder / "stripes" / "north_stripes000.png", folder / "stripes" / "north_again.png")
    Image.new("RGB", (96, 96), (90, 90, 90)).save(folder / "stripes" / "east_grey.png")
    return folder


def test_what_is_found_is_corrected_with_one_press_each(page, server, home, tmp_path):
    folder = write_figures(tmp_path / "figures")
    workspace = open_workspace(home)
    dataset = run_to_end(ingest_folder(workspace, folder))

    def now():
        return load_dataset(workspace, current_version(workspace, dataset.id)).photos.set_index("path")

    page.goto(f"{server}/data?dataset={dataset.id}")
    page.get_by_role("button", name="Check photos").click()
    expect(page.get_by_role("radio", name=re.compile("Possibly wrong label"))).to_be_visible()
    page.reload()  # what was found stays
    page.get_by_role("button", name="Move west_square011.png to square").click()
    expect(page.get_by_text("Moved 1 photo to “square”.")).to_be_visible()
    assert now().at["disc/west_square011.png", "label"] == "square"
    expect(page.get_by_role("button", name="Move west_square011.png to square")).to_have_count(0)
    expect(page.get_by_text("Checked before your last change")).to_be_visible()

    page.get_by_role("radio", name=re.compile("Empty")).click()
    page.get_by_role("button", name="Leave out east_grey.png").click()
    expect(page.get_by_text("Left out 1 photo.")).to_be_visible()
    assert "stripes/east_grey.png" not in now().index
    expect(page.get_by_role("radio", name=re.compile("Empty"))).to_have_count(0)
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("radio", name=re.compile("Empty"))).to_be_visible()
    assert "stripes/east_grey.png" in now().index
    settle(page)
    page.get_by_role("button", name="Undo earlier change").click()
    expect(page.get_by_role("radio", name=re.compile("Possibly wrong label"))).to_be_visible()
    assert now().at["disc/west_square011.png", "label"] == "disc"

    page.get_by_role("radio", name=re.compile("Copies")).click()
    card = page.locator(".tl-check", has_text="The same file twice")
    expect(card.locator("img")).to_have_count(2)
    card.locator("button.tl-opens").first.click()
    expect(page.get_by_role("dialog").get_by_text("1 of 2")).to_be_visible()
    page.keyboard.press("Escape")
    card.get_by_role("button", name=re.compile("Keep both")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 kept as it is")).to_be_visible()

    by_site = page.locator('[class*="st-key-tl_grouping_"]', has_text="First part of the file name")
    expect(by_site).to_contain_text("4 groups, such as")
    site = now().index.str.extract(r"/([a-z]+)_", expand=False)
    assert now().groupby(site)["split"].nunique().max() > 1, "else the split would have nothing to do"
    by_site.get_by_role("button", name="Split by this").click()
    expect(page.get_by_text("Split again: first part of the file name")).to_be_visible()
    expect(by_site.get_by_text("In use")).to_be_visible()
    assert now().groupby(site)["split"].nunique().max() == 1 and set(now()["split"]) == {"train", "validation", "test"}
