"""Which photos move to another part so that each version of a data set stays whole and honest: as few as can be.

Photos that were not touched keep their part, so that test photos stay test photos. Only where a class lost its last
photo of a part, one of its others takes its place; and what belongs together (equal photos, one group) is on one side.
"""

from collections.abc import Collection, Mapping

import pandas as pd

from tlcore.data.manifest import SPLITS
from tlcore.data.split import MIN_PHOTOS, draw, group_keys
from tlcore.errors import TooFewPhotos

DONORS = {
    "train": ("validation", "test"),
    "validation": ("train", "test"),
    "test": ("train", "validation"),
}
"""From where a part of a class is filled that has no photo left: the first that can spare one."""


def complete_parts(photos: pd.DataFrame, needed: Mapping[str, Collection[str]]) -> pd.Series:
    """The part of each row, where classes have lost their last photo of a part.

    Args:
        photos: sha256, label, split; optionally group.
        needed: the parts that a class has to have photos in, for each class to look at (`torn_parts`).

    Returns:
        "train", "validation" or "test" for every row.

    Raises:
        TooFewPhotos: a class has too few different photos to have one in each part.
    """
    parts = photos["split"].copy()
    if not needed:
        return parts
    keys = group_keys(photos)
    for label in sorted(needed):
        mine = photos["label"] == label
        for part in (each for each in SPLITS if each in needed[label]):
            if not (parts[mine] == part).any():
                parts[keys == _to_spare(mine, parts, keys, label, part)] = part
    return parts


def follow(photos: pd.DataFrame, paths: Collection[str], part: str | None = None) -> pd.Series:
    """The part of each row after some were moved, or came back: what belongs together is on one side.

    Args:
        paths: of the photos that were moved. part: where they and all that belongs to them go; None: where the others
            of their group are, if there are any.
    """
    parts, keys = photos["split"].copy(), group_keys(photos)
    chosen = photos["path"].isin(set(paths))
    if part is not None:
        parts[keys.isin(set(keys[chosen]))] = part
        return parts
    homes = dict(zip(keys[~chosen], parts[~chosen]))
    there = chosen & keys.isin(homes)
    parts[there] = keys[there].map(homes)
    return parts


def torn_parts(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, set[str]]:
    """The classes that lost their last photo of a part, or are new and lack one, with the parts that each has to have.

    A class that came with all of its photos in two parts need not have a third.
    """
    had, has = _parts_of(before), _parts_of(after)
    wanted = {label: had.get(label, set(SPLITS)) for label in has}
    return {label: parts for label, parts in wanted.items() if not parts <= has[label]}


def _parts_of(photos: pd.DataFrame) -> dict[str, set[str]]:
    parts: dict[str, set[str]] = {}
    for label, split in photos[["label", "split"]].drop_duplicates().itertuples(index=False):
        parts.setdefault(str(label), set()).add(split)
    return parts


def _to_spare(mine: pd.Series, parts: pd.Series, keys: pd.Series, label: str, part: str) -> str:
    """The group of a class that moves to a part: of the first part that has more than one, drawn by its content.

    Args:
        mine: whether each row is of the class.
    """
    elsewhere = set(keys[~mine])  # such a group would take photos of another class along
    for donor in DONORS[part]:
        there = sorted(set(keys[mine & (parts == donor)]))
        free = [key for key in there if key not in elsewhere]
        if len(there) > 1 and free:
            return str(min(free, key=lambda key: draw(key, 0)))
    num_groups, num_photos = keys[mine].nunique(), int(mine.sum())
    different = "different photo" if num_groups == 1 else "different photos"
    copies = f" in {num_photos} files (the rest are copies or belong together)" if num_photos > num_groups else ""
    raise TooFewPhotos(
        f"The class {label} would have only {num_groups} {different}{copies}.",
        f"Every class needs at least {MIN_PHOTOS}: for training, validation and testing. Add photos to it first, or "
        "choose fewer photos, or all of the class.",
        (),
    )
