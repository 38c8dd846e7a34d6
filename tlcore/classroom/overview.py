"""How each group of a classroom stands, for a page that asks every second: what was read once is not read again."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tlcore.classroom.membership import devices_by_group
from tlcore.classroom.started_runs import started_runs
from tlcore.classroom.store import list_groups
from tlcore.classroom.values import ENSEMBLE, Classroom, Group
from tlcore.data.dataset_list import DatasetSummary, list_datasets
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.intervals import wilson_interval
from tlcore.jobs.line import Line
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.status import OVER, JobStatus, Mark, job_status, mark_of
from tlcore.jobs.store import Job, Run, list_runs, open_job
from tlcore.naming import name_mark
from tlcore.workspace import Workspace, last_used, split_version


@dataclass(frozen=True)
class DatasetState:
    """The photos that a group works on. `photos`: how many each class has, in the order of the classes."""

    id: str
    name: str
    photos: Mapping[str, int]

    @property
    def num_photos(self) -> int:
        """Of all classes."""
        return sum(self.photos.values())


@dataclass(frozen=True)
class RunState:
    """A run of a group.

    Attributes:
        state: as `JobStatus.state`. strategy: of `config.STRATEGIES`, or "ensemble".
        correct, total: of its own test photos; None while there are no figures.
        predicts: whether its model is there.
        position: how many trainings come before it, the one at work included; 0 where it does not wait.
    """

    id: str
    name: str
    state: str
    strategy: str
    created: float
    correct: int | None = None
    total: int | None = None
    predicts: bool = False
    position: int = 0

    @property
    def interval(self) -> tuple[float, float] | None:
        """The likely range of its accuracy, 0–1; None while there are no figures."""
        return wilson_interval(self.correct, self.total) if self.correct is not None and self.total else None


@dataclass(frozen=True)
class GroupState:
    """How a group stands.

    Attributes:
        devices: that work for it. dataset: None while it has no photos. runs: newest first.
        entry: the run that it hands in: what it chose, else its newest one that has a model; None while it has none.
        started: trainings that count for the task. seen: when one of its devices or jobs last did something, Unix
            seconds.
    """

    group: Group
    devices: int
    dataset: DatasetState | None
    runs: tuple[RunState, ...]
    entry: RunState | None
    started: int
    seen: float


def overview(workspace: Workspace, classroom: Classroom) -> list[GroupState]:
    """The groups of a classroom in the order in which they came."""
    groups = list_groups(workspace, classroom.id)
    visitors = {group.visitor for group in groups}
    runs: dict[str, list[Run]] = {}
    for run in list_runs(workspace):
        if run.visitor in visitors:
            runs.setdefault(run.visitor, []).append(run)
    datasets = list_datasets(workspace)
    devices, positions = devices_by_group(workspace, classroom.id), _positions(workspace)
    found = []
    for group in groups:
        mine = runs.get(group.visitor, [])
        states = tuple(_run_state(run, positions) for run in mine)
        used = _dataset_of(datasets, classroom, group, mine)
        here = devices.get(group.id, ())
        times = [group.created, *(each.seen for each in here), *(run.created for run in mine)]
        times += [last_used(workspace.dataset_folder(used.id))] if used and used.visitor == group.visitor else []
        found.append(
            GroupState(
                group,
                len(here),
                _dataset_state(workspace, used) if used is not None else None,
                states,
                choose_entry(group, states),
                len(started_runs(workspace, group)) if classroom.task.runs else len(mine),
                max(times),
            )
        )
    return found


def choose_entry(group: Group, runs: tuple[RunState, ...]) -> RunState | None:
    """The run that a group hands in: what it chose, else its newest one that has a model."""
    ready = [run for run in runs if run.predicts]
    return next((run for run in ready if run.id == group.entry), next(iter(ready), None))


def entry_of_group(workspace: Workspace, group: Group) -> Run | None:
    """The run that a group hands in; None while it has none."""
    mine = {run.id: run for run in list_runs(workspace) if run.visitor == group.visitor}
    chosen = choose_entry(group, tuple(_run_state(run, {}) for run in mine.values()))
    return mine[chosen.id] if chosen is not None else None


def _dataset_of(
    datasets: list[DatasetSummary], classroom: Classroom, group: Group, runs: list[Run]
) -> DatasetSummary | None:
    """The task's photos where it names some, else the newest photos that the group has made."""
    if classroom.task.dataset_id:
        wanted = split_version(classroom.task.dataset_id)[0]
        return next((each for each in datasets if each.folder_id == wanted), None)
    return next((each for each in datasets if each.visitor == group.visitor), None)


def _dataset_state(workspace: Workspace, summary: DatasetSummary) -> DatasetState:
    return DatasetState(summary.id, summary.name, _photos(workspace.root, summary.id, summary.labels))


@lru_cache(maxsize=512)
def _photos(root: Path, dataset_id: str, labels: tuple[str, ...]) -> Mapping[str, int]:
    """How many photos each class of a version has; a version never changes."""
    try:
        numbers = Counter(load_dataset(Workspace(root), dataset_id).photos["label"])
    except UserError:  # damaged, or gone just now
        return dict.fromkeys(labels, 0)
    return {label: int(numbers[label]) for label in labels}


def _positions(workspace: Workspace) -> dict[str, int]:
    """How many trainings come before each one that waits, by its id."""
    line = Line(workspace)
    waiting = [job.id for job in line.waiting("train")]
    if not waiting:
        return {}
    working = sum(is_locked(job.folder / LOCK) for job in line.jobs("train") if job.id not in waiting)
    return {run_id: number + working for number, run_id in enumerate(waiting)}


def _run_state(run: Run, positions: Mapping[str, int]) -> RunState:
    mark = mark_of(run)
    over = _ended(run.folder, mark, name_mark(run.folder)) if mark is not None and run.id not in positions else None
    return over if over is not None else _state(run, job_status(run), positions.get(run.id, 0))


@lru_cache(maxsize=4096)
def _ended(folder: Path, _mark: Mark, _name: object) -> RunState | None:
    """Of a run that is over, which stays so while its events are the same; None for any other."""
    try:
        run = open_job(folder)
    except UserError:
        return None
    status = job_status(run)
    is_over = any(isinstance(each, OVER) for each in (status.finished, status.error, status.stopped))
    return _state(run, status, 0) if is_over else None


def _state(run: Job, status: JobStatus, position: int) -> RunState:
    score, settings = status.evaluated, run.spec["config"]  # as they are: another version may know other values
    return RunState(
        run.id,
        run.name,
        status.state,
        ENSEMBLE if isinstance(run, Run) and run.ensemble is not None else str(settings.get("strategy", "")),
        run.created,
        score.test_correct if score else None,
        score.test_total if score else None,
        status.predicts,
        position,
    )
