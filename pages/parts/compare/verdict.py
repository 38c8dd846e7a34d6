"""What came of a race: its table, and which differences are larger than chance, in sentences and in figures."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from pages.parts.compare import race
from pages.shared import widgets
from pages.shared.widgets import count, plain
from tlcore.comparison import store as comparisons
from tlcore.comparison.store import Result
from tlcore.data.manifest import Dataset
from tlcore.evaluation.report import say_score
from tlcore.evaluation.significance import Verdict, clear_among_others, say_verdict, with_best
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run

MOST_PAIRS = 3  # sentences about pairs without the best run; more of them fold away in a table
MOST_NAMES = 3  # names in one sentence, two where they have commas; more are only counted


def outcome(dataset: Dataset, runs: Sequence[Run]) -> None:
    """The table of a race that has ended, and what it proves."""
    found, names = comparisons.results(dataset, runs), comparisons.run_names(runs)
    if not found:
        widgets.note("No run has come to its test figures yet, so there is nothing to compare.")
        return
    st.subheader("Right on the test photos", anchor=False)
    widgets.table(table(found, names), "For each run: test photos right, seconds of work, size of the model")
    ready = plain(comparisons.say_ready(found, names))
    st.caption(f"Waiting for a turn and loading the program are not counted as seconds of work. {ready}")
    st.subheader("Which differences are larger than chance?", anchor=False)
    judged = comparisons.verdicts(runs)
    if not judged:
        st.markdown("That can be told as soon as two runs have come to their test figures.")
        return
    whole = all(result.ready is not None and result.ready < 0.01 for result in found) and not any(
        race.is_stopped(job_status(run)) for run in runs
    )  # else the seconds are not those of equals
    quickest = min(found, key=lambda result: result.seconds).run_id if whole else None
    st.markdown(f"**{plain(say_summary(judged, names, quickest))}**")
    _say_pairs(judged, names)
    _how(judged, names)


def _say_pairs(judged: Sequence[Verdict], names: Mapping[str, str]) -> None:
    """The best run against each of the others, and the other pairs that differ by more than chance; many fold away."""
    told, others = with_best(judged), clear_among_others(judged)
    if len(others) <= MOST_PAIRS:
        told += others
    st.markdown("\n".join(f"- {plain(say_verdict(verdict, names))}" for verdict in told))
    if len(others) > MOST_PAIRS:
        with st.expander(f"{len(others)} differences among the others that are larger than chance"):
            _pairs(others, names, "For each pair among the others: photos that only one of the two got right")


def _pairs(judged: Sequence[Verdict], names: Mapping[str, str], said: str) -> None:
    """A table with a row a pair. `said`: what it shows, for those who do not see it."""
    rows = [
        (
            names[verdict.best],
            names[verdict.other],
            f"{verdict.only_best:,}\u00a0:\u00a0{verdict.only_other:,}",
            _say_p(verdict.p),
        )
        for verdict in judged
    ]
    widgets.table(pd.DataFrame(rows, columns=["The better", "The other", "Right in only one", "p"]), said)


def table(found: Sequence[Result], names: Mapping[str, str]) -> pd.DataFrame:
    """A row a run, the best first, as `widgets.table` shows it."""
    rows = []
    for result in found:
        score = say_score(result.correct, result.total, result.low, result.high).replace(" %", "\u00a0%")
        seconds = (
            f"{result.seconds:.1f} ({result.seconds_features:.1f} looking at photos, "
            f"{result.seconds_training:.1f} learning)"
        )
        size = widgets.say_bytes(result.model_bytes) if result.model_bytes else "not packed"
        rows.append((names[result.run_id], score, seconds, size))
    return pd.DataFrame(rows, columns=["Run", "Test photos", "Seconds of work", "Model file"])


def say_summary(judged: Sequence[Verdict], names: Mapping[str, str], quickest: str | None) -> str:
    """What all verdicts come to, in a sentence. `quickest`: the id of the run that took the least time, where that
    can be told."""
    told, clear = with_best(judged), clear_among_others(judged)
    beaten = [names[verdict.other] for verdict in told if verdict.beyond_chance]
    rest = [names[verdict.other] for verdict in told if not verdict.beyond_chance]
    best = names[judged[0].best]
    start = best[:1].upper() + best[1:]
    among = " Among the others, one is." if len(clear) == 1 else f" Among the others, {len(clear)} are."
    if not beaten:
        words = f"No difference from {best} is larger than chance.{among if clear else ''}"
        return f"{words} The quickest was {names[quickest]}." if quickest else words
    if not rest:
        others = "all others" if len(beaten) > 1 else beaten[0]
        return f"{start} is better than {others}, by more than chance."
    return f"{start} is better than {_listed(beaten)} by more than chance, but not than {_listed(rest)}."


def _listed(names: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"; of many only their number."""
    if len(names) > (2 if any("," in name for name in names) else MOST_NAMES):
        return f"{len(names)} others"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _how(judged: Sequence[Verdict], names: Mapping[str, str]) -> None:
    """How chance is judged, for who wants to know it exactly."""
    with st.expander("How chance is judged (McNemar's test)"):
        st.markdown(
            "Only test photos that exactly one of two runs got right can tell them apart. Were both equally good, each "
            "such photo would be a toss of a coin. The probability (p) says how often chance alone tosses as unevenly "
            "as here; up to 0.05 the difference counts as larger than chance."
        )
        _pairs(judged, names, "For each pair: photos that only one of the two got right, and the probability")
        st.caption(
            f"Exact test of McNemar (1947), corrected for {count(len(judged), 'pair')} of runs after Holm (1979). It "
            "speaks of these trained networks and of photos like these; another starting number (seed) can come out "
            "otherwise."
        )


def _say_p(p: float) -> str:
    return "<\u00a00.001" if p < 0.001 else f"{p:.3f}"
