"""Corrections of labels, and photos to leave out, as one edit of a data set: made together, and undone together.

A correction was decided on in one version and is made to the current one, which may be a later one: `outstanding` says
what of it still can be done there.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tlcore.data.changes import CORRECTED, LEFT_OUT, RELABELLED, Change
from tlcore.data.commit import commit, editing
from tlcore.data.edit_log import RowChange
from tlcore.data.manifest import Dataset
from tlcore.workspace import Workspace


@dataclass(frozen=True)
class Correction:
    """What a person decided about one photo.

    Attributes:
        path: as in `Dataset.photos["path"]`. label: the class it had then.
        to: the class that it should have; "" to leave it out.
    """

    path: str
    label: str
    to: str = ""

    @property
    def leaves_out(self) -> bool:
        return not self.to


@dataclass(frozen=True)
class Outstanding:
    """Corrections by what they still mean for a version of the data set.

    Attributes:
        to_do: can be made. done: the version has them already. gone: their photo was left out or deleted since.
        no_class: the class they move to was renamed, merged or deleted since.
    """

    to_do: tuple[Correction, ...] = ()
    done: tuple[Correction, ...] = ()
    gone: tuple[Correction, ...] = ()
    no_class: tuple[Correction, ...] = ()


def outstanding(dataset: Dataset, corrections: Iterable[Correction]) -> Outstanding:
    """What of some corrections still has to be done in a version of a data set, in their order."""
    labels = dict(zip(dataset.photos["path"], dataset.photos["label"]))
    left_out = set(dataset.left_out["path"]) if len(dataset.left_out) else set()
    found: dict[str, list[Correction]] = {"to_do": [], "done": [], "gone": [], "no_class": []}
    for each in corrections:
        label = labels.get(each.path)
        if label is None:
            kind = "done" if each.leaves_out and each.path in left_out else "gone"
        elif label == each.to:
            kind = "done"
        else:
            kind = "to_do" if each.leaves_out or each.to in dataset.labels else "no_class"
        found[kind].append(each)
    return Outstanding(**{kind: tuple(listed) for kind, listed in found.items()})


def correct(workspace: Workspace, dataset: Dataset, corrections: Iterable[Correction]) -> Dataset:
    """Make corrections to the current version of a data set, as one edit. Every photo keeps its part.

    Returns:
        the newer version; the current one where it has them all already, so that doing it twice is doing it once.

    Raises:
        TooFewPhotos: a class would have too few photos. UserError: there is no such photo or class, fewer than two
            classes would be left, or the disk is full. Nothing is changed then.
    """
    wanted = {each.path: each for each in corrections}  # a later one of the same photo counts
    with editing(workspace, dataset) as edited:
        found = outstanding(edited.current, wanted.values())
        edited.rows([each.path for each in found.gone])
        edited.classes([each.to for each in found.no_class])
        if not found.to_do:
            return edited.current
        labels = dict(zip(edited.current.photos["path"], edited.current.photos["label"]))
        change = _change(found.to_do, labels)
        return commit(edited, change, tuple(each.path for each in found.to_do), rows=_rows(found.to_do))


def _rows(corrections: tuple[Correction, ...]) -> tuple[RowChange, ...]:
    """The values that single rows have since."""
    targets: dict[str, list[str]] = {}
    for each in corrections:
        targets.setdefault(each.to, []).append(each.path)
    return tuple(
        RowChange("label", label, tuple(paths)) if label else RowChange("left_out", True, tuple(paths))
        for label, paths in sorted(targets.items())
    )


def _change(corrections: tuple[Correction, ...], labels: dict[str, str]) -> Change:
    """What was done, as the history has it: in the words of a single edit where it could have been one."""
    targets, number = {each.to for each in corrections}, len(corrections)
    if targets == {""}:
        return Change(LEFT_OUT, photos=number)
    if len(targets) == 1:
        before = ", ".join(sorted({labels[each.path] for each in corrections}))
        return Change(RELABELLED, before, targets.pop(), number)
    return Change(CORRECTED, name=str(sum(each.leaves_out for each in corrections)), photos=number)
