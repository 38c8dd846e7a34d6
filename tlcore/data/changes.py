"""What was changed in a data set to make a newer version of it, as its `dataset.json` keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass

RENAMED, MERGED, CLASS_DELETED, PHOTOS_DELETED = "class renamed", "classes merged", "class deleted", "photos deleted"
KINDS = (RENAMED, MERGED, CLASS_DELETED, PHOTOS_DELETED)


@dataclass(frozen=True)
class Change:
    """One change. `kind`: one of `KINDS`; `label`: the class, "" for photos; `name`: what it is called since, or the
    class that has its photos since; `photos`: how many photos moved or went.
    """

    kind: str
    label: str = ""
    name: str = ""
    photos: int = 0


def read_change(values: object) -> Change | None:
    """The change that a `dataset.json` tells of; None where it tells of none, or was written by another version."""
    if not isinstance(values, Mapping) or values.get("kind") not in KINDS:
        return None
    try:
        label, name = str(values.get("label", "")), str(values.get("name", ""))
        return Change(str(values["kind"]), label, name, int(values.get("photos", 0)))
    except (TypeError, ValueError):
        return None
