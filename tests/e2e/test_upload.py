"""Uploads in a real browser: many files, some of which the server does not take at first, a large one, and hiccups."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.ways import expect_no_sideways_scroll
from tests.photos import class_files, make_photo, write_files, write_zip


def open_board(page: Page, server: str) -> None:
    page.goto(f"{server}/data?more=1")  # other tests leave data sets, and without it the last one is shown
    expect(page.get_by_role("button", name="Import and continue")).to_be_visible()


def folder_input(page: Page) -> Locator:
    """What "Choose a folder" opens."""
    return page.locator(".whole input[type=file]").nth(0)


def zip_input(page: Page) -> Locator:
    """What "Choose a zip" opens."""
    return page.locator(".whole input[type=file]").nth(1)


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
    open_board(page, server)
    expect(page.get_by_text("Up to 200 files in all")).to_be_visible()
    folder_input(page).set_input_files(folder)
    verdict = page.locator(".verdict")
    expect(verdict).to_have_text(re.compile(r"^\d+ of 300 files uploaded\. \d+ missing\. .*at most 200 files"))
    arrived, missing = map(int, re.findall(r"(\d+) (?:of|missing)", verdict.inner_text()))
    assert 100 < arrived <= 200 and arrived + missing == 300
    expect(page.get_by_text(f"{missing} files not uploaded")).to_be_visible()

    limits()
    page.set_viewport_size({"width": 390, "height": 844})
    rest = page.get_by_role("button", name="Send the rest")
    expect_no_sideways_scroll(page)
    assert rest.bounding_box()["height"] >= 44
    rest.click()
    expect(verdict).to_have_text("300 files uploaded.")
    expect(page.get_by_text("not uploaded")).to_have_count(0)
    page.get_by_role("button", name="Import and continue").click()
    page.wait_for_url("**/train?**")
    assert "dataset=pets-" in page.url, "it is called after its folder"


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
    open_board(page, server)
    folder_input(page).set_input_files(folder)
    expect(page.locator(".verdict")).to_have_text("40 files uploaded.")
    assert len(asked) > 3
    expect(page.locator(".count").filter(has_text="20 photos")).to_have_count(2)


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
    open_board(page, server)
    zip_input(page).set_input_files(path)
    expect(page.locator(".verdict")).to_have_text("1 file uploaded.")
    assert max(sizes) > 1_000_000 and len(sizes) > 5
    expect(page.get_by_text("2 classes: cats (8), dogs (6).")).to_be_visible()
    page.get_by_role("button", name="Import and continue").click()
    page.wait_for_url("**/train?**")
    page.goto(page.url.replace("/train", "/data"))
    expect(page.get_by_text(re.compile("^14 photos · "))).to_be_visible()
    expect(page.get_by_role("heading", name="pets")).to_be_visible()


def test_photos_of_a_class_can_be_stopped_and_sent_on_with_the_keyboard(page, server, tmp_path):
    folder = write_files(tmp_path / "pets", class_files({"cats": 100}))
    page.on("filechooser", lambda _: None)  # from the beginning: the browser lets go of its dialogue late
    open_board(page, server)
    page.get_by_role("textbox", name="Name of class 1").focus()
    page.keyboard.type("Tabby")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose photos of Tabby")).to_be_focused()
    held = []
    page.route("**/upload/*", lambda route: held.append(route))  # a line on which nothing moves
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    with page.expect_request("**/upload/*"):  # each file is looked at before it is sent
        chooser.value.set_files(sorted((folder / "cats").iterdir()))
    expect(page.get_by_role("progressbar", name="Upload", exact=True)).to_be_visible()
    expect(page.get_by_text("100 photos · 0%")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).press("Enter")
    page.unroute("**/upload/*")
    assert held
    verdict = page.locator(".verdict")
    expect(verdict).to_have_text("Stopped. 0 of 100 files uploaded. 100 missing.")
    page.get_by_role("button", name="Send the rest").press("Enter")
    expect(verdict).to_have_text("100 files uploaded.")
    expect(page.locator("li.card").nth(0).locator(".count")).to_have_text("100 photos")
    page.reload()
    expect(page.locator("li.card").nth(0).locator(".count")).to_have_text("100 photos")
    expect(page.get_by_role("textbox", name="Name of class 1")).to_have_value("Tabby")


def test_a_tab_that_is_closed_midway_keeps_what_arrived(page, server, tmp_path):
    folder = write_files(tmp_path / "pets", class_files({"cats": 100, "dogs": 100}))

    closed = []

    def only_cats(route):
        """Three requests are under way at once, in any order: of 80 cats, of 20 with 60 dogs, of 40 dogs."""
        sent = route.request.post_data_buffer or b""
        if closed or (b"cats/" in sent and b"dogs/" not in sent):
            route.continue_()

    page.route("**/upload/*", only_cats)
    open_board(page, server)
    folder_input(page).set_input_files(folder)
    expect(page.get_by_text(re.compile(r"^\d+% · 80 of 200 files · ")).first).to_be_visible()
    address = page.url
    page.goto("about:blank")
    closed.append(True)  # to take the route away would let those through that wait
    page.goto(address)
    expect(page.locator("li.card").nth(0).locator(".count")).to_have_text("80 photos")
    expect(page.get_by_role("textbox", name="Name of class 2")).to_have_value("dogs")
    folder_input(page).set_input_files(folder)
    expect(page.locator(".verdict")).to_have_text("200 files uploaded.")
    page.reload()
    expect(page.locator(".count").filter(has_text=re.compile("^100 photos$"))).to_have_count(2)
