"""What a page asks for by its timer, and what comes when the tab has gone to another page meanwhile."""

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.security.tab import PATIENCE_SECONDS, Tab

WHOLE, PART = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


def test_a_part_of_a_page_is_drawn_while_that_is_shown_and_not_after_it_was_left(host):
    """Streamlit by itself tells the browser of the page that it left, which empties the new one."""
    with host.ann().open("train", run=host.ids["active"]) as tab:
        _ask(tab, page_name="train")
        shown = _until(tab, WHOLE)
        page = next(each.navigation.page_script_hash for each in shown if each.HasField("navigation"))
        part = next(each.delta.fragment_id for each in shown if each.HasField("delta") and each.delta.fragment_id)
        ask_for_part = {"fragment_id": part, "page_script_hash": page, "is_auto_rerun": True}
        _ask(tab, **ask_for_part)
        assert _until(tab, PART), "its page is shown"

        _ask(tab, page_name="learn")
        _ask(tab, **ask_for_part)  # while the other page is drawn
        _until(tab, WHOLE)
        _ask(tab, page_name="predict")
        later = _until(tab, WHOLE)
    assert not [each for each in later if each.HasField("script_finished") and each.script_finished == PART]
    assert page not in {each.new_session.page_script_hash for each in later if each.HasField("new_session")}


def _ask(tab: Tab, **values: str | bool) -> None:
    message = BackMsg()
    for name, value in values.items():
        setattr(message.rerun_script, name, value)
    tab.send(message)


def _until(tab: Tab, finished: int) -> list[ForwardMsg]:
    """What the server sends until a run has ended so."""
    found = []
    while True:
        found.append(ForwardMsg.FromString(bytes(tab.socket.recv(timeout=PATIENCE_SECONDS))))
        if found[-1].HasField("script_finished") and found[-1].script_finished == finished:
            return found
