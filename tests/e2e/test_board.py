"""The board of the Data page in a real browser: photos first, names later, questions about names, gaps."""

import re
from base64 import b64encode

import pytest
from playwright.sync_api import Page, expect

from pages.parts.data import board
from pages.shared.camera import CAMERA_SCRIPTS
from pages.shared.component_script import component_script
from pages.shared.sending import CLASSES_SCRIPT, SENDING_SCRIPTS
from tests.e2e.test_upload import open_board
from tests.e2e.ways import TRAINING_MS, primary, until
from tests.photos import class_files, make_photo, write_files
from tlcore.data import incoming
from tlcore.data.upload_classes import read_classes
from tlcore.workspace import open_workspace

DROP = """(element, files) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
  }
  for (const kind of ["dragover", "drop"]) {
    element.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture
def photos(tmp_path):
    """Files by class, in folders."""
    return write_files(tmp_path / "pets", class_files({"cats": 6, "dogs": 6, "birds": 2}))


def card(page: Page, place: int):
    return page.locator("li.card").nth(place)


def choose(page: Page, place: int, folder) -> None:
    card(page, place).locator("input[type=file]").set_input_files(sorted(folder.iterdir()))


def name(page: Page, place: int):
    return card(page, place).locator("input.name")


def count(page: Page, place: int):
    return card(page, place).locator(".count")


def kept(page: Page, home) -> int:
    """The number of files that the server has kept of what is on the board."""
    workspace, area = open_workspace(home), re.search(r"incoming=(incoming-\w+)", page.url).group(1)
    removed = read_classes(workspace, area).removed
    return sum(upload.label not in removed for upload in incoming.list_uploads(workspace, area))


def go_on(page: Page) -> None:
    page.get_by_role("button", name="Import and continue").click()


def drop(page: Page, selector: str, folder) -> None:
    """Let files fall on an element, as from a file manager, as soon as it is there."""
    page.locator(selector).first.wait_for()
    files = [(path.name, b64encode(path.read_bytes()).decode("ascii")) for path in sorted(folder.iterdir())]
    page.locator(selector).first.evaluate(DROP, files)


MOST_CLICKS, MOST_NAMES = 6, 2
COUNT_CLICKS = "addEventListener('click', event => event.isTrusted && pressed(event.target.textContent), true)"


def test_from_the_welcome_page_to_the_first_answer_in_six_clicks_and_two_names(page, server, photos):
    """On photos of one's own, of two classes, which fall on the page as from a file manager. Names may come later."""
    clicks, names = [], []
    page.expose_function("pressed", lambda text: clicks.append(text))
    page.add_init_script(COUNT_CLICKS)

    def type_name(text: str) -> None:
        names.append(text)
        page.keyboard.type(text)

    page.goto(server)
    page.get_by_role("button", name="Choose photos to begin").click()
    drop(page, "li.card >> nth=0 >> .drop", photos / "cats")
    drop(page, "li.card >> nth=1", photos / "dogs")
    expect(count(page, 0)).to_have_text("6 photos")
    expect(card(page, 0).locator(".thumbnails li")).to_have_count(6)
    go_on(page)
    expect(name(page, 0)).to_be_focused()
    expect(card(page, 0).get_by_role("alert")).to_contain_text("Name this class")
    type_name("cats")
    page.keyboard.press("Enter")
    expect(name(page, 1)).to_be_focused()
    type_name("dogs")
    go_on(page)
    page.wait_for_url("**/train?**")
    assert "dataset=cats-and-dogs-" in page.url
    page.locator(".st-key-setting_strategy label", has_text="Feature extraction").click()  # whatever is recommended
    primary(page).click()
    drop(page, '[data-testid="stFileUploaderDropzone"]', photos / "birds")
    answer = page.locator(".st-key-tl_trial").get_by_text("2 predictions · ")
    expect(answer).to_be_visible(timeout=TRAINING_MS)
    assert clicks[-1] == "Train" and len(clicks) <= MOST_CLICKS, clicks
    assert len(names) <= MOST_NAMES


def test_pressed_too_early_it_says_what_is_missing(page, server, photos):
    open_board(page, server)
    go_on(page)
    expect(card(page, 0).get_by_role("alert")).to_have_text("Add photos of this class first.")
    expect(page.get_by_role("button", name="Choose photos of Class 1")).to_be_focused()
    name(page, 0).fill("cats")
    choose(page, 0, photos / "cats")
    go_on(page)
    expect(card(page, 1).get_by_role("alert")).to_contain_text("Add photos of a second class")
    expect(page.get_by_role("button", name="Choose photos of Class 2")).to_be_focused()


