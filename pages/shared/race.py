"""The parts of the Compare page: what shall race, the race while it runs, and what came of it.

All that is shown is read off the runs' folders, so a refresh, a stop and a killed worker change nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields

import pandas as pd
import streamlit as st

from pages.shared import chrome, follow, lists, networks, settings, state, widgets
from pages.shared.widgets import count, plain
from tlcore import charts, charts_race
from tlcore.config import STRATEGIES, TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.evaluation.compare import Verdict, say_verdict
from tlcore.evaluation.report import say_score
from tlcore.models.registry import BACKBONES, BUILT_IN, BackboneSpec
from tlcore.models.weights_cache import is_present
from tlcore.runs import race as races
from tlcore.runs import store
from tlcore.runs.race import Race, Result
from tlcore.runs.store import JobStatus, Run

CHOSEN = ("feature-extraction", "hybrid")


def choose() -> list[TrainConfig]:
    """What shall race: some strategies with some networks. The settings of each run, a network after the other."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**What learns (strategy)**")
        strategies = [strategy for strategy, sentence in STRATEGIES.items() if st.checkbox(
            sentence, value=strategy in CHOSEN, key=f"race_{strategy}", persist_state="session")]
    with right:
        here = sorted(BACKBONES, key=lambda spec: not is_present(spec))  # the others in the table's own order
        by_name = {spec.name: spec for spec in here}
        chosen = st.multiselect(
            "Pretrained networks (backbones)", list(by_name), default=[BUILT_IN.name], key="race_networks",
            persist_state="session", format_func=lambda name: networks.label(by_name[name]),
        )
    specs = [by_name[name] for name in chosen]
    configs = [settings.proposed(strategy, spec) for spec in specs for strategy in strategies]
    if configs:
        st.markdown(_say_plan(len(strategies), specs, configs))
    return configs


def _say_plan(num_strategies: int, specs: Sequence[BackboneSpec], configs: Sequence[TrainConfig]) -> str:
    """How many runs it makes, what is fetched first, and which of the person's own settings count."""
    words = [f"{count(num_strategies, 'strategy', 'strategies')} × {count(len(specs), 'network')} = "
             f"{count(len(configs), 'run')}, one after the other, all on the same photos with the same split."]
    fetched = [spec for spec in specs if not is_present(spec)]
    if fetched and any(config.strategy != "scratch" for config in configs):
        size = widgets.say_bytes(sum(spec.download_bytes for spec in fetched))
        words.append(f"Downloaded first: {', '.join(spec.title for spec in fetched)} ({size}).")
    counting = {name for config in configs for name in settings.shown(config)} - {"strategy", "backbone"}
    own = [option.metadata["label"] for option in fields(TrainConfig) if option.name in counting & set(settings.own())]
    if own:
        words.append(f"You set on the Train page, and it counts wherever it applies: {', '.join(own)}.")
    return " ".join(words)


def live(race: Race) -> None:
    """The race as it stands: one chart for all runs, and a line for each with what can be done."""
    was_active = _any_active(race)

    @chrome.errors_shown()
    def now() -> None:
        if _any_active(race) != was_active:  # it has ended, or somebody continued a run
            st.rerun()
        runs = races.runs_of(state.workspace(), race)
        stands = {run.id: store.job_status(run) for run in runs}
        names = races.names_of(runs)
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


def _any_active(race: Race) -> bool:
    return any(store.job_status(run).active for run in races.runs_of(state.workspace(), race))


def _chart(stands: Mapping[str, JobStatus], names: Mapping[str, str]) -> None:
    """The chart of all runs; its description is built once, only the figures are sent again."""
    order = tuple(names.values())
    frame = charts_race.race_frame({names[key]: each.epochs for key, each in stands.items()})
    if frame.empty:  # the place is kept, so that nothing jumps when the lines appear
        st.skeleton(charts_race.height(order))
        return
    spec = _spec(order, charts_race.lowest(frame), chrome.is_dark())
    st.vega_lite_chart(frame, spec, key="race_chart", alt=charts_race.say_race(frame, order))


@st.cache_data(max_entries=64, show_spinner=False)
def _spec(names: tuple[str, ...], low: float, dark: bool) -> dict:
    return charts.live(charts_race.race(names, low, dark))


def _row(run: Run, name: str, status: JobStatus) -> None:
    """A run: its name as a link, how it stands, and the buttons to stop it, continue it or do it again."""
    queue, asked = state.queue(), store.stop_requested(run)()
    with st.container(horizontal=True, vertical_alignment="center", key=f"line_{run.id}"):
        page = "evaluate" if status.usable else "train"
        label = f"**{plain(name[:1].upper() + name[1:])}**"
        st.page_link(f"pages/{page}.py", label=label, query_params={"dataset": run.dataset_id, "run": run.id})
        st.caption(plain(_say_stand(run, status)), width="content")
        if status.active and not status.usable:
            st.button("Stopping" if asked else "Stop", key=f"stop_{run.id}", disabled=asked,
                      on_click=stop, args=(run,), help=f"Stop {plain(name)}")
        complete = status.usable and not _is_stopped(status)  # it may have ended early by itself
        go_on = "" if status.active or complete else follow.say_go_on(run, status)
        if go_on:
            st.button(go_on, key=f"go_on_{run.id}", on_click=queue.go_on, args=(run,))
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
    return f", stopped after {count(len(status.epochs), 'round')}" if _is_stopped(status) else ""


