"""Doing a plan: one stage after the other, planning again before each, its events passed on with the time left."""

from collections.abc import Iterator
from dataclasses import replace

from tlcore.events import EpochEnd, Event, Planned, Progress, StageKey
from tlcore.jobs.attempts import can_resume
from tlcore.jobs.status import job_status
from tlcore.pipeline.clock import RunClock
from tlcore.pipeline.context import Context, Halted
from tlcore.pipeline.eta import Eta
from tlcore.pipeline.plan import build_plan
from tlcore.pipeline.stage import Stage


def execute(context: Context, eta: Eta, clock: RunClock) -> Iterator[Event]:
    """Do all stages of a run; what comes of them is in the context.

    A stop while the network adapts leaves the head's result.

    Raises:
        Halted: stopped before anything was learned.
        UserError: photos, weights, memory or disk do not allow it.
    """
    described = False
    with context.held:
        try:
            while True:
                if context.config.fine_tunes:  # the plan builds the network, or converts it: seconds
                    yield eta.update(Progress(StageKey.PREPARE, 0, 1))
                if not (stages := build_plan(context)):
                    return
                if not described:
                    yield Planned(tuple(stage.describe() for stage in stages))
                    described = all(stage.certain and not stage.open_ended for stage in stages)
                model = context.fine_tune_model
                eta.expect(stages, model.share_below if model else 0.0)
                yield from _do(stages[0], context, eta, clock)
                context.done.add(stages[0].key)
                if len(stages) == 1 and not stages[0].open_ended:
                    return
        except Halted:
            if context.head is None:
                raise


def _do(stage: Stage, context: Context, eta: Eta, clock: RunClock) -> Iterator[Event]:
    """Do a stage. Its epochs become those of the whole run; epochs that an earlier attempt reported are kept back."""
    reported = _reported(context) if stage.key == StageKey.TRAIN_HEAD else 0
    clock.begin()
    for event in stage.run(context):
        event = eta.update(event)
        if isinstance(event, EpochEnd) or (isinstance(event, Progress) and stage.key == StageKey.FINE_TUNE):
            clock.count_training()
        if isinstance(event, EpochEnd):
            if stage.key == StageKey.TRAIN_HEAD:
                context.epochs_done = max(context.epochs_done, event.epoch)
                if context.config.fine_tunes:
                    event = replace(event, epochs=event.epochs + context.config.fine_tune_epochs)
            event = replace(event, elapsed=clock.elapsed)
        if not (isinstance(event, EpochEnd) and event.epoch <= reported):
            yield event
        clock.begin()


def _reported(context: Context) -> int:
    """The last epoch of the head that an earlier attempt reported; it may have ended before the head was done."""
    if not can_resume(context.run):
        return 0
    return max((end.epoch for end in job_status(context.run).epochs if end.phase == "head"), default=0)
