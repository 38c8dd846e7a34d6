"""Accounts with an OpenID provider and a server: who logs in works under his account's name, and nobody else does."""

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from itsdangerous import URLSafeTimedSerializer
from joserfc import jwt
from joserfc.jwk import OctKey
from streamlit.proto.Common_pb2 import StringTriggerValue
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.security.conftest import copy_of
from tests.security.oidc import CLIENT, Provider, _key, provide
from tests.security.tab import Answer, Browser, Tab, _NoRedirect
from tests.served import Server, serve
from tlcore import access
from tlcore.access import account_name
from tlcore.grants import link_key, rights_given
from tlcore.workspace import Workspace

COOKIE_SECRET = "c" * 40
NAME = "annassecret"
PAGE = "predict"  # the lightest
ANN = {"sub": "ann-1", "name": "Ann", "email": "ann@school.example", "email_verified": True}
BOB = {"sub": "bob-2", "name": "Bob", "email": "bob@school.example", "email_verified": True}
CAT = {"sub": "cat-5", "name": "Cat", "email": "cat@school.example", "email_verified": True}
HEAD = {"sub": "head-3", "name": "Head", "email": "Head@School.example", "email_verified": True}
OUTSIDER = {"sub": "out-4", "name": "Out", "email": "out@elsewhere.example", "email_verified": True}


@dataclass(frozen=True)
class Place:
    """A host with accounts, and what Ann has made there: with her account, and without one in some browser."""

    server: Server
    provider: Provider
    workspace: Workspace
    run: str
    dataset: str

    def browser(self) -> Browser:
        return Browser(self.server.address)

    def name(self, person: dict) -> str:
        return account_name(self.provider.issuer, person["sub"])


