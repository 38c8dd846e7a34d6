"""A lesson in three browsers, from the code to the podium: a teacher, a group at a laptop, one at a phone."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import finish
from tests.e2e.ways import TRAINING_MS, WAIT_MS, open_page, primary, settle
from tests.served import serve
from tests.small import write_small_folder
from tlcore.data.ingest import ingest_folder
from tlcore.workspace import open_workspace

TOKEN = "the-token-of-the-teacher"
LABELS = ("disc", "stripes")
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
}
LAPTOP = {"viewport": {"width": 1280, "height": 900}}


@dataclass(frozen=True)
class Lesson:
    """A server for strangers: its address, and folders of photos for the groups, one a class."""

    address: str
    photos: Path


@pytest.fixture
def lesson(tmp_path) -> Iterator[Lesson]:
    workspace = open_workspace(tmp_path / "home")
    hidden = _two_classes(tmp_path / "hidden", photos=12, seed=5)
    finish(ingest_folder(workspace, hidden, name="What nobody has seen"))
    photos = _two_classes(tmp_path / "photos", photos=20, seed=6)
    with serve(workspace.root, tmp_path / "log.txt", TRANSFERLAB_HOSTED="1", TRANSFERLAB_TOKEN=TOKEN) as server:
        yield Lesson(server.address, photos)


def _two_classes(folder: Path, photos: int, seed: int) -> Path:
    """Class folders of the two shapes that groups tell apart here."""
    write_small_folder(folder, photos, seed)
    for path in (folder / "square").iterdir():
        path.unlink()
    (folder / "square").rmdir()
    return folder


@contextmanager
def _tab(browser: Browser, **options) -> Iterator[Page]:
    """A browser of its own, which fails the test where a page throws an error."""
    context = browser.new_context(**options)
    tab, errors = context.new_page(), []
    tab.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    context.close()
    assert not errors, errors[:3]


def test_three_browsers_walk_a_lesson_from_the_code_to_the_podium(browser, lesson):
    with ExitStack() as stack:
        teacher = stack.enter_context(_tab(browser, **LAPTOP))
        laptop = stack.enter_context(_tab(browser, **LAPTOP))
        phone = stack.enter_context(_tab(browser, **PHONE))

        code = _open_a_classroom(teacher, lesson.address)
        _set_the_task(teacher)
        _join(laptop, lesson.address, code, "Foxes")
        _join(phone, lesson.address, code, "Owls")
        expect(_card(teacher, "Foxes")).to_be_visible()
        expect(_card(teacher, "Owls")).to_be_visible()

        _bring_photos_by_laptop(laptop, lesson)
        _bring_photos_by_phone(phone, lesson)
        for tab in (laptop, phone):
            _train(tab)
        for tab in (laptop, phone):
            expect(tab.get_by_text("test photos correct").first).to_be_visible(timeout=TRAINING_MS)
        primary(laptop).click()  # to the results
        laptop.get_by_role("button", name="Hand in this model").click()
        expect(laptop.get_by_text("Handed in: this model counts")).to_be_visible()
        expect(_card(teacher, "Foxes").get_by_text("Handed in")).to_be_visible()

        _pause(teacher, laptop)
        _score(teacher)
        phone.goto(f"{lesson.address}/join")
        for tab in (teacher, phone):
            expect(tab.get_by_text("Both groups are level", exact=False).first).to_be_visible()


def _open_a_classroom(teacher: Page, address: str) -> str:
    """Open one as the owner; the code that stands there."""
    teacher.goto(f"{address}/?owner={TOKEN}")
    open_page(teacher, f"{address}/classroom")
    teacher.get_by_role("textbox", name="Name (optional)").fill("Biology 7b")
    teacher.get_by_role("button", name="Open a classroom").click()
    expect(teacher.get_by_role("heading", name="Biology 7b", level=1)).to_be_visible()
    return teacher.locator(".tl-join-code").inner_text()


def _set_the_task(teacher: Page) -> None:
    teacher.get_by_role("radio", name="Task").click()
    teacher.get_by_label("What groups should do").fill("Tell discs and stripes apart.")
    teacher.get_by_role("textbox", name="Class names").fill(", ".join(LABELS))
    teacher.get_by_role("button", name="Save task").click()
    expect(teacher.get_by_role("button", name="Clear the task")).to_be_visible()
    teacher.get_by_role("radio", name="Groups").click()


def _join(tab: Page, address: str, code: str, name: str) -> None:
    open_page(tab, f"{address}/join")
    tab.get_by_role("textbox", name="Code").fill(code.lower())
    tab.get_by_role("textbox", name="Name of your group").fill(name)
    tab.get_by_role("button", name="Join", exact=True).click()
    expect(tab.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(tab.get_by_text("Tell discs and stripes apart.").first).to_be_visible()


def _card(teacher: Page, name: str):
    """A group among the others on the teacher's page."""
    return teacher.locator('[class*="st-key-card_group_"]').filter(has_text=name)


def _bring_photos_by_laptop(laptop: Page, lesson: Lesson) -> None:
    primary(laptop).click()
    for place, label in enumerate(LABELS):
        card = laptop.locator("li.card").nth(place)
        expect(card.locator("input.name")).to_have_value(label)  # of the task
        card.locator("input[type=file]").set_input_files(_files(lesson, label, 0))
    laptop.get_by_role("button", name="Import and continue").click()


def _bring_photos_by_phone(phone: Page, lesson: Lesson) -> None:
    phone.get_by_role("button", name="Take photos").click()
    for label in LABELS:
        phone.get_by_role("button", name=re.compile(label)).click()
        with phone.expect_file_chooser() as chooser:
            phone.get_by_role("button", name="Choose photos").click()
        chooser.value.set_files(_files(lesson, label, 10))
    expect(phone.get_by_text("20 photos sent", exact=True)).to_be_visible()
    phone.goto(f"{lesson.address}/join")
    settle(phone)
    phone.get_by_role("link", name="See your new photos").click()
    phone.get_by_role("button", name="Import and continue").click()


def _files(lesson: Lesson, label: str, first: int) -> list[Path]:
    """Ten photos of a class."""
    return sorted((lesson.photos / label).iterdir())[first : first + 10]


def _train(tab: Page) -> None:
    """Where the import led to."""
    expect(tab.get_by_role("heading", name="Train", level=1)).to_be_visible()
    settle(tab)
    primary(tab).click()


def _pause(teacher: Page, laptop: Page) -> None:
    """All look to the front, and back."""
    teacher.get_by_text("Pause groups").click()
    expect(laptop.get_by_text("Your teacher has paused", exact=False).first).to_be_visible()
    teacher.get_by_text("Pause groups").click()
    expect(laptop.get_by_text("Your teacher has paused", exact=False)).to_have_count(0)


def _score(teacher: Page) -> None:
    teacher.get_by_role("radio", name="Hidden test").click()
    teacher.get_by_role("combobox", name="Photos of the hidden test").click()
    teacher.get_by_role("option", name=re.compile("What nobody has seen")).click()
    teacher.get_by_role("button", name="Save", exact=True).click()
    teacher.get_by_role("button", name="Score every group").click()
    teacher.get_by_text("Reveal to groups").click()
