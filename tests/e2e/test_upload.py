"""Uploads in a real browser: many files, some of which the server does not take at first, a large one, and hiccups."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_journey import has_no_sideways_scroll
from tests.photos import class_files, make_photo, write_files, write_zip


def open_uploader(page: Page, server: str, way: str) -> None:
    page.goto(f"{server}/data?more=1")
    page.get_by_text(way, exact=True).click()


def choose(page: Page, files: object) -> None:
    page.locator("input[type=file]").set_input_files(files)


@pytest.fixture
def limits(home: Path):
    """`limits(dataset_photos=…)`: from now on this is what the server allows."""
    path = home / "settings.toml"

    def write(**values: float) -> None:
        path.write_text("".join(f"{name} = {value}\n" for name, value in values.items()), encoding="utf-8")

    yield write
    path.unlink(missing_ok=True)


def test_of_300_files_all_arrive_or_the_page_says_which_did_not(page, server, limits, tmp_path):
    folder = write_files(tmp_path / "pets", class_files({"cats": 150, "dogs": 150}))
    (folder / "cats" / ".DS_Store").write_bytes(b"left behind by a computer")
    limits(dataset_photos=200)
    open_uploader(page, server, "Folder")
    expect(page.get_by_text("up to 200 files in all")).to_be_visible()
    choose(page, folder)
    told = page.locator(".verdict")
    expect(told).to_have_text(re.compile(r"^\d+ of 300 files arrived\. \d+ did not\. .*takes 200 files at most"))
    arrived, missing = map(int, re.findall(r"(\d+) (?:of|did)", told.inner_text()))
    assert 100 < arrived <= 200 and arrived + missing == 300
    expect(page.get_by_text(f"{missing} files did not arrive")).to_be_visible()
    expect(page.get_by_role("button", name=f"Make a data set of {arrived} files")).to_be_enabled()

    limits()
    page.set_viewport_size({"width": 390, "height": 844})
    rest = page.get_by_role("button", name="Send the rest")
    assert rest.bounding_box()["height"] >= 48 and has_no_sideways_scroll(page)
    rest.click()
    expect(told).to_have_text("300 of 300 files arrived.")
    expect(page.get_by_text("did not arrive")).to_have_count(0)
    page.get_by_role("button", name="Make a data set of 300 files").click()
    expect(page.get_by_role("button", name=re.compile(r"Go on: train on \d+ photos"))).to_be_visible()


def test_a_server_that_does_not_answer_for_a_moment_costs_nothing(page, server, tmp_path):
    folder = write_files(tmp_path / "pets", class_files({"cats": 20, "dogs": 20}))
    asked = []

    def fail(route):
        asked.append(route.request.url)
        if len(asked) == 1:
            route.abort()
        elif len(asked) == 2:
            route.fetch()
            route.abort()  # all of it arrived, and the answer was lost
        elif len(asked) == 3:
            route.fulfill(status=502, body="<html>Bad gateway</html>")
        else:
            route.continue_()

    page.route("**/upload/*", fail)
    open_uploader(page, server, "Folder")
    choose(page, folder)
    expect(page.locator(".verdict")).to_have_text("40 of 40 files arrived.")
    assert len(asked) > 3
    expect(page.get_by_role("button", name="Make a data set of 40 files")).to_be_enabled()


def test_a_zip_in_slices_through_a_proxy_that_takes_little(page, server, tmp_path):
    files = class_files({"cats": 6, "dogs": 6})
    noise = {f"cats/large{number}.bmp": make_photo(number, (700, 700), "BMP") for number in range(2)}
    path = write_zip(tmp_path / "pets.zip", files | noise)
    sizes = []

    def small(route):
        size = len(route.request.post_data_buffer or b"")
        sizes.append(size)
        route.fulfill(status=413, body="<html>Too large</html>") if size > 1_000_000 else route.continue_()

    page.route("**/upload/*", small)
    open_uploader(page, server, "Zip")
    choose(page, path)
    expect(page.locator(".verdict")).to_have_text("1 of 1 file arrived.")
    assert max(sizes) > 1_000_000 and len(sizes) > 5
    page.get_by_role("button", name="Make a data set of 1 file").click()
    expect(page.get_by_text(re.compile(r"14 photos"))).to_be_visible()


def test_photos_of_a_class_can_be_stopped_and_sent_on_with_the_keyboard(page, server, tmp_path):
    folder = write_files(tmp_path / "pets", class_files({"cats": 100}))
    page.on("filechooser", lambda _: None)  # from the beginning: the browser lets go of its dialogue late
    open_uploader(page, server, "Photos, class by class")
    button = page.get_by_role("button", name="Choose photos")
    expect(button).to_be_disabled()
    page.get_by_role("textbox").fill("Tabby")
    page.keyboard.press("Tab")
    expect(button).to_be_enabled()
    button.focus()
    held = []
    page.route("**/upload/*", lambda route: held.append(route))  # a line on which nothing moves
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(sorted((folder / "cats").iterdir()))
    expect(page.get_by_role("progressbar", name="Upload")).to_be_visible()
    expect(page.get_by_text("Keep this page open.")).to_be_visible()
    page.get_by_role("button", name="Stop").press("Enter")
    page.unroute("**/upload/*")
    assert held
    told = page.locator(".verdict")
    expect(told).to_have_text("Stopped. 0 of 100 files arrived. 100 did not.")
    page.get_by_role("button", name="Send the rest").press("Enter")
    expect(told).to_have_text("100 of 100 files arrived.")
    expect(page.get_by_text("Tabby: 100 files")).to_be_visible()
    page.reload()
    page.get_by_text("Photos, class by class", exact=True).click()
    expect(page.get_by_text("Tabby: 100 files")).to_be_visible()


def test_a_tab_that_is_closed_midway_keeps_what_arrived(page, server, tmp_path):
    folder = write_files(tmp_path / "pets", class_files({"cats": 100, "dogs": 100}))
    asked = []

    def some(route):
        asked.append(route)
        if len(asked) == 1:
            route.continue_()

    page.route("**/upload/*", some)
    open_uploader(page, server, "Folder")
    choose(page, folder)
    expect(page.get_by_text(re.compile(r"^80 of 200 files · ")).first).to_be_visible()
    address = page.url
    page.goto("about:blank")
    page.unroute("**/upload/*")
    page.goto(address)
    page.get_by_text("Folder", exact=True).click()
    expect(page.get_by_role("button", name="Make a data set of 80 files")).to_be_enabled()
    choose(page, folder)
    expect(page.locator(".verdict")).to_have_text("200 of 200 files arrived.")
    expect(page.get_by_role("button", name="Make a data set of 200 files")).to_be_enabled()
