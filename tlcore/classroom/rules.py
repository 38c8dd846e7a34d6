"""What a group may start: whether its classroom is paused, and whether the task allows a training.

The queue asks (`admit`, given to `queue_of`) whenever a job comes into the line, however it came there, so that no page
has to think of it. Pages may ask before, to say no before anything is made. The owner is never asked.
"""

from collections import Counter
from collections.abc import Sequence

from tlcore.classroom.class_names import class_key, same_classes
from tlcore.classroom.started_runs import note_started, started_runs
from tlcore.classroom.store import list_groups, open_classroom
from tlcore.classroom.values import ENSEMBLE, Classroom, Group, Task
from tlcore.config import STRATEGIES, TrainConfig, short_name
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.jobs.store import Job, Run
from tlcore.workspace import Workspace, split_version


def group_by_visitor(workspace: Workspace, visitor: str) -> Group | None:
    """The group of the open classroom that works under this name; None for anybody else."""
    found = _place_of(workspace, visitor)
    return found[1] if found else None


def check_not_paused(workspace: Workspace, visitor: str) -> None:
    """Raise UserError where the classroom of this group is paused.

    Args:
        visitor: the name under which the group works; "" for the owner, whom nobody pauses.
    """
    found = _place_of(workspace, visitor)
    if found is not None:
        _check_not_paused(found[0])


def check_run(workspace: Workspace, visitor: str, dataset: Dataset, config: TrainConfig) -> None:
    """Before a training is made: raise UserError where the task of the open classroom does not allow it.

    Args:
        visitor: the name under which the group works; "" for the owner, who may do anything.
    """
    check_runs(workspace, visitor, dataset, [config])


def check_runs(workspace: Workspace, visitor: str, dataset: Dataset | None, configs: Sequence[TrainConfig]) -> None:
    """As `check_run`, for trainings that are started together: all of them, or none.

    Args:
        dataset: None where the photos are still to be changed: then only the rest is checked.
    """
    found = _place_of(workspace, visitor)
    if found is None:
        return
    classroom, group = found
    _check_not_paused(classroom)
    if dataset is not None:
        _check_dataset(workspace, classroom, dataset.id, dataset)
    for config in configs:
        _check_strategy(classroom.task, config.strategy)
    _check_number(classroom.task, len(started_runs(workspace, group)), len(configs))


def admit(job: Job, by_owner: bool) -> None:
    """Let a job into the line, and count it where it is a group's training; the line is held.

    Args:
        by_owner: whether the owner asks for it, whosever it is.

    Raises:
        UserError: the classroom is paused, or its task does not allow this training.
    """
    workspace = job.workspace
    found = None if by_owner else _place_of(workspace, job.visitor)
    if found is None:
        return
    classroom, group = found
    _check_not_paused(classroom)
    if not isinstance(job, Run):
        return
    _check_dataset(workspace, classroom, job.dataset_id)
    _check_strategy(classroom.task, ENSEMBLE if job.ensemble is not None else job.config.strategy)
    if job.ensemble is None:
        started = started_runs(workspace, group)
        if job.id not in started:  # what is continued or restarted was counted when it was new
            _check_number(classroom.task, len(started), 1)
            note_started(workspace, group, job.id)


def _place_of(workspace: Workspace, visitor: str) -> tuple[Classroom, Group] | None:
    """The open classroom and the group that works under this name."""
    classroom = open_classroom(workspace) if visitor else None
    groups = list_groups(workspace, classroom.id) if classroom is not None else []
    group = next((each for each in groups if each.visitor == visitor), None)
    return (classroom, group) if classroom is not None and group is not None else None


def _check_not_paused(classroom: Classroom) -> None:
    if classroom.is_paused:
        raise UserError("Your teacher has paused the classroom.", "Try again when the pause is over.")


def _check_dataset(workspace: Workspace, classroom: Classroom, dataset_id: str, dataset: Dataset | None = None) -> None:
    """Whether the task allows these photos. `dataset`: those of `dataset_id`, where they were read already."""
    task, folder = classroom.task, split_version(dataset_id)[0]
    if folder == split_version(classroom.hidden_test)[0]:  # no page shows them; whoever guessed the id learns nothing
        raise UserError("These photos can’t be used in this classroom.", "Use your group’s own photos.")
    if task.dataset_id and folder != split_version(task.dataset_id)[0]:
        raise UserError(
            "These are not the photos of the task.", "Use the photos of the task, which your group finds beside it."
        )
    if task.classes or task.photos_per_class:
        photos = dataset if dataset is not None else load_dataset(workspace, dataset_id)
        _check_classes(task, photos)
        _check_number_of_photos(task, photos)


def _check_classes(task: Task, dataset: Dataset) -> None:
    if task.classes and not same_classes(task.classes, dataset.labels):
        there, wanted = {*map(class_key, dataset.labels)}, {*map(class_key, task.classes)}
        missing = [name for name in task.classes if class_key(name) not in there]
        strange = [name for name in dataset.labels if class_key(name) not in wanted]
        fixes = [f"Add photos of {_quoted(missing)}."] * bool(missing)
        fixes += [f"Rename or delete {_quoted(strange)}."] * bool(strange)
        raise UserError(
            f"Your classes are {_quoted(dataset.labels)}; the task asks for {_quoted(task.classes)}.", " ".join(fixes)
        )


def _check_number_of_photos(task: Task, dataset: Dataset) -> None:
    most, numbers = task.photos_per_class, Counter(dataset.photos["label"])
    over = [f"“{label}” has {numbers[label]:,}" for label in dataset.labels if most and numbers[label] > most]
    if over:
        raise UserError(
            f"The task allows {most:,} photos a class: {', '.join(over)}.", "Leave some photos out, then train."
        )


def _check_strategy(task: Task, strategy: str) -> None:
    if not task.strategies or strategy in task.strategies:
        return
    what = "Combining models" if strategy == ENSEMBLE else f"Training with {_strategy_name(strategy)}"
    allowed = [_strategy_name(each) for each in task.strategies]
    raise UserError(f"{what} is not part of the task.", f"Use {' or '.join(allowed)}.")


def _check_number(task: Task, started: int, new: int) -> None:
    if not task.runs or started + new <= task.runs:
        return
    left = max(0, task.runs - started)
    allowed = f"The task allows {task.runs:,} training{'s' if task.runs != 1 else ''}"
    if left:
        raise UserError(f"{allowed}, and your group has {left:,} left; these are {new:,}.", "Choose fewer.")
    raise UserError(f"{allowed}, and your group has used them.", "Choose the best model you have trained.")


def _strategy_name(strategy: str) -> str:
    return "an ensemble" if strategy == ENSEMBLE else short_name(strategy) if strategy in STRATEGIES else strategy


def _quoted(names: Sequence[str]) -> str:
    """ "“cat”, “dog” and “bird”" """
    quoted = [f"“{name}”" for name in names]
    return " and ".join([", ".join(quoted[:-1])] * (len(quoted) > 1) + quoted[-1:])
