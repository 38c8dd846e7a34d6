"""Classes and parts from the names of folders. Opens no file."""

from collections import defaultdict
from collections.abc import Iterable

from tlcore.data.names import clean_path, is_junk, looks_like_photo
from tlcore.data.placed import Layout, Placed, SourceFile, name_classes
from tlcore.errors import UserError

PART_NAMES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}

HOW = (
    "Use one folder per class with its photos inside, or folders named train and validation (and test) with one "
    "folder per class in each."
)


def recognise(
    name: str, files: list[SourceFile], folders: Iterable[tuple[str, ...]] = (), least_classes: int = 2
) -> Layout:
    """Find the class folders among files, below any wrapping folders.

    Args:
        name: of the folder or zip, for sentences.
        files: all of its files; what computers leave behind is skipped without a word.
        folders: all of its folders, to report empty ones.
        least_classes: 2 to learn from; 1 to test on, or where more photos come from elsewhere.

    Raises:
        UserError: there are no photos, or fewer class folders.
    """
    files = [file for file in files if not is_junk(file.parts)]
    photos = [file.parts for file in files if looks_like_photo(file.parts[-1])]
    if not photos:
        raise UserError(f"{name} contains no photos.", HOW)
    prefix = _unwrap(photos)
    depth = len(prefix)
    tops, loose = _tops([parts[depth:] for parts in photos if parts[:depth] == prefix])
    split = _is_split(tops)
    layout = Layout()
    raw: list[tuple[SourceFile, str, str | None]] = []
    for file in files:
        inner = file.parts[depth:]
        reason = _misplaced(file.parts[:depth] == prefix, inner, split)
        if reason:
            layout.refused.append((clean_path(file.parts), reason))
        elif split:
            raw.append((file, inner[1], PART_NAMES[inner[0].casefold()]))
        else:
            raw.append((file, inner[0], None))
    empty = _class_folders(folders, prefix, split) - {label for _, label, _ in raw}
    labels = name_classes([label for _, label, _ in raw] + sorted(empty), layout.notes)
    layout.placed = [Placed(file, labels[label], part) for file, label, part in raw]
    used = {placed.label for placed in layout.placed}
    layout.empty = sorted({labels[label] for label in empty} - used)
    if len(used) < least_classes:
        raise _too_few(name, used, len(loose))
    return layout


def _unwrap(photos: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The wrapping folders: one after the other, as long as all photos lie deeper in a single folder."""
    prefix: tuple[str, ...] = ()
    while True:
        inside = [parts[len(prefix) :] for parts in photos if parts[: len(prefix)] == prefix]
        tops, _ = _tops(inside)
        if len(tops) != 1:
            return prefix
        ((top, (direct, _)),) = tops.items()
        if direct:
            return prefix
        prefix += (top,)


def _tops(photos: list[tuple[str, ...]]) -> tuple[dict[str, tuple[int, int]], list[tuple[str, ...]]]:
    """For every top folder the photos directly in it and deeper; and the photos that lie in no folder."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    loose: list[tuple[str, ...]] = []
    for parts in photos:
        if len(parts) == 1:
            loose.append(parts)
        else:
            counts[parts[0]][len(parts) > 2] += 1
    return {top: (direct, deeper) for top, (direct, deeper) in counts.items()}, loose


def _is_split(tops: dict[str, tuple[int, int]]) -> bool:
    """Train and another part, with folders in train: a class may be called Train too (a vehicle)."""
    parts = {PART_NAMES[top.casefold()]: deeper for top, (_, deeper) in tops.items() if top.casefold() in PART_NAMES}
    return bool(parts.get("train")) and len(parts) > 1


def _misplaced(inside: bool, inner: tuple[str, ...], split: bool) -> str:
    """Why a file has no class; "" where it has one."""
    if not inside or (split and inner[0].casefold() not in PART_NAMES):
        return f"is outside the {'train, validation and test' if split else 'class'} folders"
    return "is not in a class folder" if len(inner) < (3 if split else 2) else ""


def _class_folders(folders: Iterable[tuple[str, ...]], prefix: tuple[str, ...], split: bool) -> set[str]:
    """The names of all folders that stand where classes stand."""
    depth = len(prefix) + (2 if split else 1)
    return {
        parts[-1]
        for parts in folders
        if len(parts) == depth
        and parts[: len(prefix)] == prefix
        and not is_junk(parts)
        and (not split or parts[-2].casefold() in PART_NAMES)
    }


def _too_few(name: str, labels: set[str], num_loose: int) -> UserError:
    if labels:
        only = next(iter(labels))
        return UserError(
            f"{name} contains only one class, {only}.",
            "Add at least one more class, in a folder of its own. " + HOW,
        )
    loose = f" ({num_loose:,} photos are not in a folder)" if num_loose else ""
    return UserError(f"{name} contains no class folders{loose}.", HOW)
