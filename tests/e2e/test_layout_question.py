"""A zip without class folders, in a real browser: the page asks how its photos are sorted, and goes on as answered."""

from playwright.sync_api import expect

from tests.e2e.test_upload import open_board, zip_input
from tests.photos import make_photo, write_zip


def test_a_zip_that_needs_a_question_becomes_a_data_set(page, server, tmp_path):
    files = {f"train/{('cat', 'dog')[number % 2]}.{number}.jpg": make_photo(number) for number in range(10)}
    archive = write_zip(tmp_path / "dogs-vs-cats.zip", files | {"test1/1.jpg": make_photo(99)})
    open_board(page, server)
    zip_input(page).set_input_files(archive)
    page.get_by_role("button", name="Import and continue").click()

    expect(page.get_by_role("heading", name="How are these photos sorted?")).to_be_visible()
    expect(page.get_by_role("heading", name="2 classes (cat, dog), 10 photos")).to_be_visible()
    pictures = page.get_by_role("list", name="Example photos").first.locator("img")
    expect(pictures).to_have_count(9)
    assert all(width > 1 for width in pictures.evaluate_all("images => images.map((each) => each.naturalWidth)"))
    page.get_by_role("button", name="Use this").first.click()

    expect(page.get_by_text("Classes from file names.")).to_be_visible()
    report = page.locator("details", has_text="1 file left out")
    expect(report.get_by_role("cell", name="test1/1.jpg")).to_be_visible()
    with page.expect_download() as download:
        report.get_by_role("button", name="Download this list").click()
    assert "test1/1.jpg,Left out," in download.value.path().read_text(encoding="utf-8-sig")
