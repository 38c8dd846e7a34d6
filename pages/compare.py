"""Beside the four steps: compare ways of learning on the same photos, and see what is more than chance (a race)."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.compare import choice, combine, earlier, live, verdict
from pages.shared import actions, chrome, manage, room, share, state, widgets
from pages.shared.memory import memory_refusal
from pages.shared.widgets import plain
from tlcore.comparison import store as comparisons
from tlcore.comparison.results import load_results
from tlcore.comparison.store import Comparison
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.messages.quantities import count


def offer(action: DeltaGenerator, dataset: Dataset) -> None:
    """A new comparison: what shall run, and the button."""
    st.subheader(plain(dataset.name), anchor=False)
    configs = choice.choose()
    wrong = None
    try:
        comparisons.check_number(len(configs))
    except UserError as error:
        wrong = error
        widgets.note(f"{plain(error.what)} {plain(error.fix)}")
    refusal = memory_refusal(configs)
    if refusal:
        widgets.note(refusal)
    label = f"Start a race of {count(len(configs), 'run')}" if configs else "Start a race"
    if action.button(label, type="primary", key="race", disabled=wrong is not None or bool(refusal)):
        room.for_training(dataset, configs)
        made = comparisons.create_comparison(state.workspace(), dataset.id, configs, dataset.name, state.maker())
        for run in comparisons.runs_of(state.workspace(), made):
            state.queue().submit(run)
        state.choose(race=made.id, run=None, dataset=dataset.id)
        st.rerun()


def follow_comparison(action: DeltaGenerator, used: Comparison, dataset: Dataset) -> None:
    """The comparison in the URL: live while a run is active, then its table and verdict."""
    runs = comparisons.runs_of(state.workspace(), used)
    statuses = [job_status(run) for run in runs]
    active = any(status.active for status in statuses)
    usable = any(status.usable for status in statuses)
    allowed = state.may_act(used)
    if active:
        if allowed and action.button("Stop the race", key="stop_race"):
            for run in runs:
                actions.stop(run)
            st.rerun()
    else:
        again = live.resume_label(runs) if allowed else ""
        if again and action.button(again, type="primary", key="take_up"):
            live.resume_all(runs)
            st.rerun()
        if usable and action.button("View the best run", type="secondary" if again else "primary"):
            best = load_results(runs)[0].run_id
            st.switch_page("pages/evaluate.py", query_params=state.link(run=best, dataset=dataset.id))
    action.page_link("pages/compare.py", label="New race", query_params={"dataset": dataset.id})
    share.show(action, "race", used)
    if not active:
        verdict.show(combine.compared(runs))
        combine.offer(runs, used.dataset_id, used.id, preselect=True)
        st.subheader("How they trained", anchor=False)
    live.show(used)


with chrome.page(
    "Compare",
    "Race several strategies and backbones on the same photos, and see which differences are more than chance.",
    step=0,
    tab="Compare",
) as action:
    state.queue().warm_up()
    used, dataset, ensemble = state.comparison(), state.dataset(), combine.chosen()
    if dataset is None:
        widgets.empty("Choose photos first, then race several models on them.", "pages/data.py", "Choose photos", {})
    elif ensemble is not None:
        combine.follow(action, ensemble)
    elif used is None:
        offer(action, dataset)
        combine.offer(state.runs(), dataset.id, dataset.id, preselect=False)
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(used.name), anchor=False, width="content")
            manage.comparison_menu(used)
        follow_comparison(action, used, state.dataset_of(used.dataset_id))
    others = [each for each in state.comparisons() if used is None or each.id != used.id]
    if others:
        st.subheader("Earlier races", anchor=False)
        earlier.show(others)
