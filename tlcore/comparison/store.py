"""A race: runs on the same photos with the same split, so that ways of learning can be compared.

A race is a note about ordinary runs (`races/<id>/race.json`). They wait in the queue, stop, are continued and survive a
kill like any others, and all that is told of a race is read off their folders.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tlcore.config import TrainConfig, short_name
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.evaluation.report import load_report
from tlcore.evaluation.significance import Verdict, compare
from tlcore.events import EpochEnd, Event, Planned
from tlcore.jobs.status import job_status
from tlcore.jobs.store import EARLIER, Run, create_run, load_run, num_earlier_attempts, read_events
from tlcore.models.registry import find_backbone
from tlcore.serving.bundle import FOLDER, MODEL
from tlcore.workspace import Workspace, disk_error, new_id, read_json, write_json

RACES, RACE = "races", "race.json"
FEWEST, MOST = 2, 12  # runs; more than a dozen lines cannot be told apart in one chart
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")


@dataclass(frozen=True)
class Comparison:
    """What `race.json` says. `created`: Unix seconds; `run_ids` in the order in which they were put into the queue."""

    id: str
    folder: Path
    name: str
    created: float
    dataset_id: str
    run_ids: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """What a run of a race came to.

    Attributes:
        correct, total, low, high: test photos, and the 95 % interval of their share (Wilson), 0–1.
        seconds: of work, of which `seconds_features` to look at the photos and `seconds_training` to learn.
        ready: the share (0–1) of what it had to look at that an earlier run had left on disk.
        model_bytes: size of the model file; None while it is not packed.
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


def create_comparison(workspace: Workspace, dataset_id: str, configs: Sequence[TrainConfig], name: str) -> Comparison:
    """Make the runs of a race, one for each config, and the note about them; whoever works on them queues them.

    Raises:
        UserError: too few or too many, or the disk says no.
    """
    check_number(len(configs))
    created = time.time()
    folder = workspace.root / RACES / new_id(time.strftime("%Y%m%d-%H%M", time.localtime(created)))
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise disk_error(folder, error) from error
    run_ids = [create_run(workspace, dataset_id, config, name).id for config in configs]
    write_json(folder / RACE, {"name": name, "created": created, "dataset": dataset_id, "runs": run_ids})
    return load_comparison(workspace, folder.name)


def check_number(number: int) -> None:
    """Raise UserError unless so many runs can race."""
    if number < FEWEST:
        raise UserError(
            "Received: one run. A race needs two." if number else "Received: nothing to compare.",
            "Choose two strategies, or two networks, or more.",
        )
    if number > MOST:
        raise UserError(f"Received: {number} runs.", f"Allowed: at most {MOST}. Choose fewer strategies or networks.")


def load_comparison(workspace: Workspace, race_id: str) -> Comparison:
    """The race of this id, which may come from a URL.

    Raises:
        UserError: there is no such race in the workspace.
    """
    unknown = UserError(
        f"There is no race “{race_id[:80]}” here.", "It may have been deleted, or the address may be incomplete."
    )
    if not _ID.fullmatch(race_id):
        raise unknown
    folder = workspace.root / RACES / race_id
    try:
        values = read_json(folder / RACE)
        return Comparison(race_id, folder, values["name"], values["created"], values["dataset"], tuple(values["runs"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unknown from error


def list_comparisons(workspace: Workspace) -> list[Comparison]:
    """All races, newest first; folders that are not whole are passed over."""
    races, parent = [], workspace.root / RACES
    for folder in parent.iterdir() if parent.is_dir() else ():
        try:
            races.append(load_comparison(workspace, folder.name))
        except UserError:
            continue
    return sorted(races, key=lambda race: race.created, reverse=True)


def runs_of(workspace: Workspace, race: Comparison) -> list[Run]:
    """The runs of a race in their order, without those that somebody deleted.

    Raises:
        UserError: none is left.
    """
    runs = []
    for run_id in race.run_ids:
        try:
            runs.append(load_run(workspace, run_id))
        except UserError:
            continue
    if not runs:
        raise UserError(f"The runs of the race “{race.id}” were deleted.", "Start another race.")
    return runs


def run_names(runs: Sequence[Run]) -> dict[str, str]:
    """What the runs of a race are called, by their ids: by what differs between them, and never two alike."""
    titles = {run.id: _title(run) for run in runs}
    strategies = {run.id: short_name(run.config.strategy) for run in runs}
    if len(set(titles.values())) == 1:
        names = strategies
    elif len(set(strategies.values())) == 1:
        names = titles
    else:
        names = {run.id: f"{titles[run.id]}, {strategies[run.id]}" for run in runs}
    told = list(names.values())
    return {
        run_id: name if told.count(name) == 1 else f"{name} {told[: place + 1].count(name)}"
        for place, (run_id, name) in enumerate(names.items())
    }


def _title(run: Run) -> str:
    try:
        return find_backbone(run.config.backbone).title
    except UserError:  # a network that another version knew
        return run.config.backbone


def results(dataset: Dataset, runs: Sequence[Run]) -> list[Result]:
    """What came of the runs that have test figures, the best first. `dataset`: that of the runs."""
    found = []
    for run in runs:
        status = job_status(run)
        if status.usable:
            report, took = load_report(run.folder), status.evaluated
            model = run.folder / FOLDER / MODEL
            found.append(
                Result(
                    run.id,
                    report.correct,
                    report.total,
                    report.low,
                    report.high,
                    took.seconds,
                    took.seconds_features,
                    took.seconds_training,
                    _share_ready(run),
                    model.stat().st_size if model.exists() else None,
                )
            )
    return sorted(found, key=lambda result: -result.correct)


def _share_ready(run: Run) -> float | None:
    """The share of what the run had to extract that was on disk before it; None where nobody can know.

    It is what the run planned when all was certain; later plans count what it computed itself.
    """
    for event in _attempts(run):
        if isinstance(event, Planned) and all(stage.certain for stage in event.stages):
            needed = sum(stage.total * stage.num_outputs for stage in event.stages)
            cached = sum(stage.cached * stage.num_outputs for stage in event.stages)
            return cached / needed if needed else 1.0
    return None  # stopped before, or done by an earlier version


def _attempts(run: Run) -> list[Event]:
    """The events of a run's last attempt and of those that it continues: it begins with the epochs that they told."""
    events = told = read_events(run)
    for attempt in range(num_earlier_attempts(run), 0, -1):
        if not told or not isinstance(told[0], EpochEnd):
            break
        told = read_events(run, EARLIER.format(attempt))
        events = told + events
    return events


def verdicts(runs: Sequence[Run]) -> list[Verdict]:
    """Every pair of the runs that have test figures, by their ids, those with the best run first; see `compare`.

    Raises:
        UserError: they were not tested on the same photos.
    """
    return compare({run.id: load_report(run.folder).predictions for run in runs if job_status(run).usable})


def say_ready(results: Sequence[Result], names: Mapping[str, str]) -> str:
    """Which runs did not look at the photos themselves, so that nobody takes their time for more than it is; or ""."""
    groups = {
        "all": [names[result.run_id] for result in results if result.ready and result.ready > 0.99],
        "a part": [names[result.run_id] for result in results if result.ready and 0.01 < result.ready <= 0.99],
    }
    return " ".join(
        f"{_capital_list(told)} found {share} of what the network sees in the photos ready on disk, left by the "
        "look for the advice or by an earlier run; without that it takes longer."
        for share, told in groups.items()
        if told
    )


def _capital_list(words: Sequence[str]) -> str:
    """ "A", "A and b", "A, b and c"."""
    text = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    return text[:1].upper() + text[1:]
