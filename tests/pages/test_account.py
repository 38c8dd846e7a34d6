"""Accounts on pages: the button in the top line, who must log in first, and what comes along."""

import pytest

from pages.server import accounts
from pages.shared import account, state
from tests.conftest import copy_of
from tests.pages.conftest import words
from tlcore import access
from tlcore.accounts import Rules
from tlcore.errors import UserError
from tlcore.jobs.store import load_run
from tlcore.storage.deletion import delete_everything
from tlcore.workspace import read_json, write_json

AUTH = {
    "redirect_uri": "http://localhost/oauth2callback",
    "cookie_secret": "c" * 40,
    "client_id": "a",
    "client_secret": "b",
    "server_metadata_url": "http://127.0.0.1:1/.well-known/openid-configuration",
}
ANN = {
    "is_logged_in": True,
    "iss": "https://id.example",
    "sub": "1",
    "name": "Ann [x](y)",
    "email": "ann@school.example",
}
VERIFIED = ANN | {"email_verified": True}


@pytest.fixture
def set_up(monkeypatch):
    """Accounts are set up with these rules."""

    def set_them(auth=AUTH, **rules):
        monkeypatch.setattr(accounts, "auth_section", lambda: auth)
        monkeypatch.setattr(accounts, "rules", lambda: Rules(**rules))

    return set_them


@pytest.fixture
def shown(visit, trained, tmp_path, stranger):
    """A page of a host as somebody sees it who made a run in this browser; `user`: what Streamlit says of him."""
    workspace, dataset, run = copy_of(trained, tmp_path / "copy")
    stranger(workspace, {})
    visitor = access.visitor_name(access.new_secret())  # the one secret of this test, see `stranger`
    for file in (dataset.folder / "dataset.json", run.folder / "job.json"):
        write_json(file, read_json(file) | {"visitor": visitor})

    def show(user=None, page="predict", **ids):
        at = visit(page, workspace, **ids)
        at.user = user or {}
        return at.run()

    show.workspace, show.run, show.visitor = workspace, run, visitor
    return show


def labels(at):
    return [button.label for button in at.button]


def menus(at):
    return [menu.label for menu in at.menu_button]


def test_without_accounts_nothing_is_there(shown):
    at = shown(VERIFIED)
    assert not at.exception and account.LOG_IN not in labels(at) and not any("Ann" in menu for menu in menus(at))
    assert "before you logged in" not in words(at).lower()


def test_with_accounts_one_can_log_in_or_work_without(shown, set_up):
    set_up()
    at = shown()
    assert not at.exception and account.LOG_IN in labels(at)
    assert at.title[0].value == "Predict"


def test_several_providers_are_a_menu(shown, set_up):
    shared = {name: AUTH[name] for name in ("redirect_uri", "cookie_secret")}
    set_up(shared | {"google": {"client_id": "a"}, "school": {"client_id": "b"}})
    at = shown()
    (menu,) = [menu for menu in at.menu_button if menu.label == account.LOG_IN]
    assert menu.options == ["With Google", "With School"]


@pytest.mark.parametrize(
    ("user", "rules", "heading", "reason"),
    [
        ({}, {"required": True}, "Log in to continue", "an account is asked for"),
        (ANN, {"required": True}, "Predict", "he has one"),
        ({"is_logged_in": False}, {"required": True}, "Log in to continue", "Streamlit's word for nobody"),
        ({"is_logged_in": True}, {"required": True}, "Log in to continue", "an account of nobody"),
        ({}, {"allowed": ("@school.example",)}, "Predict", "one can work without an account"),
        (VERIFIED, {"allowed": ("@school.example",)}, "Predict", "he is in the list"),
        (VERIFIED, {"allowed": ("@else.example",)}, "This account can’t be used here", "he is not"),
        (ANN, {"allowed": ("@school.example",)}, "This account can’t be used here", "nobody has verified it"),
    ],
)
def test_who_sees_a_page(shown, set_up, user, rules, heading, reason):
    set_up(**rules)
    at = shown(user)
    assert not at.exception and [title.value for title in at.title] == [heading], reason
    if heading != "Predict":
        assert not [menu for menu in menus(at) if "Ann" not in menu], "no menu of what is in use"
        assert set(labels(at)) <= {account.LOG_IN, account.LOG_OUT}