def test_a_name_that_differs_only_in_case_is_asked_about(page, server, photos):
    open_board(page, server)
    for place, (typed, folder) in enumerate((("Cats", "cats"), ("cats ", "dogs"))):
        name(page, place).fill(typed)
        name(page, place).press("Tab")
        choose(page, place, photos / folder)
    expect(page.get_by_text("Same as “Cats”?")).to_be_visible()
    go_on(page)
    expect(page.get_by_role("button", name="Merge")).to_be_focused()
    page.get_by_role("button", name="Keep both").click()
    expect(name(page, 1)).to_have_value("cats (2)")
    name(page, 0).fill("Lions")
    name(page, 0).press("Tab")
    expect(name(page, 1)).to_have_value("cats")  # nothing to tell it from any more
    name(page, 1).fill("LIONS")
    name(page, 1).press("Tab")
    page.get_by_role("button", name="Merge").click()
    expect(count(page, 0)).to_have_text("12 photos")
    expect(count(page, 1)).to_be_hidden()
    page.reload()
    expect(count(page, 0)).to_have_text("12 photos")
    expect(name(page, 0)).to_have_value("Lions")


def test_a_class_with_too_few_photos_does_not_stop_the_rest(page, server, photos):
    (photos / "dogs" / "<img src=x onerror=fail()>.jpg").write_bytes(b"no photo")
    open_board(page, server)
    page.get_by_role("button", name="Add class").click()
    for place, label in enumerate(("cats", "dogs", "birds")):
        name(page, place).fill(label)
        choose(page, place, photos / label)
    expect(count(page, 2)).to_have_text("2 photos")
    go_on(page)
    expect(card(page, 2).get_by_role("alert")).to_contain_text("“birds” has only 2 photos. A class needs at least 3.")
    page.get_by_role("button", name="Continue without birds").click()
    page.wait_for_url("**/train?**")
    assert "dataset=cats-and-dogs-" in page.url
    page.goto(page.url.replace("/train", "/data"))
    opened = page.locator("details", has_text="3 files left out")
    expect(
        opened.get_by_role("row", name="dogs/<img src=x onerror=fail()>.jpg Left out is not a picture")
    ).to_be_visible()


def test_photos_and_classes_can_be_taken_out_again(page, server, home, photos):
    open_board(page, server)
    choose(page, 0, photos / "cats")
    choose(page, 1, photos / "dogs")
    for place in (0, 1):
        expect(count(page, place)).to_have_text("6 photos")
    expect(page.locator(".verdict")).to_have_text("12 files uploaded.")
    card(page, 0).locator(".thumbnails .remove").first.click(force=True)
    expect(count(page, 0)).to_have_text("5 photos")
    page.get_by_role("button", name="Remove Class 2").click()
    expect(page.locator("li.card")).to_have_count(2)
    until(page, lambda: kept(page, home) == 5)
    page.reload()
    expect(count(page, 0)).to_have_text("5 photos")
    expect(count(page, 1)).to_be_hidden()
    choose(page, 1, photos / "dogs")
    expect(count(page, 1)).to_have_text("6 photos")


