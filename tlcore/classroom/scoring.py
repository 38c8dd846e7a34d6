"""The job that has every group's model predict the hidden test, one group after the other.

A model has to know all classes of the test; where it does not, or cannot be used, its group gets the reason in place of
a score. What is there already stays: a stop or a kill loses the group at work and no other.
"""

import time
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from tlcore.classroom.class_names import class_key
from tlcore.classroom.hidden_test import HiddenScore, load_score, model_of, save_score
from tlcore.classroom.overview import entry_of_group
from tlcore.classroom.store import list_groups, load_classroom
from tlcore.classroom.values import Group
from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import decode_input
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.refusals import PhotoRefused
from tlcore.errors import UserError
from tlcore.events import Event, Finished, Progress, ShouldStop, StageKey, Stopped, never
from tlcore.jobs.pace import least_units
from tlcore.jobs.store import Job, Run
from tlcore.models.litert_runtime import usable_cores
from tlcore.serving.bundle import Bundle, load_bundle
from tlcore.serving.classifiers import Classifiers
from tlcore.workspace import Workspace

NO_MODEL = "This group has no trained model yet."
_STEP = 8  # photos between two events


@dataclass(frozen=True)
class _Entry:
    """What a group hands in."""

    group: Group
    run: Run


def run_scoring(workspace: Workspace, job: Job, should_stop: ShouldStop = never) -> Iterator[Event]:
    """Score the entry of every group of the job's classroom; the last event is Finished with its id, or Stopped.

    Raises:
        UserError: the classroom or its hidden test is gone, or the disk is full.
    """
    start = time.perf_counter()
    classroom = load_classroom(workspace, job.spec["classroom"])
    if not classroom.hidden_test:
        raise UserError("This classroom has no hidden test.", "Choose its photos first.")
    dataset = load_dataset(workspace, classroom.hidden_test)
    entries = []
    for group in list_groups(workspace, classroom.id):
        run = entry_of_group(workspace, group)
        if run is None:
            save_score(workspace, group, _unscored(group, dataset, NO_MODEL))
        else:
            entries.append(_Entry(group, run))
    waiting = [each for each in entries if not _is_scored(workspace, each, dataset)]
    if not (yield from _score_all(workspace, dataset, waiting, len(entries), should_stop)):
        yield Stopped("The groups that were scored keep their scores.")
        return
    yield Finished(classroom.id, time.perf_counter() - start)


def _score_all(
    workspace: Workspace, dataset: Dataset, entries: list[_Entry], total: int, should_stop: ShouldStop
) -> Generator[Event, None, bool]:
    """Score one group after the other; False when stopped. `total`: of groups, those that keep their score included."""
    cached, photos = total - len(entries), len(dataset.photos)
    clock = _Clock(len(entries) * photos)
    yield Progress(StageKey.SCORE, cached, total, cached=cached, unit="groups")
    for number, entry in enumerate(entries):
        scoring = _score(workspace, dataset, entry)
        while True:
            try:
                done = number * photos + next(scoring)
            except StopIteration as end:
                save_score(workspace, entry.group, end.value)
                break
            if should_stop():
                return False
            yield clock.progress(done, cached + number, total, cached)
        yield clock.progress((number + 1) * photos, cached + number + 1, total, cached)
    return True


class _Clock:
    """Reckons the time left by the pace so far: the photos of all groups take about as long."""

    def __init__(self, units: int) -> None:
        self._units, self._start = units, time.perf_counter()

    def progress(self, done: int, groups: int, total: int, cached: int) -> Progress:
        """How far it is when so many photos of all groups are done."""
        passed = time.perf_counter() - self._start
        left = passed / done * (self._units - done) if done >= least_units(self._units) else None
        share = min(0.98, done / self._units) if self._units else None
        both = (left, left) if left is not None else None
        return Progress(StageKey.SCORE, groups, total, left, both, cached, "groups", share)


def _is_scored(workspace: Workspace, entry: _Entry, dataset: Dataset) -> bool:
    """Whether this very model was counted on these very photos."""
    score = load_score(workspace, entry.group)
    return (
        score is not None
        and bool(score.right)
        and (score.run_id, score.model, score.test) == (entry.run.id, model_of(entry.run), test_of(dataset))
    )


def test_of(dataset: Dataset) -> str:
    """What names the photos of a test: the id of their version, and the beginning of its fingerprint."""
    return f"{dataset.id} {dataset.fingerprint[:16]}"


def _score(workspace: Workspace, dataset: Dataset, entry: _Entry) -> Generator[int, None, HiddenScore]:
    """The score of one group; yields how many photos are done."""
    found = _unscored(entry.group, dataset, "", entry.run)
    try:
        bundle = load_bundle(entry.run.folder)
        _check_classes(bundle, dataset)
        classifiers = Classifiers(bundle)
    except UserError as error:
        return replace(found, problem=error.what)
    right = yield from _predict(classifiers, dataset)  # what is wrong with the test itself is not the group's
    learned = _num_learned(workspace, entry.run, bundle, dataset)
    return replace(found, right=right, num_learned=learned, when=time.time())


def _unscored(group: Group, dataset: Dataset, problem: str, run: Run | None = None) -> HiddenScore:
    named = (run.id, model_of(run)) if run is not None else ("", "")
    return HiddenScore(group.id, *named, test=test_of(dataset), problem=problem, when=time.time())


def _check_classes(bundle: Bundle, dataset: Dataset) -> None:
    """Raise UserError where a model does not know a class of the test."""
    known = {*map(class_key, bundle.labels)}
    missing = [label for label in dataset.labels if class_key(label) not in known]
    if missing:
        raise UserError(
            f"The model doesn’t know {', '.join(f'“{label}”' for label in missing)}. "
            f"Its classes are {', '.join(f'“{label}”' for label in bundle.labels)}.",
            "Rename the classes and train again.",
        )


def _predict(classifiers: Classifiers, dataset: Dataset) -> Generator[int, None, tuple[bool, ...]]:
    """For each photo, in the order of the paths, whether the model's first answer is its class."""
    wanted = classifiers.bundle.wanted
    rows = dataset.photos.sort_values("path")[["path", "label"]].astype(str).to_numpy().tolist()

    def is_right(row: list[str]) -> bool:
        try:
            square = decode_input(dataset.read(row[0]), wanted, ACCEPTED)
        except PhotoRefused as refused:
            raise UserError("A photo of the hidden test can’t be read.", "Choose another hidden test.") from refused
        return class_key(classifiers.mine().predict_input(square).label) == class_key(row[1])

    right: list[bool] = []
    with ThreadPoolExecutor(usable_cores()) as pool:
        for first in range(0, len(rows), _STEP):
            right += pool.map(is_right, rows[first : first + _STEP])
            yield len(right)
    return tuple(right)


def _num_learned(workspace: Workspace, run: Run, bundle: Bundle, dataset: Dataset) -> int:
    """How many photos of the test the model has learned from, or chosen its best epoch by."""
    try:
        photos = load_dataset(workspace, run.dataset_id).photos
    except UserError:  # it was deleted
        return 0
    refit = bundle.info.get("refit")
    with_test = isinstance(refit, Mapping) and bool(refit.get("with_test"))
    learned = set(photos["sha256"] if with_test else photos["sha256"][photos["split"] != "test"])
    return int(dataset.photos["sha256"].isin(learned).sum())
