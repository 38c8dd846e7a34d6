"""What came of the runs of a comparison, read off their folders: test figures, times, and who is better than whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.data.manifest import Dataset
from tlcore.evaluation.report import load_report
from tlcore.evaluation.significance import Verdict, compare
from tlcore.events import EpochEnd, Event, Progress
from tlcore.jobs.status import job_status
from tlcore.jobs.store import EARLIER, Run, num_earlier_attempts, read_events
from tlcore.serving.bundle import FOLDER, MODEL

LOOKS = {"feature-extraction": 1, "hybrid": 2, "fine-tuning": 2, "scratch": 1}
"""For how many things a strategy goes through all photos before it learns: the features of the head, and what enters
the open part (activations or decoded photos). What lies on disk already is passed over."""
SERVES = {"features": 1, "read": 1, "both": 2}
"""For how many of these a stage is."""


@dataclass(frozen=True)
class RunResult:
    """What a run of a comparison came to.

    Attributes:
        correct, total, low, high: test photos, and the 95 % interval of their share (Wilson), 0–1.
        seconds: of work, of which `seconds_features` to extract features and `seconds_training` to learn.
        ready: the share (0–1) of what it had to extract that an earlier run had left on disk; None where nobody knows.
        model_bytes: size of the model file; None while it is not packed.
    """

    run_id: str
    correct: int
    total: int
    low: float
    high: float
    seconds: float
    seconds_features: float
    seconds_training: float
    ready: float | None
    model_bytes: int | None


def load_results(dataset: Dataset, runs: Sequence[Run]) -> list[RunResult]:
    """What came of the runs that have test figures, the best first. `dataset`: that of the runs."""
    found = [_result(dataset, run) for run in runs]
    return sorted((result for result in found if result is not None), key=lambda result: -result.correct)


def _result(dataset: Dataset, run: Run) -> RunResult | None:
    """The result of a run; None while it has no test figures."""
    status = job_status(run)
    evaluated = status.evaluated
    if evaluated is None or not status.usable:
        return None
    report, model = load_report(run.folder), run.folder / FOLDER / MODEL
    return RunResult(
        run_id=run.id,
        correct=report.correct,
        total=report.total,
        low=report.low,
        high=report.high,
        seconds=evaluated.seconds,
        seconds_features=evaluated.seconds_features,
        seconds_training=evaluated.seconds_training,
        ready=_share_ready(dataset, run),
        model_bytes=model.stat().st_size if model.exists() else None,
    )


def load_verdicts(runs: Sequence[Run]) -> list[Verdict]:
    """Every pair of the runs that have test figures, by their ids, those with the best run first; see `compare`.

    Raises:
        UserError: they were not tested on the same photos.
    """
    return compare({run.id: load_report(run.folder).predictions for run in runs if job_status(run).usable})


def _share_ready(dataset: Dataset, run: Run) -> float | None:
    """The share of what the run had to extract that was on disk; a stage begins by telling how many photos it lacks.

    None where it was stopped before it had to look again, so that nobody can know.
    """
    if run.config.fine_tunes and not any(epoch.phase == "fine_tune" for epoch in job_status(run).epochs):
        return None
    looked = sum(
        event.total * SERVES[event.stage]
        for event in _attempts(run)
        if isinstance(event, Progress) and event.stage in SERVES and event.done == 0
    )
    needed = LOOKS[run.config.strategy] * int(dataset.photos["sha256"].nunique())
    return min(1.0, max(0.0, 1 - looked / max(1, needed)))


def _attempts(run: Run) -> list[Event]:
    """The events of a run's last attempt and of those that it continues: it begins with the epochs of those."""
    events = earlier = read_events(run)
    for attempt in range(num_earlier_attempts(run), 0, -1):
        if not earlier or not isinstance(earlier[0], EpochEnd):
            break
        earlier = read_events(run, EARLIER.format(attempt))
        events = earlier + events
    return events
