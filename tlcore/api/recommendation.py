"""Asking what photos need before anything is trained."""

from collections.abc import Callable
from dataclasses import replace
from os import PathLike
from pathlib import Path

from tlcore.advice.recommend import recommend as measure
from tlcore.advice.rule import Recommendation
from tlcore.api.arguments import WorkspaceLike, take_layout, take_workspace
from tlcore.api.datasets import DataLike, find_dataset
from tlcore.api.progress_bars import showing
from tlcore.data.manifest import Dataset
from tlcore.data.unsorted import holds_only_photos, read_unsorted
from tlcore.events import Event, run_to_end
from tlcore.messages.recommendation import recommendation_reason
from tlcore.workspace import Workspace


def recommend(
    data: DataLike,
    *,
    layout: str = "",
    labels: str | PathLike[str] = "",
    encoding: str = "",
    seed: int = 0,
    workspace: WorkspaceLike = None,
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Recommendation:
    """Recommend a strategy for photos, from up to 200 of them that are not test photos. Needs no TensorFlow.

    Args:
        data: a `Dataset`, what `load_dataset` takes, or a folder of photos in no classes.
        layout, labels, encoding: how a folder or zip is read, as for `load_dataset`.
        seed: selects the photos if there are more than 200.
        workspace: where features are kept, so that a training finds them; by default that of the `Dataset`, else
            `$TRANSFERLAB_HOME`, else the user's data folder.
        progress, on_event: as for `load_dataset`.

    Returns:
        `strategy` to train with, `reason` in a sentence or two, `similarity` to the photos that the network knows
        (0–1), `examined`: what the network predicts for some of the photos; `to_dict()` has it all.

    Raises:
        UserError: the photos cannot be used, or one is gone or has changed.
    """
    chosen = take_layout(layout, labels)
    with showing(progress, on_event) as show:
        home = data.folder.parent.parent if isinstance(data, Dataset) and data.id else None
        place = take_workspace(workspace if workspace is not None else home)
        found = run_to_end(measure(place, load_photos(data, place, show, chosen, encoding), seed=seed), show)
    assert found is not None  # nobody asked it to stop
    return replace(found, reason=recommendation_reason(found))


def load_photos(
    data: DataLike, workspace: Workspace, on_event: Callable[[Event], object], layout: str = "", encoding: str = ""
) -> Dataset:
    """The data set that is meant; of a folder of photos in no classes one that is saved nowhere, without labels.

    Raises:
        UserError: it means none, or the photos cannot be used.
    """
    if isinstance(data, Dataset):
        return data
    if not layout and isinstance(data, str | PathLike) and holds_only_photos(Path(data).expanduser()):
        return run_to_end(read_unsorted(Path(data).expanduser()), on_event)
    return run_to_end(find_dataset(workspace, data, layout=layout, encoding=encoding), on_event)
