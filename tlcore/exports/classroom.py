"""A whole classroom as one zip: for each group its photos in class folders and the model that it handed in, and the
podium as a table.

README.txt, podium.csv
<group>/summary.txt
<group>/photos/<class>/<photo>, labels.csv, changes.csv     as data/export.py writes it; of several, a folder each
<group>/model.zip
hidden-test/<class>/<photo>, …                              where it was asked for

Names of groups and classes become names of folders that every system takes.
"""

import os
import secrets
import zipfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from tlcore.classroom.hidden_test import scores
from tlcore.classroom.overview import GroupState, overview
from tlcore.classroom.podium import Podium, podium
from tlcore.classroom.store import load_classroom
from tlcore.classroom.values import Classroom
from tlcore.data.dataset_list import DatasetSummary, list_datasets
from tlcore.data.export import FileNames, export_files, safe_name
from tlcore.data.manifest import load_dataset
from tlcore.data.names import slug
from tlcore.data.pieces import PieceSink
from tlcore.errors import UserError
from tlcore.events import Progress, ShouldStop, StageKey, never
from tlcore.exports.model_zip import zip_model
from tlcore.jobs.store import load_run
from tlcore.messages.classroom import (
    names_of,
    photos_message,
    podium_lines,
    run_message,
    task_lines,
)
from tlcore.messages.tables import csv_text
from tlcore.workspace import Workspace, disk_error

README, PODIUM, SUMMARY, MODEL, PHOTOS, HIDDEN = (
    "README.txt",
    "podium.csv",
    "summary.txt",
    "model.zip",
    "photos",
    "hidden-test",
)
_STEP = 20  # photos between two events
Member = tuple[str, bytes]
"""A file of the zip: its path with "/", and its content."""


def take_home_name(classroom: Classroom) -> str:
    """What the zip is called by itself: "class-4b-classroom.zip"."""
    return f"{slug(classroom.name)}-classroom.zip"


def take_home(
    workspace: Workspace,
    classroom_id: str,
    target: Path,
    hidden_test: bool = False,
    should_stop: ShouldStop = never,
) -> Generator[Progress, None, Path | None]:
    """Write a classroom to a zip, whole or not at all; yields `Progress`, returns `target`, or None when stopped.

    Args:
        target: a file that ends in .zip; one that is there is replaced.
        hidden_test: whether the photos of the hidden test go with it.

    Raises:
        UserError: there is no such classroom, the name is none of a zip, or the disk is full.
    """
    target = target.expanduser()
    if target.suffix.lower() != ".zip" or target.is_dir():
        raise UserError(f"“{target.name}” is no name for a zip.", "Let it end in .zip.")
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    contents = _Contents.of(workspace, classroom_id, hidden_test)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(partial, "w") as archive:
            yield Progress(StageKey.EXPORT, 0, contents.total)
            for done, member in enumerate(contents.members(), 1):
                _add(archive, member)
                if done % _STEP == 0:
                    yield Progress(StageKey.EXPORT, min(done, contents.total), contents.total)
                    if should_stop():
                        return None
        os.replace(partial, target)
    except OSError as error:
        raise disk_error(target, error) from error
    finally:
        partial.unlink(missing_ok=True)
    yield Progress(StageKey.EXPORT, contents.total, contents.total, 0.0)
    return target


def take_home_pieces(workspace: Workspace, classroom_id: str, hidden_test: bool = False) -> Iterator[bytes]:
    """The same zip as pieces to be sent one after the other; one member of it is in memory, and nothing on the disk.

    Raises:
        UserError: there is no such classroom; before the first piece.
    """
    contents = _Contents.of(workspace, classroom_id, hidden_test)
    return _pieces(contents.members)


def _pieces(members: Callable[[], Iterator[Member]]) -> Iterator[bytes]:
    sink = PieceSink()
    with zipfile.ZipFile(sink, "w") as archive:
        for member in members():
            _add(archive, member)
            yield sink.take()
    yield sink.take()


def _add(archive: zipfile.ZipFile, member: Member) -> None:
    """Photos and models hardly shrink, so they are stored as they are."""
    name, data = member
    is_text = name.endswith((".txt", ".csv"))
    archive.writestr(name, data, zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED)


