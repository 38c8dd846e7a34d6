"""What came of a comparison: its table, and which differences are larger than chance, in sentences and in figures."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from pages.parts.compare import live
from pages.shared import widgets
from pages.shared.widgets import plain
from tlcore.comparison.results import RunResult, load_results, load_verdicts
from tlcore.data.manifest import Dataset
from tlcore.evaluation.significance import Verdict, clear_among_others, with_best
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.comparisons import ready_message, run_names
from tlcore.messages.quantities import capitalized, count, format_bytes
from tlcore.messages.scores import score_message
from tlcore.messages.verdicts import verdict_message

MOST_PAIRS = 3  # sentences about pairs without the best run; more of them fold away in a table
MOST_NAMES = 3  # names in one sentence, two where they have commas; more are only counted


def show(dataset: Dataset, runs: Sequence[Run]) -> None:
    """The table of a comparison that has ended, and what it proves."""
    found, names = load_results(runs), run_names(runs)
    if not found:
        widgets.note("No run has come to its test figures yet, so there is nothing to compare.")
        return
    st.subheader("Right on the test photos", anchor=False)
    widgets.table(table(found, names), "For each run: test photos right, seconds of work, size of the model")
    ready = plain(ready_message(found, names))
    st.caption(f"Waiting for a turn and loading the program are not counted as seconds of work. {ready}")
    st.subheader("Which differences are larger than chance?", anchor=False)
    verdicts = load_verdicts(runs)
    if not verdicts:
        st.markdown("That can be told as soon as two runs have come to their test figures.")
        return
    whole = all(result.ready is not None and result.ready < 0.01 for result in found) and not any(
        live.is_stopped(job_status(run)) for run in runs
    )  # else the seconds are not those of equals
    quickest = min(found, key=lambda result: result.seconds).run_id if whole else None
    st.markdown(f"**{plain(summary_message(verdicts, names, quickest))}**")
    _pair_messages(verdicts, names)
    _how(verdicts, names)


def _pair_messages(verdicts: Sequence[Verdict], names: Mapping[str, str]) -> None:
    """The best run against each of the others, and the other pairs that differ by more than chance; many fold away."""
    shown, others = with_best(verdicts), clear_among_others(verdicts)
    if len(others) <= MOST_PAIRS:
        shown += others
    st.markdown("\n".join(f"- {plain(verdict_message(verdict, names))}" for verdict in shown))
    if len(others) > MOST_PAIRS:
        with st.expander(f"{len(others)} differences among the others that are larger than chance"):
            _pairs(others, names, "For each pair among the others: photos that only one of the two got right")


def _pairs(verdicts: Sequence[Verdict], names: Mapping[str, str], description: str) -> None:
    """A table with a row a pair. `description`: what it shows, for those who do not see it."""
    rows = [
        (
            names[verdict.best],
            names[verdict.other],
            f"{verdict.only_best:,}\u00a0:\u00a0{verdict.only_other:,}",
            _format_p(verdict.p),
        )
        for verdict in verdicts
    ]
    widgets.table(pd.DataFrame(rows, columns=["The better", "The other", "Right in only one", "p"]), description)


def table(found: Sequence[RunResult], names: Mapping[str, str]) -> pd.DataFrame:
    """A row a run, the best first, as `widgets.table` shows it."""
    rows = []
    for result in found:
        score = score_message(result.correct, result.total, result.low, result.high)
        seconds = (
            f"{result.seconds:.1f} ({result.seconds_features:.1f} looking at photos, "
            f"{result.seconds_training:.1f} learning)"
        )
        size = format_bytes(result.model_bytes) if result.model_bytes else "not packed"
        rows.append((names[result.run_id], score, seconds, size))
    return pd.DataFrame(rows, columns=["Run", "Test photos", "Seconds of work", "Model file"])


def summary_message(verdicts: Sequence[Verdict], names: Mapping[str, str], quickest: str | None) -> str:
    """What all verdicts come to, in a sentence. `quickest`: the id of the run that took the least time, where that
    can be told."""
    of_best, clear = with_best(verdicts), clear_among_others(verdicts)
    beaten = [names[verdict.other] for verdict in of_best if verdict.beyond_chance]
    rest = [names[verdict.other] for verdict in of_best if not verdict.beyond_chance]
    best = names[verdicts[0].best]
    start = capitalized(best)
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


def _how(verdicts: Sequence[Verdict], names: Mapping[str, str]) -> None:
    """How chance is judged, for who wants to know it exactly."""
    with st.expander("How chance is judged (McNemar's test)"):
        st.markdown(
            "Only test photos that exactly one of two runs got right can tell them apart. Were both equally good, each "
            "such photo would be a toss of a coin. The probability (p) says how often chance alone tosses as unevenly "
            "as here; up to 0.05 the difference counts as larger than chance."
        )
        _pairs(verdicts, names, "For each pair: photos that only one of the two got right, and the probability")
        st.caption(
            f"Exact test of McNemar (1947), corrected for {count(len(verdicts), 'pair')} of runs after Holm (1979). It "
            "speaks of these trained networks and of photos like these; another starting number (seed) can come out "
            "otherwise."
        )


def _format_p(p: float) -> str:
    return "<\u00a00.001" if p < 0.001 else f"{p:.3f}"
