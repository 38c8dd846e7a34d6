"""What a check has found, on disk, and what of that still holds for the data set as it is now.

checks/<id>/check.json        which version of which data set was checked, with what, and what a split is worth
checks/<id>/photos.parquet    a row a photo: path, sha256, label, the measures, and the group of photos that are alike
checks/<id>/issues.parquet    a row an issue
checks/<id>/kept.json         what a person keeps as it is (kept.py)

`<id>` is that of the first version of a data set, so that all versions share one check: after a change, what was found
before is still there as far as it still holds.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tlcore.checksums import file_checksum
from tlcore.cleaning.issues import COLUMNS, KINDS, MEASURES, PAIRS, TWO_CLASSES, WRONG_LABEL
from tlcore.cleaning.kept import KEPT, issue_keys, kept_keys
from tlcore.cleaning.reasons import reasons
from tlcore.data.manifest import Dataset
from tlcore.data.parquet import read_parquet, to_parquet
from tlcore.models.registry import BUILT_IN
from tlcore.workspace import Workspace, read_json, write_atomic, write_json

CHECK, PHOTOS, ISSUES = "check.json", "photos.parquet", "issues.parquet"
VERSION = 2
"""Raise it when the same photos would give other issues: then what was found before is passed over."""

STORED = ("kind", "path", "other", "label", "proposed", "score", "value")
"""The columns of issues on disk: the reason is made of them when they are read (reasons.py)."""


@dataclass(frozen=True)
class SplitWorth:
    """What the same quick model scores where groups of photos stay together, and where they do not.

    `key`: of the grouping (groups.py); `num_groups`, `num_photos`: what it was measured on; `at_random`, `honest`:
    shares correct, 0–1, with their 95% intervals; `difference`: the 95% interval of the first minus the second.
    """

    key: str
    num_groups: int
    num_photos: int
    at_random: float
    at_random_interval: tuple[float, float]
    honest: float
    honest_interval: tuple[float, float]
    difference: tuple[float, float]

    @property
    def matters(self) -> bool:
        """Whether the split at random flatters by more than chance explains."""
        return self.difference[0] > 0


@dataclass(frozen=True, eq=False)
class Check:
    """What a check found. `fingerprint`: of the version of the data set that was checked.

    `photos`: path, sha256, label, `MEASURES`, group (str or None: photos that are alike or of one burst have one).
    `issues`: the columns `STORED`.
    """

    fingerprint: str
    photos: pd.DataFrame
    issues: pd.DataFrame
    worth: tuple[SplitWorth, ...] = ()


def lineage_id(dataset: Dataset) -> str:
    """The id of the first version of a data set, under which all its versions have their check."""
    try:
        replaced = read_json(dataset.folder / "dataset.json").get("replaces", ())
        return str(replaced[-1]) if replaced else dataset.folder.name
    except (OSError, ValueError, AttributeError, TypeError, IndexError):
        return dataset.folder.name


def check_folder(workspace: Workspace, dataset: Dataset) -> Path:
    """Where the check of a data set and of its other versions is, or will be."""
    return workspace.checks / lineage_id(dataset)


def save_check(folder: Path, check: Check) -> None:
    """Write what was found: all of it or nothing counts, since `check.json`, written last, has the checksums.

    Raises:
        UserError: the disk is full.
    """
    files = {PHOTOS: to_parquet(check.photos), ISSUES: to_parquet(check.issues[list(STORED)])}
    values = _key() | {
        "fingerprint": check.fingerprint,
        "worth": [asdict(each) for each in check.worth],
        "files": {name: file_checksum(data) for name, data in files.items()},
    }
    for name, data in files.items():
        write_atomic(folder / name, data)
    write_json(folder / CHECK, values)


def load_check(workspace: Workspace, dataset: Dataset) -> Check | None:
    """What was found in this or another version of a data set; None where nobody checked, or the files are damaged."""
    folder = check_folder(workspace, dataset)
    mark = _mark(folder / CHECK)
    return _read(folder, mark) if mark else None


def is_current(check: Check, dataset: Dataset) -> bool:
    """Whether a check is of exactly this version."""
    return check.fingerprint == dataset.fingerprint


def load_measures(workspace: Workspace, dataset: Dataset) -> pd.DataFrame | None:
    """The `MEASURES` of the photos, indexed by their path; None where nobody checked.

    Photos that came since are not in it. The label of one that was moved since is not doubted: a person decided.
    """
    check = load_check(workspace, dataset)
    if check is None:
        return None
    now = dataset.photos[["path", "sha256", "label"]]
    found = check.photos.merge(now, on=["path", "sha256"], suffixes=("", "_now"))
    found.loc[found["label"] != found["label_now"], "doubt"] = 0.0
    return found.set_index("path")[list(MEASURES)]


def load_issues(workspace: Workspace, dataset: Dataset) -> pd.DataFrame | None:
    """The issues that still hold and that nobody kept: the columns `COLUMNS`; None where nobody checked.

    Do not change it: it is the same frame as long as nothing has changed.
    """
    folder = check_folder(workspace, dataset)
    mark = _mark(folder / CHECK)
    return _held(dataset, folder, mark, _mark(folder / KEPT)) if mark else None


def num_kept(workspace: Workspace, dataset: Dataset) -> int:
    """How many issues a person chose to keep as they are."""
    return len(kept_keys(check_folder(workspace, dataset)))


def kept_labels(workspace: Workspace, dataset: Dataset, paths: Collection[str]) -> frozenset[str]:
    """Of some photos of a data set, those whose label a person looked at and keeps."""
    keys = kept_keys(check_folder(workspace, dataset))
    if not keys:
        return frozenset()
    photos = dataset.photos
    rows = photos.loc[photos["path"].isin(set(paths)), ["path", "label"]].assign(kind=WRONG_LABEL, other="")
    return frozenset(path for path, key in zip(rows["path"], issue_keys(rows, dataset)) if key in keys)


Mark = tuple[int, int, int]


def _mark(path: Path) -> Mark | None:
    """Which state of a file: inode, size, time of the last change in nanoseconds; None where there is none."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


