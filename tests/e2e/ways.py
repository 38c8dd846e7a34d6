"""How the browser tests get about, by what outlasts the words of a page: roles, and keys of containers."""

from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Locator, Page, expect

SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
MOST_TABS = 150
WAIT_MS = 90_000  # a training and another test file may share two cores with the browser
TRAINING_MS = 180_000  # and a training itself, to its end
POLL_MS = 50
MOST_TURN_MS = 1_000
IS_FOCUSED = """element => {
    let found = document.activeElement;
    while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
    return element === found || element.contains(found);
}"""
HAS_RING = """() => {
    let found = document.activeElement;
    while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
    for (let each = found, steps = 0; each && steps < 4; each = each.parentElement, steps++) {
        const style = getComputedStyle(each);
        if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) return true;
        if (style.boxShadow !== "none") return true;
    }
    return false;
}"""

COUNT_RUNS = """() => {
    const app = document.querySelector(".stApp"), count = document.documentElement.dataset;
    count.runs = 0;
    new MutationObserver(() => { if (app.dataset.testScriptState === "running") count.runs++; })
        .observe(app, {attributes: true, attributeFilter: ["data-test-script-state"]});
}"""
"""Counts on the root element how often the page begins to run from now on."""


BEYOND_THE_EDGE = """() => {
    const edge = window.innerWidth + 1, found = [];
    const roots = [document.querySelector("#root")];
    while (roots.length) {
        for (const each of roots.pop().querySelectorAll("*")) {
            if (each.shadowRoot) roots.push(each.shadowRoot);
            const box = each.getBoundingClientRect();
            if (box.right <= edge || !box.width || !box.height) continue;
            if (getComputedStyle(each).visibility === "hidden") continue;
            let around = each;
            while ((around = around.parentElement ?? around.getRootNode().host)) {
                if (around.matches(".stMainBlockContainer, .stMain, .stApp")) { around = null; break; }
                const keeps = getComputedStyle(around).overflowX !== "visible";
                if (keeps && around.getBoundingClientRect().right <= edge) break;
            }
            if (!around) found.push(`${each.tagName} ${each.className} ends at ${Math.round(box.right)} px`);
        }
    }
    return found.slice(0, 5);
}"""
"""What lies beyond the right edge and is not kept inside by something that scrolls or cuts off by itself. That the page
can't be scrolled says nothing: its own container cuts off whatever is too wide."""


def heading(page: Page) -> Locator:
    """The heading of a page; not that of the first answer, which stands there until its scripts have arrived."""
    return page.locator("#root").get_by_role("heading", level=1)


def open_page(page: Page, address: str) -> None:
    """Go there, and wait until the page is drawn to its end."""
    page.goto(address)
    settle(page)


def settle(page: Page) -> None:
    """Wait until the page is drawn to its end, and the script that moves the focus and hears of colours has arrived."""
    expect(heading(page)).to_have_attribute("tabindex", "-1")
    expect(page.locator(SETTLED)).to_be_attached()


def primary(page: Page) -> Locator:
    """The page's one primary button."""
    return page.locator('.st-key-tl_action button[kind="primary"]')


def step(page: Page, name: str) -> Locator:
    """The link to one of the four steps, by the name of its page in the address."""
    return page.locator(f'.st-key-tl_steps a[href*="{name}"]')


def turn(page: Page, scheme: str) -> None:
    """Let the system turn "dark" or "light", and wait until the server has drawn the page for it."""
    settle(page)
    page.evaluate(COUNT_RUNS)
    page.emulate_media(color_scheme=scheme)
    with suppress(AssertionError):  # a run that begins and ends between two frames is not seen
        expect(page.locator("html")).not_to_have_attribute("data-runs", "0", timeout=MOST_TURN_MS)
    settle(page)


def expect_no_sideways_scroll(page: Page) -> None:
    """Wait until nothing of the page lies beyond its right edge: after a change of the width charts follow late."""
    settle(page)
    beyond: list[str] = []

    def is_inside() -> bool:
        beyond[:] = page.evaluate(BEYOND_THE_EDGE)
        return not beyond

    with suppress(AssertionError):
        until(page, is_inside)
    assert not beyond, beyond


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for what no locator tells: what the server has on its disk, where a box lies."""
    for _ in range(WAIT_MS // POLL_MS):
        if condition():
            return
        page.wait_for_timeout(POLL_MS)
    raise AssertionError("it never came")


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the focus is on this element, as somebody without a mouse does; it must be seen to be there."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate(IS_FOCUSED):
            assert page.evaluate(HAS_RING), f"the focus cannot be seen on {target}"
            return
    raise AssertionError(f"the keyboard does not lead to {target}")


def press(page: Page, target: Locator) -> None:
    """Go to this element by Tab and press Enter on it."""
    expect(target).to_be_visible()
    tab_to(page, target)
    page.keyboard.press("Enter")


def press_until(page: Page, key: str, shown: Locator) -> None:
    """Press a key, and once more where it came before the page listened: on a busy machine a dialog is seen earlier."""
    for _ in range(3):
        page.keyboard.press(key)
        with suppress(AssertionError):
            expect(shown).to_be_visible(timeout=WAIT_MS // 6)
            return
    raise AssertionError(f"{key} does nothing")
