"""The link with the key of a group, with which another device joins it.

The key is taken out of the address, and used, before a page runs (pages/server/identity.py).
"""

from urllib.parse import urlencode

import streamlit as st

from pages.server.identity import CLASSROOM
from pages.shared import state
from pages.shared.navigation import CONTRIBUTE
from tlcore.classroom.membership import GROUP, group_key
from tlcore.classroom.values import Group


def refused_link() -> None:
    """Say why a link did not let this browser into its group; the ids of a link leave the address."""
    wanted = st.query_params.get(GROUP)
    if wanted is None:
        return
    st.query_params.pop(GROUP, None)
    st.query_params.pop(CLASSROOM, None)
    group = state.group()
    if state.is_owner():
        st.error("**You are the teacher here.** To try it as a group, open the link in a private window.")
    elif group is None or group.id != wanted:
        st.error(
            "**This link no longer lets anybody into the group.** Ask the group for its QR code again, or join with "
            "the code that your teacher shows."
        )


def device_link(group: Group) -> str:
    """The address with which another device joins a group and can add photos at once.

    Raises:
        UserError: the secret of the workspace cannot be read or made.
    """
    ids = {CLASSROOM: group.classroom_id, GROUP: group.id, "key": group_key(state.workspace(), group)}
    before = str(st.context.url or "").partition("?")[0].rpartition("/")[0]
    return f"{before}/{CONTRIBUTE[0]}?{urlencode(ids)}"
