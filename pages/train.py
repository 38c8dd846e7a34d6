"""Step 2: one button with good defaults, and curves that grow while the network learns."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import chrome, follow, lists, photos, state, widgets
from pages.shared.widgets import count, plain
from tlcore.config import TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.runs import store
from tlcore.runs.store import JobStatus, Run


def offer(action: DeltaGenerator, dataset: Dataset) -> None:
    """A new run: the button, and the settings that nobody has to touch."""
    num_train = len(dataset.part("train"))
    pressed = action.button(f"Train on {count(num_train, 'photo')}", type="primary")
    st.markdown(
        f"{count(len(dataset.labels), 'class', 'classes')}: {count(num_train, 'photo')} to learn from, "
        f"{len(dataset.part('validation')):,} to check while learning (validation), "
        f"{len(dataset.part('test')):,} kept for the test."
    )
    photos.strip(photos.from_dataset(dataset, photos.three_by_three(dataset.part("train")).head(8), size=160))
    with st.expander("Settings (good as they are)"):
        config = widgets.settings(TrainConfig())
    if pressed:
        run = store.create_run(state.workspace(), dataset.id, config, dataset.name)
        state.queue().submit(run)
        state.choose(run=run.id, dataset=dataset.id)
        st.rerun()


def follow_run(action: DeltaGenerator, run: Run) -> None:
    """The run in the URL: live while it is active, else its curves and the way on."""
    status = store.job_status(run)
    if status.active and not status.usable:
        follow.watch(run, lambda now: follow.curves(now, run.config.epochs))
        return
    if status.usable:
        if action.button("See how good it is", type="primary"):
            st.switch_page("pages/evaluate.py", query_params=state.link(run=run.id, dataset=run.dataset_id))
        st.markdown(told(status, run))
    else:
        follow.ended(run, status, "training", action)
    action.page_link("pages/train.py", label="Train anew", query_params={"dataset": run.dataset_id})
    if status.epochs:
        follow.curves(status, run.config.epochs)
    with st.expander("Settings of this run"):
        widgets.table(widgets.settings_frame(run.config), "The settings of this run")


def told(status: JobStatus, run: Run) -> str:
    """How the training went, in a sentence or two."""
    done, planned = len(status.epochs), run.config.epochs
    words = [f"It learned for {count(done, 'round')}."]
    if status.finished and status.finished.stopped:
        words = [f"You stopped it after {count(done, 'round')}; what it had learned until then is kept."]
    elif done < planned:
        words = [f"It stopped by itself after {done} of {planned} rounds, since nothing got better any more."]
    took = status.evaluated
    words.append(
        f"That took {widgets.say_seconds(took.seconds)}: {widgets.say_seconds(took.seconds_features)} to look at the "
        f"photos, {widgets.say_seconds(took.seconds_training)} to learn."
    )
    return " ".join(words)


with chrome.page("Train", "The network looks at every photo once, then learns your classes.", step=2) as action:
    state.queue().warm()
    run, dataset = state.run(), state.dataset()
    if dataset is None:
        widgets.empty("There are no photos to learn from yet.", "pages/data.py", "Choose photos first", {})
    elif run is None:
        st.subheader(plain(dataset.name), anchor=False)
        offer(action, dataset)
    else:
        follow_run(action, run)
    earlier = [each for each in state.runs() if run is None or each.id != run.id]
    if earlier:
        st.subheader("Earlier training runs", anchor=False)
        lists.runs(earlier)
