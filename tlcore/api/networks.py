"""Networks from elsewhere: adding one of a file, a folder or an address, and removing it."""

import tempfile
from collections.abc import Callable, Generator
from contextlib import suppress
from os import PathLike
from pathlib import Path

from tlcore.api.arguments import WorkspaceLike, take_workspace
from tlcore.api.datasets import DataLike, take_dataset
from tlcore.api.listings import BackboneInfo, describe_backbone
from tlcore.api.progress_bars import showing
from tlcore.data.dataset_list import list_datasets
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.events import Event, run_to_end
from tlcore.models.imported.candidate import Choices
from tlcore.models.imported.stored import StoredNetwork, find_by_short_name, find_network
from tlcore.networks.adding import Source, add_network
from tlcore.networks.fetching import fetch_network, is_address, public_address
from tlcore.storage import trash
from tlcore.storage.put_aside import Deletion
from tlcore.workspace import Workspace


def add_backbone(
    source: str | PathLike[str],
    *,
    name: str = "",
    input_size: int = 0,
    scaling: str = "",
    output: str = "",
    layout: str = "",
    licence: str = "",
    photos: DataLike | None = None,
    workspace: WorkspaceLike = None,
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> BackboneInfo:
    """Add a network of your own to those that `train` can start from. No code of its file is run.

    Args:
        source: a file, a folder or an address (docs/networks.md has the kinds).
        name: what it is to be called; by default as its file.
        input_size, scaling, output, layout: side of the images in pixels; what is done to pixels first (a key of
            tlcore.models.scalings.SCALING_VALUES); where the features are taken; "NHWC" or "NCHW". What is not given is
            read from the file where it stands there, and proposed where not.
        licence: under which it may be used, as its maker says.
        photos: on which scalings are tried where the file doesn't tell: a `Dataset`, or what `load_dataset` takes; by
            default your newest data set, if there is one.
        workspace, progress, on_event: as for `train`.

    Returns:
        The network; `train(…, backbone=it.name)` uses it.

    Raises:
        UserError: it is refused, damaged, too large, or a choice is not possible with it.
    """
    place, choices = take_workspace(workspace), Choices(output, input_size, layout, scaling)
    with showing(progress, on_event) as show:
        tried = newest_photos(place) if photos is None else take_dataset(photos, place, 0, show)[1]
        network = run_to_end(add_from(place, str(source), name, licence, choices, tried), show)
    if network is None:
        raise UserError("It was stopped.", "Add it again.")
    return describe_backbone(network.spec)


def newest_photos(workspace: Workspace) -> Dataset | None:
    """The owner's newest data set, None where there is none."""
    for summary in list_datasets(workspace):
        if not summary.visitor:
            with suppress(UserError):
                return load_dataset(workspace, summary.id)
    return None


def add_from(
    workspace: Workspace, source: str, name: str, licence: str, choices: Choices, photos: Dataset | None
) -> Generator[Event, None, StoredNetwork | None]:
    """Add the owner's network from a path or an address; see `add_network`."""
    if not is_address(source):
        path = Path(source).expanduser()
        return (yield from add_network(workspace, Source(path, name, licence), choices, photos=photos))
    with tempfile.TemporaryDirectory(dir=workspace.downloads) as place:
        fetched = yield from fetch_network(source, Path(place))
        if fetched is None:
            return None
        found = Source(fetched, name, licence, url=public_address(source))
        return (yield from add_network(workspace, found, choices, photos=photos))


def remove_backbone(name: str, *, workspace: WorkspaceLike = None) -> Deletion:
    """Delete a network that was added; `restore` brings it back for a day. Models trained on it go on predicting.

    Args:
        name: as `list_backbones` gives it, or without the digits at its end.

    Raises:
        UserError: there is none of this name.
    """
    place = take_workspace(workspace)
    network = find_network(place, name) or find_by_short_name(place, name)
    if network is None:
        raise UserError(f"No network called “{name}” was added here.", "“transferlab backbones” lists them.")
    return trash.delete(place, network.id)
