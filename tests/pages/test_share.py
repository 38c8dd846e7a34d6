"""Sharing on a page: the link as address and QR code, and its end."""

import re
from urllib.parse import parse_qs, unquote

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import share, state
from tests.conftest import copy_of
from tests.pages.conftest import words
from tlcore.access import new_secret, visitor_name
from tlcore.grants import rights_given
from tlcore.storage.sharing import open_link

BOB = visitor_name(new_secret())


@pytest.fixture
def opened(visit, trained, tmp_path, monkeypatch):
    """The Evaluate page of a run that nobody has shared yet, with its list for sharing open."""
    workspace, dataset, run = copy_of(trained, tmp_path / "copy")
    monkeypatch.setattr(state, "others_can_come", lambda: True)

    def open_list() -> AppTest:
        return visit("evaluate", workspace, run=run.id, dataset=dataset.id)

    return workspace, run, open_list


def shared_key(at: AppTest) -> str:
    (address,) = [code.value for code in at.code if "key=" in code.value]
    return parse_qs(address.partition("?")[2])["key"][0]


def press(at: AppTest, label: str) -> AppTest:
    (button,) = [each for each in at.button if each.label == label]
    return button.click().run()


def test_a_link_comes_as_address_and_as_code_and_ends_at_a_press(opened):
    workspace, run, open_list = opened
    at = open_list()
    assert not [code for code in at.code if "key=" in code.value], "a link is made when somebody chooses what it allows"
    at.segmented_control(key=f"share_run_{run.id}").set_value(share.LOOK).run()
    assert not at.exception
    (code,) = [each.proto.body for each in at.get("html") if 'class="tl-qr"' in each.proto.body]
    assert re.search(r'alt="QR code of this link', code) and "%3Csvg" in code and "<svg" in unquote(code)
    assert "Nobody has opened a link yet." in words(at)
    key = shared_key(at)
    assert open_link(workspace, BOB, key, "run", run.id) and run.id in rights_given(workspace, BOB)
    at = at.run()
    assert "1 person has opened a link." in words(at)
    at = press(at, share.STOP)
    assert "Sharing stopped." in " ".join(each.value for each in at.success)
    assert rights_given(workspace, BOB) == {} and not open_link(workspace, BOB, key, "run", run.id)
    assert shared_key(at) != key, "the address that is shown now works"


def test_only_the_maker_ends_links(opened, stranger):
    workspace, run, open_list = opened
    stranger(workspace, {run.id: "act", run.dataset_id: "see"})
    at = open_list()
    assert not at.exception and at.segmented_control(key=f"share_run_{run.id}"), "who may change it may share it on"
    assert share.STOP not in [button.label for button in at.button]
