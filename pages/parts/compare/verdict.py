"""What came of a comparison: its table, and which differences are larger than chance, in sentences and in figures."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from pages.parts.compare import live
from pages.shared import chrome, drawn, widgets
from pages.shared.widgets import plain
from tlcore.charts import comparison as charts_comparison
from tlcore.charts.comparison import Score
from tlcore.comparison.results import RunResult, load_results, load_verdicts
from tlcore.evaluation.significance import Verdict, clear_among_others, with_best
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.comparisons import ready_message, run_names
from tlcore.messages.quantities import capitalized, count, format_bytes
from tlcore.messages.scores import score_message
from tlcore.messages.verdicts import verdict_message

MOST_PAIRS = 3  # sentences about pairs without the best run; more of them fold away in a table
MOST_NAMES = 3  # names in one sentence, two where they have commas; more are only counted


def show(runs: Sequence[Run]) -> None:
    """What a comparison that has ended proves, then the scores it rests on."""
    found, names = load_results(runs), run_names(runs)
    if not found:
        widgets.note("No run has test results yet, so there is nothing to compare.")
        return
    verdicts = load_verdicts(runs)
    with st.container(key="card_verdict"):
        _finding(verdicts, found, names, runs)
        _scores(found, names)
    st.subheader("Accuracy, time and size", anchor=False)
    widgets.table(table(found, names), "For each run: its test score, seconds of work, size of the model")
    ready = plain(ready_message(found, names))
    st.caption(f"Time spent waiting or starting up is not counted. {ready}")
    if verdicts:
        st.subheader("How sure is this?", anchor=False)
        _pair_messages(verdicts, names)
        _how(verdicts, names)


def _finding(
    verdicts: Sequence[Verdict], found: Sequence[RunResult], names: Mapping[str, str], runs: Sequence[Run]
) -> None:
    """The finding in a sentence; with a single result, that there is none yet."""
    if not verdicts:
        st.markdown("There is a verdict as soon as two runs have test results.")
        return
    trained = [result for result in found if result.is_trained]
    whole = all(result.ready is not None and result.ready < 0.01 for result in trained) and not any(
        live.is_stopped(job_status(run)) for run in runs
    )  # else the seconds are not those of equals
    quickest = min(trained, key=lambda result: result.seconds).run_id if whole and trained else None
    st.subheader(plain(summary_message(verdicts, names)), anchor=False)
    if quickest:
        st.markdown(f"{plain(capitalized(names[quickest]))} was fastest.")


def _scores(found: Sequence[RunResult], names: Mapping[str, str]) -> None:
    """Each run's score as a dot on its likely range."""
    scores = [
        Score(names[result.run_id], result.correct, result.total, result.low, result.high)
        for result in found
        if result.total
    ]
    if scores:
        frame, order = charts_comparison.scores_frame(scores), tuple(names.values())
        finding = charts_comparison.scores_alt_text(scores)
        drawn.chart(charts_comparison.scores_chart, frame, order, chrome.is_dark(), key="scores", description=finding)
        st.caption(f"Test accuracy on the same {count(scores[0].total, 'photo')}, each with its likely range (95%)")


def _pair_messages(verdicts: Sequence[Verdict], names: Mapping[str, str]) -> None:
    """The best run against each of the others, and the other pairs that differ by more than chance; many fold away."""
    shown, others = with_best(verdicts), clear_among_others(verdicts)
    if len(others) <= MOST_PAIRS:
        shown += others
    st.markdown("\n".join(f"- {plain(verdict_message(verdict, names))}" for verdict in shown))
    if len(others) > MOST_PAIRS:
        with st.expander(f"{len(others)} differences among the others that are larger than chance"):
            _pairs(others, names, "For each pair among the others: photos that only one of the two got correct")


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
    widgets.table(pd.DataFrame(rows, columns=["Better", "Other", "Correct in only one", "p"]), description)


def table(found: Sequence[RunResult], names: Mapping[str, str]) -> pd.DataFrame:
    """A row a run, the best first, as `widgets.table` shows it."""
    rows = []
    for result in found:
        score = score_message(result.correct, result.total, result.low, result.high)
        seconds = (
            f"{result.seconds:.1f} ({result.seconds_features:.1f} extracting features, "
            f"{result.seconds_training:.1f} training)"
            if result.is_trained
            else f"{result.seconds:.1f} (combining; nothing is trained)"
        )
        size = format_bytes(result.model_bytes) if result.model_bytes else "not packed"
        rows.append((names[result.run_id], score, seconds, size))
    return pd.DataFrame(rows, columns=["Run", "Test accuracy", "Seconds of work", "Model size"])


def summary_message(verdicts: Sequence[Verdict], names: Mapping[str, str]) -> str:
    """What all verdicts come to, in a sentence without its full stop: it is a heading."""
    of_best, clear = with_best(verdicts), clear_among_others(verdicts)
    beaten = [names[verdict.other] for verdict in of_best if verdict.beyond_chance]
    rest = [names[verdict.other] for verdict in of_best if not verdict.beyond_chance]
    best = capitalized(names[verdicts[0].best])
    if not beaten:
        words = f"No clear winner: the difference{'s' if len(rest) > 1 else ''} could be chance"
        if clear:
            words += f" (among the others, {count(len(clear), 'difference')} could not)"
        return words
    if not rest:
        return f"{best} is better than {'all others' if len(beaten) > 1 else beaten[0]}, by more than chance"
    return f"{best} is better than {_listed(beaten)}. Its lead over {_listed(rest)} could be chance"


def _listed(names: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"; of many only their number."""
    if len(names) > (2 if any("," in name for name in names) else MOST_NAMES):
        return f"{len(names)} others"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _how(verdicts: Sequence[Verdict], names: Mapping[str, str]) -> None:
    """How chance is judged, for who wants to know it exactly."""
    with st.expander("How this is tested (McNemar’s test)"):
        st.markdown(
            "Only test photos that exactly one of two runs got correct can tell them apart. If both were equally good, "
            "each such photo would be a coin toss. The probability (p) is how often chance alone gives a split as "
            "uneven as this one; up to 0.05, the difference counts as larger than chance."
        )
        _pairs(verdicts, names, "For each pair: photos that only one of the two got correct, and the probability")
        st.caption(
            f"Exact McNemar test (1947), corrected for {count(len(verdicts), 'pair')} of runs (Holm 1979). It applies "
            "to these trained models and to photos like these; another random seed can give another result."
        )


def _format_p(p: float) -> str:
    return "<\u00a00.001" if p < 0.001 else f"{p:.3f}"
