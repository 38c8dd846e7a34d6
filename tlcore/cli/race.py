"""The terminal's command `race`: several strategies and networks on the same photos, one after the other, compared.

It prints and returns exit codes like the other commands of __main__.py, which hooks it in.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from tlcore.cli.common import add_option, ctrl_c_stops, find_dataset, finish, tell, train_config, without_chatter
from tlcore.cli.progress import Bars
from tlcore.comparison.results import RunResult, load_results, load_verdicts
from tlcore.comparison.store import Comparison, check_number, create_comparison, runs_of
from tlcore.config import STRATEGIES, TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.data.samples import SAMPLES
from tlcore.evaluation.significance import LEVEL, Verdict, clear_among_others, with_best
from tlcore.events import Failed, Stopped
from tlcore.jobs.queue import NOT_BEGUN
from tlcore.jobs.status import job_status
from tlcore.jobs.store import EventLog, Run, stop_requested
from tlcore.messages.comparisons import ready_message, run_names
from tlcore.messages.scores import score_message
from tlcore.messages.verdicts import verdict_message
from tlcore.models.registry import BUILT_IN, find_backbone
from tlcore.worker.handlers import load_trainer, work
from tlcore.workspace import Workspace

CHOSEN = "feature-extraction,hybrid"


def add_race(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the subparsers of the terminal; the arguments are those of `add_commands`."""
    race = commands.add_parser("race", parents=[common], help="compare strategies and networks on the same photos")
    race.add_argument(
        "path",
        help="folder or zip of class folders, a data set's id, or one of: "
        + ", ".join(sample.key for sample in SAMPLES),
    )
    race.add_argument("--name", help="what the data set is called")
    race.add_argument(
        "--strategies", default=CHOSEN, metavar="A,B", help=f"some of: {', '.join(STRATEGIES)}. Default {CHOSEN}."
    )
    race.add_argument(
        "--backbones",
        default=BUILT_IN.name,
        metavar="X,Y",
        help=f"networks, as `backbones` lists them. Default {BUILT_IN.name}.",
    )
    for option in fields(TrainConfig):
        if option.name not in ("strategy", "backbone"):
            add_option(race, option)
    race.set_defaults(command=_race)


def configs_of(options: argparse.Namespace) -> list[TrainConfig]:
    """The settings of each run: every strategy with every network, the given settings over each strategy's defaults.

    Raises:
        UserError: an unknown strategy or network, too few or too many of them, or a setting that is not allowed.
    """
    names = [
        list(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
        for given in (options.backbones, options.strategies)
    ]
    configs = [
        train_config(options, strategy=strategy, backbone=find_backbone(backbone).name)
        for backbone in names[0]
        for strategy in names[1]
    ]
    check_number(len(configs))
    return configs


def _race(workspace: Workspace, options: argparse.Namespace) -> int:
    configs = configs_of(options)
    with Bars() as bars:
        dataset = finish(find_dataset(workspace, options.path, options.name, configs[0].seed), bars)
    with without_chatter():
        load_trainer()  # takes seconds; the clocks are for the work
    race = create_comparison(workspace, dataset.id, configs, dataset.name)
    runs = runs_of(workspace, race)
    code = _work(workspace, runs)
    found, judged = load_results(runs), load_verdicts(runs)
    if not found:
        return code
    names = run_names(runs)
    tell(options, "\n".join(_lines(race, found, judged, names)), _values(race, dataset, runs, found, judged))
    return code


def _work(workspace: Workspace, runs: Sequence[Run]) -> int:
    """Do the runs one after the other; a stop ends the current one and leaves out the rest. Returns the exit code."""
    code, names, stopped = 0, run_names(runs), False
    for run in runs:
        if stopped:
            EventLog(run).write(Stopped(NOT_BEGUN))
            continue
        print(f"{names[run.id]}:", file=sys.stderr)
        with Bars() as bars, ctrl_c_stops(run):
            last = work(workspace, run, bars.show)
        if isinstance(last, Failed):
            print(f"{last.what} {last.fix}", file=sys.stderr)
            code = 1 if last.bug or code == 1 else 2
        stopped = stop_requested(run)()
    return 130 if stopped and not code else code


def _lines(race: Comparison, found: Sequence[RunResult], judged: Sequence[Verdict], names: dict[str, str]) -> list[str]:
    """What a person reads: a line a run, what is to be said of pairs of them, and how to take the times."""
    wide = max(len(names[result.run_id]) for result in found)
    lines = [
        f"{names[result.run_id]:<{wide}}  {score_message(result.correct, result.total, result.low, result.high)}  "
        f"{result.seconds:.1f} s ({result.seconds_features:.1f} looking, {result.seconds_training:.1f} learning)"
        + (f"  {result.model_bytes / 1e6:.1f} MB" if result.model_bytes else "")
        for result in found
    ]
    lines += [
        f"{verdict_message(verdict, names)} (p = {verdict.p:.2g})"
        for verdict in [*with_best(judged), *clear_among_others(judged)]
    ]
    ready = ready_message(found, names)
    return [*lines, *([ready] if ready else []), f"Race {race.id}"]


def _values(
    race: Comparison, dataset: Dataset, runs: Sequence[Run], found: Sequence[RunResult], judged: Sequence[Verdict]
) -> dict[str, Any]:
    """What a program reads. Runs stand in the order in which they ran; verdicts are for all pairs, in `compare`'s."""
    by_run, names = {result.run_id: result for result in found}, run_names(runs)
    return {
        "race": race.id,
        "dataset": dataset.id,
        "level": LEVEL,
        "runs": [_run_values(run, names[run.id], by_run.get(run.id)) for run in runs],
        "verdicts": [
            {
                "best": verdict.best,
                "other": verdict.other,
                "only_best": verdict.only_best,
                "only_other": verdict.only_other,
                "p": verdict.p,
                "beyond_chance": verdict.beyond_chance,
                "sentence": verdict_message(verdict, names),
            }
            for verdict in judged
        ],
    }


def _run_values(run: Run, name: str, result: RunResult | None) -> dict[str, Any]:
    values = {
        "run": run.id,
        "name": name,
        "strategy": run.config.strategy,
        "backbone": run.config.backbone,
        "state": job_status(run).state,
    }
    if result is None:
        return values
    return values | {
        "test_correct": result.correct,
        "test_total": result.total,
        "test_interval_95": [result.low, result.high],
        "seconds": result.seconds,
        "seconds_features": result.seconds_features,
        "seconds_training": result.seconds_training,
        "ready": result.ready,
        "model_bytes": result.model_bytes,
    }
