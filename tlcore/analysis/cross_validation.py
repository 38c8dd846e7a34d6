"""Testing every photo of a finished run once, on request: what came of it goes into the run's folder [TF]."""

import time
from collections.abc import Generator, Iterator
from dataclasses import replace

from tlcore.analysis.network_folds import cross_validate_network
from tlcore.errors import UserError
from tlcore.evaluation.cross_validation import cross_validation_info, save_cross_validation
from tlcore.events import Event, Finished, Progress, ShouldStop, StageKey, Stopped, never
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, load_run
from tlcore.pipeline.context import Context, Halted
from tlcore.pipeline.cross_validation import cross_validate_heads
from tlcore.pipeline.fold_predictions import Outcome
from tlcore.pipeline.fold_time import plan_folds
from tlcore.pipeline.rates import Rates, num_products
from tlcore.pipeline.timings import load_timings, timing_names
from tlcore.pipeline.train import make_context
from tlcore.serving.bundle import FOLDER, add_cross_validation
from tlcore.training.head import HeadTrainer
from tlcore.workspace import Workspace

KEPT = "Your model is unchanged."


def run_cross_validation(workspace: Workspace, job: Job, should_stop: ShouldStop = never) -> Iterator[Event]:
    """Do the cross-validation of a run. Ends with Finished (the run's id) or Stopped.

    Raises:
        UserError: the run or its photos are gone, or they cannot be dealt into folds.
    """
    start = time.perf_counter()
    run = load_run(workspace, job.spec["run"])
    context = make_context(workspace, run, should_stop)
    if not fold_count(context):
        raise UserError(
            "There are too few photos to test each of them once.",
            "Every class needs at least two that don’t belong together.",
        )
    try:
        folds = cross_validate_network(context, job.folder) if run.config.fine_tunes else _heads(context)
        outcome = yield from folds
    except Halted:
        outcome = None
    if outcome is None:
        yield Stopped(KEPT)
        return
    save_cross_validation(run.folder, outcome.found)
    if job_status(run).predicts:
        add_cross_validation(run.folder / FOLDER, cross_validation_info(outcome.found))
    yield Finished(run.id, time.perf_counter() - start)


def fold_count(context: Context) -> int:
    """How many folds its photos can be dealt into; 0 where none."""
    return plan_folds(context.dataset, context.config).work.folds


def _heads(context: Context) -> Generator[Event, None, Outcome | None]:
    """The heads of a frozen network, with the share and the time left of the whole job."""
    rates = Rates(
        timing_names(context.config, context.spec),
        load_timings(context.workspace),
        num_products(context.spec, context.config.image_size),
    )
    seconds = plan_folds(context.dataset, context.config).seconds(rates)
    work = cross_validate_heads(context, HeadTrainer(len(context.dataset.labels), context.config))
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            outcome: Outcome | None = end.value
            return outcome
        yield _overall(event, seconds) if isinstance(event, Progress) else event


def _overall(event: Progress, seconds: tuple[float, float]) -> Progress:
    """Features that are missing come first and count as a half, in which nobody knows the time of the second."""
    done = event.done / max(1, event.total)
    if event.stage == StageKey.EXTRACT_FEATURES:
        return replace(event, share=done / 2)
    left = event.seconds_left
    span = (left, left) if left is not None else tuple(end * (1 - done) for end in seconds)
    return replace(event, share=0.5 + done / 2, left=(span[0], span[1]))
