"""What a training run does, from photos to a checked bundle, as one generator of events [TF].

The order is the user's: the test figures come first (`Evaluated`), then a bundle that Predict can use, and only then
the check of the packed file against the figures and the Keras file for those who go on working with it.
"""

import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

from tlcore.config import TrainConfig
from tlcore.data.manifest import load_dataset
from tlcore.evaluation.report import make_report, predictions_frame, save_report
from tlcore.events import EpochEnd, Evaluated, Event, Finished, Progress, ShouldStop, Stopped
from tlcore.jobs.store import Run, can_resume, read_events
from tlcore.models.registry import find_backbone
from tlcore.pipeline import fine_tune_inputs as open_rows
from tlcore.pipeline import fine_tune_stages as open_phase
from tlcore.pipeline import head_stages as frozen_phase
from tlcore.pipeline.context import Halted, Network, Result, Task
from tlcore.pipeline.eta import Amount, Eta, Series
from tlcore.pipeline.packaging import Trained, pack
from tlcore.pipeline.timings import load_timings, names_of, save_timings
from tlcore.workspace import Workspace


def train_run(workspace: Workspace, run: Run, should_stop: ShouldStop) -> Iterator[Event]:
    """Do a run: features, head, open part, figures, bundle, check. Its last event is Finished or Stopped.

    Raises:
        UserError: photos, weights or disk do not allow it, or the packed model does not answer like the figures.
    """
    start = time.perf_counter()
    dataset, config = load_dataset(workspace, run.dataset_id), run.config
    task = Task(workspace, run, dataset, find_backbone(config.backbone), config, should_stop)
    clock = _Clock(start, run)
    try:
        result = yield from _learn(task, clock)
        save_timings(workspace, clock.measured())
    except Halted as halted:
        yield Stopped(halted.kept)
        return
    stopped = should_stop()
    test = dataset.part("test")
    report = make_report(predictions_frame(test, result.test_probabilities, dataset.labels), dataset.labels)
    save_report(run.folder, report)
    total = clock.elapsed
    yield Evaluated(report.correct, report.total, total, total - clock.training, clock.training)
    trained = Trained(dataset, task.spec, config, report, result.best_epoch, result.make_tflite, result.save_keras)
    yield from pack(run, trained, should_stop)
    yield Finished(run.id, clock.elapsed, stopped)


def _learn(task: Task, clock: "_Clock") -> Generator[Event, None, Result]:
    """The phases of the strategy.

    Raises:
        Halted: stopped before anything was learned.
    """
    if not task.config.fine_tunes:
        yield from frozen_phase.fetch_weights(task)
        clock.expect(task, frozen_phase.missing(task), 0.0)
        return frozen_phase.result(task, (yield from clock.count(frozen_phase.learn_head(task), task.config)))
    network = yield from open_phase.prepare(task)
    if photos := open_phase.to_measure(task, network):
        clock.expect(task, open_rows.before_measuring(task, network, len(photos)), network.work_below)
        network = yield from clock.count(open_phase.measure(task, network, photos), task.config)
        task = replace(task, frozen=network.frozen)
    with open_rows.held(task, network):
        yield from _look(task, network, clock)
        return (yield from _open(task, network, clock))


def _look(task: Task, network: Network, clock: "_Clock") -> Generator[Event, None, None]:
    """Tell what is to come, and look at the photos that one look can do for both phases."""
    both = open_rows.file_for_both(task, network)
    clock.expect(task, open_rows.missing(task, network, both is not None), network.work_below)
    if both is not None:
        yield from clock.count(open_rows.look_at_both(task, network, both), task.config)


def _open(task: Task, network: Network, clock: "_Clock") -> Generator[Event, None, Result]:
    """The head, where there is one to begin with, and the open part. A stop there leaves the result of the first."""
    head = None
    if task.config.strategy != "scratch":
        again = can_resume(task.run)  # the head's epochs were told already, and come out the same
        head = yield from clock.count(frozen_phase.learn_head(task), task.config, silent=again)
    try:
        return (yield from clock.count(open_phase.adapt(task, network, head, clock.epochs), task.config))
    except Halted:
        if head is None:
            raise
        return frozen_phase.result(task, head)


class _Clock:
    """Counts the epochs that went by and the time that went into them, that of a run that is continued included."""

    def __init__(self, start: float, run: Run) -> None:
        told = {event.epoch: event for event in read_events(run) if isinstance(event, EpochEnd)}
        earlier = list(told.values()) if can_resume(run) else []
        self._rounds = sum(event.phase == "fine_tune" for event in earlier)
        self._outlook: Eta | None = None
        self._measured: dict[str, float] = {}  # by an earlier outlook of this run
        self.epochs, self.training = 0, sum(event.seconds for event in earlier)
        elapsed = max((event.elapsed for event in earlier), default=0.0)
        self._start = start - max(elapsed, self.training)  # older files do not tell what had elapsed
        self._last = start

    @property
    def elapsed(self) -> float:
        """Seconds of work on this run until now."""
        return time.perf_counter() - self._start

    def expect(self, task: Task, coming: list[Series], work_below: float) -> None:
        """From here on every event is told how long the run still takes; called again when more is known."""
        self._measured = self.measured()
        rounds = task.config.fine_tune_epochs - self._rounds if task.config.fine_tunes else 0
        amount = Amount(coming, len(task.part("train")[0]), rounds, work_below)
        self._outlook = Eta(task.config, names_of(task.config), load_timings(task.workspace), amount)

    def measured(self) -> dict[str, float]:
        """The paces of this run, for later ones."""
        return self._measured | (self._outlook.measured() if self._outlook else {})

    def count(
        self, phase: Generator[Event, None, Any], config: TrainConfig, silent: bool = False
    ) -> Generator[Event, None, Any]:
        """Pass a phase's events on, its epochs as epochs of the whole run; the time before each counts as training.

        Args:
            silent: keep the epochs to oneself.
        """
        while True:
            self._last = time.perf_counter()
            try:
                event = next(phase)
            except StopIteration as end:
                return end.value
            event = self._outlook.tell(event) if self._outlook else event
            if isinstance(event, EpochEnd) or (isinstance(event, Progress) and event.stage == "learn"):
                self.training += time.perf_counter() - self._last
            if isinstance(event, EpochEnd):
                self.epochs = max(self.epochs, event.epoch)
                if silent:
                    continue
                if config.fine_tunes and event.phase == "head":
                    event = replace(event, epochs=event.epochs + config.fine_tune_epochs)
                event = replace(event, elapsed=self.elapsed)
            yield event
