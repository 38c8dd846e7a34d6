"""The hidden test of a classroom: photos of the owner that no group sees, and how each group's model did on them.

classrooms/<id>/scores/<group>.json     of which model of which run, on which photos, and which of them were correct

Nothing of it is in a run's folder or in `analyses/`, where a group's pages and exports look. The job that counts is
`run_scoring` (scoring.py).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from tlcore.classroom.class_names import has_classes
from tlcore.classroom.hidden_photos import check_unseen
from tlcore.classroom.overview import entry_of_group
from tlcore.classroom.store import FOLDER, change_classroom, list_groups, load_classroom
from tlcore.classroom.values import Classroom, Group
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import current_version
from tlcore.errors import UserError
from tlcore.intervals import wilson_interval
from tlcore.jobs.store import Job, Run, scoring_job
from tlcore.naming import Mark, file_mark
from tlcore.serving.bundle import INFO, bundle_place, network_checksum, read_info
from tlcore.workspace import Workspace, disk_error, is_id, read_json, write_json

SCORES = "scores"


@dataclass(frozen=True)
class HiddenScore:
    """How the model that a group handed in did on the hidden test.

    Attributes:
        run_id: the entry that was scored; "" where the group had none. model: the SHA-256 (hex) of its network.
        test: which photos: the id of the data set's version, and the beginning of its fingerprint.
        right: for each of them, in the order of their paths, whether it was predicted correctly; () where nothing could
            be counted.
        problem: why nothing could be counted, in a sentence; "" where it was.
        num_learned: how many of the photos the model had learned from.
        when: Unix seconds. has_newer: whether the group hands in another model by now.
    """

    group_id: str
    run_id: str = ""
    model: str = ""
    test: str = ""
    right: tuple[bool, ...] = ()
    problem: str = ""
    num_learned: int = 0
    when: float = 0.0
    has_newer: bool = False

    @property
    def correct(self) -> int:
        """Photos that were predicted correctly."""
        return sum(self.right)

    @property
    def total(self) -> int:
        """Photos of the test."""
        return len(self.right)

    @property
    def interval(self) -> tuple[float, float]:
        """The likely range of the accuracy, 0–1."""
        return wilson_interval(self.correct, self.total)


def set_hidden_test(workspace: Workspace, classroom_id: str, dataset_id: str) -> Classroom:
    """Choose the photos that every group's model is judged on; all of them count, whatever part they are in.

    Args:
        dataset_id: of the owner's; the version is taken that is current now. "": no hidden test.

    Raises:
        UserError: the data set is gone, is not the owner's, is that of the task, has fewer than two classes or other
            ones than the task, or a group may see it already.
    """
    classroom = load_classroom(workspace, classroom_id)
    if not dataset_id:
        return change_classroom(workspace, classroom_id, hidden_test="")
    if not is_id(dataset_id):
        raise UserError("This names no data set.", "Choose one of your data sets.")
    current = current_version(workspace, dataset_id)
    dataset = load_dataset(workspace, current)
    if dataset.visitor:
        raise UserError(f"“{dataset.name}” was made by a visitor, who knows it.", "Choose photos of your own.")
    if len(dataset.labels) < 2:
        raise UserError(f"“{dataset.name}” has fewer than two classes.", "Choose photos with two classes or more.")
    asked = classroom.task.classes or _labels(workspace, classroom.task.dataset_id)
    if asked and not has_classes(asked, dataset.labels):
        raise UserError(
            f"“{dataset.name}” has the classes {', '.join(dataset.labels)}; the task asks for {', '.join(asked)}.",
            "Give both the same classes.",
        )
    check_unseen(workspace, classroom, current, dataset.name)
    return change_classroom(workspace, classroom_id, hidden_test=current)


def hidden_labels(workspace: Workspace, classroom: Classroom) -> tuple[str, ...]:
    """The classes of the hidden test; () where there is none, or it is gone."""
    return _labels(workspace, classroom.hidden_test)


def _labels(workspace: Workspace, dataset_id: str) -> tuple[str, ...]:
    try:
        return load_dataset(workspace, dataset_id).labels if dataset_id else ()
    except UserError:
        return ()


def start_scoring(workspace: Workspace, classroom: Classroom) -> Job:
    """The job that scores the entry of every group on the hidden test; put it into the queue with `restart`.

    What was scored before and is the same since is not counted again.

    Raises:
        UserError: there is no hidden test, it is gone, no group has a model yet, or the disk is full.
    """
    if not classroom.hidden_test:
        raise UserError("This classroom has no hidden test.", "Choose its photos first.")
    load_dataset(workspace, classroom.hidden_test)
    groups = list_groups(workspace, classroom.id)
    if not any(entry_of_group(workspace, group) for group in groups):
        raise UserError("No group has a trained model yet.", "Score when the first training has finished.")
    return scoring_job(workspace, classroom.id, classroom.name)


def scores(workspace: Workspace, classroom: Classroom) -> list[HiddenScore]:
    """The scores of the groups on the hidden test of now, in the order in which the groups came; one that was not
    scored yet is not among them."""
    found = []
    for group in list_groups(workspace, classroom.id):
        score = load_score(workspace, group)
        if score is not None and score.test.split(" ")[0] == classroom.hidden_test:
            newer = is_newer(entry_of_group(workspace, group), score)
            found.append(replace(score, has_newer=newer))
    return found


def is_newer(entry: Run | None, score: HiddenScore) -> bool:
    """Whether a group hands in another model than the one that was scored."""
    if entry is None:
        return bool(score.run_id)
    return entry.id != score.run_id or model_of(entry) != score.model


def model_of(run: Run) -> str:
    """The SHA-256 (hex) of the network of a run; "" where it has none (any more)."""
    place = bundle_place(run.folder)
    mark = file_mark(place, INFO)
    return _read_model(run.folder, mark) if mark is not None else ""


@lru_cache(maxsize=256)
def _read_model(folder: Path, _mark: Mark) -> str:
    return str(network_checksum(read_info(folder)).get("sha256", ""))


def load_score(workspace: Workspace, group: Group) -> HiddenScore | None:
    """The score of a group as it was counted; None where it was not, or its file is damaged."""
    path = _file(workspace, group)
    mark = file_mark(path.parent, path.name)
    return _read(path, mark) if mark is not None else None


def save_score(workspace: Workspace, group: Group, score: HiddenScore) -> None:
    """Keep the score of a group. Raises UserError where the disk says no."""
    path = _file(workspace, group)
    values: dict[str, Any] = asdict(score) | {"right": _digits(score.right)}
    del values["group_id"], values["has_newer"]
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise disk_error(path, error) from error
    write_json(path, values)


def _file(workspace: Workspace, group: Group) -> Path:
    return workspace.root / FOLDER / group.classroom_id / SCORES / f"{group.id}.json"


def _digits(right: Sequence[bool]) -> str:
    """ "1101": small, and readable by a person."""
    return "".join("1" if each else "0" for each in right)


@lru_cache(maxsize=256)
def _read(path: Path, _mark: Mark) -> HiddenScore | None:
    try:
        values = read_json(path)
        right = tuple(each == "1" for each in values.pop("right"))
        return HiddenScore(path.stem, right=right, **values)
    except (OSError, ValueError, KeyError, TypeError):
        return None
