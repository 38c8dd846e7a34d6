"""The privacy notice: what is in force here, and nothing else; at the end of every page where others can come."""

import re

import pytest

from pages.server import cookies
from tests.pages.conftest import buttons, words
from tlcore.messages.privacy import COOKIE_DAYS, privacy_notice
from tlcore.settings import HOSTED, Operator

FOOT = "Privacy"


def links(at) -> list[str]:
    return [each.proto.label for each in at.get("page_link")]


@pytest.mark.parametrize(
    ("settings", "said", "unsaid", "reason"),
    [
        (
            "",
            ["deleted 3 days after", "for 24 hours,", "Ask whoever gave you", "On the server that shows"],
            [],
            "a host’s defaults",
        ),
        ("keep_days = 7\nundo_hours = 1", ["deleted 7 days after", "for 1 hour,"], ["3 days"], "the limits in force"),
        ("keep_days = 0\nundo_hours = 0", ["until you delete them"], ["brought back"], "nothing goes by itself"),
        (
            '[privacy]\nname = "Lab *School*"\ncontact = "lab@example.org"\nplace = "Room 5"\nnote = "Ask [us](x)."',
            [r"Lab \\\*School\\\*", "lab@example.org", "Room 5", r"\\\[us\\\]"],
            ["Ask whoever gave you", "On the server that shows"],
            "who runs it, as written and never as markup",
        ),
    ],
)
def test_it_says_what_is_in_force(visit, workspace, stranger, settings, said, unsaid, reason):
    (workspace.root / "settings.toml").write_text(settings)
    stranger(workspace, {})
    at = visit("privacy", workspace)
    told = words(at)
    assert not at.exception and not at.error
    assert not [each for each in said if not re.search(each, told)] + [each for each in unsaid if each in told], told
    assert "Delete everything I made here" in buttons(at) and FOOT not in links(at), reason


def test_on_ones_own_machine_there_is_little_to_say(visit, workspace):
    at = visit("privacy", workspace)
    assert "nobody else can open it" in words(at) and "Delete everything I made here" not in buttons(at)


@pytest.mark.parametrize(("is_host", "shown"), [(True, True), (False, False)])
@pytest.mark.parametrize("page", ["welcome", "data"])
def test_every_page_of_a_host_leads_there(visit, workspace, request, page, is_host, shown):
    if is_host:
        request.getfixturevalue("stranger")
    assert (FOOT in links(visit(page, workspace))) == shown


def test_the_cookie_lasts_as_long_as_is_said():
    assert COOKIE_DAYS * 24 * 3600 == cookies.KEEP_SECONDS


@pytest.mark.parametrize(
    ("accounts", "said"),
    [
        (True, ("a code computed from your account", "wherever you log in", "keeps you logged in")),
        (False, ("No name, no e-mail address and no account.", "You, in this browser.", "No advertising")),
    ],
)
def test_what_accounts_add(accounts, said):
    told = "\n".join(line for section in privacy_notice(HOSTED, Operator(), accounts) for line in section.lines)
    assert not [each for each in said if each not in told] and ("logged in" in told) == accounts
