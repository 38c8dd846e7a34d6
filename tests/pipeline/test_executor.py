"""Doing a plan: each stage once, a plan before each, and none when nothing is left."""

import pytest

from tests.conftest import finish
from tlcore.config import TrainConfig
from tlcore.events import Planned, StageKey
from tlcore.jobs.store import create_run
from tlcore.models.registry import BUILT_IN
from tlcore.pipeline import executor
from tlcore.pipeline.clock import RunClock
from tlcore.pipeline.eta import Eta
from tlcore.pipeline.rates import Rates
from tlcore.pipeline.stage import Stage
from tlcore.pipeline.timings import timing_names
from tlcore.pipeline.train import Context

DOWNLOAD, FEATURES, HEAD = StageKey.DOWNLOAD, StageKey.EXTRACT_FEATURES, StageKey.TRAIN_HEAD


@pytest.mark.parametrize(
    ("plans", "told", "reason"),
    [
        ([[FEATURES, HEAD], [HEAD]], 1, "all was known at once"),
        ([[DOWNLOAD], [FEATURES, HEAD], [HEAD]], 2, "what follows a download is known when it is there"),
    ],
)
def test_every_stage_is_done_once_and_nothing_is_planned_after_the_last(workspace, monkeypatch, plans, told, reason):
    """A plan opens stores and counts their rows; the one after the last stage would be for nothing."""
    config, done = TrainConfig(), []
    run = create_run(workspace, "none", config, "x")
    context = Context(workspace, run, None, BUILT_IN, config, lambda: False, None)

    def stage(key):
        return Stage(key, 1, 0, lambda _: iter(done.append(key) or ()), open_ended=key == DOWNLOAD)

    coming = iter([[stage(key) for key in keys] for keys in plans])
    monkeypatch.setattr(executor, "build_plan", lambda _: next(coming))
    events, _ = finish(executor.execute(context, Eta(Rates(timing_names(config, BUILT_IN), {}, 1.0)), RunClock(run)))
    assert done == list(dict.fromkeys(key for keys in plans for key in keys))
    assert [type(event) for event in events] == [Planned] * told, reason
