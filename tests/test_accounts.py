"""Accounts: who an ID token names, which may come, and which own the workspace."""

import pytest

from tlcore.access import account_name, is_visitor_name, visitor_name
from tlcore.accounts import Account, Rules, account_of, read_rules
from tlcore.errors import UserError

CLAIMS = {"iss": "https://id.example", "sub": "7", "name": "Ann", "email": "Ann@School.example", "email_verified": True}


@pytest.mark.parametrize(
    ("change", "name", "email", "reason"),
    [
        ({}, "Ann", "Ann@School.example", "as it should be"),
        ({"email_verified": "true"}, "Ann", "Ann@School.example", "some providers write it as text"),
        ({"email_verified": False}, "Ann", "", "not verified"),
        ({"email_verified": "false"}, "Ann", "", "not verified, as text"),
        ({"email_verified": None}, "Ann", "", "nobody says so"),
        ({"email_verified": 1}, "Ann", "", "a number is no yes"),
        ({"email": ["a@b.c"]}, "Ann", "", "no text"),
        ({"name": " Ann \n  B "}, "Ann B", "Ann@School.example", "on one line"),
        ({"name": None}, "", "Ann@School.example", "nameless"),
    ],
)
def test_what_an_account_is_called(change, name, email, reason):
    assert account_of(CLAIMS | change) == Account("https://id.example", "7", name, email), reason


@pytest.mark.parametrize("change", [{"iss": ""}, {"sub": ""}, {"iss": None}, {"sub": 7}, {"sub": ["7"]}])
def test_claims_that_name_nobody(change):
    assert account_of(CLAIMS | change) is None


def test_a_name_is_made_of_issuer_and_subject_alone():
    first = account_of(CLAIMS)
    assert is_visitor_name(first.visitor)
    assert first.visitor == account_of(CLAIMS | {"email": "new@school.example", "name": "New"}).visitor
    names = {account_name(*pair) for pair in (("a", "b"), ("b", "a"), ("a b", "c"), ("a", "b c"), ("", "a b c"))}
    assert len(names) == 5 and visitor_name("a b") not in names


@pytest.mark.parametrize(
    ("email", "comes", "owns", "reason"),
    [
        ("ann@school.example", True, False, "her domain is in the list"),
        ("ANN@School.Example", True, False, "whatever its case"),
        ("guest@else.example", True, False, "his address is in the list"),
        ("other@else.example", False, False, "only that address of the domain"),
        ("head@council.example", True, True, "an owner may come without being in the list"),
        ("ann@sub.school.example", False, False, "another domain"),
        ("ann@school.example.evil.example", False, False, "it only begins like that"),
        ('"head@council.example"@evil.example', False, False, "an address within an address"),
        ("ann@evilschool.example", False, False, "it only ends like that"),
        ("\u212aead@council.example", False, False, "letters that look alike"),
        ("head@council.exampl\u0435", False, False, "letters that look alike"),
        ("", False, False, "no verified address"),
    ],
)
def test_who_may_come_and_who_is_the_owner(email, comes, owns, reason):
    given = {
        "allowed": ["@School.example", "guest@else.example"],
        "owners": ["Head@council.example", "kead@council.example"],
    }
    rules, account = read_rules(given), Account("https://id.example", "7", "", email)
    assert (rules.lets_in(account), rules.makes_owner(account)) == (comes, owns), reason


def test_without_a_list_every_account_may_come_and_none_is_the_owner():
    for email in ("", "ann@school.example"):
        account = Account("https://id.example", "7", "", email)
        assert Rules().lets_in(account) and not Rules().makes_owner(account)
    assert Rules(owners=("head@school.example",)).lets_in(account), "naming an owner keeps nobody out"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"owner": ["a@b.c"]}, "unknown setting, owner"),
        ({"required": "yes"}, "required = 'yes'"),
        ({"allowed": "school.example"}, "allowed in"),
        ({"allowed": ["school.example"]}, "allowed in"),
        ({"allowed": [7]}, "allowed in"),
        ({"allowed": ["@schoolé.example"]}, "allowed in"),
        ({"owners": ["@school.example"]}, "owners in"),
        ({"owners": "head@school.example"}, "owners in"),
    ],
)
def test_a_mistake_in_the_rules_is_a_sentence(values, words):
    with pytest.raises(UserError, match=r"\[accounts\].*|not allowed") as refused:
        read_rules(values)
    assert words in refused.value.what
