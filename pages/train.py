"""Step 2: one sentence and one button; then curves that grow, and the score beside a place to try it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.train import (
    backbone_picker,
    curve_warnings,
    curves,
    job_queue_view,
    outcome,
    own_network,
    plan,
    recommendation_line,
    settings_form,
    several_picker,
    strategy_cards,
    trial,
)
from pages.shared import chrome, ensemble_view, follow, room, run_list, settings, share, state, widgets
from pages.shared.memory import memory_refusal
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run
from tlcore.messages.ensembles import NO_CURVES
from tlcore.messages.mixed_precision import mixed_precision_message
from tlcore.messages.quantities import format_bytes
from tlcore.models.backbones import find_backbone
from tlcore.models.weights_cache import bytes_to_fetch, is_present


def heading() -> tuple[str, str]:
    """The title and the sentence below it: of the run in use, or what the button will do."""
    try:
        run, dataset = state.run(), state.dataset()
        if run is not None and dataset is not None:
            return plain(outcome.title(run)), outcome.sentence(run, dataset)
        if dataset is None:
            return "Train", "Train your model"
        recommendation_line.preselect(dataset)
        return "Train", plan.remember(dataset)
    except (UserError, OSError):  # the page itself will show it
        return "Train", "Train your model"


def offer(action: DeltaGenerator, dataset: Dataset) -> None:
    """A new run: the button, what the photos need, the two choices, and the options that nobody has to touch."""
    above = st.container(key="tl_refused")
    plan.photos_line(dataset)
    recommended = recommendation_line.show(dataset)
    config, spec = settings.proposed(), settings.backbone()
    left, right = st.columns([7, 5], gap="large")
    with left:
        if not several_picker.choose(spec):
            backbone_picker.choose(spec)
        own_network.show(dataset)
    with right:
        strategy_cards.choose(config, spec, recommended)
    settings_form.options(dataset, lambda now: plan.is_stale(dataset, now))
    fetched = "" if is_present(spec) or config.strategy == "scratch" else format_bytes(bytes_to_fetch(spec))
    if refusal := memory_refusal([config]):
        widgets.note(refusal)
    label = f"Download {fetched} and train" if fetched else "Train"
    if action.button(label, type="primary", key=settings.START, disabled=bool(refusal)):
        with above, chrome.errors_shown(has_way_out=False):  # where the button is; the end of the page is far below it
            room.for_training(dataset, [config])
            run = store.create_run(state.workspace(), dataset.id, config, dataset.name, state.maker())
            state.queue().submit(run)
            state.choose(run=run.id, dataset=dataset.id)
            st.rerun()
    action.page_link("pages/compare.py", label="Compare strategies on your photos", query_params=state.link(run=None))


def follow_run(action: DeltaGenerator, run: Run, dataset: Dataset) -> None:
    """The run in the URL: live while it trains, then its score and a place to try it, above the same curves."""
    if run.ensemble is not None:
        combined(action, run)
        return
    status = job_status(run)
    if status.active and not status.usable:
        # Where the button was that began it: a second press there must do nothing.
        action.button("Waiting…" if status.state == "queued" else "Training…", key="training", disabled=True)
        follow.watch(run, lambda now: learning(now, run, dataset), beside=trial.not_yet)
        links(run)
        return
    if status.usable:
        finished(action, run, status)
    else:
        without_result(action, run, status)
    if status.epochs or status.stopped:  # what was stopped early keeps its page as it was
        learning(status, run, dataset)
    links(run)
    with st.expander("Settings of this run"):
        widgets.table(settings_form.settings_frame(run.config), "The settings of this run")
        if precision := mixed_precision_message(status.epochs):
            st.caption(precision)


def combined(action: DeltaGenerator, run: Run) -> None:
    """An ensemble: its progress, then its score beside a place to try it, and what it combines in place of curves."""
    if not ensemble_view.progress(run, action):
        status = job_status(run)
        left, right = st.columns(2, gap="large")
        with right.container(key="tl_trial"), chrome.errors_shown():
            trial.show(action, run, status)
        with left:
            outcome.show_score(run, status)
            ensemble_view.members(run)
            st.caption(NO_CURVES)
        if action.button("View results", type="primary", key="view_results"):
            st.switch_page("pages/evaluate.py", query_params=state.link(run=run.id, dataset=run.dataset_id))
    links(run)


def without_result(action: DeltaGenerator, run: Run, status: JobStatus) -> None:
    """Why a run has no score, in the places where it stood while it trained, and the ways on."""
    without = lacks_weights(run, status)
    if without and action.button("Choose the built-in backbone", type="primary"):
        settings.own().pop("backbone", None)
        state.choose(run=None, dataset=run.dataset_id)
        st.rerun()
    left, right = st.columns(2, gap="large")
    with left:
        follow.ended(run, status, "training", action, primary=not without)
    with right:
        trial.nothing()


def links(run: Run) -> None:
    """What else can be done with a run; at the end, since the buttons above change while it trains."""
    place = st.container(key="tl_run_links", horizontal=True, vertical_alignment="center")
    newest = state.newest_version(run.dataset_id)
    place.page_link("pages/train.py", label="New run", query_params={"dataset": newest})
    share.show(place, "run", run)


def learning(status: JobStatus, run: Run, dataset: Dataset) -> None:
    """The curves, and below them what they warn of."""
    curves.show(status, run.config)
    curve_warnings.show(status, run, dataset)


def finished(action: DeltaGenerator, run: Run, status: JobStatus) -> None:
    """The score beside the place to try it. A run that was stopped can be continued too."""
    stopped = outcome.was_stopped(run, status) and not status.active and status.state != "tested"
    left, right = st.columns(2, gap="large")
    with (
        right.container(key="tl_trial"),
        chrome.errors_shown(),
    ):  # a model that is damaged hides neither score nor curves
        trial.show(action, run, status)
    with left:
        outcome.show_score(run, status)
        st.caption(outcome.training_message(status, run))
    lacks_model = not status.predicts and not status.active  # then its way to one comes first
    if action.button("View results", type="secondary" if lacks_model else "primary", key="view_results"):
        st.switch_page("pages/evaluate.py", query_params=state.link(run=run.id, dataset=run.dataset_id))
    if stopped and follow.continue_button(run, status, action, primary=False):
        follow.restart_button(run, action, primary=False)


def lacks_weights(run: Run, status: JobStatus) -> bool:
    """Whether a run failed and the weights of its network are not on this machine."""
    try:
        spec = find_backbone(run.config.backbone, run.workspace)
        return status.error is not None and not status.error.bug and not is_present(spec)
    except UserError:  # a network that another version knew
        return True


with chrome.page(*heading(), step=2) as action:
    state.queue().warm_up()
    run, dataset = state.run(), state.dataset()
    if dataset is None:
        widgets.empty("Add photos before you train a model.", "pages/data.py", "Add photos", {})
    elif run is None:
        offer(action, dataset)
    else:
        follow_run(action, run, dataset)
    if dataset is not None:
        job_queue_view.show(poll=run is not None)
    passed_over = {*state.queue().waiting(), run.id if run else ""}
    earlier = [each for each in state.runs() if each.id not in passed_over]
    if earlier:
        st.subheader("Earlier runs", anchor=False)
        run_list.show(earlier)
