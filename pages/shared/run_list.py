"""Training runs as a list: a line each, with what it learned from, a link to open it, how it stands, and its menu."""

from collections.abc import Sequence

import streamlit as st

from pages.shared import manage, state, strips
from pages.shared.widgets import paged, plain, searched
from tlcore.config import STRATEGIES, short_name
from tlcore.data.dataset_list import dataset_names
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run
from tlcore.messages.comparisons import backbone_title
from tlcore.messages.endings import state_message
from tlcore.messages.ensembles import ensemble_title
from tlcore.messages.titles import run_title
from tlcore.workspace import split_version


def show(found: Sequence[Run]) -> None:
    """Runs as links: finished ones to Evaluate, the others to Train; and to the race that a run is part of."""
    comparison_of = {run_id: each for each in reversed(state.comparisons()) for run_id in each.run_ids}
    names = dataset_names(state.workspace())
    words = {each.id: names.get(split_version(each.dataset_id)[0], each.name) for each in found}
    matching = searched(found, "runs", lambda run: f"{run_title(run)} {words[run.id]} {run.name}")
    for each in paged(matching, "runs"):
        status = job_status(each)
        page = "evaluate" if status.usable else "train"
        name = names.get(split_version(each.dataset_id)[0], "" if each.is_renamed else each.name)
        with st.container(key=f"line_run_{each.id}", horizontal=True, vertical_alignment="center", gap="small"):
            strips.show(each.dataset_id, name)
            st.page_link(
                f"pages/{page}.py",
                label=f"**{plain(run_title(each, status))}**",
                query_params={"dataset": each.dataset_id, "run": each.id},
            )
            words = (plain(name), state.moment(each.created), short_state_message(each, status), backbone_title(each))
            st.caption(" · ".join(filter(None, words)), width="stretch")
            if each.id in comparison_of:
                its = comparison_of[each.id]
                st.page_link(
                    "pages/compare.py", label="See its race", query_params={"race": its.id, "dataset": its.dataset_id}
                )
            elif each.ensemble is not None and status.usable:
                query = {"run": each.id, "dataset": each.dataset_id}
                st.page_link("pages/compare.py", label="Compare with its models", query_params=query)
            manage.run_menu(each, "list")


def short_state_message(run: Run, status: JobStatus) -> str:
    """How a run stands, short: its score, and what is still to be said."""
    if not status.usable:
        return state_message(run, status)
    score = short_score_message(status)
    complete = status.finished is not None and not status.finished.stopped
    return score if complete else f"{score} · {state_message(run, status)}"


def short_score_message(status: JobStatus) -> str:
    """The test score of a usable run, short: "46 of 50 correct"; the title beside it has the percentage."""
    evaluated = status.evaluated
    if evaluated is None or not evaluated.test_total:
        return "finished"
    return f"{evaluated.test_correct:,} of {evaluated.test_total:,} correct"


def run_kind_message(run: Run) -> str:
    """What a run is to do, short: "VGG16, hybrid"."""
    if run.ensemble is not None:
        return ensemble_title(run.ensemble)
    strategy = str(run.spec["config"]["strategy"])
    return f"{backbone_title(run)}, {short_name(strategy) if strategy in STRATEGIES else strategy}"
