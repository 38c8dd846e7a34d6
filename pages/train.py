"""Step 2: two questions with good answers, one button, and curves that grow while the network learns."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.train import (
    curve_warnings,
    curves,
    job_queue_view,
    network_choice,
    recommendation_card,
    settings_form,
)
from pages.shared import chrome, follow, packing, predict_panel, room, run_list, settings, share, state, widgets
from pages.shared.memory import memory_refusal
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run
from tlcore.messages.endings import diverged_message
from tlcore.messages.progress import num_planned_epochs
from tlcore.messages.quantities import count, format_bytes, format_seconds
from tlcore.messages.stops import stopped_message
from tlcore.models.registry import find_backbone
from tlcore.models.weights_cache import is_present


def offer(action: DeltaGenerator, dataset: Dataset) -> None:
    """A new run: the two questions, the settings that nobody has to touch, and the button."""
    num_train = len(dataset.part("train"))
    st.markdown(
        f"{count(len(dataset.labels), 'class', 'classes')}: {count(num_train, 'photo')} to learn from, "
        f"{len(dataset.part('validation')):,} to check while learning (validation), "
        f"{len(dataset.part('test')):,} kept for the test."
    )
    with st.container():  # one place, whatever stands in it: else all below would be drawn anew when the card comes
        recommendation_card.show(dataset)
    config, spec = settings.proposed(), settings.backbone()
    left, right = st.columns(2, gap="large")
    with left:
        network_choice.choose(spec)
    with right:
        settings_form.choose_strategy(config)
    settings_form.folds(dataset)
    fetched = "" if is_present(spec) or config.strategy == "scratch" else format_bytes(spec.download_bytes)
    verb = f"Download {fetched} and train on" if fetched else "Train on"
    if refusal := memory_refusal([config]):
        widgets.note(refusal)
    if action.button(f"{verb} {count(num_train, 'photo')}", type="primary", key="train", disabled=bool(refusal)):
        room.for_runs(1)
        run = store.create_run(state.workspace(), dataset.id, config, dataset.name, state.maker())
        state.queue().submit(run)
        state.choose(run=run.id, dataset=dataset.id)
        st.rerun()
    action.page_link("pages/compare.py", label="Compare strategies on your photos", query_params=state.link(run=None))


def follow_run(action: DeltaGenerator, run: Run, dataset: Dataset) -> None:
    """The run in the URL: live while it is active, else its curves and the way on."""
    status = job_status(run)
    if status.active and not status.usable:
        share.show(action, "run", run)
        follow.watch(run, lambda now: learning(now, run, dataset))
        st.page_link("pages/train.py", label="Plan another training", query_params={"dataset": run.dataset_id})
        return
    if status.usable:
        onward(action, run, status)
        st.markdown(training_message(status, run))
        if status.finished:
            st.subheader("Try it on new photos", anchor=False)
            predict_panel.show(run)
    else:
        without = lacks_weights(run, status)
        if without and action.button("Choose the built-in network", type="primary"):
            settings.own().pop("backbone", None)
            state.choose(run=None, dataset=run.dataset_id)
            st.rerun()
        follow.ended(run, status, "training", action, primary=not without)
    action.page_link("pages/train.py", label="Train anew", query_params={"dataset": run.dataset_id})
    share.show(action, "run", run)
    if status.epochs:
        learning(status, run, dataset)
    packing.watch(run, status)
    with st.expander("Settings of this run"):
        widgets.table(settings_form.settings_frame(run.config), "The settings of this run")


def learning(status: JobStatus, run: Run, dataset: Dataset) -> None:
    """The curves, and below them what they warn of."""
    curves.show(status, run.config)
    curve_warnings.show(status, run, dataset)


def onward(action: DeltaGenerator, run: Run, status: JobStatus) -> None:
    """The way to the figures; a run that was stopped can be continued first, one without a model is to be packed."""
    unpacked = status.state == "tested"
    if unpacked:
        packing.offer(action, run, status)
    stopped = was_stopped(run, status) and not status.active and not unpacked
    continued = stopped and follow.continue_button(run, status, action)
    if action.button("See how good it is", type="secondary" if continued or unpacked else "primary"):
        st.switch_page("pages/evaluate.py", query_params=state.link(run=run.id, dataset=run.dataset_id))
    if continued:
        follow.restart_button(run, action, primary=False)


def was_stopped(run: Run, status: JobStatus) -> bool:
    """Whether a person stopped it; the last event tells, and before it is there, the wish itself."""
    return status.finished.stopped if status.finished else store.stop_requested(run)()


def lacks_weights(run: Run, status: JobStatus) -> bool:
    """Whether a run failed and the weights of its network are not on this machine."""
    try:
        return status.error is not None and not status.error.bug and not is_present(find_backbone(run.config.backbone))
    except UserError:  # a network that another version knew
        return True


def training_message(status: JobStatus, run: Run) -> str:
    """How the training went, in a sentence or two."""
    done, planned = len(status.epochs), num_planned_epochs(status, run.config)
    words = [f"It learned for {count(done, 'round')}."]
    if was_stopped(run, status):
        words = [f"You stopped it after {count(done, 'round')}; what it had learned until then is kept."]
        if store.stop_reason(run):
            words = [stopped_message(run, "it"), f"What it had learned in {count(done, 'round')} is kept."]
    elif status.diverged is not None:
        words = [diverged_message(status.diverged, run.config)]
    elif done < planned:
        words = [f"It stopped by itself after {done} of {planned} rounds, since nothing got better any more."]
    took = status.evaluated
    if took is not None:
        words.append(
            f"That took {format_seconds(took.seconds)}: {format_seconds(took.seconds_features)} to look at the "
            f"photos, {format_seconds(took.seconds_training)} to learn."
        )
    return " ".join(words)


with chrome.page("Train", "Choose a network and what may learn, then watch it learn.", step=2) as action:
    state.queue().warm_up()
    run, dataset = state.run(), state.dataset()
    if dataset is None:
        widgets.empty("There are no photos to learn from yet.", "pages/data.py", "Choose photos first", {})
    elif run is None:
        st.subheader(plain(dataset.name), anchor=False)
        offer(action, dataset)
    else:
        follow_run(action, run, dataset)
    if dataset is not None:
        job_queue_view.show(poll=run is not None)
    passed_over = {*state.queue().waiting(), run.id if run else ""}
    earlier = [each for each in state.runs() if each.id not in passed_over]
    if earlier:
        st.subheader("Earlier training runs", anchor=False)
        run_list.show(earlier)
