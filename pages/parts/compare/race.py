"""The parts of the Compare page up to the end of a race: what shall race, and the race while it runs.

All that is shown is read off the runs' folders, so a refresh, a stop and a killed worker change nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields

import streamlit as st

from pages.shared import chrome, follow, lists, networks, settings, state, widgets
from pages.shared.widgets import count, plain
from tlcore.charts import comparison as charts_comparison
from tlcore.charts import results as charts
from tlcore.comparison import store as comparisons
from tlcore.comparison.store import Comparison
from tlcore.config import STRATEGIES, TrainConfig
from tlcore.jobs import store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run
from tlcore.models.registry import BACKBONES, BUILT_IN, BackboneSpec
from tlcore.models.weights_cache import is_present

CHOSEN = ("feature-extraction", "hybrid")


def choose() -> list[TrainConfig]:
    """What shall race: some strategies with some networks. The settings of each run, a network after the other."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**What learns (strategy)**")
        for strategy in STRATEGIES:
            st.session_state.setdefault(f"race_{strategy}", strategy in CHOSEN)
        strategies = [
            strategy
            for strategy, sentence in STRATEGIES.items()
            if st.checkbox(sentence, key=f"race_{strategy}", persist_state="session")
        ]
    with right:
        here = sorted(BACKBONES, key=lambda spec: not is_present(spec))  # the others in the table's own order
        by_name = {spec.name: spec for spec in here}
        chosen = st.multiselect(
            "Pretrained networks (backbones)",
            list(by_name),
            default=[BUILT_IN.name],
            key="race_networks",
            persist_state="session",
            format_func=lambda name: networks.label(by_name[name]),
        )
    specs = [by_name[name] for name in chosen]
    configs = [settings.proposed(strategy, spec) for spec in specs for strategy in strategies]
    if configs:
        st.markdown(_say_plan(len(strategies), specs, configs))
    return configs


def _say_plan(num_strategies: int, specs: Sequence[BackboneSpec], configs: Sequence[TrainConfig]) -> str:
    """How many runs it makes, what is fetched first, and which of the person's own settings count."""
    words = [
        f"{count(num_strategies, 'strategy', 'strategies')} × {count(len(specs), 'network')} = "
        f"{count(len(configs), 'run')}, one after the other, all on the same photos with the same split."
    ]
    fetched = [spec for spec in specs if not is_present(spec)]
    if fetched and any(config.strategy != "scratch" for config in configs):
        size = widgets.say_bytes(sum(spec.download_bytes for spec in fetched))
        words.append(f"Downloaded first: {', '.join(spec.title for spec in fetched)} ({size}).")
    counting = {name for config in configs for name in settings.shown(config)} - {"strategy", "backbone"}
    own = [option.metadata["label"] for option in fields(TrainConfig) if option.name in counting & set(settings.own())]
    if own:
        words.append(f"You set on the Train page, and it counts wherever it applies: {', '.join(own)}.")
    return " ".join(words)


def live(race: Comparison) -> None:
    """The race as it stands: one chart for all runs, and a line for each with what can be done."""
    was_active = _any_active(race)

    @chrome.errors_shown()
    def now() -> None:
        if _any_active(race) != was_active:  # it has ended, or somebody continued a run
            st.rerun()
        runs = comparisons.runs_of(state.workspace(), race)
        stands = {run.id: job_status(run) for run in runs}
        names = comparisons.run_names(runs)
        _chart(stands, names)
        st.caption(f"The lines count the photos to check with (validation). {_say_sizes(runs, names)}")
        for run in runs:
            _row(run, names[run.id], stands[run.id])

    st.fragment(now, run_every=follow.POLL_SECONDS if was_active else None, key="race_now")()


def _say_sizes(runs: Sequence[Run], names: Mapping[str, str]) -> str:
    """The image sizes where they differ: a run that sees less detail does not race on quite the same road."""
    sizes = {names[run.id]: run.config.image_size for run in runs}
    if len(set(sizes.values())) == 1:
        return ""
    told = ", ".join(f"{name} at {size}" for name, size in sizes.items())
    return f"Not all see the photos at the same size: {told} pixels."


def _any_active(race: Comparison) -> bool:
    return any(job_status(run).active for run in comparisons.runs_of(state.workspace(), race))


