"""The last version of each data set that an edit has made in this process: a page after an edit need not read it.

It counts only as long as all files that it would be read from are as they were when it was made.
"""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.data.edit_log import LOG, log_bytes
from tlcore.naming import NAME, Mark, file_mark

if TYPE_CHECKING:
    from tlcore.data.manifest import Dataset

READ_FROM = ("dataset.json", "photos.parquet", "report.parquet", "refused.parquet", NAME, LOG)
MOST_KEPT = 8  # data sets

_Marks = tuple[int | Mark | None, ...]
_made: "OrderedDict[Path, tuple[_Marks, Dataset]]" = OrderedDict()
_mutex = threading.Lock()


def keep(dataset: "Dataset") -> None:
    """Keep the version that an edit has just made."""
    with _mutex:
        _made[dataset.folder] = _marks(dataset.folder), dataset
        _made.move_to_end(dataset.folder)
        while len(_made) > MOST_KEPT:
            _made.popitem(last=False)


def find(folder: Path, version: int) -> "Dataset | None":
    """The version, where this process made it and nothing was written since; else None."""
    with _mutex:
        marks, dataset = _made.get(folder, ((), None))
    return dataset if dataset is not None and dataset.version == version and marks == _marks(folder) else None


def _marks(folder: Path) -> _Marks:
    size = log_bytes(folder)  # two lines within a tick of the clock leave the same time
    return size, *(file_mark(folder, name) for name in READ_FROM)
