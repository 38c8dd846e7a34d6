"""A network of one's own in a real browser: its file dropped, what is proposed, added, and trained on to a score."""

import pytest
from playwright.sync_api import expect

from tests.conftest import finish
from tests.e2e.ways import TRAINING_MS, open_page, primary, settle
from tests.networks.small import small_tflite
from tlcore.data.ingest import ingest_folder
from tlcore.workspace import open_workspace

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def test_a_network_of_ones_own_is_brought_and_trained_on(page, server, home, small_folder, tmp_path):
    dataset = finish(ingest_folder(open_workspace(home), small_folder, name="for a network of one’s own"))[1]
    file = tmp_path / "my net.tflite"
    file.write_bytes(small_tflite(scaled=False))

    open_page(page, f"{server}/train?dataset={dataset.id}")
    page.get_by_text("Bring your own network").click()
    page.get_by_label("Network file").locator("input[type=file]").last.set_input_files(file)
    expect(page.get_by_text("my net.tflite is a LiteRT network")).to_be_visible()
    expect(page.get_by_text("on your photos", exact=False).first).to_be_visible()  # where the scaling comes from
    settle(page)
    page.get_by_role("textbox", name="Name", exact=True).fill("My net")
    page.get_by_role("button", name="Add network").click()

    expect(page.get_by_role("radio", name="My net")).to_be_checked()
    settle(page)
    primary(page).click()
    expect(page.get_by_text("test photos correct")).to_be_visible(timeout=TRAINING_MS)
    expect(page.get_by_text("My net").first).to_be_visible()
