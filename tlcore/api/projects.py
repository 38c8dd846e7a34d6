"""A whole project as one file: a data set with its history and the runs on it, saved here and opened elsewhere."""

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from tlcore.api.arguments import WorkspaceLike, take_workspace
from tlcore.api.datasets import DataLike, take_dataset
from tlcore.api.editing import EditableDataset, editable
from tlcore.api.progress_bars import showing
from tlcore.data.folder import path_not_found
from tlcore.data.names import slug
from tlcore.errors import UserError
from tlcore.events import Event, run_to_end
from tlcore.projects.contents import SUFFIX
from tlcore.projects.file import is_project
from tlcore.projects.opening import open_project as opening
from tlcore.projects.saving import save_project as saving


def save_project(
    data: DataLike,
    path: str | PathLike[str] | None = None,
    *,
    overwrite: bool = False,
    networks: bool = True,
    workspace: WorkspaceLike = None,
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Path:
    """Save a data set with all its versions, and all runs on it with their models, as one file for another computer.

    Args:
        data: a data set, or its id.
        path: where; by default called after the data set, in the folder one is in. Folders above it are made.
        overwrite: replace a file that is there already.
        networks: whether the networks that you added and its runs were trained on go with it. Without them the file is
            smaller; opening it then says what is missing.
        workspace, progress, on_event: as of `load_dataset`.

    Returns:
        The path.

    Raises:
        UserError: a photo is gone or damaged, something else is there, or the disk is full.
    """
    with showing(progress, on_event) as show:
        place, dataset = take_dataset(data, workspace, 0, show)
        target = Path(f"{slug(dataset.name)}-project{SUFFIX}" if path is None else path).expanduser()
        if target.is_dir() or (target.exists() and not overwrite):
            raise UserError(f"{target} is already there.", "Use another name, or overwrite=True to replace it.")
        target.parent.mkdir(parents=True, exist_ok=True)
        run_to_end(saving(place, dataset, target, networks=networks), show)
    return target


def open_project(
    path: str | PathLike[str],
    *,
    workspace: WorkspaceLike = None,
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> EditableDataset:
    """Open a project that `save_project` or the pages saved, on this computer or another one.

    It is put beside what is there, under new ids; nothing is replaced. The file is not believed: photos are decoded in
    limited processes, networks are read like those that you add, and models answer in a process of their own first.

    Args:
        path: the file. workspace, progress, on_event: as of `load_dataset`.

    Returns:
        The data set in its current version; `list_runs` has the runs.

    Raises:
        UserError: it is no project, damaged, or there is no room for it. Nothing of it is then in the workspace.
    """
    file, place = Path(path).expanduser(), take_workspace(workspace)
    if not file.exists():
        raise path_not_found(file)
    if not is_project(file):
        raise UserError(f"{file} is no project.", "Choose a file that was saved as a whole project.")
    with showing(progress, on_event) as show:
        dataset = run_to_end(opening(place, file), show)
    assert dataset is not None  # nobody asked it to stop
    return editable(dataset)
