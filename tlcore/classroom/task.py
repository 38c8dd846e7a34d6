"""Setting what the groups of a classroom are asked to do: whatever could never be done is refused here."""

from collections import Counter
from dataclasses import replace

from tlcore.classroom.class_names import class_key, has_classes, same_classes
from tlcore.classroom.hidden_test import hidden_labels
from tlcore.classroom.store import change_classroom, load_classroom
from tlcore.classroom.values import ENSEMBLE, Classroom, Task
from tlcore.config import STRATEGIES
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.names import clean_label, clean_text, shorten
from tlcore.data.versions import current_version
from tlcore.errors import UserError
from tlcore.workspace import Workspace, is_id, split_version

MAX_TEXT = 2_000
"""Characters of the text of a task."""

MOST_CLASSES = 50


def set_task(workspace: Workspace, classroom_id: str, task: Task) -> Classroom:
    """Set what the groups are asked to do; they all may see the photos of the task from now on, later ones too.

    Args:
        task: names are cleaned; of its data set the version is taken that is current now.

    Returns:
        The classroom with the task as it is kept.

    Raises:
        UserError: the classroom or the data set is gone, a number or a strategy cannot be, or nobody could do it.
    """
    classroom = load_classroom(workspace, classroom_id)
    kept = replace(task, text=_clean_lines(task.text), classes=_clean_classes(task.classes))
    _check_values(kept)
    classes = kept.classes
    if kept.dataset_id:
        if not is_id(kept.dataset_id):
            raise UserError("This names no data set.", "Choose one of your data sets.")
        if split_version(kept.dataset_id)[0] == split_version(classroom.hidden_test)[0]:
            raise UserError("These photos are the hidden test.", "Choose others for the task: all groups see those.")
        kept = replace(kept, dataset_id=current_version(workspace, kept.dataset_id))
        dataset = load_dataset(workspace, kept.dataset_id)
        _check_photos(kept, dataset)
        classes = dataset.labels
    labels = hidden_labels(workspace, classroom)
    if classes and not has_classes(classes, labels):
        raise UserError(
            f"The hidden test has the classes {', '.join(labels)}; the task has {', '.join(classes)}.",
            "Give both the same classes, or choose another hidden test first.",
        )
    return change_classroom(workspace, classroom_id, task=kept)


def _clean_lines(text: str) -> str:
    """A text in the lines that its writer gave it."""
    return shorten("\n".join(clean_text(line) for line in text.strip().splitlines()), MAX_TEXT)


def _clean_classes(classes: tuple[str, ...]) -> tuple[str, ...]:
    """The names without empty ones, each once."""
    named = [clean_label(name) for name in classes if clean_text(name)]
    return tuple(
        {class_key(name): name for name in reversed(named)}[key] for key in dict.fromkeys(map(class_key, named))
    )


def _check_values(task: Task) -> None:
    if len(task.classes) == 1:
        raise UserError(f"A task needs two classes or more; this has one, {task.classes[0]}.", "Add another class.")
    if len(task.classes) > MOST_CLASSES:
        raise UserError(f"{len(task.classes)} classes are too many.", f"Name {MOST_CLASSES} at most.")
    for number, what in ((task.photos_per_class, "photos a class"), (task.runs, "trainings")):
        if number < 0:
            raise UserError(f"{number} {what} cannot be.", "Give a number, or 0 for no limit.")
    strange = [each for each in task.strategies if each not in (*STRATEGIES, ENSEMBLE)]
    if strange:
        raise UserError(f"There is no strategy “{strange[0]}”.", f"Choose among: {', '.join((*STRATEGIES, ENSEMBLE))}.")


def _check_photos(task: Task, dataset: Dataset) -> None:
    """Whether the photos of a task allow what it asks for."""
    if len(dataset.labels) < 2:
        raise UserError(f"“{dataset.name}” has fewer than two classes.", "Choose photos with two classes or more.")
    if task.classes and not same_classes(task.classes, dataset.labels):
        raise UserError(
            f"“{dataset.name}” has the classes {', '.join(dataset.labels)}, not {', '.join(task.classes)}.",
            "Name no classes: the photos have them.",
        )
    most = max(Counter(dataset.photos["label"]).values())
    if task.photos_per_class and most > task.photos_per_class:
        raise UserError(
            f"A class of “{dataset.name}” has {most:,} photos, and the task allows {task.photos_per_class:,}.",
            "Allow more, or set no limit.",
        )
