"""In a real browser: the map by keyboard, with a thumbnail of the photo pointed at, and a lasso that opens photos."""

import re

from playwright.sync_api import expect

from tests.e2e.ways import expect_no_sideways_scroll, open_page, settle, until

DRAWN = """canvas => {
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let i = 0; i < width * height; i++) {
    if (!data[4 * i + 3]) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  return Math.min((right - left) / width, (bottom - top) / height);
}"""
"""The smaller of the shares of a canvas's width and height that something is drawn on."""


def test_the_map_by_keyboard_and_with_a_lasso(browser, lab):
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    open_page(page, f"{lab.at('evaluate')}&view=map")
    canvas = page.get_by_role("application", name=re.compile("^Map of 36 photos of 3 classes"))
    expect(canvas).to_be_visible()
    settle(page)
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_role("status").filter(has_text=re.compile("selected"))).to_be_visible()
    expect(page.get_by_role("button", name="Show 1 photo")).to_be_visible()
    thumbnail = page.locator(".card img")
    expect(thumbnail).to_have_js_property("complete", True)
    assert thumbnail.evaluate("image => image.naturalWidth") > 0, "it was fetched"
    page.get_by_role("button", name="Select", exact=True).click()
    box = canvas.bounding_box()
    left, top, right, bottom = (
        box["x"] + 3,
        box["y"] + 3,
        box["x"] + box["width"] - 3,
        box["y"] + box["height"] - 3,
    )
    page.mouse.move(left, top)
    page.mouse.down()
    for place in ((right, top), (right, bottom), (left, bottom), (left, top + 1)):
        page.mouse.move(*place, steps=3)
    page.mouse.up()
    page.get_by_role("button", name="Show 36 photos").click()
    expect(page.get_by_role("heading", name="Selected on the map")).to_be_visible()
    expect_no_sideways_scroll(page)

    # On a phone the map stands upright and fills its canvas.
    page.set_viewport_size({"width": 390, "height": 844})
    until(page, lambda: canvas.evaluate(DRAWN) > 0.75)
    expect_no_sideways_scroll(page)
    context.close()
