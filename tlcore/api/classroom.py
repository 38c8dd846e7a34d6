"""A classroom from a program: its groups, its task, the hidden test and the podium, and what is kept of it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

from tlcore.api.arguments import WorkspaceLike, take_workspace
from tlcore.api.progress_bars import showing
from tlcore.classroom import hidden_test, removal, store
from tlcore.classroom.overview import GroupState, overview
from tlcore.classroom.podium import Podium
from tlcore.classroom.podium import podium as make_podium
from tlcore.classroom.removal import Erased, RemovedGroup
from tlcore.classroom.task import set_task
from tlcore.classroom.values import Classroom as Values
from tlcore.classroom.values import Group, Task
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.events import Event, Failed, run_to_end
from tlcore.exports.classroom import take_home, take_home_name
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace, is_id


class Classroom:
    """A school class that works on one server. `create_classroom` and `load_classroom` give one.

    Attributes:
        id: as the lists have it. workspace: where it is.
    """

    def __init__(self, classroom_id: str, workspace: Workspace) -> None:
        self.id, self.workspace = classroom_id, workspace
        store.load_classroom(workspace, classroom_id)

    def __repr__(self) -> str:
        return f"Classroom({self.id!r})"

    @property
    def info(self) -> Values:
        """How it stands on the disk now: `name`, `code`, `task`, `is_open`, `is_paused`, `hidden_test`, …"""
        return store.load_classroom(self.workspace, self.id)

    @property
    def groups(self) -> list[GroupState]:
        """Its groups in the order in which they came: `group` (`name`, `id`), `devices`, `dataset`, `runs`, `entry`."""
        return overview(self.workspace, self.info)

    def set_task(
        self,
        text: str | None = None,
        *,
        data: Dataset | str | None = None,
        classes: Sequence[str] | None = None,
        photos_per_class: int | None = None,
        strategies: Sequence[str] | None = None,
        runs: int | None = None,
    ) -> Task:
        """Change what the groups are asked to do; what is not given stays as it is.

        Args:
            text: in your own words.
            data: a `Dataset` or the id of one that all groups train on; "" for their own photos.
            classes: that the photos of a group must have; [] for any.
            photos_per_class: how many photos a class may have; 0 for no limit.
            strategies: that a group may train with; [] for all.
            runs: how many trainings a group may start; 0 for no limit.

        Raises:
            UserError: the data set is gone, or nobody could do this task.
        """
        given = {"text": text, "photos_per_class": photos_per_class, "runs": runs}
        given |= {"dataset_id": data.id if isinstance(data, Dataset) else data}
        given |= {"classes": None if classes is None else tuple(classes)}  # type: ignore[dict-item]
        given |= {"strategies": None if strategies is None else tuple(strategies)}  # type: ignore[dict-item]
        changes = {name: value for name, value in given.items() if value is not None}
        task = replace(self.info.task, **changes)  # type: ignore[arg-type]
        return set_task(self.workspace, self.id, task).task

    def set_hidden_test(self, data: Dataset | str) -> None:
        """Choose the photos that every group's model is judged on, which no group sees.

        Args:
            data: a `Dataset` of yours, or its id; "" for none.

        Raises:
            UserError: a group knows these photos, or they have other classes than the task.
        """
        hidden_test.set_hidden_test(self.workspace, self.id, data.id if isinstance(data, Dataset) else data)

    def score(self, *, progress: bool | None = None, on_event: Callable[[Event], object] | None = None) -> Podium:
        """Score what every group hands in on the hidden test; what is as it was the last time is not counted again.

        Args:
            progress, on_event: as of `load_dataset`.

        Returns:
            As `podium`.

        Raises:
            UserError: there is no hidden test, or no group has a model yet.
        """
        job = hidden_test.start_scoring(self.workspace, self.info)
        with showing(progress, on_event) as show:
            last = run_job(self.workspace, job, show)
        if isinstance(last, Failed):
            raise UserError(last.what, last.fix)
        return self.podium

    @property
    def podium(self) -> Podium:
        """How the groups stand by their scores: `places` (with `place`, `score`, `level`), `unranked`, `verdicts`."""
        return make_podium(hidden_test.scores(self.workspace, self.info))

    def take_home(
        self,
        path: str | PathLike[str] | None = None,
        *,
        hidden_test: bool = False,
        progress: bool | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> Path:
        """Write all groups' photos, their models and the podium to one zip; one that is there is replaced.

        Args:
            path: by default called after the classroom, in the folder one is in.
            hidden_test: whether the photos of the hidden test go with it.
            progress, on_event: as of `load_dataset`.

        Raises:
            UserError: the name is none of a zip, or the disk is full.
        """
        target = Path(take_home_name(self.info) if path is None else path)
        with showing(progress, on_event) as show:
            written = run_to_end(take_home(self.workspace, self.id, target, hidden_test), show)
        assert written is not None  # nobody asked it to stop
        return written

    def pause(self) -> None:
        """Let groups start nothing until `resume`; what is at work or waits goes its way."""
        store.change_classroom(self.workspace, self.id, is_paused=True)

    def resume(self) -> None:
        """Let groups work again."""
        store.change_classroom(self.workspace, self.id, is_paused=False)

    def close(self) -> None:
        """End the lesson: nobody joins any more, and each device works under its own name again. All is kept."""
        store.change_classroom(self.workspace, self.id, is_open=False)

    def remove_group(self, group: str) -> RemovedGroup:
        """Take a group out with all that it made; `restore_group` brings it back for a day. `group`: its id or name."""
        return removal.remove_group(self.workspace, self.id, self._group(group))

    def restore_group(self, group: str) -> Group:
        """Bring a group back that was removed. `group`: its id or name."""
        gone = removal.list_removed(self.workspace, self.id)
        named = next((each.group.id for each in gone if group in (each.group.id, each.group.name)), group)
        return removal.restore_group(self.workspace, self.id, named)

    def erase(self) -> Erased:
        """Delete the classroom for good with all that its groups made; your own photos stay."""
        return removal.erase(self.workspace, self.id)

    def _group(self, named: str) -> str:
        """The id of a group by its id or name; raises UserError where there is none."""
        groups = store.list_groups(self.workspace, self.id)
        found = [each.id for each in groups if named == each.id or named.casefold() == each.name.casefold()]
        if not found:
            names = ", ".join(each.name for each in groups)
            raise UserError(f"There is no group “{named}” here.", f"The groups are: {names}." if names else "")
        return found[0]


def create_classroom(name: str = "", *, workspace: WorkspaceLike = None) -> Classroom:
    """Open a classroom that groups can join by its code (`info.code`); the one that was open until now is closed.

    Args:
        name: as people call it; by default today's date.

    Raises:
        UserError: the workspace cannot be written.
    """
    place = take_workspace(workspace)
    return Classroom(store.create_classroom(place, name).id, place)


def load_classroom(classroom: str = "", *, workspace: WorkspaceLike = None) -> Classroom:
    """A classroom that is there.

    Args:
        classroom: its id; by default the one that is open, else the newest.

    Raises:
        UserError: there is none.
    """
    place = take_workspace(workspace)
    if classroom and is_id(classroom):
        return Classroom(classroom, place)
    found = store.open_classroom(place) or next(iter(store.list_classrooms(place)), None)
    if classroom or found is None:
        raise UserError(
            f"There is no classroom “{classroom}” here." if classroom else "There is no classroom here yet.",
            "Open one first: tlcore.create_classroom(), or “transferlab class” in a terminal.",
        )
    return Classroom(found.id, place)


def list_classrooms(workspace: WorkspaceLike = None) -> list[Values]:
    """The classrooms of a workspace, newest first: id, name, code, created (Unix seconds), is_open.

    Args:
        workspace: by default `$TRANSFERLAB_HOME`, else the user's data folder.
    """
    return store.list_classrooms(take_workspace(workspace))
