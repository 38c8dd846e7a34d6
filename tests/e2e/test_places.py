"""axe-core finds nothing on any page that WCAG 2.2 A or AA forbids, in light and dark, on a desk and on a phone."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.ways import WAIT_MS, open_page, settle, turn

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install -r requirements-dev.txt")

PLACES = (
    "welcome",
    "data",
    "data, chosen",
    "data, all photos",
    "data, history",
    "data, versions compared",
    "data, an earlier version",
    "data, checked",
    "data, a question",
    "train",
    "train, ended",
    "evaluate",
    "evaluate, map",
    "predict",
    "compare",
    "compare, ended",
    "learn",
    "host",
    "privacy",
    "train, empty",
    "evaluate, empty",
    "predict, empty",
    "an error",
)
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
ALL_RULES = {"type": "tag", "values": list(WCAG)}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
LOOKS_AGAIN = 4
LOOKS = (
    (1280, "light", ALL_RULES),
    (1280, "dark", CONTRAST),  # the scheme changes colours and nothing else
    (390, "dark", ALL_RULES),
    (390, "light", CONTRAST),
)


@pytest.fixture(scope="module")
def tab(browser) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce")  # what fades has no contrast meanwhile
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    yield page
    context.close()


def violations(page: Page, rules: Mapping[str, Any] = ALL_RULES) -> list[str]:
    """What axe-core finds, a line each: the rule, the element, and why."""
    options = {"runOnly": dict(rules), "resultTypes": ["violations"]}
    return [
        f"{each['id']}: {node['html'][:160]} ({' '.join(node['failureSummary'].split())[:200]})"
        for each in axe.Axe().run(page, options=options).response["violations"]
        for node in each["nodes"]
    ]


def lasting(page: Page, rules: Mapping[str, Any]) -> list[str]:
    """What axe-core finds again and again: while the server draws a page once more, what it replaces is pale."""
    for _ in range(LOOKS_AGAIN):
        if not (found := violations(page, rules)):
            break
        page.wait_for_timeout(1000)
        settle(page)
    return found


@pytest.mark.parametrize("place", PLACES)
def test_nothing_keeps_anybody_out(lab, tab, place):
    tab.emulate_media(color_scheme=LOOKS[0][1])
    open_page(tab, lab.at(place))
    found = {}
    shown = LOOKS[0][1]
    for width, scheme, rules in LOOKS:
        tab.set_viewport_size({"width": width, "height": 900})
        if scheme != shown:
            turn(tab, scheme)
            shown = scheme
        found[width, scheme] = lasting(tab, rules)
    assert not any(found.values()), found


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
