"""The groups of a data set by a way of grouping, together with its copies and bursts, as the split takes them."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import pandas as pd

from tlcore.cleaning.groups import ALIKE, Grouping, belong_together, named_groups, propose_groupings
from tlcore.cleaning.results import Check
from tlcore.data.manifest import Dataset


def alike_groups(dataset: Dataset, check: Check) -> pd.Series:
    """The group of copies and bursts of each photo, None where it has none or came after the check."""
    known = dict(zip(zip(check.photos["path"], check.photos["sha256"]), check.photos["group"]))
    pairs = zip(dataset.photos["path"], dataset.photos["sha256"])
    return pd.Series([known.get(pair) for pair in pairs], index=dataset.photos.index, dtype=object)


@lru_cache(maxsize=16)
def groupings_of(dataset: Dataset) -> Mapping[str, Grouping]:
    """The groupings that a data set allows, by their keys; a page asks for them in each of its runs."""
    return MappingProxyType({each.key: each for each in propose_groupings(dataset.photos)})


@lru_cache(maxsize=32)
def groups_to_keep(dataset: Dataset, check: Check | None, key: str) -> Mapping[str, str]:
    """A name for the group of each photo, by its path, for those that are not alone in theirs.

    Args:
        check: gives copies and bursts, which always stay together. key: of the grouping (groups.py).

    Raises:
        UserError: there is no such grouping.
    """
    photos = dataset.photos
    alike = [alike_groups(dataset, check)] if check is not None else []
    named = [] if key == ALIKE else [named_groups(photos, key)]
    codes = belong_together(photos, *alike, *named)
    sizes = codes.map(codes.value_counts())
    names = named[0].where(named[0].notna(), photos["sha256"]) if named else photos["sha256"]
    first = names.groupby(codes).transform("first")  # a group that hangs together by copies is named after its first
    rows = zip(photos["path"], first, sizes, strict=True)
    return MappingProxyType({path: str(name) for path, name, size in rows if size > 1})
