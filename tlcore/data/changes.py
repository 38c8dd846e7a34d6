"""What was changed in a data set, one edit of its photos or classes after the other, as values."""

from collections.abc import Mapping
from dataclasses import dataclass

RENAMED, MERGED, CLASS_DELETED, PHOTOS_DELETED = "class renamed", "classes merged", "class deleted", "photos deleted"
RELABELLED, LEFT_OUT, BROUGHT_BACK, MOVED = (
    "photos relabelled",
    "photos left out",
    "photos brought back",
    "photos moved",
)
ROTATED, SPLIT_OFF, REORDERED, GROUPED, ADDED, CORRECTED = (
    "photos rotated",
    "class split off",
    "classes reordered",
    "photos grouped",
    "photos added",
    "photos corrected",
)
KINDS = (
    *(RENAMED, MERGED, CLASS_DELETED, PHOTOS_DELETED, RELABELLED, LEFT_OUT, BROUGHT_BACK, MOVED),
    *(ROTATED, SPLIT_OFF, REORDERED, GROUPED, ADDED, CORRECTED),
)
DELETED = (CLASS_DELETED, PHOTOS_DELETED)
"""What leaves photos out for good: they go from the disk when that cannot be undone any more."""


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        kind: one of `KINDS`.
        label: the class that was changed; of several with a comma between, "" for photos of any class.
        name: what the class is called since, the class that has its photos since, the part that photos moved to, by
            how many degrees they were rotated, or of corrections how many of the photos were left out.
        photos: how many photos it was about.
    """

    kind: str
    label: str = ""
    name: str = ""
    photos: int = 0


@dataclass(frozen=True)
class Edit:
    """A row of the edit log of a data set: what made one version of another.

    Attributes:
        version: the number that it made; 1 is the data set as imported, which no edit made.
        before: the number of the version that it changed.
        dataset_id: the id of the version that it made.
        made: Unix seconds.
        paths: of the photos that it was about, where single photos were chosen.
        undone: whether it was undone and can be redone.
        by: the public name of the visitor who made it, "" for the owner, `edit_log.TERMINAL` or `edit_log.PYTHON` for
            the owner without a browser, None where nobody wrote it down (earlier versions did not).
    """

    version: int
    before: int
    dataset_id: str
    change: Change
    made: float
    paths: tuple[str, ...] = ()
    undone: bool = False
    by: str | None = None


def read_change(values: object) -> Change | None:
    """The change that a JSON object tells of; None where it tells of none, or was written by another version."""
    if not isinstance(values, Mapping) or values.get("kind") not in KINDS:
        return None
    try:
        label, name = str(values.get("label", "")), str(values.get("name", ""))
        return Change(str(values["kind"]), label, name, int(values.get("photos", 0)))
    except (TypeError, ValueError):
        return None
