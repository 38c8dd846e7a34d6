"""How groups join: the address, the code and the QR code, on the page and large for a projector."""

import html
from urllib.parse import urlencode

import streamlit as st

from pages.parts.classroom import views
from pages.server.owner import listens_here_alone
from pages.shared import actions, chrome, qr, state
from pages.shared.widgets import plain
from tlcore.classroom.addresses import class_address, is_this_computer, network_addresses, read_address
from tlcore.classroom.store import list_groups, load_classroom
from tlcore.classroom.values import Classroom
from tlcore.messages.quantities import count

JOIN = "join"  # the page that groups open
CARD_PIXELS, SCREEN_PIXELS = 176, 480
POLL_SECONDS = 2.0
SAVED = "classroom_address"


def show(classroom: Classroom) -> None:
    """The card with all that a group needs, the way to show it large, and the address to correct."""
    with st.container(key="card_join", gap="small"):
        st.html(_drawing(classroom, CARD_PIXELS))
        with st.container(horizontal=True, vertical_alignment="center", key="tl_join_actions"):
            large = views.link(classroom, show=views.CODE)
            st.page_link("pages/classroom.py", label="Show full screen", query_params=large)
            with st.popover("Change address", type="tertiary"):
                _correct(classroom)
        if _is_unreachable(classroom):
            st.warning(
                "Only this computer can open these pages right now. To let groups in, stop Transfer Lab and start it "
                "with `transferlab class`."
            )


def full_screen(classroom: Classroom) -> None:
    """The same, large, with the groups that have joined."""
    with st.container(key="tl_projected", gap="medium"):
        st.html(_drawing(classroom, SCREEN_PIXELS))
        st.fragment(chrome.errors_shown()(_joined), run_every=POLL_SECONDS, key="classroom_joined")(classroom.id)


def place(classroom: Classroom) -> str:
    """The address of this server for the groups."""
    return classroom.address or class_address(str(st.context.url or ""), network_addresses())


def join_link(classroom: Classroom) -> str:
    """What the QR code leads to: the page on which a group enters its name, the code filled in."""
    return f"{place(classroom)}/{JOIN}?{urlencode({'code': classroom.code})}"


def _is_unreachable(classroom: Classroom) -> bool:
    """Whether no other device can open the pages: the server listens to this one alone, and nobody says otherwise."""
    return listens_here_alone() and not state.others_can_come() and not classroom.address


def _drawing(classroom: Classroom, pixels: int) -> str:
    """The address, the code and the QR code as escaped HTML."""
    short = f"{place(classroom)}/{JOIN}".removeprefix("http://")
    code = qr.markup(
        join_link(classroom), f"QR code that leads to {short} with the code {classroom.spaced_code}", pixels
    )
    return (
        f'<div class="tl-join">{code}<dl><dt>Open</dt><dd class="tl-join-place">{_breakable(short)}</dd>'
        f'<dt>Enter the code</dt><dd class="tl-join-code">{html.escape(classroom.spaced_code)}</dd></dl></div>'
    )


def _breakable(short: str) -> str:
    """An address that may break after a slash and before a port."""
    return html.escape(short).replace("/", "/<wbr>").replace(":", "<wbr>:")


def _joined(classroom_id: str) -> None:
    """Who is there by now, as chips."""
    groups = list_groups(state.workspace(), load_classroom(state.workspace(), classroom_id).id)
    names = "".join(f"<li>{html.escape(each.name)}</li>" for each in groups)
    words = f"{count(len(groups), 'group')} here" if groups else "Waiting for the first group…"
    st.html(f'<p class="tl-joined" role="status">{words}</p><ul class="tl-chips" role="list">{names}</ul>')


def _correct(classroom: Classroom) -> None:
    """The field for the address that groups open, where the one that was found is not theirs."""
    with st.form("classroom_address_form", border=False):
        typed = st.text_input(
            "Address of this server for the groups",
            classroom.address,
            placeholder=class_address(str(st.context.url or ""), network_addresses()),
            key=SAVED,
        )
        saved = st.form_submit_button("Save", key="classroom_address_save")
    others = [each for each in network_addresses() if not is_this_computer(each)]
    if others:
        st.caption(
            f"This computer’s addresses: {plain(', '.join(others))}. Leave the field empty to use the one found."
        )
    if saved:
        actions.change_classroom(classroom, address=read_address(typed))
        st.rerun()
