"""In a real browser: models of a race are combined; the result stands beside them with its verdict, and predicts."""

import re

from playwright.sync_api import expect

from tests.conftest import copy_of
from tests.e2e.studio import end_like
from tests.e2e.ways import WAIT_MS, expect_no_sideways_scroll, open_page, settle
from tests.served import serve
from tlcore.comparison.store import create_comparison, runs_of


def test_two_models_are_combined_and_predict_together(browser, trained, tmp_path):
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    race = create_comparison(workspace, dataset.id, [run.config, run.config], dataset.name)
    for each in runs_of(workspace, race):
        end_like(each, run)
    photo = dataset.part("test").iloc[0]
    (tmp_path / "photo.png").write_bytes(dataset.read(photo["path"]))
    with serve(workspace.root, tmp_path / "log.txt") as server:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        open_page(page, f"{server.address}/compare?race={race.id}&dataset={dataset.id}")
        page.get_by_role("button", name="Combine 2 models").click()

        # It has come when its results can be opened; its verdict stands beside it.
        results = page.get_by_role("link", name="View the ensemble’s results")
        expect(results).to_be_visible()
        expect(page.get_by_text(re.compile("got exactly the same photos correct")).first).to_be_visible()
        settle(page)
        expect_no_sideways_scroll(page)
        results.click()
        page.wait_for_url("**/evaluate?**")
        expect(page.get_by_text(re.compile("^The average of 2 models"))).to_be_visible()
        settle(page)
        page.get_by_role("button", name="Try it on new photos").click()
        page.wait_for_url("**/predict?**")
        settle(page)
        page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(tmp_path / "photo.png")
        expect(page.locator(".tl-answer")).to_be_visible()
        page.context.close()
