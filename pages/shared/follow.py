"""Following a job that runs in its own process: start it, watch it in a fragment, stop it, begin again.

The browser is never in the loop: all that is shown is read off the job's folder.
"""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import actions, chrome, state, widgets
from tlcore.jobs import attempts, store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Job, Run
from tlcore.messages.endings import interruption_message
from tlcore.messages.progress import progress_message
from tlcore.messages.stops import stopped_message

POLL_SECONDS = 0.5  # a training of a hundred photos takes two seconds
FINISH = "Finish"


def watch(
    job: Job, draw: Callable[[JobStatus], None], beside: Callable[[], None] | None = None, is_among_others: bool = False
) -> None:
    """Poll a job that is active: its progress, a Stop button, and what `draw` makes of its status.

    Args:
        beside: draws what stands to the right of progress and button; None gives them the whole width.
        is_among_others: whether the page may follow several jobs of this kind at a time; of analyses it always may.
    """

    name = f"_{job.id}" if is_among_others or job.kind == "analysis" else ""

    @chrome.errors_shown()
    def live() -> None:
        status = job_status(job)
        if not status.active or status.usable:
            st.rerun()
        config = job.config if isinstance(job, Run) else None
        share, words = progress_message(status, state.queue().position(job), config)
        place = st.container()
        if beside is not None:
            place, right = st.columns(2, gap="large")
            with right:
                beside()
        with place:
            with st.container(key=f"tl_follow{name}"):
                st.progress(share, text=words)
            asked = store.stop_requested(job)()
            if state.may_act(job) and st.button("Stopping…" if asked else "Stop", key=f"stop{name}", disabled=asked):
                actions.stop(job)
                st.rerun(scope="fragment")
        draw(status)

    st.fragment(live, run_every=POLL_SECONDS, key=f"live{name}")()


def ended(job: Job, status: JobStatus, what: str, action: DeltaGenerator, primary: bool = True) -> None:
    """Why a job ended without a result, and the buttons to continue it or do it again.

    Args:
        primary: whether the first of the buttons is the page's primary one.
    """
    if status.error:
        chrome.show_failure(status.error)
    elif status.stopped:
        widgets.note(f"**{stopped_message(job, f'this {what}')}** {widgets.plain(status.stopped.kept)}")
    else:
        ending = interruption_message(job, status)
        widgets.note(f"**{widgets.plain(ending.what)}** {widgets.plain(ending.fix)}")
    continued = continue_button(job, status, action, primary)
    restart_button(job, action, primary and not continued)


def continue_button(job: Job, status: JobStatus, action: DeltaGenerator, primary: bool = True) -> bool:
    """The button that continues a training from its last epoch; False where there is nothing to continue from."""
    label = continue_label(job, status) if state.may_act(job) else ""
    if label and action.button(label, type="primary" if primary else "secondary", key="go_on"):
        actions.resume(job)
        st.rerun()
    return bool(label)


def continue_label(job: Job, status: JobStatus) -> str:
    """The words of the button that continues a training or saves its model; "" where there is nothing to continue."""
    if attempts.can_finish(job) and not status.finished:
        return FINISH
    if not status.epochs or not attempts.can_resume(job):
        return ""
    last = status.epochs[-1]
    if last.epoch < last.epochs:
        return f"Continue from epoch {last.epoch + 1}"
    return "" if status.finished else FINISH


def restart_button(job: Job, action: DeltaGenerator, primary: bool) -> None:
    """The button that does a job once more from the beginning."""
    if not state.may_act(job):
        return
    if action.button("Restart", type="primary" if primary else "secondary", key="start_again"):
        actions.restart(job)
        st.rerun()
