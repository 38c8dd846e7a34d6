"""What came of the runs of a comparison, read off their folders: test figures, times, and who is better than whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.evaluation.report import load_report
from tlcore.evaluation.significance import Verdict, compare
from tlcore.events import EpochEnd, Event, Planned
from tlcore.jobs.attempts import EARLIER, num_earlier_attempts
from tlcore.jobs.event_log import read_events
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.serving.bundle import FOLDER, NETWORKS


@dataclass(frozen=True)
class RunResult:
    """What a run of a comparison came to.

    Attributes:
        correct, total, low, high: test photos, and the 95% interval of their share (Wilson), 0–1.
        seconds: of work, of which `seconds_features` to extract features and `seconds_training` to learn.
        ready: the share (0–1) of what it had to extract that an earlier run had left on disk; None where nobody knows.
        model_bytes: size of the model file; None while it is not packed.
        is_trained: whether it was trained; an ensemble was not.
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
    is_trained: bool = True


def load_results(runs: Sequence[Run]) -> list[RunResult]:
    """What came of the runs that have test figures, the best first."""
    found = [_result(run) for run in runs]
    return sorted((result for result in found if result is not None), key=lambda result: -result.correct)


def _result(run: Run) -> RunResult | None:
    """The result of a run; None while it has no test figures."""
    status = job_status(run)
    evaluated = status.evaluated
    if evaluated is None or not status.usable:
        return None
    report = load_report(run.folder)
    files = [path for name in NETWORKS if (path := run.folder / FOLDER / name).is_file()]
    return RunResult(
        run_id=run.id,
        correct=report.correct,
        total=report.total,
        low=report.low,
        high=report.high,
        seconds=evaluated.seconds,
        seconds_features=evaluated.seconds_features,
        seconds_training=evaluated.seconds_training,
        ready=_share_ready(run),
        model_bytes=files[0].stat().st_size if files else None,
        is_trained=run.ensemble is None,
    )


def load_verdicts(runs: Sequence[Run]) -> list[Verdict]:
    """Every pair of the runs that have test figures, by their ids, those with the best run first; see `compare`.

    Raises:
        UserError: they were not tested on the same photos.
    """
    return compare({run.id: load_report(run.folder).predictions for run in runs if job_status(run).usable})


def _share_ready(run: Run) -> float | None:
    """The share of what the run had to extract that was on disk before it; None where nobody can know.

    It is what the run planned when all was certain; later plans count what it computed itself. A plan in which nothing
    is extracted is the one before a download.
    """
    for event in _attempts(run):
        if isinstance(event, Planned) and all(stage.certain for stage in event.stages):
            needed = sum(stage.total * stage.num_outputs for stage in event.stages)
            cached = sum(stage.cached * stage.num_outputs for stage in event.stages)
            if needed:
                return cached / needed
    return None  # stopped before, or done by an earlier version


def _attempts(run: Run) -> list[Event]:
    """The events of a run's last attempt and of those that it continues: it begins with the epochs of those."""
    events = earlier = read_events(run)
    for attempt in range(num_earlier_attempts(run), 0, -1):
        if not earlier or not isinstance(earlier[0], EpochEnd):
            break
        earlier = read_events(run, EARLIER.format(attempt))
        events = earlier + events
    return events
