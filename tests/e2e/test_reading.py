"""What is for keyboards, screen readers, slow lines and systems that turn dark, in a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from benchmarks.slow_line import slow_down
from tests.e2e.ways import (
    COUNT_RUNS,
    IS_FOCUSED,
    WAIT_MS,
    heading,
    open_page,
    settle,
    step,
)


@pytest.fixture
def tab(browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    yield page
    context.close()


def test_charts_follow_a_system_that_turns_dark_and_light_again(lab, tab):
    open_page(tab, lab.at("train, ended"))
    words = tab.get_by_test_id("stVegaLiteChart").locator("svg text").first
    light = words.get_attribute("fill")
    tab.emulate_media(color_scheme="dark")
    expect(words).not_to_have_attribute("fill", light)
    tab.emulate_media(color_scheme="light")
    expect(words).to_have_attribute("fill", light)


def test_one_change_of_the_system_is_one_run_of_the_page(lab, tab):
    open_page(tab, lab.at("learn"))  # where nothing polls
    tab.wait_for_timeout(1000)  # the page may run once more when its scripts say in which colours it is drawn
    settle(tab)
    tab.evaluate(COUNT_RUNS)
    tab.emulate_media(color_scheme="dark")
    expect(tab.locator("html")).to_have_attribute("data-runs", "1")
    tab.wait_for_timeout(1500)
    expect(tab.locator("html")).to_have_attribute("data-runs", "1")


def test_a_photo_that_is_large_stays_when_the_system_turns_dark_and_the_page_below_follows(lab, tab):
    open_page(tab, lab.at("data, chosen"))
    settle(tab)
    tab.get_by_role("button", name="Photo of the class").first.click()
    dialog = tab.get_by_role("dialog", name="Photo")
    expect(dialog.get_by_role("img")).to_be_visible()
    expect(tab.locator("body")).to_have_css("color-scheme", "light")
    settle(tab)
    tab.evaluate(COUNT_RUNS)
    tab.emulate_media(color_scheme="dark")
    expect(tab.locator("body")).to_have_css("color-scheme", "dark")
    tab.wait_for_timeout(500)
    expect(tab.locator("html")).not_to_have_attribute("data-runs", re.compile("[1-9]"))
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_text("2 of 9")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(tab.locator("html")).to_have_attribute("data-runs", re.compile("[1-9]"))
    expect(tab.locator("body")).to_have_css("color-scheme", "dark")


def test_the_focus_goes_to_the_heading_of_the_next_page_and_not_at_the_first(lab, tab):
    open_page(tab, lab.at("evaluate"))
    assert not heading(tab).evaluate(IS_FOCUSED), "nobody is moved on a page he has just opened"
    before = heading(tab).inner_text()
    step(tab, "predict").press("Enter")
    expect(heading(tab)).not_to_have_text(before)
    expect(heading(tab)).to_be_focused()
    tab.go_back()
    expect(heading(tab)).to_have_text(before)
    expect(heading(tab)).to_be_focused()


def test_a_heading_with_signs_of_markdown_gets_the_focus_too(lab, tab):
    """The heading of a run that has ended has a percentage in it, which Markdown could read as something else."""
    open_page(tab, lab.at("evaluate"))
    step(tab, "train").press("Enter")
    expect(tab).to_have_url(re.compile("/train"))
    expect(heading(tab)).to_be_focused()


def test_the_skip_link_leads_below_the_top_line(lab, tab):
    open_page(tab, lab.at("learn"))
    tab.keyboard.press("Tab")
    expect(tab.get_by_test_id("stSkipToContent")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(heading(tab)).to_be_focused()


def test_landmarks_language_and_title(lab, tab):
    open_page(tab, lab.at("evaluate"))
    expect(tab.get_by_role("main")).to_have_count(1)
    expect(tab.get_by_role("navigation", name="Steps").get_by_role("link")).to_have_count(3)
    expect(tab.locator("[aria-current=step]")).to_have_count(1)
    assert tab.evaluate("document.documentElement.lang") == "en"
    expect(tab).to_have_title(re.compile("· Transfer Lab$"))


def test_without_scripts_a_page_says_what_it_needs(lab, browser):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(lab.at("train"))
    assert "needs JavaScript" in tab.locator("body").inner_text()
    assert "Loading" not in tab.locator("body").inner_text()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_something_readable_stands_while_the_scripts_are_on_their_way(lab, browser, scheme):
    context = browser.new_context(color_scheme=scheme)
    tab = context.new_page()
    tab.route(re.compile(r"/static/js/"), lambda route: None)  # never answered
    tab.goto(lab.at("train"), wait_until="commit")
    shell = tab.locator("#tl-shell")
    expect(shell).to_contain_text("Transfer Lab")
    background = tab.evaluate("getComputedStyle(document.getElementById('tl-shell')).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", background)[:3])) / 3
    assert (brightness < 128) is (scheme == "dark")
    context.close()


def test_the_first_answer_gives_way_to_the_page_for_good(lab, tab):
    line = tab.context.new_cdp_session(tab)
    line.send("Network.enable")
    slow_down(line)
    tab.goto(lab.at("welcome"), wait_until="commit")
    expect(tab.locator("#tl-shell")).to_contain_text(re.compile(r"\w{3,}"))  # it goes when the page itself is there
    settle(tab)
    expect(tab.locator("#tl-shell")).to_have_count(0)
