"""axe-core in a page that is open: what WCAG 2.2 A and AA forbid."""

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.ways import settle

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
ALL_RULES = {"type": "tag", "values": list(WCAG)}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
LOOKS_AGAIN = 4


def violations(page: Page, rules: Mapping[str, Any] = ALL_RULES) -> list[str]:
    """What axe-core finds, a line each: the rule, the element, and why. Without axe-core the test is skipped."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install -r requirements-dev.txt")
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
