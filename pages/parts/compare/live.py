"""A comparison as it stands, live while a run is active: one chart, a line a run, and the buttons to stop and resume.

All that is shown is read off the runs' folders, so a refresh, a stop and a killed worker change nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.compare.legend import legend
from pages.shared import actions, chrome, follow, run_list, state
from pages.shared.widgets import plain
from tlcore.charts import comparison as charts_comparison
from tlcore.charts import theme
from tlcore.comparison import store as comparisons
from tlcore.comparison.store import Comparison
from tlcore.jobs import store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run
from tlcore.messages.comparisons import run_names
from tlcore.messages.endings import state_message
from tlcore.messages.progress import progress_message
from tlcore.messages.quantities import capitalized, count


def show(comparison: Comparison) -> None:
    """The comparison as it stands: one chart for all runs, and a line for each with what can be done."""
    was_active = _any_active(comparison)

    @chrome.errors_shown()
    def now() -> None:
        if _any_active(comparison) != was_active:  # it has ended, or somebody continued a run
            st.rerun()
        runs = comparisons.runs_of(state.workspace(), comparison)
        statuses = {run.id: job_status(run) for run in runs}
        names = run_names(runs)
        st.html(legend(tuple(names.values())))
        _chart(statuses, names)
        if sizes := _sizes_message(runs, names):
            st.caption(plain(sizes))
        for run in runs:
            _row(run, names[run.id], statuses[run.id])

    st.fragment(now, run_every=follow.POLL_SECONDS if was_active else None, key="race_now")()


def _sizes_message(runs: Sequence[Run], names: Mapping[str, str]) -> str:
    """The image sizes where they differ: runs that see less detail cannot quite be compared with the others."""
    sizes = {names[run.id]: run.config.image_size for run in runs}
    if len(set(sizes.values())) == 1:
        return ""
    every = ", ".join(f"{name} at {size}" for name, size in sizes.items())
    return f"The runs use different image sizes, which affects the comparison: {every} pixels."


def _any_active(comparison: Comparison) -> bool:
    return any(job_status(run).active for run in comparisons.runs_of(state.workspace(), comparison))


def _chart(statuses: Mapping[str, JobStatus], names: Mapping[str, str]) -> None:
    """The chart of all runs; its description is built once, only the figures are sent again."""
    order = tuple(names.values())
    frame = charts_comparison.comparison_frame({names[key]: each.epochs for key, each in statuses.items()})
    if frame.empty:  # the place is kept, so that nothing jumps when the lines appear
        st.skeleton(charts_comparison.height(len(order)))
        return
    spec = _spec(order, charts_comparison.lowest_accuracy(frame), chrome.is_dark())
    st.vega_lite_chart(frame, spec, key="race_chart", alt=charts_comparison.comparison_alt_text(frame, order))


@st.cache_data(max_entries=64, show_spinner=False)
def _spec(names: tuple[str, ...], low: float, dark: bool) -> dict[str, Any]:
    return theme.live(charts_comparison.comparison_chart(names, low, dark))


def _row(run: Run, name: str, status: JobStatus) -> None:
    """A run: its name as a link, how it stands, and the buttons to stop it, continue it or do it again."""
    asked = store.stop_requested(run)()
    with st.container(horizontal=True, vertical_alignment="center", key=f"line_{run.id}"):
        page = "evaluate" if status.usable else "train"
        label = f"**{plain(capitalized(name))}**"
        st.page_link(f"pages/{page}.py", label=label, query_params={"dataset": run.dataset_id, "run": run.id})
        st.caption(plain(_stand_message(run, status)), width="content")
        allowed = state.may_act(run)
        if allowed and status.active and not status.usable:
            st.button(
                "Stopping…" if asked else "Stop",
                key=f"stop_{run.id}",
                disabled=asked,
                on_click=actions.stop,
                args=(run,),
                help=f"Stop {plain(name)}",
            )
        complete = status.finished is not None and not is_stopped(status)  # it may have ended early by itself
        resume = "" if status.active or complete else follow.continue_label(run, status)
        if allowed and resume:
            st.button(resume, key=f"go_on_{run.id}", on_click=actions.resume, args=(run,))
        elif allowed and not status.active and not status.finished:
            st.button("Restart", key=f"again_{run.id}", on_click=actions.restart, args=(run,))
    if status.error:
        chrome.show_failure(status.error)


def _stand_message(run: Run, status: JobStatus) -> str:
    """How a run stands, in a few words."""
    if status.usable:
        without = "" if status.finished else f"; {state_message(run, status)}"
        return f"{run_list.short_score_message(status)}{_early_stop_message(status)}{without}"
    if status.active:
        return progress_message(status, state.queue().position(run), run.config)[1]
    return state_message(run, status)


def _early_stop_message(status: JobStatus) -> str:
    return f", stopped after {count(len(status.epochs), 'epoch')}" if is_stopped(status) else ""


def is_stopped(status: JobStatus) -> bool:
    """Whether a person ended it before its last epoch."""
    return status.finished is not None and status.finished.stopped


def resume_label(runs: Sequence[Run]) -> str:
    """The words of the button that resumes a comparison, none of its runs active; "" where all have finished."""
    statuses = [(run, job_status(run)) for run in runs]
    unfinished = [(run, status) for run, status in statuses if not status.finished]
    if any(follow.continue_label(run, status) for run, status in unfinished):
        return "Continue the race"
    if len(unfinished) == len(runs):
        return "Restart the race"
    return f"Restart {count(len(unfinished), 'run')}" if unfinished else ""


def resume_all(runs: Sequence[Run]) -> None:
    """Put the runs that have not finished into the queue again: continued where that is possible, else restarted."""
    for run in runs:
        status = job_status(run)
        if not status.active and not status.finished:
            (actions.resume if follow.continue_label(run, status) else actions.restart)(run)
