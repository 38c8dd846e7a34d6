"""What belongs together: photos of one animal, place or person, by a column of a table, a folder or a part of the name.

A split that has photos of one group on both sides tests whether the model has seen that group before. What the groups
are only the person knows, so what tables and names allow is proposed, with examples.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.data.split import MIN_PHOTOS
from tlcore.data.table_columns import COLUMN
from tlcore.errors import UserError

ALIKE = "alike"
"""The grouping of copies and bursts; the others contain it."""

MOST_DEPTH, MOST_PARTS = 6, 6  # folders of a path, and parts of a name, that are looked at
MOST_PROPOSED = 5
MOST_GROUPS = 0.7  # of the number of photos: where nearly each photo is a group of its own, nothing belongs together
MOST_WITHOUT = 0.1  # of the photos whose name has no such part
NUM_EXAMPLES = 3
GROUP_WORDS = (
    "site location place patient subject participant person individual animal specimen session camera station plot "
    "plate slide scan case user author photographer device owner farm tree plant field batch lot group"
).split()
"""What the columns of tables are called that say what belongs together, whole or as a word of their name."""
_BETWEEN = re.compile(r"[_\-.\s]+")
_FIRST_NUMBER = re.compile(r"\D*\d+")


@dataclass(frozen=True)
class Grouping:
    """A way to group photos. `key`: "column:site" (that column of a table beside the photos), "folder:2" (the second
    folder of the path), "name:1" (the first part of the file name, between _ - . and spaces), "name:1-2" (its first two
    parts), "number" (the name up to the end of its first number), or `ALIKE`. `examples`: names of groups.
    """

    key: str
    num_groups: int
    examples: tuple[str, ...] = ()


def propose_groupings(photos: pd.DataFrame) -> tuple[Grouping, ...]:
    """The groupings that tables, folders and file names allow: several photos a group, and enough groups of each class.

    Args:
        photos: path, sha256, label, and columns of tables (table_columns.py).
    """
    found: list[Grouping] = []
    seen: set[bytes] = set()
    for key in (*_columns(photos), *_keys(photos["path"])):
        groups = named_groups(photos, key)
        if not _is_useful(groups, photos["label"]) or _counts(photos, key, groups):
            continue
        partition = pd.factorize(groups)[0].tobytes()
        if partition not in seen:
            seen.add(partition)
            sizes = groups.value_counts()
            found.append(Grouping(key, len(sizes), tuple(sorted(map(str, sizes.index[:NUM_EXAMPLES])))))
    return tuple(found[:MOST_PROPOSED])


def named_groups(photos: pd.DataFrame, key: str) -> pd.Series:
    """The name of each photo's group, None where it has none, with the index of `photos`.

    Args:
        key: of the grouping; that of a column also without "column:".

    Raises:
        UserError: there is no such grouping.
    """
    column = next((name for name in (key, f"{COLUMN}{key}") if name.startswith(COLUMN) and name in photos), None)
    if column is not None:
        values = photos[column].astype(object)
        return values.where(values.notna(), None)
    name_of = _name_of(key, [name.removeprefix(COLUMN) for name in column_names(photos)])
    return pd.Series([name_of(path) for path in photos["path"].tolist()], index=photos.index, dtype=object)


def belong_together(photos: pd.DataFrame, *groupings: pd.Series) -> pd.Series:
    """A number for each row, the same for all that hang together by equal content or by any of the groupings.

    Args:
        photos: sha256. groupings: names of groups, None for a row in none.
    """
    links: list[tuple[int, int]] = []
    for names in (photos["sha256"], *groupings):
        first: dict[object, int] = {}
        links += [(first.setdefault(name, row), row) for row, name in enumerate(names) if isinstance(name, str)]
    return pd.Series(connect(len(photos), links), index=photos.index)


def connect(number: int, links: Iterable[tuple[int, int]]) -> npt.NDArray[np.int64]:
    """A number for each of `number` rows, the same for all that hang together by links between two rows."""
    parent = list(range(number))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    for first, second in links:
        parent[root(second)] = root(first)
    codes: npt.NDArray[np.int64] = np.unique([root(row) for row in range(number)], return_inverse=True)[1]
    return codes.astype(np.int64)


def can_be_split(groups: pd.Series, labels: pd.Series) -> bool:
    """Whether every class has enough groups for three parts."""
    return int(groups.groupby(labels).nunique().min()) >= MIN_PHOTOS


def _is_useful(groups: pd.Series, labels: pd.Series) -> bool:
    """Whether groups say something: most photos have one, they have several photos each, and every class several."""
    if groups.isna().mean() > MOST_WITHOUT or groups.nunique() > MOST_GROUPS * len(groups):
        return False
    if groups.nunique() < 2:
        return False
    if groups.isna().any():
        alone = pd.Series(np.arange(len(groups)), index=groups.index).map("no group {}".format)
        groups = groups.where(groups.notna(), alone)
    return can_be_split(groups, labels)


def _counts(photos: pd.DataFrame, key: str, groups: pd.Series) -> bool:
    """Whether a part of the names only numbers the photos within their folder, or behind the other parts."""
    if key.startswith(("folder", COLUMN)):
        return False
    before = photos["path"].map(lambda path: path.rpartition("/")[0])
    found = re.fullmatch(r"name:([2-9])", key)
    if found is not None and all(str(group).isdigit() for group in groups.dropna().unique()):
        first = "name:1" if found[1] == "2" else f"name:1-{int(found[1]) - 1}"
        before = before + "/" + named_groups(photos, first).fillna("").astype(str)
    return (before + "/" + groups.fillna("").astype(str)).nunique() > MOST_GROUPS * len(photos)


def column_names(photos: pd.DataFrame) -> list[str]:
    """The columns of `photos` that came from tables, "column:" included."""
    return [str(name) for name in photos.columns if str(name).startswith(COLUMN)]


def _columns(photos: pd.DataFrame) -> list[str]:
    """The columns of tables that may be proposed: those first whose names mean it, numbers only of such."""
    named, others = [], []
    for name in column_names(photos):
        words = re.findall(r"[^\W\d_]+", name.removeprefix(COLUMN).casefold())
        if any(word in GROUP_WORDS or word.removesuffix("s") in GROUP_WORDS for word in (*words, "".join(words))):
            named.append(name)
        elif not all(re.fullmatch(r"[-+\d.,]+", str(value)) for value in photos[name].dropna().unique()):
            others.append(name)
    return named + others


def _keys(paths: pd.Series) -> Iterator[str]:
    """The folders and parts that nearly all paths have."""
    names = paths.tolist()  # much faster to go through
    folders, parts = (np.array([measure(path) for path in names]) for measure in (_depth, _num_parts))
    yield from (f"folder:{depth}" for depth in range(1, MOST_DEPTH + 1) if (folders < depth).mean() <= MOST_WITHOUT)
    for part in range(1, MOST_PARTS + 1):
        if (parts < part).mean() > MOST_WITHOUT:
            break
        yield f"name:{part}"
        if part > 1:
            yield f"name:1-{part}"
    yield "number"


def _name_of(key: str, columns: Sequence[str]) -> Callable[[str], str | None]:
    """What gives a photo's group by its path. `columns`: of tables, which could have been meant."""
    if key == "number":
        return lambda path: found[0] if (found := _FIRST_NUMBER.match(_stem(path))) else None
    if found := re.fullmatch(r"folder:([1-9])", key):
        depth = int(found[1])
        return lambda path: folders[depth - 1] if len(folders := path.split("/")[:-1]) >= depth else None
    if found := re.fullmatch(r"name:(?:(1)-(?!1$))?([1-9])", key):
        first, last = int(found[1] or found[2]), int(found[2])
        return lambda path: _parts(path, first, last)
    named = f"{', '.join(columns)}, " if columns else ""
    raise UserError(
        f"There is no grouping “{key[:40]}”.",
        f"Use {named}alike, folder:1 (the first folder), name:1 (the first part of the file name), name:1-2, or "
        "number.",
    )


def _parts(path: str, first: int, last: int) -> str | None:
    """Some parts of a file name, "" and None where it has not as many."""
    parts = _split(path)
    return " ".join(parts[first - 1 : last]) if len(parts) >= last else None


def _split(path: str) -> list[str]:
    """The parts of a file name."""
    return [part for part in _BETWEEN.split(_stem(path)) if part]


def _depth(path: str) -> int:
    return path.count("/")


def _num_parts(path: str) -> int:
    return len(_split(path))


def _stem(path: str) -> str:
    """As of a PurePosixPath, which takes ten times as long to make."""
    name = path.rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    return stem if stem and dot and ending else name
