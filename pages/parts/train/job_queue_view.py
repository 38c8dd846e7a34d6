"""The queue of training runs, in order; a visitor can move or take out his own and sees that there are others."""

import streamlit as st

from pages.shared import actions, chrome, run_list, state, widgets
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run

POLL_SECONDS = 1.0


def show(poll: bool) -> None:
    """The queue, where runs wait. `poll`: look again from time to time, even while nobody waits."""

    @chrome.errors_shown()
    def live() -> None:
        waiting = _waiting()
        if waiting:
            st.subheader("Waiting their turn", anchor=False)
        for place, run in enumerate(waiting, start=1):
            _row(place, run)

    st.fragment(live, run_every=POLL_SECONDS if poll or _waiting() else None, key="line")()


def _waiting() -> list[Run]:
    """The runs that wait for others, without those whose turn it is and those that somebody took out."""
    runs = []
    for run_id in state.queue().waiting():
        try:
            run = store.load_run(state.workspace(), run_id)
        except UserError:  # its folder was deleted meanwhile
            continue
        starts = state.queue().position(run) == 0 or job_status(run).state == "running"
        if not starts and not store.stop_requested(run)():
            runs.append(run)
    return runs


def _row(place: int, run: Run) -> None:
    """A run that waits: its place, and where it is the visitor's own, its name and what can be done with it."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"line_{place}"):
        if not state.may_see(run):
            st.markdown(f"**{place}** another run", width="content")
            return
        st.markdown(f"**{place}**", width="content")
        st.page_link(
            "pages/train.py",
            label=f"**{widgets.plain(state.run_name(run))}**, {state.moment(run.created)}",
            query_params={"dataset": run.dataset_id, "run": run.id},
        )
        st.caption(run_list.run_kind_message(run), width="content")
        if not state.may_act(run):
            return
        if place > 1:
            st.button("Let it go first", key=f"first_{run.id}", on_click=actions.go_first, args=(run,))
        st.button("Take it out", key=f"out_{run.id}", on_click=actions.leave_line, args=(run,))
