"""Archives and files of odd names dropped on the board in a real browser: the content decides, on this way in too."""

import re
from base64 import b64encode

from playwright.sync_api import Page, expect

from tests.archives import write_raw_zip, write_tar
from tests.e2e.test_upload import folder_input, open_board, zip_input
from tests.photos import class_files, make_image, make_photo, write_files, write_zip

DROP = """(element, [name, text]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name));
  for (const kind of ["dragover", "drop"]) {
    element.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""


def drop(page: Page, path) -> None:
    page.locator(".board").evaluate(DROP, [path.name, b64encode(path.read_bytes()).decode("ascii")])


def import_all(page: Page) -> None:
    page.get_by_role("button", name="Import and continue").click()


def test_an_archive_in_a_folder_is_refused_by_name_and_nothing_of_it_becomes_a_class(page, server, tmp_path):
    inner = write_zip(tmp_path / "more.zip", class_files({"IMG": 3, "IMG2": 3}, seed=7)).read_bytes()
    files = class_files({"cats": 4, "dogs": 4}) | {"cats/more.zip": inner, "cats/more2.jpg": inner}
    open_board(page, server)
    folder_input(page).set_input_files(write_files(tmp_path / "pets", files))
    expect(page.locator(".verdict")).to_contain_text(
        "8 files uploaded. pets/cats/more.zip is an archive inside a folder"
    )
    expect(page.locator(".unread li")).to_have_text(re.compile("^more2.jpg is an archive inside a folder; unpack it"))
    expect(page.locator("li.card")).to_have_count(2)
    names = {page.locator("li.card input.name").nth(place).input_value() for place in range(2)}
    assert names == {"cats", "dogs"}


def test_a_tar_dropped_on_the_board_becomes_a_data_set_whatever_its_name(page, server, tmp_path):
    path = write_tar(tmp_path / "animals.jpg", class_files({"cats": 4, "dogs": 4}), "w:gz")
    open_board(page, server)
    drop(page, path)
    expect(page.locator(".verdict")).to_have_text("1 file uploaded.")
    expect(page.get_by_text("Its classes are found when you import it.")).to_be_visible()
    import_all(page)
    page.wait_for_url("**/train?**")


def test_a_7z_is_refused_before_it_is_sent_and_a_photo_called_zip_is_a_photo(page, server, tmp_path):
    (tmp_path / "pets.zip").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    (tmp_path / "cat.zip").write_bytes(make_photo(3))
    open_board(page, server)
    zip_input(page).set_input_files([tmp_path / "pets.zip", tmp_path / "cat.zip"])
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("1 file uploaded. pets.zip is an archive of a kind that can’t be opened here")
    expect(page.locator("li.card .count").first).to_have_text("1 photo")


def test_photos_without_endings_and_in_old_formats_pass_the_checks(page, server, tmp_path):
    make_image(5).save(tmp_path / "sign.ppm")
    make_image(6, mode="1").save(tmp_path / "scan.pbm")
    (tmp_path / "000007").write_bytes(make_photo(1))
    (tmp_path / "photo.jfif").write_bytes(make_photo(2))
    open_board(page, server)
    chosen = [tmp_path / name for name in ("sign.ppm", "scan.pbm", "000007", "photo.jfif")]
    page.locator("li.card input[type=file]").first.set_input_files(chosen)
    expect(page.locator(".verdict")).to_have_text("4 files uploaded.")
    expect(page.locator("li.card .count").first).to_have_text("4 photos")


def test_names_that_could_be_read_otherwise_are_asked_about(page, server, tmp_path):
    names = [f"{name}/{number}.jpg".encode("gb18030") for name in ("猫", "狗") for number in range(4)]
    path = write_raw_zip(tmp_path / "old.zip", {name: make_photo(number) for number, name in enumerate(names)})
    open_board(page, server)
    zip_input(page).set_input_files(path)
    expect(page.locator(".verdict")).to_have_text("1 file uploaded.")
    import_all(page)
    expect(page.get_by_role("heading", name="Which names are correct?")).to_be_visible()
    expect(page.get_by_role("list", name="Names of folders").first).to_contain_text("猫")
    page.locator('.st-key-card_encoding_0 button:has-text("Use these names")').first.click()
    page.wait_for_url(re.compile("/train.*dataset=old-"))
