"""In a real browser: a cell of the matrix, its photo moved by keyboard, applied and retrained, before and after."""

import re
import shutil

from playwright.sync_api import expect

from tests.e2e.ways import expect_no_sideways_scroll, open_page, settle
from tests.pages.test_evaluate import _mistake
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import load_current
from tlcore.jobs.store import load_run
from tlcore.workspace import open_workspace


def test_from_a_cell_of_the_matrix_to_before_and_after(page, server, home, trained):
    workspace = open_workspace(home)
    for source in (trained[0].datasets / trained[1].id, trained[2].folder, trained[0].features):
        target = home / source.relative_to(trained[0].root)
        shutil.copytree(source, target, dirs_exist_ok=True)
    dataset, run = load_dataset(workspace, trained[1].id), load_run(workspace, trained[2].id)
    _mistake(dataset, run)
    first, second = dataset.labels[:2]

    open_page(page, f"{server}/evaluate?run={run.id}")
    page.get_by_role("button", name=f"Predicted {second}, actually {first}: 1 photo").click()
    expect(page.get_by_text(f"1 photo: predicted {second}, actually {first}")).to_be_visible()
    photo = page.get_by_role("option")
    expect(photo).to_have_count(1)
    settle(page)
    name = photo.get_attribute("title")
    photo.focus()
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Move 1 photo to")).to_be_visible()
    page.keyboard.press("Enter")  # what the model predicted stands first
    apply = page.get_by_role("button", name="Apply 1 change and retrain")
    expect(apply).to_be_visible()
    page.reload()
    expect(apply).to_be_visible()
    expect(photo).to_contain_text(f"→ {second}")
    settle(page)
    assert load_current(workspace, dataset.id).id == dataset.id, "nothing is changed before it is applied"
    apply.click()
    expect(page.get_by_text(f"Moved 1 photo from {first} to {second}.")).to_be_visible()
    expect(page.get_by_role("link", name="View the earlier model’s results")).to_be_visible()
    expect(page.get_by_text("Both are judged by the corrected labels (1 test photo)")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("No difference|correct of 6|As many"))).to_be_visible()
    expect_no_sideways_scroll(page)
    assert run.id not in page.url
    newest = load_current(workspace, dataset.id).photos
    (label,) = newest.loc[newest["path"].str.endswith(name), "label"]
    assert label == second
