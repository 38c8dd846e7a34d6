"""The task of a classroom in words: what a group may and must do, a line a rule."""

from tlcore.classroom.values import Task
from tlcore.config import STRATEGIES, short_name
from tlcore.messages.quantities import count


def task_rules(task: Task, dataset_name: str = "") -> list[str]:
    """The rules of a task, one sentence each; [] where everything is left to the groups.

    Args:
        dataset_name: of the photos that all groups train on.
    """
    rules = []
    if task.dataset_id:
        name = f": {dataset_name}" if dataset_name else ""
        rules.append(f"All groups train on the same photos{name}.")
    elif task.classes:
        rules.append(f"Collect photos of {_listed(task.classes)}.")
    if task.photos_per_class and not task.dataset_id:
        rules.append(f"Use at most {count(task.photos_per_class, 'photo')} for each class.")
    strategies = tuple(short_name(each) for each in task.strategies if each in STRATEGIES)
    if strategies:
        rules.append(f"Train with {_listed(strategies, 'or')}.")
    if task.runs:
        rules.append(f"Start at most {count(task.runs, 'training')}.")
    return rules


def task_title(task: Task) -> str:
    """The first line of what the teacher wrote, else what a line about the task begins with; "" without a task."""
    first = task.text.strip().partition("\n")[0].strip()
    return first or ("Your task" if task_rules(task) else "")


def _listed(names: tuple[str, ...], word: str = "and") -> str:
    """ "oak", "oak and beech", "oak, beech and maple"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
