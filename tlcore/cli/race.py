"""The command `race`, or `compare`: several strategies and networks on the same photos, one after the other."""

import argparse
import sys
import traceback
from dataclasses import fields
from typing import Any

from tlcore.api.comparison import STRATEGIES as COMPARED
from tlcore.api.comparison import ComparisonResult, make_configs, run_comparison
from tlcore.api.progress_bars import ProgressBars
from tlcore.cli.common import SOURCES, Subparsers, add_layout, add_setting, answer, given_settings, read_dataset
from tlcore.comparison.results import RunResult
from tlcore.config import STRATEGIES, TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.evaluation.significance import LEVEL, clear_among_others, with_best
from tlcore.events import Event, Failed
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.comparisons import ready_message
from tlcore.messages.scores import score_message
from tlcore.messages.terminal import printable, printable_lines
from tlcore.messages.verdicts import verdict_message
from tlcore.models.registry import BUILT_IN
from tlcore.worker.handlers import check_trainer
from tlcore.workspace import Workspace

CHOSEN = ",".join(COMPARED)


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "race", aliases=["compare"], parents=[common], help="compare strategies and networks on the same photos"
    )
    parser.add_argument("path", help=f"a folder, zip or tar with one folder per class, {SOURCES}")
    parser.add_argument("--name", help="name of the data set")
    add_layout(parser)
    parser.add_argument(
        "--strategies",
        default=CHOSEN,
        metavar="A,B",
        help=f"strategies to compare: {', '.join(STRATEGIES)} (default {CHOSEN})",
    )
    parser.add_argument(
        "--backbones",
        default=BUILT_IN.name,
        metavar="X,Y",
        help=f"networks to compare, as listed by `backbones`, or several joined by “+” (default {BUILT_IN.name})",
    )
    for option in fields(TrainConfig):
        if option.name not in ("strategy", "backbone"):
            add_setting(parser, option)
    parser.set_defaults(command=_race)


def _race(workspace: Workspace, options: argparse.Namespace) -> int:
    configs = make_configs(_names(options.strategies), _names(options.backbones), given_settings(options), workspace)
    check_trainer()
    with ProgressBars() as bars:
        dataset = read_dataset(workspace, options, configs[0].seed, bars.show)

        def listen(event: Event) -> None:
            bars.show(event)
            if isinstance(event, Failed):
                print(printable(f"{event.what} {event.fix}"), file=sys.stderr)

        found, outcomes = run_comparison(
            workspace, dataset, configs, listen, on_run=lambda name: print(printable(f"{name}:"), file=sys.stderr)
        )
    for _, bug in outcomes:
        if bug is not None:
            print(printable_lines("".join(traceback.format_exception(bug)).rstrip()), file=sys.stderr)
    if not found.results:
        return _exit_code(found)
    answer(options, "\n".join(_lines(found)), _values(found, dataset))
    return _exit_code(found)


def _names(given: str) -> list[str]:
    """The names in a list with commas."""
    return [name.strip() for name in given.split(",") if name.strip()]


def _exit_code(found: ComparisonResult) -> int:
    if found.failures:
        return 1 if any(failed.bug for failed in found.failures.values()) else 2
    return 130 if found.stopped else 0


def _lines(found: ComparisonResult) -> list[str]:
    """What a person reads: a line a run, the verdicts on pairs of them, and what the times leave out."""
    names = found.names
    wide = max(len(names[result.run_id]) for result in found.results)
    lines = [
        f"{names[result.run_id]:<{wide}}  {score_message(result.correct, result.total, result.low, result.high)}  "
        f"{result.seconds:.1f} s ({result.seconds_features:.1f} s features, {result.seconds_training:.1f} s training)"
        + (f"  {result.model_bytes / 1e6:.1f} MB" if result.model_bytes else "")
        for result in found.results
    ]
    lines += [
        f"{verdict_message(verdict, names)} (p = {verdict.p:.2g})"
        for verdict in [*with_best(found.verdicts), *clear_among_others(found.verdicts)]
    ]
    ready = ready_message(found.results, names)
    return [*lines, *([ready] if ready else []), f"Race {found.id}"]


def _values(found: ComparisonResult, dataset: Dataset) -> dict[str, Any]:
    """What a program reads. Runs stand in the order in which they ran; verdicts are for all pairs, in `compare`'s."""
    by_run, names = {result.run_id: result for result in found.results}, found.names
    return {
        "race": found.id,
        "dataset": dataset.id,
        "level": LEVEL,
        "runs": [_run_values(run, names[run.id], by_run.get(run.id)) for run in found.runs],
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
            for verdict in found.verdicts
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
