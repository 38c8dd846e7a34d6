"""Comparing strategies and networks: runs on the same photos, one after the other, and which difference is real."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import pandas as pd

from tlcore import config
from tlcore.api.arguments import WorkspaceLike, make_config, take_backbone, take_layout
from tlcore.api.datasets import DataLike, place_of, take_dataset
from tlcore.api.progress_bars import showing
from tlcore.api.training import check_outcome, run_interruptibly
from tlcore.comparison.results import RunResult, load_results, load_verdicts
from tlcore.comparison.store import check_number, create_comparison, runs_of
from tlcore.config import TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.evaluation.significance import Verdict
from tlcore.events import Event, Failed, Stopped
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.line import NOT_BEGUN
from tlcore.jobs.store import Run, stop_requested
from tlcore.messages.comparisons import run_names
from tlcore.models.backbones import find_backbone
from tlcore.models.registry import BUILT_IN, possible_strategies
from tlcore.worker.handlers import check_trainer, load_trainer
from tlcore.workspace import Workspace

STRATEGIES = ("feature-extraction", "hybrid")
"""What is compared where nothing else is asked for."""


@dataclass(frozen=True, repr=False)
class ComparisonResult:
    """What a comparison came to.

    Attributes:
        id: that of the comparison; the Compare page shows it under this id.
        names: what each run is called, by its id, in the order in which they ran.
        runs: the runs with their settings, in that order.
        results: the runs that have test figures, the best first.
        verdicts: every pair of these: `best` and `other` (run ids), `p` (0–1, corrected for the number of pairs), and
            `beyond_chance`, whether the difference is larger than chance.
        failures: why a run failed, by its id.
        stopped: whether a Ctrl-C left out some of it.
    """

    id: str
    names: Mapping[str, str]
    runs: tuple[Run, ...]
    results: tuple[RunResult, ...]
    verdicts: tuple[Verdict, ...]
    failures: Mapping[str, Failed]
    stopped: bool

    def to_frame(self) -> pd.DataFrame:
        """A row a run that has test figures, the best first, under its id: name, strategy, backbone, correct, total,
        accuracy, low and high (0–1, 95%), seconds, seconds_features, seconds_training, model_bytes."""
        configs = {run.id: run.config for run in self.runs}
        rows = [
            {
                "run": result.run_id,
                "name": self.names[result.run_id],
                "strategy": configs[result.run_id].strategy,
                "backbone": configs[result.run_id].backbone,
                "correct": result.correct,
                "total": result.total,
                "accuracy": result.correct / result.total if result.total else 0.0,
                "low": result.low,
                "high": result.high,
                "seconds": result.seconds,
                "seconds_features": result.seconds_features,
                "seconds_training": result.seconds_training,
                "model_bytes": result.model_bytes,
            }
            for result in self.results
        ]
        return pd.DataFrame(rows).set_index("run") if rows else pd.DataFrame()

    def __repr__(self) -> str:
        scores = [f"{self.names[result.run_id]}: {result.correct} of {result.total}" for result in self.results]
        failed = [f"{self.names[run_id]}: failed" for run_id in self.failures]
        return f"ComparisonResult({'; '.join(scores + failed)})"


def compare(
    data: DataLike,
    strategies: Sequence[str] = STRATEGIES,
    backbones: Sequence[str | Sequence[str]] = (BUILT_IN.name,),
    *,
    layout: str = "",
    labels: str | PathLike[str] = "",
    encoding: str = "",
    workspace: WorkspaceLike = None,
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
    **settings: Any,
) -> ComparisonResult:
    """Train every strategy with every network on the same photos, and report which differences are larger than chance.

    Ctrl-C ends the run that is being worked on, keeps what it has learned, and leaves out the rest.

    Args:
        data: a `Dataset`, or what `load_dataset` takes.
        strategies, backbones: what to compare: 2 to 12 runs. A network may be several at once, as for `train`. A
            strategy that is not possible with a network is left out with it.
        layout, labels, encoding, workspace, progress, on_event, settings: as for `train`; settings go over each
            strategy's own defaults.

    Returns:
        Results, verdicts and `to_frame()`. A run that failed has its reason in `failures`.

    Raises:
        UserError: too few or too many runs, a wrong setting, or no run gave a model; then the reason of the first.
        TrainingStopped: stopped before anything was learned; it is a KeyboardInterrupt.
        TrainingError: a fault of the program, in every run.
    """
    place = place_of(data, workspace)
    configs, chosen = make_configs(strategies, backbones, settings, place), take_layout(layout, labels)
    check_trainer()
    with showing(progress, on_event) as show:
        place, dataset = take_dataset(data, place, configs[0].seed, show, chosen, encoding)
        found, outcomes = run_comparison(place, dataset, configs, show)
    if not found.results:
        check_outcome(*outcomes[0])
    return found


def make_configs(
    strategies: Sequence[str], backbones: Sequence[str | Sequence[str]], settings: dict[str, Any], workspace: Workspace
) -> list[TrainConfig]:
    """The settings of each run: every strategy with every network that it is possible with, once.

    Raises:
        UserError: an unknown strategy, network or setting, a value that is not allowed, too few or too many runs.
    """
    configs, chosen = [], _each(strategies)
    specs = [find_backbone(take_backbone(backbone), workspace) for backbone in _each(backbones)]
    for spec in {spec.name: spec for spec in specs}.values():
        impossible = set(config.STRATEGIES) - set(possible_strategies(spec))
        fitting = [
            each for each in chosen if each not in impossible
        ] or chosen  # where none is, what is refused says why
        configs += [make_config(strategy, spec.name, settings, workspace) for strategy in fitting]
    check_number(len(configs))
    return configs


def _each(names: Sequence[Any]) -> list[Any]:
    """The names without those that are there twice; a single string is one name, not its letters."""
    if isinstance(names, str):
        return [names]
    return [name for place, name in enumerate(names) if name not in names[:place]]


def run_comparison(
    workspace: Workspace,
    dataset: Dataset,
    configs: Sequence[TrainConfig],
    on_event: Callable[[Event], object],
    on_run: Callable[[str], object] = lambda name: None,
) -> tuple[ComparisonResult, list[tuple[Event, Exception | None]]]:
    """Do the runs of a comparison one after the other.

    Args:
        on_run: is called with a run's name before it begins.

    Returns:
        What it came to, and how each run that was begun ended, as `run_interruptibly` returns it.

    Raises:
        UserError: the disk is full or cannot be written.
        KeyboardInterrupt: at the second Ctrl-C; and what the callbacks raise.
    """
    load_trainer(quietly=True)  # takes seconds; the clocks of the runs are for the work
    comparison = create_comparison(workspace, dataset.id, configs, dataset.name)
    runs = runs_of(workspace, comparison)
    names, stopped = run_names(runs), False
    outcomes: list[tuple[Event, Exception | None]] = []
    failures: dict[str, Failed] = {}
    for run in runs:
        if stopped:
            EventLog(run).write(Stopped(NOT_BEGUN))
            continue
        on_run(names[run.id])
        outcomes.append(run_interruptibly(workspace, run, on_event))
        last, _ = outcomes[-1]
        if isinstance(last, Failed):
            failures[run.id] = last
        stopped = stop_requested(run)()
    found = tuple(load_results(runs))
    judged = tuple(load_verdicts(runs)) if found else ()
    return ComparisonResult(comparison.id, names, tuple(runs), found, judged, failures, stopped), outcomes