@lru_cache(maxsize=8)
def _read(folder: Path, _mark: Mark) -> Check | None:
    try:
        values = read_json(folder / CHECK)
        if {name: values.get(name) for name in _key()} != _key():
            return None
        photos, issues = (read_parquet(folder / name, values) for name in (PHOTOS, ISSUES))
        worth = tuple(SplitWorth(**_with_tuples(row)) for row in values["worth"])
        return Check(str(values["fingerprint"]), photos, issues, worth)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


@lru_cache(maxsize=8)
def _held(dataset: Dataset, folder: Path, mark: Mark, _kept: Mark | None) -> pd.DataFrame | None:
    """The issues of a check for a data set; a `Dataset` is the same object for as long as a page needs it."""
    check = _read(folder, mark)
    if check is None:
        return None
    issues = still_holding(check, dataset)
    kept = kept_keys(folder)
    shown = np.array([key not in kept for key in issue_keys(issues, dataset)], bool)
    issues = issues[shown].reset_index(drop=True)
    return issues.assign(reason=reasons(issues, dataset))[list(COLUMNS)]


def still_holding(check: Check, dataset: Dataset) -> pd.DataFrame:
    """The issues whose photos are still what they were when they were found, with the classes that these have now."""
    then, now = (
        dict(zip(photos["path"].tolist(), zip(photos["sha256"].tolist(), photos["label"].tolist())))
        for photos in (check.photos, dataset.photos)
    )

    def holds(kind: str, path: str, other: str) -> bool:
        photos = [path, other] if other else [path]
        if not all(each in now and each in then and now[each][0] == then[each][0] for each in photos):
            return False
        return kind not in (WRONG_LABEL, *PAIRS) or all(now[each] == then[each] for each in photos)

    rows = check.issues[["kind", "path", "other"]].itertuples(index=False, name=None)
    issues = check.issues[np.array([holds(*row) for row in rows], bool)]  # a list that is empty would name no columns
    known = issues["proposed"].isin(("", *dataset.labels)) | (issues["kind"] == TWO_CLASSES)
    issues = issues[known].assign(label=lambda frame: [now[path][1] for path in frame["path"]])
    return sort_issues(issues)


def sort_issues(issues: pd.DataFrame) -> pd.DataFrame:
    """By kind, then the surest first."""
    place = issues["kind"].map(KINDS.index)
    order = issues.assign(_place=place).sort_values(["_place", "score", "path"], ascending=[True, False, True])
    return order.drop(columns="_place").reset_index(drop=True)


def _key() -> dict[str, str | int]:
    """What a check depends on beside the photos."""
    return {"version": VERSION, "network": BUILT_IN.fingerprint}


def _with_tuples(row: dict[str, Any]) -> dict[str, Any]:
    """A row of JSON, which knows no tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
