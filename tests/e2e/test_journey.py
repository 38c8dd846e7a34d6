"""The whole way in a real browser, with a mouse and by keyboard alone: pick, look, train, judge, try, take away."""

import re
import zipfile
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Page, TimeoutError, expect

from tests.e2e.ways import (
    TRAINING_MS,
    expect_no_sideways_scroll,
    heading,
    open_page,
    press,
    primary,
    settle,
    step,
    tab_to,
)
from tlcore.data.samples import EMOJI

MOTION = "no-preference"  # the pages as most people have them


def emoji_of(label: str, folder: Path) -> Path:
    """A picture of that class out of the built-in set."""
    with zipfile.ZipFile(EMOJI) as archive:
        name = next(name for name in archive.namelist() if f"{label}/" in name and name.endswith("-noto.png"))
        path = folder / f"{label}.png"
        path.write_bytes(archive.read(name))
    return path


def sorted_emoji(folder: Path) -> Path:
    """Two pictures of each of three classes, in class folders."""
    with zipfile.ZipFile(EMOJI) as archive:
        for label in ("animals", "food", "vehicles"):
            (folder / "shelf" / label).mkdir(parents=True)
            names = [name for name in archive.namelist() if f"{label}/" in name and name.endswith("-noto.png")]
            for name in names[:2]:
                (folder / "shelf" / label / name.split("/")[-1]).write_bytes(archive.read(name))
    return folder / "shelf"


def evaluate_on(page: Page, folder: Path) -> None:
    """Trust: a folder from elsewhere is tested by itself when it has arrived; then the report as one page."""
    page.get_by_role("radio", name="Trust").click()
    settle(page)
    page.locator("section[aria-label='Test photos'] input[webkitdirectory]").set_input_files(folder)
    expect(page.get_by_text(re.compile(r"of 6 photos correct · likely range"))).to_be_visible()
    expect(page.get_by_text(re.compile("its own test photos"))).to_be_visible()
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download report").click()
    assert "Other photos: shelf" in Path(download.value.path()).read_text(encoding="utf-8")


def open_a_cell_by_keyboard(page: Page) -> None:
    """The matrix is one stop of the keyboard, on its largest mistake; Enter opens its photos, and all again."""
    mistakes = page.get_by_text(re.compile(r"^\d+ mistakes, most confident first$"))
    expect(mistakes).to_be_visible()
    matrix = page.get_by_role("grid")
    worst = matrix.locator("button[tabindex='0']")
    expect(worst).to_have_count(1)
    number = int(worst.inner_text())
    worst.focus()
    page.keyboard.press("Enter")
    expect(worst).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text(re.compile(rf"^{number} photos?: predicted \w+, actually \w+"))).to_be_visible()
    expect(page.locator(".st-key-photos img")).to_have_count(number)
    page.keyboard.press("Enter")
    expect(mistakes).to_be_visible()
    row = page.get_by_role("table", name=re.compile("recall")).get_by_role("button").first
    row.click()
    expect(page.get_by_text(re.compile(r"^\d+ photos: actually animals"))).to_be_visible()


def test_from_emoji_to_a_prediction(page, server, tmp_path):
    page.goto(server)
    page.get_by_role("button", name="Choose photos to begin").click()
    page.get_by_role("button", name="Use emoji").click()

    # Data: a 3 × 3 sample with labels, and the number of photos in words.
    train = page.get_by_role("button", name="Continue to training")
    expect(train).to_be_visible()
    expect(page.locator("ul.tl-grid li img")).to_have_count(9)
    expect(page.get_by_text("882 photos · ")).to_be_visible()
    train.click()

    # Train: the curves appear while it learns, and the run's id stands in the address.
    choose_strategy(page, "Feature extraction")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2, timeout=TRAINING_MS)
    judge = page.get_by_role("button", name="View results")
    expect(judge).to_be_visible(timeout=TRAINING_MS)
    run_id = re.search(r"run=([a-z0-9-]+)", page.url).group(1)

    # A refresh finds the run again.
    page.reload()
    expect(judge).to_be_visible(timeout=TRAINING_MS)
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    judge.click()

    # Evaluate: the score with its count and interval, and where it fails.
    score = page.get_by_text(re.compile(r"\d+ of \d+ test photos correct · likely range \d+–\d+%"))
    expect(score).to_be_visible()
    right, total = (int(number) for number in re.match(r"(\d+) of (\d+)", score.inner_text()).groups())
    assert right / total > 0.7, "the emoji set is learned"
    open_a_cell_by_keyboard(page)
    assert run_id in page.url
    with page.expect_download() as download:
        page.get_by_role("button", name="Download model").click()
    assert {"model.tflite", "labels.txt", "model.json", "README.md"} <= set(
        zipfile.ZipFile(download.value.path()).namelist()
    )
    evaluate_on(page, sorted_emoji(tmp_path))
    page.get_by_role("button", name="Try it on new photos").click()
    expect(page).to_have_url(re.compile("/predict"))  # Trust has a place for photos too
    settle(page)

    # Predict: a photo dropped in gets the right class.
    upload = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    upload.set_input_files([emoji_of("vehicles", tmp_path), emoji_of("animals", tmp_path)])
    expect(page.get_by_text("2 predictions · ")).to_be_visible()
    page.get_by_role("radio", name="Table").click()
    rows = page.locator("table.tl-table tbody tr")
    expect(rows).to_have_count(2)
    for row in rows.all_inner_texts():
        shown, predicted = row.split("\t")[:2]
        assert shown.removesuffix(".png") == predicted
    with page.expect_download() as download:
        page.get_by_role("button", name="Download predictions (CSV)").click()
    assert "vehicles" in Path(download.value.path()).read_text(encoding="utf-8")

    # On a phone nothing scrolls sideways, on any page.
    page.set_viewport_size({"width": 390, "height": 844})
    query = page.url.split("?", 1)[1]
    for name in ("data", "train", "evaluate", "predict"):
        page.goto(f"{server}/{name}?{query}")
        expect_no_sideways_scroll(page)


