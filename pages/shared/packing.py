"""Between the test figures and the model: that it is being checked and saved, or that this still has to be done."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import actions, chrome, follow, state, widgets
from tlcore.events import StageKey
from tlcore.jobs import store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run
from tlcore.messages.endings import unpacked_message
from tlcore.messages.progress import progress_message

PACKING = "Preparing download…"


def watch(run: Run, status: JobStatus, draw: Callable[[str], object] | None = None) -> None:
    """While the model is packed and checked: the rest of the run's bar, and a look at what can be done once it is.

    Args:
        draw: draws the bar's words alone, in place of the bar.
    """
    if not status.active or status.predicts:
        return

    @chrome.errors_shown()
    def packed() -> None:
        now = job_status(run)
        if not now.active or now.predicts:
            st.rerun()
        share, words = progress_message(now, 0, run.config)
        if draw is None:
            st.progress(share, text=words)
        else:
            draw(words)
        _skip(run, now)

    st.fragment(packed, run_every=follow.POLL_SECONDS, key="packing")()


def _skip(run: Run, status: JobStatus) -> None:
    """The button that leaves out testing every photo once, which may take long where somebody always wants it."""
    last = status.last_progress
    if last is None or last.stage != StageKey.CROSS_VALIDATE or not state.may_act(run):
        return
    asked = store.stop_requested(run)()
    st.button(
        "Skipping…" if asked else "Skip", key="skip_tests", disabled=asked, on_click=actions.skip_tests, args=(run,)
    )


def offer(action: DeltaGenerator, run: Run, status: JobStatus) -> None:
    """A run that ended before its model was packed: why, and the button that packs it or begins again."""
    if status.error and status.error.bug:
        chrome.show_failure(status.error)
    ending = unpacked_message(run, status)
    widgets.note(f"**{widgets.plain(ending.what)}** {widgets.plain(ending.fix)}")
    if not follow.continue_button(run, status, action):
        follow.restart_button(run, action, primary=True)