def _chart(stands: Mapping[str, JobStatus], names: Mapping[str, str]) -> None:
    """The chart of all runs; its description is built once, only the figures are sent again."""
    order = tuple(names.values())
    frame = charts_comparison.comparison_frame({names[key]: each.epochs for key, each in stands.items()})
    if frame.empty:  # the place is kept, so that nothing jumps when the lines appear
        st.skeleton(charts_comparison.height(order))
        return
    spec = _spec(order, charts_comparison.lowest(frame), chrome.is_dark())
    st.vega_lite_chart(frame, spec, key="race_chart", alt=charts_comparison.say_comparison(frame, order))


@st.cache_data(max_entries=64, show_spinner=False)
def _spec(names: tuple[str, ...], low: float, dark: bool) -> dict:
    return charts.live(charts_comparison.comparison_chart(names, low, dark))


def _row(run: Run, name: str, status: JobStatus) -> None:
    """A run: its name as a link, how it stands, and the buttons to stop it, continue it or do it again."""
    queue, asked = state.queue(), store.stop_requested(run)()
    with st.container(horizontal=True, vertical_alignment="center", key=f"line_{run.id}"):
        page = "evaluate" if status.usable else "train"
        label = f"**{plain(name[:1].upper() + name[1:])}**"
        st.page_link(f"pages/{page}.py", label=label, query_params={"dataset": run.dataset_id, "run": run.id})
        st.caption(plain(_say_stand(run, status)), width="content")
        if status.active and not status.usable:
            st.button(
                "Stopping" if asked else "Stop",
                key=f"stop_{run.id}",
                disabled=asked,
                on_click=stop,
                args=(run,),
                help=f"Stop {plain(name)}",
            )
        complete = status.usable and not is_stopped(status)  # it may have ended early by itself
        go_on = "" if status.active or complete else follow.say_go_on(run, status)
        if go_on:
            st.button(go_on, key=f"go_on_{run.id}", on_click=queue.resume, args=(run,))
        elif not status.active and not status.usable:
            st.button("Start again", key=f"again_{run.id}", on_click=queue.restart, args=(run,))
    if status.error:
        chrome.show_failure(status.error)


def _say_stand(run: Run, status: JobStatus) -> str:
    """How a run stands, in a few words."""
    if status.usable:
        packing = "; its model is being packed" if status.active else ""
        return f"{lists.score(run)}{_stopped_early(status)}{packing}"
    if status.active:
        return widgets.say_progress(status, state.queue().position(run), run.config)[1]
    return lists.STATES[status.state]


def _stopped_early(status: JobStatus) -> str:
    return f", stopped after {count(len(status.epochs), 'round')}" if is_stopped(status) else ""


def is_stopped(status: JobStatus) -> bool:
    """Whether a person ended it before its last round."""
    return status.finished is not None and status.finished.stopped


def stop(run: Run) -> None:
    """Take a run out of the line, or ask the one in work to stop and keep what there is."""
    state.queue().cancel(run)
    status = job_status(run)
    if status.active and not status.usable:  # one with figures is being packed and checked, and that must be whole
        store.request_stop(run)


def say_take_up(runs: Sequence[Run]) -> str:
    """The words of the button that takes a race up again, none of its runs active; "" where all have test figures."""
    stands = [(run, job_status(run)) for run in runs]
    open_ones = [(run, status) for run, status in stands if not status.usable]
    if any(follow.say_go_on(run, status) for run, status in open_ones):
        return "Continue the race"
    if len(open_ones) == len(runs):
        return "Start the race again"
    return f"Start {count(len(open_ones), 'run')} again" if open_ones else ""


def take_up(runs: Sequence[Run]) -> None:
    """Put the runs without test figures into the queue again: continued where that is possible, else from the start."""
    for run in runs:
        status = job_status(run)
        if not status.active and not status.usable:
            (state.queue().resume if follow.say_go_on(run, status) else state.queue().restart)(run)


def earlier(found: Sequence[Comparison]) -> None:
    """Races as links, a line each."""
    for each in found:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                "pages/compare.py",
                label=f"**{plain(each.name)}**, {state.moment(each.created)}",
                query_params={"race": each.id, "dataset": each.dataset_id},
            )
            st.caption(f"race of {count(len(each.run_ids), 'run')}", width="content")
