"""Logging in and out, where accounts are set up: the button in the top line, the page for who must log in first, and
the offer to take along what was made without an account."""

import streamlit as st

from pages.server import accounts
from pages.shared import actions, state
from pages.shared.widgets import plain
from tlcore.messages.accounts import offer_message, taken_message
from tlcore.storage.handover import Handover, is_busy, plan_handover

LOG_IN, LOG_OUT = "Log in", "Log out"
TAKE, LEAVE = "Add to my account", "Leave in this browser"
DEFAULT = "default"  # Streamlit's name for the provider in [auth] itself
_PLAN, _TAKEN = "take_along_plan", "take_along_done"


def show() -> None:
    """In the top line: log in, or the account with the way out; nothing where accounts are not set up."""
    if not accounts.is_configured():
        return
    with st.container(key="tl_account", width="content"):
        used = state.any_account()
        if used is None:
            _log_in("tertiary", "top")
            return
        label = plain(used.label)
        if st.menu_button(label, [LOG_OUT], key="account", type="tertiary", wrap=False, help=plain(used.email) or None):
            st.logout()


def is_shut_out() -> bool:
    """Whether who looks at this page has to log in first, or has an account that may not come."""
    if not accounts.is_configured() or state.is_owner() or state.account() is not None:
        return False
    return accounts.are_required() or state.any_account() is not None


def ask() -> None:
    """In place of a page: what somebody who is shut out can do."""
    used = state.any_account()
    with st.container(key="tl_head", gap="small"):
        if used is None:
            st.title("Log in to continue", anchor=False)
            st.markdown("On this server, everyone works with an account.")
            _log_in("primary", "page")
            return
        st.title("This account can’t be used here", anchor=False)
        named = plain(" · ".join(dict.fromkeys(filter(None, (used.label, used.email)))))
        st.markdown(f"You are logged in as **{named}**. Log out, then log in with another account.")
        if st.button(LOG_OUT, type="primary", key="log_out"):
            st.logout()


def offer() -> None:
    """Once, after logging in: what was made in this browser before, and whether it shall be the account's."""
    if not accounts.is_configured() or state.account() is None:
        return
    if done := st.session_state.pop(_TAKEN, None):
        st.success(done)
    if _PLAN not in st.session_state:  # looking for it goes through all of the workspace
        st.session_state[_PLAN] = plan_handover(state.workspace(), state.anonymous_name())
    plan: Handover = st.session_state[_PLAN]
    if not plan:
        return
    busy = is_busy(state.workspace(), state.anonymous_name())
    with st.container(border=True, key="tl_take_along", gap="small"):
        st.markdown(offer_message(plan))
        if busy:
            st.caption("Something is still running. You can add everything when it is done.")
        with st.container(horizontal=True):
            st.button(TAKE, key="take_along", on_click=_take, args=(plan,), disabled=busy)
            st.button(LEAVE, key="leave_behind", type="tertiary", on_click=_leave)


def is_waiting() -> bool:
    """Whether the address names what comes along only once the offer is accepted: then there is nothing to show yet."""
    return bool(st.session_state.get(_PLAN)) and state.is_in_this_browser()


def _log_in(kind: str, place: str) -> None:
    """The button, or a menu where people can log in with several providers."""
    names = accounts.providers()
    if len(names) == 1:
        if st.button(LOG_IN, type=kind, key=f"log_in_{place}"):  # type: ignore[arg-type]
            st.login(None if names[0] == DEFAULT else names[0])
        return
    chosen = st.menu_button(LOG_IN, names, type=kind, key=f"log_in_{place}", format_func=_called, wrap=False)
    if chosen:
        st.login(None if chosen == DEFAULT else chosen)


def _called(provider: str) -> str:
    return "Log in" if provider == DEFAULT else f"With {provider[:1].upper()}{provider[1:]}"


def _take(plan: Handover) -> None:
    with actions.refusals_kept():
        if actions.take_along():
            st.session_state[_TAKEN] = taken_message(plan)
            st.session_state[_PLAN] = Handover()


def _leave() -> None:
    with actions.refusals_kept():
        if actions.leave_behind():
            st.session_state[_PLAN] = Handover()
