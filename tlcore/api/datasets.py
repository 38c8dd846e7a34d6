"""Loading a data set: whatever the caller has (a folder, a zip, a sample's name, an id) becomes a `Dataset`."""

from collections.abc import Callable, Generator
from os import PathLike
from pathlib import Path

from tlcore.api.arguments import WorkspaceLike, take_layout, take_workspace
from tlcore.api.editing import EditableDataset, editable
from tlcore.api.progress_bars import showing
from tlcore.data.assemble import Ingestion
from tlcore.data.ingest import ingest_path
from tlcore.data.manifest import Dataset
from tlcore.data.outside_table import find_table
from tlcore.data.samples import SAMPLES, ingest_sample
from tlcore.data.versions import load_given
from tlcore.errors import UserError
from tlcore.events import Event, run_to_end
from tlcore.projects.file import is_project
from tlcore.projects.opening import open_project
from tlcore.workspace import Workspace, is_id

DataLike = Dataset | str | PathLike[str]
"""A data set, or what `load_dataset` makes one of."""


def load_dataset(
    source: str | PathLike[str],
    *,
    name: str | None = None,
    layout: str = "",
    labels: str | PathLike[str] = "",
    encoding: str = "",
    group_by: str = "",
    seed: int = 0,
    workspace: WorkspaceLike = None,
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> EditableDataset:
    """Load photos with their classes.

    Photos in a folder stay where they are, the data set points to them; those in a zip are copied into the workspace.
    Every file that was left out, changed or guessed has a line in `Dataset.report`, with the reason. The same source
    gives the same data set again, at once.

    Args:
        source: a folder, a zip or a tar whose folders are the classes (or train/, validation/ and test/ folders of
            these), the name of a sample (`list_samples`), or the id of a data set (`list_datasets`), which stands for
            its current version; with "@" and a number for another one. What exists as a path is taken as one.
            A file that `save_project` made is opened, with all that is in it.
        name: of the data set; by default that of its folder or file.
        layout: which way to read the folders, where there are several: the `key` of one of `UndecidedLayout.choices`.
        labels: where the classes are, in other words: "folders", "names" (of the files), "annotations" (of an export
            for object detection), or the path of a table, in the folder or zip or elsewhere. Give this or `layout`.
        encoding: of the names in a zip or tar that does not say how they are written, by Python's name ("cp932",
            "gb18030", "cp437", …); by default it is found out.
        group_by: what belongs together and has to stay on one side of the split: a column of the table with the labels,
            or another one beside the photos ("site", "patient"), or another key that `split_by` takes.
        seed: decides which photos train, validate and test, where the folders do not decide it.
        workspace: where data sets are kept; by default `$TRANSFERLAB_HOME`, else the user's data folder.
        progress: whether progress bars are shown; by default in a terminal or a notebook, unless `on_event` is given.
        on_event: is called with every event (tlcore.events).

    Returns:
        The data set. `photos` has a row a photo: path, sha256, label, split ("train", "validation", "test"), width,
        height (pixels, upright), bytes. `read(path)` gives the bytes of one. Its methods edit it (editing.py).

    Raises:
        UndecidedLayout: the folders can be read in several ways, or in one that somebody has to confirm; `choices` has
            them. It is a UserError, as is the next.
        UndecidedEncoding: the names of the folders in a zip read differently in several encodings; `choices` has them.
        UserError: there is nothing of that name, or it cannot be used: too few classes or photos, a damaged zip.
    """
    chosen = take_layout(layout, labels)
    place = take_workspace(workspace)
    with showing(progress, on_event) as show:
        found = editable(run_to_end(find_dataset(place, source, name, seed, chosen, encoding), show))
    return found.set_groups(group_by, seed=seed) if group_by else found


def find_dataset(
    workspace: Workspace,
    source: str | PathLike[str],
    name: str | None = None,
    seed: int = 0,
    layout: str = "",
    encoding: str = "",
) -> Generator[Event, None, Dataset]:
    """The data set that a path, a sample's name or an id means; the arguments are those of `load_dataset`, `layout`
    what `take_layout` makes of two of them.

    Raises:
        UserError: it means none, or the photos cannot be used.
    """
    if not isinstance(source, str | PathLike):
        raise UserError(
            f"An object of type {type(source).__name__} is not a data set.",
            "Use a folder, a zip, the name of a sample set, or the id of a data set.",
        )
    given = str(source)
    if given.strip() and is_project(Path(given).expanduser()):
        job: Ingestion = open_project(workspace, Path(given).expanduser())
    elif given.strip() and Path(given).expanduser().exists():
        chosen, table = find_table(Path(given).expanduser(), layout)
        job = ingest_path(workspace, Path(given), name=name, seed=seed, layout=chosen, encoding=encoding, table=table)
    elif given in {sample.key for sample in SAMPLES}:
        job = ingest_sample(workspace, given, seed=seed)
    elif is_id(given) and workspace.dataset_folder(given).is_dir():
        return load_given(workspace, given)
    else:
        raise UserError(
            f"There is no folder, zip, data set or sample set “{given}”.",
            f"Check the spelling. The sample sets are {', '.join(sample.key for sample in SAMPLES)}.",
        )
    dataset = yield from job
    assert dataset is not None  # nobody asked the import to stop
    return dataset


def take_dataset(
    data: DataLike,
    workspace: WorkspaceLike,
    seed: int,
    on_event: Callable[[Event], object],
    layout: str = "",
    encoding: str = "",
) -> tuple[Workspace, Dataset]:
    """The data set that a caller gave or means, and the workspace that it is in.

    Raises:
        UserError: it means none, it is in another workspace than the one given, or it has no classes.
    """
    place = place_of(data, workspace)
    if not isinstance(data, Dataset):
        return place, run_to_end(find_dataset(place, data, None, seed, layout, encoding), on_event)
    if not data.id:
        raise UserError(f"The photos in {data.name} have no classes.", "Use a folder with one folder per class.")
    return place, data


def place_of(data: DataLike, workspace: WorkspaceLike) -> Workspace:
    """The workspace to work in: the one given, else that in which a loaded data set lies, else the usual one.

    Raises:
        UserError: the data set is in another workspace than the one given, or its folder cannot be written.
    """
    if not isinstance(data, Dataset) or not data.id:
        return take_workspace(workspace)
    home = data.folder.resolve().parent.parent
    place = take_workspace(home if workspace is None else workspace)
    if place.root.resolve() != home:
        raise UserError(
            f"The data set {data.id} is in the workspace {home}, not in {place.root}.",
            "Load it there with load_dataset, or leave out `workspace`.",
        )
    return place
