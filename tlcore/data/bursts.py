"""Bursts of a camera: the photos of one show one thing for a moment, so they stay on one side of the split.

A class that has nothing but one or two bursts cannot be split so. Then the bursts are cut where they were taken, not at
random, and a note says that the score will be too good.
"""

import pandas as pd

from tlcore.data.split import MIN_PHOTOS, group_keys

_HELD_BACK = 0.15
"""Of a burst that is cut into three: what its end gives to validation, and to the test."""


def part_bursts(photos: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Photos whose every class can be split, and notes for the person.

    Args:
        photos: path (those of a burst sort by time), sha256, label, split, group.

    Returns:
        The photos: where a class has photos enough and too few groups of them, its bursts are cut into parts, which are
        groups of their own then and have their `split`.
    """
    photos = photos.copy()
    photos["group"] = photos["group"].astype(object).where(photos["group"].notna(), None)
    sizes = photos["group"].value_counts()
    by_itself = photos["group"].map(sizes) == 1
    in_several = photos.groupby("sha256")["label"].transform("nunique") > 1  # or it would tie the bursts of two classes
    photos.loc[by_itself | in_several, "group"] = None
    notes = []
    for label, rows in photos.groupby("label"):
        if rows["sha256"].nunique() < MIN_PHOTOS:
            photos.loc[rows.index, "group"] = None  # there are too few of them, together or apart
        elif _is_short(rows):
            notes.append(_cut(photos, rows.sort_values("path"), str(label)))
    return photos, notes


def _is_short(rows: pd.DataFrame) -> bool:
    """Whether a class does not have groups for three parts."""
    if rows["split"].notna().any() or rows["group"].isna().all():
        return False
    return group_keys(rows).nunique() < MIN_PHOTOS


def _cut(photos: pd.DataFrame, rows: pd.DataFrame, label: str) -> str:
    """Give the photos of one class parts: the beginning of the largest burst trains, what comes last tests.

    Returns a note.
    """
    keys = group_keys(rows)
    is_largest = keys == keys.value_counts().index[0]
    different = list(dict.fromkeys([*rows["sha256"][is_largest], *rows["sha256"][~is_largest]]))  # equal photos are one
    num_others = len(different) - rows["sha256"][is_largest].nunique()
    num_held_back = max(2, num_others, 2 * round(len(different) * _HELD_BACK))
    num_test = num_held_back // 2
    names = ["train"] * (len(different) - num_held_back) + ["validation"] * (num_held_back - num_test)
    parts = dict(zip(different, [*names, *["test"] * num_test]))
    found = [parts[sha256] for sha256 in rows["sha256"]]
    photos.loc[rows.index, "split"] = found
    whole = rows["group"].where(rows["group"].notna(), rows["sha256"])
    photos.loc[rows.index, "group"] = [f"{group}, {part}" for group, part in zip(whole, found)]
    if num_others >= num_test:
        return f"{label} was recorded twice: one recording trains and the other tests. A third gives a better score."
    return (
        f"All photos of {label} come from one recording, so its test photos look like those it learns from, and its "
        "score will be too high. Record it at least three times, each time from another side."
    )
