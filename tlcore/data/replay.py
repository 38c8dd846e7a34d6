"""From the rows of a data set as it was imported, and edits, to the rows of a version."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from tlcore.data.edit_log import Entry

PIXELS = ("sha256", "width", "height", "bytes", "file")
"""The columns that turning a photo changes."""

_ORIGINAL = "original_sha256"  # as of manifest.py

Brought = Callable[[Entry], pd.DataFrame]
"""The rows that an edit brought: of photos that are there already (turned) or of new ones."""


def replay(photos: pd.DataFrame, entries: Iterable[Entry], brought: Brought) -> pd.DataFrame:
    """The rows after some edits.

    Args:
        photos: the rows before, left-out ones included where they have a column `left_out`.
        entries: in the order in which they were made.

    Returns:
        the rows, sorted by path, with the columns `group` (str or None) and `left_out` (bool).
    """
    entries = tuple(entries)
    if not entries and photos["path"].is_monotonic_increasing:  # as imported, which is sorted: nothing to copy
        return with_edit_columns(photos.reset_index(drop=True))
    rows = _Rows(photos)
    for entry in entries:
        if entry.brings:
            rows.bring(brought(entry))
        rows.rename(entry.classes)
        for each in entry.rows:
            rows.set(each.column, each.value, entry.paths if each.paths is None else each.paths)
    return rows.frame()


class _Rows:
    """The rows in the making. Labels are numbers into a list of names: renaming a class touches no row."""

    def __init__(self, photos: pd.DataFrame) -> None:
        self._fill(with_edit_columns(photos))

    def _fill(self, frame: pd.DataFrame) -> None:
        self._frame = frame.reset_index(drop=True)
        self._places = {path: place for place, path in enumerate(self._frame["path"].to_numpy(dtype=object))}
        codes, names = pd.factorize(self._frame["label"])
        self._codes, self._names = codes.copy(), list(names)
        self._values = {name: self._frame[name].to_numpy(dtype=object).copy() for name in ("split", "group")}
        self._values["left_out"] = self._frame["left_out"].to_numpy(dtype=bool).copy()

    def bring(self, rows: pd.DataFrame) -> None:
        """Turned photos take the place of themselves; new ones come behind."""
        frame = self.frame(in_order=False)
        known = rows["path"].isin(self._places)
        turned = rows[known]
        places = [self._places[path] for path in turned["path"]]
        for name in PIXELS:
            values = frame[name].to_numpy().copy()
            values[places] = turned[name].to_numpy()
            frame[name] = values
        if not known.all():
            frame = with_edit_columns(pd.concat([frame, rows[~known].assign(left_out=False)], ignore_index=True))
        self._fill(frame)

    def rename(self, classes: Mapping[str, str]) -> None:
        self._names = [classes.get(name, name) for name in self._names]

    def set(self, column: str, value: str | bool | None, paths: Iterable[str]) -> None:
        places = [self._places[path] for path in paths]
        if column == "label":
            if value not in self._names:
                self._names.append(value)
            self._codes[places] = self._names.index(value)
        else:
            self._values[column][places] = value

    def frame(self, in_order: bool = True) -> pd.DataFrame:
        labels = np.array(self._names, dtype=object)[self._codes]
        made = self._frame.assign(label=labels, **self._values)
        made["group"] = pd.Series(self._values["group"], index=made.index, dtype=object)  # None stays None
        return made.sort_values("path", ignore_index=True) if in_order else made


def with_edit_columns(photos: pd.DataFrame) -> pd.DataFrame:
    """The rows with the columns `group` and `left_out`, which a data set that was never edited may lack."""
    group = photos["group"] if "group" in photos else pd.Series(None, index=photos.index, dtype=object)
    photos = photos.assign(group=group.astype(object).where(group.notna(), None))
    if _ORIGINAL in photos:  # not of photos that were there before the first that has one
        photos[_ORIGINAL] = photos[_ORIGINAL].fillna("")
    return photos if "left_out" in photos else photos.assign(left_out=False)