@pytest.fixture(scope="module")
def place(trained: tuple, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("accounts")
    with provide() as provider:
        workspace, dataset, run = copy_of(trained, folder / "home", account_name(provider.issuer, ANN["sub"]))
        (folder / ".streamlit").mkdir()
        rules = {"allowed": '["@school.example"]', "owners": '["head@school.example"]'}
        (folder / ".streamlit" / "secrets.toml").write_text(provider.secrets_file(COOKIE_SECRET, **rules))
        environment = {"TRANSFERLAB_HOSTED": "1", "HOME": str(folder)}
        with serve(workspace.root, folder / "log.txt", **environment) as server:
            yield Place(server, provider, workspace, run.id, dataset)


def follow(address: str) -> str:
    """Where the provider sends a browser."""
    try:
        urllib.request.build_opener(_NoRedirect).open(address, timeout=30)
    except urllib.error.HTTPError as answer:
        return answer.headers["Location"]
    raise AssertionError("no redirect")


def to_provider(browser: Browser, referrer: str = "") -> str:
    """Begin to log in, with what the button on a page has as its address; where that leads: to the provider."""
    key = OctKey.import_key(COOKIE_SECRET)
    token = jwt.encode({"alg": "HS256"}, {"provider": "default", "exp": int(time.time()) + 60}, key)
    headers = {"Referer": referrer} if referrer else {}
    return browser.get(f"/auth/login?provider={token}", headers).headers["location"]


def path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def log_in(place: Place, browser: Browser, person: dict) -> Answer:
    place.provider.person = person
    return browser.get(path_of(follow(to_provider(browser))))


def log_out(browser: Browser) -> None:
    browser.get("/auth/logout", {"Sec-Fetch-Site": "same-origin"})
    browser.cookies = {name: value for name, value in browser.cookies.items() if value}


def account_shown(tab: Tab) -> str:
    return next((each.label for each in tab.all_of_type("menu_button") if list(each.options) == ["Log out"]), "")


def test_the_code_flow_as_it_is(place):
    browser = place.browser()
    with browser.open(PAGE) as tab:
        tab.press(tab.buttons["Log in"])
        address = browser.get(tab.redirect).headers["location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{place.provider.issuer}/authorize?")
    assert asked["client_id"] == CLIENT and asked["response_type"] == "code"
    assert asked["redirect_uri"] == f"{place.server.address}/oauth2callback"
    assert asked["code_challenge_method"] == "S256" and len(asked["state"]) > 20 and len(asked["nonce"]) > 10
    place.provider.person = ANN
    answer = browser.get(path_of(follow(address)))
    assert answer.status == 302 and answer.headers["location"] == "/" and answer.headers["cache-control"] == "no-store"
    with browser.open(PAGE) as tab:
        assert account_shown(tab) == "Ann" and NAME in tab.words, "what she used last"
        menu = next(each for each in tab.all_of_type("menu_button") if list(each.options) == ["Log out"])
        chosen = WidgetState(id=menu.id, string_trigger_value=StringTriggerValue(data="Log out"))
        tab.run(states=[chosen])
        assert tab.redirect == "/auth/logout"
    location = browser.get(tab.redirect).headers["location"]
    assert location.startswith(f"{place.provider.issuer}/end?"), "the provider logs her out as well"


def test_what_is_an_accounts_is_there_in_every_browser_with_it_and_in_no_other(place):
    for _ in range(2):
        browser = place.browser()
        with browser.open(PAGE, run=place.run) as tab:
            assert NAME not in tab.words, "before she logs in"
        log_in(place, browser, ANN)
        with browser.open(PAGE, run=place.run) as tab:
            assert NAME in tab.words
    log_out(browser)
    with browser.open(PAGE, run=place.run) as tab:
        assert NAME not in tab.words and account_shown(tab) == "", "after she has logged out"
    log_in(place, browser, BOB)
    with browser.open(PAGE, run=place.run) as tab:
        assert NAME not in tab.words and account_shown(tab) == "Bob"


def test_a_link_gives_its_right_to_the_account_and_not_to_the_browser(place):
    browser = place.browser()
    log_in(place, browser, BOB)
    secret = next(value for name, value in browser.cookies.items() if name.startswith("transferlab_visitor"))
    key = link_key(place.workspace, "see", "run", place.run)
    assert browser.get(f"/train?run={place.run}&key={key}").status == 303
    assert place.run in rights_given(place.workspace, place.name(BOB))
    assert rights_given(place.workspace, access.visitor_name(secret)) == {}
    log_out(browser)
    with browser.open(PAGE, run=place.run) as tab:
        assert NAME not in tab.words, "who logs in there next must not have it either"


def test_a_planted_cookie_leads_nobody_to_what_an_account_does(place):
    """Session fixation: somebody knows the secret of a browser in which another one logs in."""
    known = place.browser()
    known.get("/")
    victim = Browser(place.server.address, dict(known.cookies))
    log_in(place, victim, BOB)
    key = link_key(place.workspace, "see", "run", place.run)
    victim.get(f"/train?run={place.run}&key={key}")
    with victim.open(PAGE, run=place.run) as theirs, known.open(PAGE, run=place.run) as his:
        assert NAME in theirs.words and NAME not in his.words


def forged(claims: dict, secret: str = COOKIE_SECRET, salt: str = "_streamlit_user") -> str:
    return URLSafeTimedSerializer(secret, salt=salt).dumps(json.dumps(claims))


@pytest.mark.parametrize(
    ("make", "taken", "reason"),
    [
        (lambda claims: forged(claims), True, "as the server signs it"),
        (lambda claims: forged(claims, "x" * 40), False, "signed with another secret"),
        (lambda claims: forged(claims, salt="_streamlit_user_tokens"), False, "the signature of another cookie"),
        (lambda claims: forged(claims)[:-2] + "aa", False, "a damaged signature"),
        (lambda claims: json.dumps(claims), False, "no signature"),
        (lambda claims: forged(claims | {"origin": "http://elsewhere.example"}), False, "of another server"),
        (lambda claims: forged(claims | {"is_logged_in": False}), False, "not logged in"),
        (lambda claims: forged({name: each for name, each in claims.items() if name != "sub"}), False, "nobody"),
    ],
)
def test_a_cookie_counts_only_as_the_server_made_it(place, make, taken, reason):
    claims = {"iss": place.provider.issuer, **HEAD, "origin": place.server.address, "is_logged_in": True}
    browser = place.browser()
    browser.cookies["_streamlit_user"] = make(claims)
    if taken or "signed with" in reason:  # a page asks Streamlit, a route asks us
        with browser.open(PAGE, run=place.run) as tab:
            assert (NAME in tab.words) is taken, reason
    assert (browser.get("/metrics").status != 404) is taken, f"a route: {reason}"


@pytest.mark.parametrize(
    ("spoil", "signed_by_other", "reason"),
    [
        (lambda claims: claims | {"aud": "another-app"}, False, "a token for another app"),
        (lambda claims: claims | {"iss": "https://elsewhere.example"}, False, "a token of another issuer"),
        (lambda claims: claims | {"nonce": "of-another-login"}, False, "a token of another login"),
        (lambda claims: claims | {"exp": claims["iat"] - 600}, False, "a token of long ago"),
        (lambda claims: claims, True, "a token that somebody else signed"),
    ],
)
def test_an_id_token_that_is_not_for_this_login_logs_nobody_in(place, spoil, signed_by_other, reason, monkeypatch):
    monkeypatch.setattr(place.provider, "spoil", spoil)
    monkeypatch.setattr(place.provider, "signer", _key("known") if signed_by_other else None)
    browser = place.browser()
    answer = log_in(place, browser, HEAD)
    assert answer.status == 302 and not browser.cookies.get("_streamlit_user"), reason
    assert browser.get("/metrics").status == 404, reason


def test_nobody_is_logged_in_as_somebody_else_by_a_link(place):
    """Login CSRF: the answer of a login that another browser began, and one that was used before."""
    place.provider.person = BOB
    began = place.browser()
    callback = path_of(follow(to_provider(began)))
    other = place.browser()
    to_provider(other)  # it has begun a login of its own
    for path in (callback, callback.replace("state=", "state=x"), "/oauth2callback?code=a", "/oauth2callback"):
        assert other.get(path).status in (302, 400) and not other.cookies.get("_streamlit_user")
    began.get(callback)
    again = place.browser()
    again.get(callback)
    assert began.cookies.get("_streamlit_user") and not again.cookies.get("_streamlit_user")


@pytest.mark.parametrize(
    ("referrer", "back", "reason"),
    [
        ("{here}/train?run=a&dataset=b", "/train?run=a&dataset=b", "where she was"),
        ("https://evil.example/train", "/", "another site"),
        ("{here}@evil.example/x", "/", "another site that looks like this one"),
        ("{here}//evil.example/x", "/evil.example/x", "a path that names a host"),
        ("{here}/\\evil.example", "/evil.example", "the same with a backslash"),
        ("", "/", "nothing is known"),
        ("{here}/train?x=a%0d%0aSet-Cookie:b=c", "/train?x=a%0D%0ASet-Cookie%3Ab%3Dc", "no header of its own"),
    ],
)
def test_a_login_leads_back_to_where_it_began_and_nowhere_else(place, referrer, back, reason):
    place.provider.person = BOB
    browser = place.browser()
    answer = browser.get(path_of(follow(to_provider(browser, referrer.format(here=place.server.address)))))
    assert answer.headers["location"] == back, reason


@pytest.mark.parametrize(
    "value", ["https://evil.example", "//evil.example/x", "%2F%2Fevil.example", "\\\\evil.example"]
)
def test_a_planted_way_back_leads_nowhere_else(place, value):
    place.provider.person = BOB
    browser = place.browser()
    callback = path_of(follow(to_provider(browser, f"{place.server.address}/train")))
    name = next(name for name in browser.cookies if name.startswith("transferlab_back"))
    browser.cookies[name] = value
    location = browser.get(callback).headers["location"]
    assert location.startswith("/") and not location.startswith(("//", "/\\")), "of this server"


@pytest.mark.parametrize(
    ("person", "owns", "reason"),
    [
        (HEAD, True, "her verified address is in the list, whatever its case"),
        (HEAD | {"email_verified": False}, False, "nobody has verified it"),
        ({name: each for name, each in HEAD.items() if name != "email_verified"}, False, "nobody says so"),
        (HEAD | {"email": "head@school.example.evil.example"}, False, "it only begins like hers"),
        (ANN, False, "she may come, and no more"),
    ],
)
def test_who_owns_the_workspace_by_his_account(place, person, owns, reason):
    browser = place.browser()
    log_in(place, browser, person)
    assert (browser.get("/metrics").status != 404) is owns, reason
    if owns or "nobody has" in reason:
        with browser.open("host") as tab:
            assert ("Visitors" in tab.words or "Disk" in tab.words) is owns, reason


def test_another_address_changes_neither_the_name_nor_makes_an_owner(place):
    browser = place.browser()
    log_in(place, browser, ANN | {"email": "ann.new@school.example", "name": "Ann New"})
    with browser.open(PAGE, run=place.run) as tab:
        assert NAME in tab.words and account_shown(tab) == "Ann New"
    other = place.browser()
    log_in(place, other, CAT | {"email": ANN["email"]})
    with other.open(PAGE, run=place.run) as tab:
        assert NAME not in tab.words, "an address that was hers before is not her account"


def test_who_is_not_in_the_list_can_only_log_out(place):
    browser = place.browser()
    log_in(place, browser, OUTSIDER)
    with browser.open(PAGE, run=place.run) as tab:
        assert "can’t be used here" in tab.words and NAME not in tab.words
        assert list(tab.buttons) == ["Log out"]
        tab.press(tab.buttons["Log out"])
        assert tab.redirect.endswith("/auth/logout")


def test_no_other_site_logs_anybody_out(place):
    browser = place.browser()
    log_in(place, browser, ANN)
    for site in ("cross-site", "same-site"):
        assert browser.get("/auth/logout", {"Sec-Fetch-Site": site}).status == 404
        assert browser.cookies["_streamlit_user"]
    log_out(browser)
    assert "_streamlit_user" not in browser.cookies


@pytest.mark.parametrize("path", ["/auth/", "/auth/other", "/x/auth/login", "/oauth2callback/x", "/_stcore/auth"])
def test_no_other_address_of_the_login_is_open(place, path):
    assert place.browser().get(path).status == 404