def _is_stopped(status: JobStatus) -> bool:
    """Whether a person ended it before its last round."""
    return status.finished is not None and status.finished.stopped


def stop(run: Run) -> None:
    """Take a run out of the line, or ask the one in work to stop and keep what there is."""
    state.queue().take_out(run)
    status = store.job_status(run)
    if status.active and not status.usable:  # one with figures is being packed and checked, and that must be whole
        store.request_stop(run)


def take_up(runs: Sequence[Run]) -> None:
    """Put the runs without test figures into the queue again: continued where that is possible, else from the start."""
    for run in runs:
        status = store.job_status(run)
        if not status.active and not status.usable:
            (state.queue().go_on if follow.say_go_on(run, status) else state.queue().restart)(run)


def outcome(dataset: Dataset, runs: Sequence[Run]) -> None:
    """The table of a race that has ended, and what it proves."""
    found, names = races.results(dataset, runs), races.names_of(runs)
    if not found:
        widgets.note("No run has come to its test figures yet, so there is nothing to compare.")
        return
    st.subheader("Right on the test photos", anchor=False)
    widgets.table(table(found, names), "For each run: test photos right, seconds of work, size of the model")
    ready = plain(races.say_ready(found, names))
    st.caption(f"Waiting for a turn and loading the program are not counted as seconds of work. {ready}")
    st.subheader("Which differences are larger than chance?", anchor=False)
    judged = races.verdicts(runs)
    if not judged:
        st.markdown("That can be told as soon as two runs have come to their test figures.")
        return
    whole = all(result.ready < 0.01 for result in found) and not any(
        _is_stopped(store.job_status(run)) for run in runs)  # else the seconds are not those of equals
    quickest = min(found, key=lambda result: result.seconds).run_id if whole else None
    st.markdown(f"**{plain(say_summary(judged, names, quickest))}**")
    st.markdown("\n".join(f"- {plain(say_verdict(verdict, names))}" for verdict in judged))
    _how(judged, names, len(found))


def table(found: Sequence[Result], names: Mapping[str, str]) -> pd.DataFrame:
    """A row a run, the best first, as `widgets.table` shows it."""
    rows = []
    for result in found:
        score = say_score(result.correct, result.total, result.low, result.high).replace(" %", "\u00a0%")
        seconds = (f"{result.seconds:.1f} ({result.seconds_features:.1f} looking at photos, "
                   f"{result.seconds_training:.1f} learning)")
        size = widgets.say_bytes(result.model_bytes) if result.model_bytes else "not packed"
        rows.append((names[result.run_id], score, seconds, size))
    return pd.DataFrame(rows, columns=["Run", "Test photos", "Seconds of work", "Model file"])


def say_summary(judged: Sequence[Verdict], names: Mapping[str, str], quickest: str | None) -> str:
    """What all verdicts come to, in a sentence. `quickest`: the id of the run that took the least time, where that
    can be told."""
    beaten = [names[verdict.other] for verdict in judged if verdict.beyond_chance]
    best = names[judged[0].best]
    best = best[:1].upper() + best[1:]
    if not beaten:
        start = f"No difference from {names[judged[0].best]} is larger than chance."
        return f"{start} The quickest was {names[quickest]}." if quickest else start
    if len(beaten) == len(judged):
        others = "all others" if len(beaten) > 1 else beaten[0]
        return f"{best} is better than {others}, by more than chance."
    rest = [names[verdict.other] for verdict in judged if not verdict.beyond_chance]
    return f"{best} is better than {' and '.join(beaten)} by more than chance, but not than {' and '.join(rest)}."


def _how(judged: Sequence[Verdict], names: Mapping[str, str], number: int) -> None:
    """How chance is judged, for who wants to know it exactly."""
    with st.expander("How chance is judged (McNemar's test)"):
        st.markdown(
            "Only test photos that exactly one of two runs got right can tell them apart. Were both equally good, each "
            "such photo would be a toss of a coin. The probability (p) says how often chance alone tosses as unevenly "
            "as here; up to 0.05 the difference counts as larger than chance."
        )
        pairs = number * (number - 1) // 2
        rows = [(names[verdict.best], names[verdict.other], verdict.only_best, verdict.only_other, _say_p(verdict.p))
                for verdict in judged]
        titles = ["The best", "The other", "Only the best right", "Only the other right", "p"]
        frame = pd.DataFrame(rows, columns=titles)
        widgets.table(frame, "For each pair: photos that only one of the two got right, and the probability")
        st.caption(
            f"Exact test of McNemar (1947), corrected for {count(pairs, 'pair')} of runs after Holm (1979). It speaks "
            "of these trained networks and of photos like these; another starting number (seed) can come out otherwise."
        )


def _say_p(p: float) -> str:
    return "less than 0.001" if p < 0.001 else f"{p:.3f}"


def earlier(found: Sequence[Race]) -> None:
    """Races as links, a line each."""
    for each in found:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link("pages/compare.py", label=f"**{plain(each.name)}**, {state.moment(each.created)}",
                         query_params={"race": each.id, "dataset": each.dataset_id})
            st.caption(f"race of {count(len(each.run_ids), 'run')}", width="content")
