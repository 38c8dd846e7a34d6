"""Combine models: choose finished runs and a method; the ensemble then stands in the comparison with its verdict."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.compare import verdict
from pages.shared import actions, ensemble_view, state, widgets
from pages.shared.widgets import plain
from tlcore.comparison.ensembles import alike, check_members, combinable, ensembles_among
from tlcore.comparison.results import load_verdicts
from tlcore.comparison.store import MOST
from tlcore.errors import UserError
from tlcore.evaluation.ensemble import METHODS
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages import ensembles as messages
from tlcore.messages.comparisons import run_names
from tlcore.messages.quantities import capitalized, count
from tlcore.messages.verdicts import verdict_message
from tlcore.shares import percent


def chosen() -> Run | None:
    """The ensemble in the address; None where another run or none stands there."""
    run = state.run() if not state.is_set("race") else None
    return run if run is not None and run.ensemble is not None else None


def ensembles_with(runs: Sequence[Run]) -> list[Run]:
    """The ensembles of some of these runs that this visitor may see, the newest first."""
    return ensembles_among(state.runs(), [run.id for run in runs])


def compared(runs: Sequence[Run]) -> list[Run]:
    """Runs, and behind them the ensembles of them that have test figures, the oldest first; as many as can be told
    apart."""
    room = max(1, MOST - len(runs))
    usable = [each for each in ensembles_with(runs) if job_status(each).usable][:room]
    return [*runs, *reversed(usable)]


def offer(runs: Sequence[Run], dataset_id: str, key: str, preselect: bool) -> None:
    """The section: what is combined and how, the button, the latest ensemble's progress, and its verdict.

    The button is a secondary one: the page has its primary one already.

    Args:
        runs: that may be combined, as far as they have a model. key: of this place.
        preselect: whether all of them are chosen at first.
    """
    able = combinable(runs, dataset_id)
    if len(able) < 2:
        return
    with st.container(key="tl_combine"):
        st.subheader(messages.TITLE, anchor=False)
        st.caption(messages.WHAT_FOR)
        _latest(able)
        chosen_runs, method = _choices(able, key, preselect)
        refusal = _refusal(chosen_runs)
        if refusal:
            widgets.note(refusal)
        active = any(job_status(each).active for each in ensembles_with(able))
        number = len(chosen_runs)
        label = "Combining…" if active else f"Combine {count(number, 'model')}" if number > 1 else "Combine"
        if st.button(label, key=f"combine_start_{key}", disabled=active or number < 2 or bool(refusal)):
            _start(chosen_runs, method)


def _choices(able: Sequence[Run], key: str, preselect: bool) -> tuple[list[Run], str]:
    """Which models are combined, and how."""
    names, by_id = run_names(able), {run.id: run for run in able}
    ids = st.multiselect(
        "Models",
        list(by_id),
        default=alike(able)[:MOST] if preselect else [],
        key=f"combine_{key}",
        format_func=lambda run_id: _label(by_id[run_id], names[run_id]),
        placeholder="Choose two or more",
    )
    method = st.segmented_control(
        "Method",
        METHODS,
        default=METHODS[0],
        required=True,
        key=f"combine_method_{key}",
        format_func=messages.METHOD_NAMES.__getitem__,
    )
    st.caption(messages.METHOD_SENTENCES[method])
    return [by_id[run_id] for run_id in ids], method


def _refusal(runs: Sequence[Run]) -> str:
    """Why these cannot be combined; "" where they can."""
    try:
        check_members(runs)
    except UserError as error:
        return f"{plain(error.what)} {plain(error.fix)}"
    return ""


def _label(run: Run, name: str) -> str:
    evaluated = job_status(run).evaluated
    if evaluated is None or not evaluated.test_total:
        return capitalized(name)
    return f"{capitalized(name)} · {percent(evaluated.test_correct / evaluated.test_total)}"


def _start(runs: Sequence[Run], method: str) -> None:
    with actions.refusals_kept():
        made = actions.combine(runs, method)
        if made is not None and not state.is_set("race"):
            state.choose(run=made.id, dataset=made.dataset_id)
    st.rerun()


def _latest(runs: Sequence[Run]) -> None:
    """The newest ensemble while it is made, why it failed, or what it is worth."""
    found = ensembles_with(runs)
    if not found:
        return
    if ensemble_view.progress(found[0], st.container(horizontal=True)):
        return
    words = worth(found[0], ensemble_view.visible_members(found[0]))
    if words:
        st.markdown(f"**{plain(words)}**")
    ensemble_view.members(found[0])
    query = {"run": found[0].id, "dataset": found[0].dataset_id}
    st.page_link("pages/evaluate.py", label="View the ensemble’s results", query_params=query)


def worth(ensemble: Run, members: Sequence[Run]) -> str:
    """The verdict of chance on an ensemble and the best of its models, in a sentence; "" where none is left."""
    usable = [run for run in members if job_status(run).usable]
    if not usable:
        return ""
    runs = [*usable, ensemble]
    try:
        verdicts = load_verdicts(runs)
    except UserError:
        return ""
    pair = {ensemble.id, _best_single(usable)}
    return next(verdict_message(each, run_names(runs)) for each in verdicts if {each.best, each.other} == pair)


def _best_single(runs: Sequence[Run]) -> str:
    def correct(run: Run) -> int:
        evaluated = job_status(run).evaluated
        return evaluated.test_correct if evaluated is not None else -1

    return max(runs, key=correct).id


def follow(action: DeltaGenerator, run: Run) -> None:
    """The ensemble in the address beside the models that it was made of."""
    action.page_link("pages/compare.py", label="New race", query_params={"dataset": run.dataset_id})
    if ensemble_view.progress(run, action):
        return
    if action.button("View the ensemble’s results", type="primary", key="view_ensemble"):
        st.switch_page("pages/evaluate.py", query_params=state.link(run=run.id, dataset=run.dataset_id))
    members = [each for each in ensemble_view.visible_members(run) if job_status(each).usable]
    if members:
        verdict.show([*members, run])
    st.subheader("What it combines", anchor=False)
    ensemble_view.members(run)
