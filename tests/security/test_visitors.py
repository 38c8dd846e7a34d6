"""Two visitors side by side over real websockets: what one makes, the other neither sees nor changes, unless shared."""

from urllib.parse import quote

import pytest
from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.security.conftest import NAME
from tests.security.tab import Tab
from tlcore.jobs import store

PAGES = ("", "data", "train", "evaluate", "predict", "learn", "compare")
LINK_QUESTION = "What can people with the link do?"
REFUSED = "belongs to someone else"


@pytest.mark.parametrize("page", PAGES)
def test_what_one_has_made_is_in_no_list_of_another(host, page):
    with host.ann().open(page) as ann, host.bob().open(page) as bob:
        assert NAME in ann.words, "in a list, or in the line that says what is under way"
        assert not any(words in bob.words for words in (NAME, *host.ids.values()))


@pytest.mark.parametrize("page", PAGES[1:])
@pytest.mark.parametrize("kind", ["run", "race", "dataset"])
def test_the_address_alone_gives_nothing(host, page, kind):
    with host.bob().open(page, **{kind: host.ids[kind]}) as bob:
        shown = bob.words.replace(host.ids[kind], "")  # the page's own links have what stands in the address
        assert NAME not in shown
        assert REFUSED in shown or (page == "predict" and kind != "run"), "Predict uses nothing but a run"
        assert not {"Stop", "Start again", "Restart", "Stop the race"} & set(bob.buttons)


def test_his_own_things_are_there_in_a_new_tab_and_after_a_refresh(host):
    ann = host.ann()
    for _ in range(2):
        with ann.open("train", run=host.ids["run"]) as tab:
            assert REFUSED not in tab.words and "View results" in tab.buttons


@pytest.mark.parametrize(("right", "acts"), [("see", False), ("act", True)])
def test_a_shared_race_is_seen_and_changed_as_far_as_the_link_allows(host, right, acts):
    browser = host.shared(right, "race")
    with browser.open("compare", race=host.ids["race"]) as tab:
        assert NAME in tab.words and REFUSED not in tab.words
        assert ("Stop the race" in tab.buttons) is acts and ("Stop" in tab.buttons) is acts
    with browser.open("train", run=host.racing.id) as tab:
        assert REFUSED not in tab.words, "its runs come with it"
    with browser.open("data", dataset=host.ids["dataset"]) as tab:
        assert REFUSED not in tab.words, "so do its photos"
    with browser.open("train", run=host.active.id) as tab:
        assert REFUSED in tab.words, "and nothing else"


@pytest.mark.parametrize(
    ("page", "kind", "choice", "right"),
    [
        ("evaluate", "run", "Look only", "see"),
        ("train", "run", "Look and change", "act"),
        ("predict", "run", "Look only", "see"),
        ("compare", "race", "Look only", "see"),
        ("data", "dataset", "Look and train", "see"),
    ],
)
def test_a_share_link_is_made_when_it_is_asked_for(host, page, kind, choice, right):
    key = host.key(right, kind)
    with host.ann().open(page, **{kind: host.ids[kind]}) as ann:
        assert key not in ann.words and LINK_QUESTION in ann.words
        group = next(each for each in ann.all_of_type("button_group") if each.label == LINK_QUESTION)
        ann.run(states=[WidgetState(id=group.id, string_array_value=StringArray(data=[choice]))])
        link = ann.of_type("code").code_text
    assert link == f"{host.server.address}/{page}?{kind}={host.ids[kind]}&key={key}"
    browser = host.bob()
    browser.get(link.removeprefix(host.server.address))
    with browser.open(page, **{kind: host.ids[kind]}) as bob:
        assert REFUSED not in bob.words and NAME in bob.words
        assert (LINK_QUESTION in bob.words) is (right == "act"), "who may only look has nothing to hand on"


def test_who_may_act_can_stop(host):
    with host.shared("act", "race").open("train", run=host.racing.id) as tab:
        tab.press(tab.buttons["Stop"])
    stop = host.racing.folder / store.STOP
    assert stop.exists()
    stop.unlink()


def test_a_link_is_kept_by_the_browser_and_leaves_the_address(host):
    browser, key = host.bob(), host.key("see", "run")
    answer = browser.get(f"/evaluate?run={host.ids['run']}&key={key}")
    assert (answer.status, answer.headers["location"]) == (303, f"./evaluate?run={host.ids['run']}")
    assert answer.headers["cache-control"] == "no-store" and answer.headers["referrer-policy"] == "no-referrer"
    for _ in range(2):
        with browser.open("train") as tab:
            assert NAME in tab.words, "a new tab finds it again"
    assert key not in host.server.log.read_text()


@pytest.mark.parametrize(
    ("kind", "key", "reason"),
    [
        ("run", "", "none"),
        ("run", "A" * 32, "made up"),
        ("run", "é\udc80" * 9, "no ASCII"),
        ("run", "x" * 50_000, "without end"),
        ("race", "of the run", "of something else"),
    ],
)
def test_a_wrong_key_gives_nothing_and_tells_nothing(host, kind, key, reason):
    given = host.key("act", "run") if key == "of the run" else quote(key, errors="replace")
    browser = host.bob()
    assert browser.get(f"/train?{kind}={host.ids[kind]}&key={given}").status == 303, reason
    with browser.open("train", **{kind: host.ids[kind]}) as tab:
        assert REFUSED in tab.words, reason


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "///evil.example", "/%2f/evil.example"])
def test_the_redirect_never_leads_elsewhere(host, path):
    location = host.bob().get(f"{path}?key=x").headers.get("location", "./")
    assert location.startswith("./") and "/" not in location[2:] and "\\" not in location


def test_a_browser_without_cookies_has_a_name_as_long_as_the_tab(host):
    with Tab(host.bob(), {"Cookie": None}) as tab:
        tab.run("train", "")
        assert "Add photos before you train" in tab.words


def test_the_cookie_can_be_read_by_no_script_and_is_given_once(host):
    browser = host.bob()
    first = browser.get("/").headers["set-cookie"]
    assert "HttpOnly" in first and "SameSite=Lax" in first and "Secure" not in first
    kept = dict(browser.cookies)
    browser.get("/train")
    assert browser.cookies == kept, "the same one again"
    secure = host.bob().get("/", {"X-Forwarded-Proto": "https"}).headers["set-cookie"]
    assert secure.startswith("__Host-") and "Secure" in secure
    forged = host.bob()
    forged.cookies[next(iter(kept))] = "chosen-by-me"
    forged.get("/")
    assert forged.cookies != {next(iter(kept)): "chosen-by-me"}, "what we cannot have given is replaced"
