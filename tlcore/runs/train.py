"""What a training run does, from photos to a checked bundle, as one generator of events [TF].

The order is the user's: the test figures come first (`Evaluated`), then a bundle that Predict can use, and only then
the check of the packed file against the figures and the Keras file for those who go on working with it.
"""

import time
from collections.abc import Generator, Iterator
from typing import Any

from tlcore.data.manifest import load_dataset
from tlcore.evaluation.report import make_report, predictions_frame, save_report
from tlcore.events import EpochEnd, Evaluated, Event, Finished, ShouldStop, Stopped
from tlcore.models.registry import find_backbone
from tlcore.runs import frozen_phase, open_phase
from tlcore.runs.pack import Trained, pack
from tlcore.runs.store import Run
from tlcore.runs.task import Halted, Task
from tlcore.workspace import Workspace


def train_run(workspace: Workspace, run: Run, should_stop: ShouldStop) -> Iterator[Event]:
    """Do a run: features, head, open part, figures, bundle, check. Its last event is Finished or Stopped.

    Raises:
        UserError: photos, weights or disk do not allow it, or the packed model does not answer like the figures.
    """
    start = time.perf_counter()
    dataset, config = load_dataset(workspace, run.dataset_id), run.config
    task = Task(workspace, run, dataset, find_backbone(config.backbone), config, should_stop)
    clock = _Clock(start)
    try:
        head = None
        if config.strategy != "scratch":
            head = yield from clock.count(frozen_phase.learn_head(task))
        if config.opens:
            result = yield from clock.count(open_phase.adapt(task, head, clock.epochs))
        else:
            result = frozen_phase.result(task, head)
    except Halted as halted:
        yield Stopped(halted.kept)
        return
    stopped = should_stop()
    test = dataset.part("test")
    report = make_report(predictions_frame(test, result.test_probabilities, dataset.labels), dataset.labels)
    save_report(run.folder, report)
    total = time.perf_counter() - start
    yield Evaluated(report.correct, report.total, total, total - clock.training, clock.training)
    trained = Trained(dataset, task.spec, config, report, result.best_epoch, result.make_tflite, result.save_keras)
    yield from pack(run, trained, should_stop)
    yield Finished(run.id, time.perf_counter() - start, stopped)


class _Clock:
    """Counts the epochs that went by and the time that went into them."""

    def __init__(self, start: float) -> None:
        self.epochs, self.training = 0, 0.0
        self._last = start

    def count(self, phase: Generator[Event, None, Any]) -> Generator[Event, None, Any]:
        """Pass a phase's events on; the time before an EpochEnd counts as training."""
        while True:
            self._last = time.perf_counter()
            try:
                event = next(phase)
            except StopIteration as end:
                return end.value
            if isinstance(event, EpochEnd):
                self.epochs = max(self.epochs, event.epoch)
                self.training += time.perf_counter() - self._last
            yield event