@pytest.mark.parametrize("page", ["welcome", "data", "train", "evaluate", "learn", "compare", "host"])
def test_no_page_is_shown_before_one_has_logged_in(shown, set_up, page):
    set_up(required=True)
    at = shown(page=page)
    assert not at.exception and [title.value for title in at.title] == ["Log in to continue"]


def test_what_was_made_before_is_offered_and_becomes_the_accounts(shown, set_up):
    set_up()
    at = shown(VERIFIED)
    assert "you had 1 data set (36 photos) and 1 run in this browser." in words(at)
    at = at.button(key="take_along").click().run()
    assert not at.exception and "Added to your account: 1 data set" in at.success[0].value
    assert load_run(shown.workspace, shown.run.id).visitor == access.account_name(ANN["iss"], ANN["sub"])
    assert account.TAKE not in labels(at.run()) and account.TAKE not in labels(shown(VERIFIED))
    other = shown(VERIFIED | {"sub": "2"})
    assert account.TAKE not in labels(other), "nothing is left for the next one"


def test_a_page_of_what_comes_along_waits_for_the_answer(shown, set_up):
    set_up()
    at = shown(VERIFIED, "train", run=shown.run.id)
    assert not at.exception and not at.error and account.TAKE in labels(at) and at.title[0].value == "Train"
    at = at.button(key="take_along").click().run()
    assert not at.error and "View results" in labels(at)


def test_it_stays_where_one_wants_it_to_and_nobody_is_asked_again(shown, set_up):
    set_up()
    at = shown(VERIFIED).button(key="leave_behind").click().run()
    assert not at.exception and account.TAKE not in labels(at)
    assert load_run(shown.workspace, shown.run.id).visitor == shown.visitor
    assert account.TAKE not in labels(shown(VERIFIED)) and account.TAKE not in labels(shown(VERIFIED | {"sub": "2"}))


def test_nothing_is_offered_where_nothing_is(shown, set_up):
    set_up()
    delete_everything(shown.workspace, shown.visitor)
    at = shown(VERIFIED)
    assert not at.exception and account.TAKE not in labels(at)


def test_a_name_stays_letters_in_the_top_line(shown, set_up):
    set_up()
    at = shown(VERIFIED)
    assert r"Ann \[x\]\(y\)" in menus(at)


@pytest.mark.parametrize(
    ("change", "rules", "words_said"),
    [
        ({"cookie_secret": "short"}, {}, "cookie_secret in .auth. needs 32 characters"),
        ({"cookie_secret": ""}, {}, "cookie_secret"),
        ({"redirect_uri": "https://lab.example.org/"}, {}, "redirect_uri"),
        ({"client_secret": ""}, {}, "lacks client_secret"),
        ({"client_id": None}, {}, "names nobody to log in with"),
        (None, {"required": True}, "but no .auth."),
    ],
)
def test_a_server_does_not_start_on_half_of_it(set_up, change, rules, words_said):
    auth = {} if change is None else {name: each for name, each in (AUTH | change).items() if each is not None}
    set_up(auth, **rules)
    with pytest.raises(UserError, match=words_said) as refused:
        accounts.check_accounts()
    assert "c" * 40 not in str(refused.value), "what is secret is not repeated"


def test_a_server_says_what_is_not_installed(set_up, monkeypatch):
    set_up()
    accounts.check_accounts()
    monkeypatch.setattr("tlcore.errors.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs Authlib, which is not installed.*transferlab\[accounts\]"):
        accounts.check_accounts()


def test_a_secrets_file_that_nobody_can_read_keeps_a_server_from_starting(monkeypatch, tmp_path):
    (tmp_path / "secrets.toml").write_text("[auth\n")
    monkeypatch.setattr(accounts.st, "get_option", lambda name: [str(tmp_path / "secrets.toml")])
    with pytest.raises(UserError, match="not valid TOML"):
        accounts.check_accounts()


def test_the_name_of_an_account_is_the_one_that_counts(shown, set_up, monkeypatch):
    seen = []
    real = state.visitor
    monkeypatch.setattr(state, "note_use", lambda *used: seen.append((real(), state.is_owner())))
    set_up(owners=("ann@school.example",))
    shown(ANN)
    shown(VERIFIED)
    name = access.account_name(ANN["iss"], ANN["sub"])
    assert seen[1::2] == [(name, False), (name, True)], "an address that nobody has verified makes no owner"
