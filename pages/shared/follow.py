"""Following a job that runs in its own process: start it, watch it in a fragment, stop it, begin again.

The browser is never in the loop: all that is shown is read off the job's folder.
"""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import chrome, state, widgets
from tlcore.charts import results as charts
from tlcore.config import TrainConfig
from tlcore.jobs import store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Job, Run
from tlcore.serving.bundle import zip_bundle

POLL_SECONDS = 1.0


def watch(job: Job, draw: Callable[[JobStatus], None]) -> None:
    """Poll a job that is active: its progress, a Stop button, and what `draw` makes of its status."""

    @chrome.errors_shown()
    def live() -> None:
        status = job_status(job)
        if not status.active or status.usable:
            st.rerun()
        widgets.progress(status, state.queue().position(job), job.config if isinstance(job, Run) else TrainConfig())
        asked = store.stop_requested(job)()
        if st.button("Stopping" if asked else "Stop", key="stop", disabled=asked):
            store.request_stop(job)
            st.rerun(scope="fragment")
        draw(status)

    st.fragment(live, run_every=POLL_SECONDS, key="live")()


def ended(job: Job, status: JobStatus, what: str, action: DeltaGenerator, primary: bool = True) -> None:
    """Why a job ended without a result, and the buttons to continue it or do it again.

    Args:
        primary: whether the first of the buttons is the page's primary one.
    """
    if status.error:
        chrome.show_failure(status.error)
    elif status.stopped:
        widgets.note(f"**You stopped this {what}.** {widgets.plain(status.stopped.kept)}")
    else:
        widgets.note(f"**This {what} was interrupted:** its process ended without a word. What was done is kept.")
    continued = go_on(job, status, action, primary)
    start_again(job, action, primary and not continued)


def go_on(job: Job, status: JobStatus, action: DeltaGenerator, primary: bool = True) -> bool:
    """The button that continues a training from its last round; False where there is nothing to continue from."""
    label = say_go_on(job, status)
    if label and action.button(label, type="primary" if primary else "secondary", key="go_on"):
        state.queue().resume(job)
        st.rerun()
    return bool(label)


def say_go_on(job: Job, status: JobStatus) -> str:
    """The words of the button that continues a training; "" where there is nothing to continue from."""
    if not status.epochs or not store.can_resume(job):
        return ""
    last = status.epochs[-1]
    if last.epoch < last.epochs:
        return f"Continue from round {last.epoch + 1}"
    return "" if status.usable else "Finish it"


def start_again(job: Job, action: DeltaGenerator, primary: bool) -> None:
    """The button that does a job once more from the beginning."""
    if action.button("Start again", type="primary" if primary else "secondary", key="start_again"):
        state.queue().restart(job)
        st.rerun()


def curves(status: JobStatus, config: TrainConfig) -> None:
    """Accuracy and loss over the rounds; the descriptions are built once, only the figures are sent again."""
    frame, num_epochs = charts.curve_frame(list(status.epochs)), widgets.planned_rounds(status, config)
    for place, metric in zip(st.columns(2, gap="medium"), charts.METRICS):
        with place:
            if frame.empty:  # the place is kept, so that nothing jumps when the curves appear
                st.skeleton(charts.CURVE_HEIGHT)
                continue
            spec = _spec(metric, num_epochs, chrome.is_dark())
            st.vega_lite_chart(frame, spec, key=f"curve_{metric}", alt=charts.say_curve(frame, metric))


@st.cache_data(max_entries=64, show_spinner=False)
def _spec(metric: str, num_epochs: int, dark: bool) -> dict:
    return charts.live(charts.curve(charts.curve_frame([]), metric, num_epochs, dark))


def packing(run: Run, status: JobStatus) -> None:
    """While the model is being packed: a line that says so, and a look at what can be done once it is."""
    if not status.active:
        return

    @chrome.errors_shown()
    def packed() -> None:
        if not job_status(run).active:
            st.rerun()
        st.caption("The model is being packed for download.")

    st.fragment(packed, run_every=POLL_SECONDS, key="packing")()


def download(run: Run) -> None:
    """The model as one zip, as soon as it is packed; until then, a line that says so and looks again."""

    active = job_status(run).active

    @chrome.errors_shown()
    def packed() -> None:
        status = job_status(run)
        if status.active:
            st.caption("The model is being packed for download.", width="content")
            return
        if active:
            st.rerun()
        st.download_button(
            "Download the model (zip)",
            lambda: zip_bundle(run.folder),
            f"{run.id}.zip",
            "application/zip",
            on_click="ignore",
        )

    st.fragment(packed, run_every=POLL_SECONDS if active else None, key="download")()