def test_files_that_are_no_photos_are_named_at_once_and_not_counted(page, server, photos):
    """What a TIFF or a HEIC photo holds, only the server can tell."""
    whole = make_photo(1, (800, 600))
    bad = {"text.jpg": b"hello", "README.md": b"# Read me", "half.jpg": whole[: len(whole) // 2], "empty.png": b""}
    bad["clip.jpg"] = b"\0\0\0\x18ftypmp42" + b"\0" * 40
    good = {
        "phone.heic": b"\0\0\0\x18ftypheic" + b"\0" * 40,
        "scan.tif": make_photo(3, image_format="TIFF"),
        "one.png": make_photo(2, image_format="PNG"),
    }
    folder = write_files(photos / "mixed", bad | good)
    open_board(page, server)
    choose(page, 0, folder)
    expect(count(page, 0)).to_have_text("3 photos")
    lines = card(page, 0).locator(".unread li")
    expect(lines).to_have_count(len(bad))
    assert {line.split(" ")[0] for line in lines.all_inner_texts()} == set(bad)
    expect(card(page, 0).locator(".unread summary")).to_have_text(f"{len(bad)} files left out")
    expect(page.locator(".verdict")).to_have_text("3 files uploaded.")
    page.reload()
    expect(count(page, 0)).to_have_text("3 photos")


def test_all_photos_of_a_card_can_be_seen_and_taken_out(page, server, home, tmp_path):
    many = write_files(tmp_path / "many", class_files({"cats": 25, "dogs": 25}))
    open_board(page, server)
    choose(page, 0, many / "cats")
    expect(page.locator(".verdict")).to_have_text("25 files uploaded.")
    choose(page, 1, many / "dogs")
    expect(page.locator(".verdict")).to_have_text("50 files uploaded.")
    for left in (24, 23):
        tiles = card(page, 0).locator(".thumbnails .remove")
        expect(tiles).to_have_count(9)
        page.get_by_role("button", name=re.compile("Show all .* of Class 1")).click()
        expect(tiles).to_have_count(left + 1)
        tiles.last.click(force=True)
        expect(tiles.last).to_be_focused()
        page.get_by_role("button", name="Show fewer").click()
        expect(count(page, 0)).to_have_text(f"{left} photos")
        until(page, lambda left=left: kept(page, home) == left + 25)
        page.reload()
        expect(count(page, 0)).to_have_text(f"{left} photos")


def test_what_a_card_says_moves_nothing(page, server, photos):
    open_board(page, server)
    choose(page, 0, photos / "cats")
    expect(card(page, 0).locator(".thumbnails li")).to_have_count(6)
    expect(page.locator(".verdict")).to_have_text("6 files uploaded.")
    before = page.locator(".end").bounding_box()
    go_on(page)
    expect(card(page, 0).get_by_role("alert")).to_contain_text("Name this class")
    assert page.locator(".end").bounding_box()["y"] == before["y"]
    name(page, 0).fill("cats")
    name(page, 0).press("Tab")
    go_on(page)
    expect(card(page, 1).get_by_role("alert")).to_contain_text("Add photos of a second class")
    assert page.locator(".end").bounding_box()["y"] == before["y"]
    remover = card(page, 0).locator(".thumbnails .remove").first.bounding_box()
    assert min(remover["width"], remover["height"]) >= 24


def test_a_folder_of_class_folders_makes_the_cards(page, server, photos):
    (photos / "notes.txt").write_text("no photo")
    open_board(page, server)
    page.locator(".whole input[type=file]").first.set_input_files(photos)
    expect(page.locator("li.card")).to_have_count(3)
    expect(page.locator(".end input.name")).to_have_attribute("placeholder", "pets")
    expect(page.locator(".verdict")).to_have_text("14 files uploaded.")
    names = {page.locator("li.card input.name").nth(place).input_value() for place in range(3)}
    assert names == {"cats", "dogs", "birds"}
    expect(page.get_by_text("1 file outside the class folders left out.").first).to_be_visible()


def test_a_board_drawn_from_scratch_asks_for_what_stood_on_the_one_before(page):
    """Streamlit may draw a component from scratch while its state says that the browser knows the cards: a zip that
    had arrived was gone from the board, and the import button said that there are no photos."""
    page.set_content("<main></main>")
    page.evaluate(
        """async (script) => {
          const module = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
          window.told = [];
          window.draw = (more) => module.default({
            parentElement: document.querySelector("main"),
            data: { area: "a", suggested: "pets", zips: {}, limit: "", request_bytes: 1000, adds: false, ...more },
            setStateValue: (key, value) => window.told.push(value),
          });
          window.draw({});
        }""",
        component_script(
            *CAMERA_SCRIPTS, *SENDING_SCRIPTS, CLASSES_SCRIPT, *(board.FOLDER / each for each in board.SCRIPTS)
        ),
    )
    page.wait_for_function("told.length")
    (asked,) = page.evaluate("told")
    assert set(asked) == {"restore"} and not board.told(asked).said and board.told(asked).restore == asked["restore"]
    name(page, 1).fill("typed since")
    page.evaluate("void draw({})")  # of a run of the page that knew nothing of the question yet
    page.evaluate(
        "id => void draw({restored: id, cards: [{labels: ['card-0'], name: 'cats', count: 6}], name: '', folder: '', "
        "whole: {names: ['pets.zip'], count: 1, bytes: 1000000, ids: ['z']}})",
        asked["restore"],
    )
    names = page.locator("input.name")
    expect(names).to_have_count(3)  # with that of the data set
    assert [names.nth(place).input_value() for place in range(2)] == ["cats", "typed since"]
    expect(page.get_by_text("pets.zip: 1 file")).to_be_visible()
    page.wait_for_function("told.at(-1).classes")
    assert [each["name"] for each in page.evaluate("told.at(-1).classes")] == ["cats", "typed since"]
