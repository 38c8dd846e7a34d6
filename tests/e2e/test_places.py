"""Every place of the app, opened once, for all that it owes to everybody: nothing that WCAG 2.2 A or AA forbids, in
light and dark, on a desk and on a phone; at 200 %; for who wants no motion; with the keyboard alone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import ALL_RULES, CONTRAST, lasting, violations
from tests.e2e.ways import BEYOND_THE_EDGE, WAIT_MS, expect_no_sideways_scroll, open_page, settle, tab_to, turn

WITH_STEPS = (
    "welcome",
    "data",
    "data, chosen",
    "train",
    "train, ended",
    "evaluate",
    "predict",
    "compare, ended",
    "learn",
)
PLACES = (
    *WITH_STEPS,  # first and in this order: pytest then lets all tests of a place follow each other
    "data, all photos",
    "data, history",
    "data, versions compared",
    "data, an earlier version",
    "data, checked",
    "data, a question",
    "evaluate, map",
    "compare",
    "host",
    "privacy",
    "train, empty",
    "evaluate, empty",
    "predict, empty",
    "an error",
)
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 900}
ZOOMED = {"width": 640, "height": 450}  # 1280 × 900 at 200 %
LOOKS = (  # the scheme changes colours and nothing else
    (DESK, "light", ALL_RULES),
    (PHONE, "light", CONTRAST),
    (PHONE, "dark", ALL_RULES),
    (DESK, "dark", CONTRAST),
)
MOVING = """() => document.getAnimations().filter(each => each.playState === "running")
    .map(each => each.effect.target.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def tab(browser) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce")  # what fades has no contrast meanwhile
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    yield page
    context.close()


@pytest.fixture(scope="module")
def place(lab, tab, request) -> Page:
    """The tab, at the place that the test names: light, on a desk, drawn to its end."""
    tab.set_viewport_size(DESK)
    tab.emulate_media(color_scheme="light")
    open_page(tab, lab.at(request.param))
    return tab


@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_nothing_keeps_anybody_out(place):
    found = {}
    shown = LOOKS[0][1]
    for size, scheme, rules in LOOKS:
        place.set_viewport_size(size)
        if scheme != shown:
            turn(place, scheme)
            shown = scheme
        found[size["width"], scheme] = lasting(place, rules)
    assert not any(found.values()), found


@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_nothing_moves_for_who_wants_that(place):
    settle(place)
    assert place.evaluate(MOVING) == []


@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_nothing_lies_beyond_the_edge_of_a_phone(place):
    place.set_viewport_size(PHONE)
    expect_no_sideways_scroll(place)


@pytest.mark.parametrize("place", WITH_STEPS, indirect=True)
def test_at_200_percent_steps_are_words_and_nothing_scrolls_sideways(place):
    place.set_viewport_size(ZOOMED)
    expect_no_sideways_scroll(place)
    words = place.locator(".st-key-tl_steps :is(a, .tl-here)").all()
    assert words
    for word in words:
        assert re.search("[A-Z][a-z]+", word.inner_text()) and word.bounding_box()["width"] > 30
        assert word.bounding_box()["x"] + word.bounding_box()["width"] <= ZOOMED["width"]


@pytest.mark.parametrize("place", WITH_STEPS, indirect=True)
def test_whatever_the_keyboard_is_on_can_be_seen(place):
    """One round through the page: every stop is drawn, has a ring, and the round ends."""
    place.set_viewport_size(DESK)
    settle(place)
    links = place.locator(".st-key-tl_steps a")
    tab_to(place, links.first)
    tab_to(place, links.last)


def test_every_place_is_looked_at(lab):
    assert set(PLACES) == set(lab.places)


def test_what_is_forbidden_is_found(lab, tab):
    """An image without a text and a text without contrast: axe-core runs here and has its rules."""
    open_page(tab, lab.at("welcome"))
    tab.evaluate(
        "document.querySelector('.stMain h1').insertAdjacentHTML('afterend',"
        '\'<img src="data:,"><p style="color: #888; background: #999">faint</p>\')'
    )
    assert {each.split(":")[0] for each in violations(tab)} == {"image-alt", "color-contrast"}


def test_what_is_too_wide_is_found(lab, tab):
    """Also where the page itself can't be scrolled, since its container cuts it off; not what scrolls by itself."""
    open_page(tab, lab.at("welcome"))
    wide = '<p style="width: 3000px">wide</p>'
    add = "html => document.querySelector('.stMain h1').insertAdjacentHTML('afterend', html)"
    tab.evaluate(add, f'<div style="overflow-x: auto; max-width: 100%">{wide}</div>')
    expect_no_sideways_scroll(tab)
    tab.evaluate(add, wide)
    assert len(tab.evaluate(BEYOND_THE_EDGE)) == 1
