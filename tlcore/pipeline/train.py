"""What a training run does, from photos to a checked bundle, as one generator of events [TF].

The order is the user's: the test figures come first (`Evaluated`). Then the model file is made and checked against
them, and only what passed is written, so that nobody ever predicts with a file that was not checked. Where somebody
has corrected photos meanwhile, and the training on them waits, that comes first: the model is left to be saved later.
"""

import logging
import time
from collections.abc import Generator, Iterator
from typing import TypeVar

from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.evaluation.cross_validation import remove_cross_validation
from tlcore.evaluation.report import make_report, predictions_frame, save_report
from tlcore.events import Evaluated, Event, Finished, ShouldStop, Stopped
from tlcore.features.store import MOST_REPAIRS, DamagedRows
from tlcore.features.training_memory import check_training_memory
from tlcore.jobs.attempts import can_finish, can_resume, take_back_figures
from tlcore.jobs.line import Line
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.jobs.worker_memory import memory_limit
from tlcore.models.backbones import find_backbone
from tlcore.models.open_backbone import open_backbone
from tlcore.pipeline.clock import RunClock
from tlcore.pipeline.context import Context, Halted, TrainedModel
from tlcore.pipeline.embedding import write_embedding
from tlcore.pipeline.estimate import estimate_seconds
from tlcore.pipeline.eta import Eta
from tlcore.pipeline.executor import execute
from tlcore.pipeline.familiarity import learn_familiarity
from tlcore.pipeline.finishing import complete
from tlcore.pipeline.fold_time import plan_folds
from tlcore.pipeline.head_stages import head_model
from tlcore.pipeline.packaging import Package, package, withdraw_bundle
from tlcore.pipeline.rates import Rates, num_products
from tlcore.pipeline.timings import load_timings, save_timings, timing_names
from tlcore.pipeline.unpacked import Unpacked, discard_unpacked, load_unpacked, save_unpacked
from tlcore.settings import load_limits
from tlcore.workspace import Workspace

POSTPONED = "Training on its corrections came first."
Result = TypeVar("Result")
_log = logging.getLogger(__name__)


def train_run(workspace: Workspace, run: Run, should_stop: ShouldStop) -> Iterator[Event]:
    """Do a run: its plan, then figures, check and bundle. Its last event is Finished or Stopped.

    One that has its figures already, and ended before its model was packed, only packs it.

    Raises:
        UserError: photos, weights or disk do not allow it, or the packed model does not answer like the figures.
    """
    context = make_context(workspace, run, should_stop)
    eta = _eta(context)
    unpacked = load_unpacked(context)
    if unpacked is None:
        check_training_memory(context.config, context.spec, memory_limit(load_limits(workspace)))
        discard_unpacked(run)  # what cannot be read helps nobody
        if job_status(run).evaluated is not None:
            take_back_figures(run)
        try:
            context, unpacked = yield from _learn(context, eta)
        except Halted as halted:
            yield Stopped(halted.kept)
            return
    elif job_status(run).evaluated is None:
        yield unpacked.evaluated
    start, line = time.perf_counter(), Line(workspace)
    for event in _finish(context, unpacked, eta):
        yield event
        if not job_status(run).predicts and line.has_correction_of(run) and can_finish(run):
            yield Stopped(POSTPONED)
            return
    save_timings(workspace, eta.measured())
    yield Finished(run.id, unpacked.evaluated.seconds + time.perf_counter() - start, unpacked.stopped)
    discard_unpacked(run)


def _finish(context: Context, unpacked: Unpacked, eta: Eta) -> Iterator[Event]:
    """From the figures to the model, with the time left."""
    completed = yield from complete(context, unpacked.model, unpacked.stopped, eta)
    for event in write_embedding(context, completed.model):
        yield eta.update(event)
    familiarity = yield from _passed_on(learn_familiarity(context, completed), eta)
    contents = Package(context.dataset, context.spec, context.config, completed, familiarity, context.precision)
    for event in package(context.run, contents):
        yield eta.update(event)


def _passed_on(work: Generator[Event, None, Result], eta: Eta) -> Generator[Event, None, Result]:
    """Do work that gives events, with the time left in them."""
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
        yield eta.update(event)


def _eta(context: Context) -> Eta:
    """What tells the time left of a run, from the moment it was begun."""
    rates = Rates(
        timing_names(context.config, context.spec),
        load_timings(context.workspace),
        num_products(context.spec, context.config.image_size),
    )
    started = job_status(context.run).started
    ago = time.time() - started if started else 0.0
    first = None if can_resume(context.run) else estimate_seconds(context.workspace, context.dataset, context.config)
    folds = plan_folds(context.dataset, context.config)
    return Eta(rates, len(context.dataset.part("test")), ago, first, folds)


def _learn(context: Context, eta: Eta) -> Generator[Event, None, tuple[Context, Unpacked]]:
    """Do the plan and test what came of it; figures and what was learned are on disk when the figures are reported.

    Raises:
        Halted: stopped before anything was learned.
    """
    run, should_stop, clock = context.run, context.should_stop, RunClock(context.run)
    context, trained = yield from _do_stages(context.workspace, run, should_stop, eta, clock)
    stopped, dataset = should_stop(), context.dataset
    test = dataset.part("test")
    report = make_report(predictions_frame(test, trained.test_probabilities, dataset.labels), dataset.labels)
    remove_cross_validation(run.folder)
    withdraw_bundle(run.folder)  # of an earlier attempt: a model never stands beside the figures of another one
    save_report(run.folder, report)
    total = clock.elapsed
    evaluated = Evaluated(report.correct, report.total, total, total - clock.training, clock.training)
    unpacked = Unpacked(trained, evaluated, stopped)
    try:
        save_unpacked(run, unpacked)
    except UserError:  # a full disk: the figures are there, and there may yet be room for the model
        discard_unpacked(run)
    yield eta.update(evaluated)
    return context, unpacked


def _do_stages(
    workspace: Workspace, run: Run, should_stop: ShouldStop, eta: Eta, clock: RunClock
) -> Generator[Event, None, tuple[Context, TrainedModel]]:
    """The stages of a run. Where rows on the disk turn out damaged, they were dropped, and it goes through them again.

    That computes what was dropped and takes the rest from the disk, as a run does that is continued after a kill.
    """
    repairs = 0
    while True:
        context = make_context(workspace, run, should_stop)
        try:
            yield from execute(context, eta, clock)
            return context, _trained(context)
        except DamagedRows as error:
            repairs += 1
            if repairs > MOST_REPAIRS:
                raise
            _log.warning("%s They will be recomputed.", error.what)


def make_context(workspace: Workspace, run: Run, should_stop: ShouldStop) -> Context:
    """Everything that the stages of a run need.

    Raises:
        UserError: its data set is gone, or its network is not known.
    """
    config = run.config
    spec = find_backbone(config.backbone, workspace)
    backbone = open_backbone(workspace, spec, config.image_size)
    return Context(workspace, run, load_dataset(workspace, run.dataset_id), spec, config, should_stop, backbone)


def _trained(context: Context) -> TrainedModel:
    """What came of the stages: the network that adapted, else the head on the frozen one."""
    if context.trained is not None:
        return context.trained
    if context.head is None:
        raise RuntimeError("A run came to its end without having learned anything.")
    return head_model(context, context.head)