def test_from_the_welcome_page_to_an_answer_by_keyboard_alone(page, server, tmp_path):
    """No mouse is used. The features of the emoji are there already."""
    open_page(page, server)
    welcome = heading(page).inner_text()
    press(page, primary(page))
    expect(heading(page)).not_to_have_text(welcome)
    expect(heading(page)).to_be_focused()

    press(page, page.get_by_role("button", name=re.compile("^Use emoji")))
    expect(page.locator(".st-key-tl_steps")).to_contain_text("✓ Data")
    settle(page)
    expect(primary(page)).to_have_text("Continue to training")
    press(page, primary(page))
    expect(page).to_have_url(re.compile("/train"))
    settle(page)
    expect(heading(page)).to_be_focused()

    expect(page.get_by_text("Why this recommendation?")).to_be_visible()  # until it is there another one may be checked
    settle(page)
    tab_to(page, page.locator(".st-key-setting_strategy input:checked"))
    if page.get_by_role("radio", name="Feature extraction").is_checked():
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Hybrid")).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="Feature extraction")).to_be_checked()
    settle(page)
    press(page, primary(page))
    expect(page.locator("#tl-told")).to_contain_text(re.compile(r"\w"))  # a screen reader hears how it goes
    expect(page.locator(".st-key-tl_steps")).to_contain_text("✓ Train", timeout=TRAINING_MS)
    press(page, step(page, "predict"))
    expect(page).to_have_url(re.compile("/predict"))
    settle(page)
    expect(heading(page)).to_be_focused()

    with page.expect_file_chooser() as chooser:
        press(page, page.get_by_test_id("stFileUploaderDropzone").locator("button").first)
    photo = emoji_of("vehicles", tmp_path).rename(tmp_path / "a photo of mine.png")
    chooser.value.set_files(photo)
    expect(page.locator("#root").get_by_text("vehicles").first).to_be_visible()


def fill(page: Page, label: str, value: int) -> None:
    """Type a number into a setting and wait until the page has taken it."""
    box = page.get_by_role("spinbutton", name=label, exact=True)
    box.fill(str(value))
    box.press("Enter")
    expect(page.get_by_text(re.compile(r"^You changed: .*" + re.escape(label)))).to_be_visible()


def choose_strategy(page: Page, name: str) -> None:
    """All of a card can be pressed. What somebody chose stays, also when another one is recommended meanwhile."""
    page.locator(".st-key-setting_strategy label", has_text=name).click()
    expect(page.get_by_role("radio", name=name)).to_be_checked()


def test_own_photos_hybrid_stopped_and_continued(page, server, small_folder):
    page.goto(f"{server}/data?more=1")
    page.locator(".whole input[type=file]").first.set_input_files(small_folder)
    expect(page.locator(".verdict")).to_have_text("36 files uploaded.")
    page.get_by_role("button", name="Import and continue").click()
    page.wait_for_url("**/train?**")

    # Two choices: the backbone is the built-in one; the head first, then the top of the network.
    expect(page.get_by_role("radio", name="EfficientNet-Lite0")).to_be_checked()
    choose_strategy(page, "Hybrid")
    expect(page.get_by_text(re.compile("then fine-tunes the top of the network"))).to_be_visible()
    page.get_by_text("Options", exact=True).click()
    fill(page, "Epochs", 3)
    fill(page, "Fine-tuning epochs", 300)
    page.get_by_role("tab", name="Network").click()
    fill(page, "Image size (pixels)", 96)
    page.get_by_role("button", name="Train", exact=True).click()

    # It is stopped while the network is open; what it learned is kept, and it can go on.
    progress = page.get_by_test_id("stProgress")
    fine_tuning = progress.get_by_text(re.compile(r"^Fine-tuning · epoch \d+ of 303"))
    expect(fine_tuning).to_be_visible(timeout=TRAINING_MS)
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    page.get_by_role("button", name="Stop").click()
    go_on = page.get_by_role("button", name=re.compile(r"^Continue from epoch \d+"))
    expect(go_on).to_be_visible()
    stopped_before = int(re.search(r"\d+", go_on.inner_text()).group())
    assert 4 < stopped_before <= 303
    go_on.click()
    expect(go_on).to_have_count(0)

    # It goes on where it was, and is stopped for good this time.
    later = re.compile(rf"^Fine-tuning · epoch ({'|'.join(map(str, range(stopped_before, 304)))}) of 303")
    judge = page.get_by_role("button", name="View results")
    expect(progress.get_by_text(later).or_(judge).first).to_be_visible(timeout=TRAINING_MS)
    with suppress(TimeoutError):  # it may have come to its end meanwhile
        page.get_by_role("button", name="Stop").click(timeout=3_000)
    expect(judge).to_be_visible(timeout=TRAINING_MS)
    expect(page.get_by_text(re.compile(r"You stopped it after \d+ epochs|Trained for 303 epochs"))).to_be_visible()
    judge.click()
    expect(page.get_by_text(re.compile(r"\d of 6 test photos correct"))).to_be_visible()


def test_an_address_that_leads_nowhere_says_what_to_do(page, server):
    page.goto(f"{server}/evaluate?run=20260101-0000-0123456789abcdef")
    expect(page.get_by_text("There is no run")).to_be_visible()
    expect(page.get_by_role("link", name="Go to the Data page")).to_be_visible()
