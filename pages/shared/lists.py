"""Lists of what was made before: data sets and training runs, a line each, with a link to open it."""

from collections.abc import Sequence

import streamlit as st

from pages.shared import state
from pages.shared.widgets import count, plain
from tlcore.config import short_name
from tlcore.data.manifest import DatasetSummary
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.models.registry import find_backbone

SHOWN = 8  # lines before the rest is folded away
STATES = {
    "queued": "waiting",
    "running": "training now",
    "finished": "finished",
    "failed": "failed",
    "stopped": "stopped",
    "interrupted": "interrupted",
}


def datasets(found: Sequence[DatasetSummary]) -> None:
    """Data sets as links that put them in use on the Data page."""
    for each in _folded(found):
        words = f"{count(each.num_photos, 'photo')}, {count(len(each.labels), 'class', 'classes')}"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link("pages/data.py", label=f"**{plain(each.name)}**", query_params={"dataset": each.id})
            st.caption(f"{words}, made {state.moment(each.created)}", width="content")


def runs(found: Sequence[Run]) -> None:
    """Runs as links: finished ones to Evaluate, the others to Train; and to the race that a run is part of."""
    race_of = {run_id: race for race in reversed(state.races()) for run_id in race.run_ids}
    for each in _folded(found):
        status = job_status(each)
        page = "evaluate" if status.usable else "train"
        told = score(each) if status.usable else STATES[status.state]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                f"pages/{page}.py",
                label=f"**{plain(each.name)}**, {state.moment(each.created)}",
                query_params={"dataset": each.dataset_id, "run": each.id},
            )
            st.caption(f"{told} · {kind(each)}", width="content")
            if each.id in race_of:
                race = race_of[each.id]
                st.page_link(
                    "pages/compare.py", label="See its race", query_params={"race": race.id, "dataset": race.dataset_id}
                )


def score(run: Run) -> str:
    """The test score of a usable run, short: "46 of 50 test photos right (92 %)"."""
    evaluated = job_status(run).evaluated
    if evaluated is None or not evaluated.test_total:
        return "finished"
    share = evaluated.test_correct / evaluated.test_total
    return f"{evaluated.test_correct:,} of {evaluated.test_total:,} test photos right ({share * 100:.0f} %)"


def kind(run: Run) -> str:
    """What a run is to do, short: "VGG16, hybrid"."""
    config = run.config
    try:
        title = find_backbone(config.backbone).title
    except UserError:  # a network that another version knew
        title = config.backbone
    return f"{title}, {short_name(config.strategy)}"


def _folded(found: Sequence) -> Sequence:
    """The first few, and the rest when asked for."""
    if len(found) <= SHOWN or st.toggle(f"Show all {len(found)}"):
        return found
    return found[:SHOWN]