@dataclass(frozen=True)
class _Contents:
    """What goes into the zip. `own`: the data sets of each group, by its public name; `folders`: by the group's id."""

    workspace: Workspace
    classroom: Classroom
    states: tuple[GroupState, ...]
    podium: Podium
    own: dict[str, list[DatasetSummary]]
    folders: dict[str, str]
    hidden_test: bool

    @classmethod
    def of(cls, workspace: Workspace, classroom_id: str, hidden_test: bool) -> "_Contents":
        """Of a classroom as it is now."""
        classroom = load_classroom(workspace, classroom_id)
        states = tuple(overview(workspace, classroom))
        own: dict[str, list[DatasetSummary]] = {state.group.visitor: [] for state in states}
        for each in list_datasets(workspace):
            if each.visitor in own:
                own[each.visitor].append(each)
        names = FileNames()
        for taken in (README, PODIUM, HIDDEN):
            names.unique(taken)
        folders = {state.group.id: names.unique(safe_name(state.group.name)) for state in states}
        standing = podium(scores(workspace, classroom))
        return cls(workspace, classroom, states, standing, own, folders, hidden_test and bool(classroom.hidden_test))

    @property
    def total(self) -> int:
        """About how many files there are."""
        photos = sum(each.num_photos for found in self.own.values() for each in found)
        return photos + 2 * len(self.states) + 2

    def members(self) -> Iterator[Member]:
        """The files one after the other."""
        names = names_of(self.states)
        yield README, self._readme().encode("utf-8")
        yield PODIUM, _podium_table(self.podium, names)
        for state in self.states:
            yield from self._group(state)
        if self.hidden_test:
            for file, content in self._photos(self.classroom.hidden_test, []):
                yield f"{HIDDEN}/{file}", content

    def _group(self, state: GroupState) -> Iterator[Member]:
        folder, missing = self.folders[state.group.id], list[str]()
        datasets, names = self.own[state.group.visitor], FileNames()
        for each in datasets:
            inside = PHOTOS if len(datasets) == 1 else f"{PHOTOS}/{names.unique(safe_name(each.name))}"
            for file, content in self._photos(each.id, missing):
                yield f"{folder}/{inside}/{file}", content
        problem = ""
        if state.entry is not None:
            try:
                yield f"{folder}/{MODEL}", zip_model(load_run(self.workspace, state.entry.id).folder, MODEL)
            except UserError as error:
                problem = error.what
        yield f"{folder}/{SUMMARY}", _summary(state, missing, problem).encode("utf-8")

    def _photos(self, dataset_id: str, missing: list[str]) -> Iterator[Member]:
        try:
            dataset = load_dataset(self.workspace, dataset_id)
            original = load_dataset(self.workspace, dataset.folder.name)
        except UserError:  # damaged, or deleted meanwhile
            missing.append(dataset_id)
            return
        yield from export_files(dataset, original, missing=missing)

    def _readme(self) -> str:
        names = names_of(self.states)
        lines = [self.classroom.name, ""]
        lines += task_lines(self.classroom.task)
        lines += ["", "Each group has a folder with its photos, a summary, and the model it handed in (model.zip)."]
        if self.podium.places:
            lines += ["", "On the hidden test:", *podium_lines(self.podium, names)]
        return "\r\n".join(lines) + "\r\n"  # as the simplest editors want it


def _podium_table(standing: Podium, names: dict[str, str]) -> bytes:
    head = ("Place", "Group", "Correct", "Photos", "Likely range from", "to", "Level with", "Note")
    rows: list[tuple[str | int | float, ...]] = [
        (
            place.place,
            names[place.group_id],
            place.score.correct,
            place.score.total,
            round(place.score.interval[0], 4),
            round(place.score.interval[1], 4),
            "; ".join(names[each] for each in place.level),
            "",
        )
        for place in standing.places
    ]
    rows += [("", names[each.group_id], "", "", "", "", "", each.problem) for each in standing.unranked]
    return csv_text(head, rows).encode("utf-8-sig")


def _summary(state: GroupState, missing: list[str], problem: str) -> str:
    lines = [state.group.name, "", photos_message(state), ""]
    lines += [run_message(run) + (" (handed in)" if run == state.entry else "") for run in state.runs]
    lines += [problem] * bool(problem)
    lines += [f"Not in here, since it could not be read: {path}" for path in missing]
    return "\r\n".join(lines) + "\r\n"
