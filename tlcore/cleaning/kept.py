"""What a person looked at and keeps as it is: an issue that is never shown again for this data set.

It is remembered by the photos' content and not by their place, so it outlives renaming, sorting and a new check.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from tlcore.cleaning.issues import WRONG_LABEL
from tlcore.data.manifest import Dataset
from tlcore.workspace import disk_error, read_json, write_json

KEPT = "kept.json"
LOCK_SECONDS = 10.0


def issue_keys(issues: pd.DataFrame, dataset: Dataset) -> list[str]:
    """What each issue is remembered by: its kind, the photos whatever their order, and a label that was doubted.

    Args:
        issues: kind, path, other, label.
    """
    hashes = dict(zip(dataset.photos["path"].tolist(), dataset.photos["sha256"].tolist()))
    rows = issues[["kind", "path", "other", "label"]].itertuples(index=False, name=None)
    keys = []
    for kind, path, other, label in rows:
        photos = sorted(hashes[each] for each in (path, other) if each)
        keys.append("|".join([kind, *photos, *([label] if kind == WRONG_LABEL else [])]))
    return keys


def kept_keys(folder: Path) -> frozenset[str]:
    """The issues that are kept; none where nobody kept any, or the file is damaged."""
    try:
        return frozenset(map(str, read_json(folder / KEPT)["kept"]))
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()


def keep_issues(folder: Path, dataset: Dataset, issues: pd.DataFrame) -> None:
    """Remember more of them. Raises UserError when the disk is full."""
    keys = issue_keys(issues, dataset)
    _change(folder, lambda kept: kept | set(keys))


def forget_kept(folder: Path) -> None:
    """Show all of them again. Raises UserError when the disk is full."""
    _change(folder, lambda kept: set())


def _change(folder: Path, change: Callable[[set[str]], set[str]]) -> None:
    try:
        with FileLock(folder / "kept.lock", timeout=LOCK_SECONDS):
            write_json(folder / KEPT, {"kept": sorted(change(set(kept_keys(folder))))})
    except (OSError, Timeout) as error:
        raise disk_error(folder / KEPT, error) from error
