"""The data sets of a workspace: of each what a list shows, without a look at its photos."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tlcore.data.changes import Change, read_change
from tlcore.data.edit_log import read_head, read_log
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.listing import HEAD, FolderList
from tlcore.naming import given_name
from tlcore.workspace import Workspace, is_id, read_json, split_version, version_id


@dataclass(frozen=True)
class DatasetSummary:
    """What a list of data sets shows.

    `bytes`: of its own copies of photos, 0 where they stay in a folder; `visitor`: as in `Dataset`; `base`: the id of
    the data set whose photos came along, "" for none; `sample`: the key of the sample it was made of, "" for none;
    `id`: of the version that is current. `bytes` and `stored_photos` count what was left out and what is part of other
    versions too. `replaces`: the ids of the data sets that it was made of by a change: until edits were logged, each
    change made another data set; `change`: what was changed in the latest of them, None where nothing was.
    """

    id: str
    name: str
    num_photos: int
    labels: tuple[str, ...]
    created: float
    source: str
    bytes: int = 0
    visitor: str = ""
    base: str = ""
    sample: str = ""
    replaces: tuple[str, ...] = ()
    change: Change | None = None
    stored_photos: int = 0

    @property
    def folder_id(self) -> str:
        """The name of its folder, which all its versions share."""
        return split_version(self.id)[0]


def list_datasets(workspace: Workspace) -> list[DatasetSummary]:
    """The data sets of a workspace, newest first, of each only its current version; damaged ones are left out."""
    found = list_versions(workspace)
    replaced = {earlier for each in found for earlier in each.replaces}
    return [each for each in found if each.folder_id not in replaced]


def list_versions(workspace: Workspace) -> tuple[DatasetSummary, ...]:
    """All data sets, newest first, those included that another one has replaced; reads two small files each."""
    return _listed(workspace.datasets).values()


def dataset_names(workspace: Workspace) -> dict[str, str]:
    """What each data set is called now, by the name of its folder (`split_version` of its id)."""
    return {each.folder_id: each.name for each in list_versions(workspace)}


@lru_cache(maxsize=8)
def _listed(parent: Path) -> FolderList[DatasetSummary]:
    return FolderList(parent, _summary, lambda summary: summary.created)


def _summary(folder: Path) -> DatasetSummary | None:
    """What a list shows of the data set in a folder; None where there is none that is whole."""
    if not is_id(folder.name):
        return None
    try:
        values = read_json(folder / "dataset.json")
        now = _head_values(folder, values)
        return DatasetSummary(
            version_id(folder.name, now["version"]),
            given_name(folder) or values["name"],
            now["num_photos"],
            tuple(now["labels"]),
            float(values["created"]),
            values["source"],
            int(now.get("bytes", 0)),
            str(values.get("visitor", "")),
            str(values.get("base", "")),
            str(values.get("sample", "")),
            tuple(map(str, values.get("replaces", ()))),
            read_change(values.get("change")),
            int(now.get("stored_photos", now["num_photos"])),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _head_values(folder: Path, values: dict[str, Any]) -> dict[str, Any]:
    """What a list shows of the current version, out of what it shows of the first one."""
    try:
        return {**values, **read_json(folder / HEAD)}
    except FileNotFoundError:
        return {**values, "version": 1}
    except (OSError, ValueError, TypeError):  # damaged: said in the words of the log
        version = read_head(folder).version
        made = read_log(folder).entries.get(version)
        shown: dict[str, Any] = {"num_photos": made.num_photos, "labels": made.labels} if made else {}
        return {**values, "version": version, **shown}


def find_known(workspace: Workspace, signature: str) -> Dataset | None:
    """The data set that was made under this signature before, if it is still there and whole."""
    try:
        dataset_id = (workspace.datasets / ".known" / signature).read_text(encoding="utf-8")
        if any(dataset_id in each.replaces for each in list_versions(workspace)):
            return None  # it was changed since, and this folder was not
        if read_head(workspace.datasets / dataset_id).version != 1:
            return None
        return load_dataset(workspace, dataset_id)
    except (OSError, UserError):
        return None
