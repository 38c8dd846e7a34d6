"""Training runs as a list: a line each, with a link to open it and how it stands."""

from collections.abc import Sequence

import streamlit as st

from pages.shared import state
from pages.shared.widgets import paged, plain
from tlcore.config import short_name
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run
from tlcore.messages.comparisons import backbone_title
from tlcore.messages.endings import state_message


def show(found: Sequence[Run]) -> None:
    """Runs as links: finished ones to Evaluate, the others to Train; and to the race that a run is part of."""
    comparison_of = {run_id: each for each in reversed(state.comparisons()) for run_id in each.run_ids}
    for each in paged(found, "runs"):
        status = job_status(each)
        page = "evaluate" if status.usable else "train"
        stand = short_score_message(status) if status.usable else state_message(each, status)
        if status.usable and not status.finished:
            stand += f" · {state_message(each, status)}"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                f"pages/{page}.py",
                label=f"**{plain(each.name)}**, {state.moment(each.created)}",
                query_params={"dataset": each.dataset_id, "run": each.id},
            )
            st.caption(f"{stand} · {run_kind_message(each)}", width="content")
            if each.id in comparison_of:
                its = comparison_of[each.id]
                st.page_link(
                    "pages/compare.py", label="See its race", query_params={"race": its.id, "dataset": its.dataset_id}
                )


def short_score_message(status: JobStatus) -> str:
    """The test score of a usable run, short: "46 of 50 test photos right (92%)"."""
    evaluated = status.evaluated
    if evaluated is None or not evaluated.test_total:
        return "finished"
    share = evaluated.test_correct / evaluated.test_total
    return f"{evaluated.test_correct:,} of {evaluated.test_total:,} test photos right ({share * 100:.0f}%)"


def run_kind_message(run: Run) -> str:
    """What a run is to do, short: "VGG16, hybrid"."""
    return f"{backbone_title(run)}, {short_name(run.config.strategy)}"
