"""A phone at 390 px joins its group by the group's link and sends photos, which appear on the laptop's board."""

from playwright.sync_api import expect

from tests.e2e.ways import WAIT_MS, expect_no_sideways_scroll, open_page
from tests.photos import make_photo
from tests.served import serve
from tlcore.classroom.contributions import current_area
from tlcore.classroom.store import create_classroom, list_groups
from tlcore.data import incoming
from tlcore.workspace import open_workspace


def photo(number):
    return {"name": f"{number}.jpg", "mimeType": "image/jpeg", "buffer": make_photo(number)}


def test_photos_of_a_phone_appear_on_the_laptop(browser, tmp_path):
    workspace = open_workspace(tmp_path / "home")
    classroom = create_classroom(workspace)
    expect.set_options(timeout=WAIT_MS)
    with serve(workspace.root, tmp_path / "log.txt", TRANSFERLAB_HOSTED="1") as server:
        laptop = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True).new_page()
        errors: list[str] = []
        for page in (laptop, phone):
            page.set_default_timeout(WAIT_MS)
            page.on("pageerror", lambda error: errors.append(str(error)))
        open_page(laptop, f"{server.address}/join?code={classroom.code}")
        laptop.get_by_label("Name of your group").fill("Foxes")
        laptop.get_by_role("button", name="Join", exact=True).click()
        laptop.get_by_text("Link for another device").click()
        link = laptop.get_by_test_id("stCode").inner_text().strip()
        laptop.get_by_role("button", name="Add photos").click()
        expect(laptop.get_by_role("button", name="Add class")).to_be_visible()

        open_page(phone, link)
        assert "key=" not in phone.url
        expect(phone.get_by_role("button", name="Take a photo")).to_be_in_viewport()
        expect_no_sideways_scroll(phone)
        phone.get_by_role("button", name="New class").click()
        phone.get_by_label("Name of the new class").fill("Oak")
        phone.get_by_role("button", name="Add", exact=True).click()
        phone.locator("section.phone input[type=file][multiple]").set_input_files([photo(0), photo(1)])
        expect(phone.get_by_text("2 photos sent", exact=True)).to_be_visible()

        card = laptop.locator("li.card").filter(has=laptop.get_by_text("2 photos", exact=True))
        expect(card.locator("input.name").first).to_have_value("Oak")
        expect(card.locator(".thumbnails img")).to_have_count(2)

        (group,) = list_groups(workspace, classroom.id)  # it is imported while the phone is about to send
        before = current_area(workspace, group)
        incoming.clear(workspace, before)
        phone.locator("section.phone input[type=file][multiple]").set_input_files([photo(2)])
        expect(phone.get_by_text("3 photos sent", exact=True)).to_be_visible()
        assert current_area(workspace, list_groups(workspace, classroom.id)[0]) not in ("", before)
        expect(laptop.get_by_text("1 photo", exact=True)).to_be_visible()
        assert not errors, errors[:3]
