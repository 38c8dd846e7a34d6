"""The folders around photos: which of them only wrap the others, and which hold a part. Opens no file."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tlcore.data.folder_names import is_annotations, is_beside, is_storage, is_unlabelled, mentions_part, part_of

Folders = tuple[str, ...]
"""The folders above a file, from the outermost."""

FEW = 3
"""Photos of a class that are too few to train on: a folder of docs with fewer is no class."""


@dataclass
class Node:
    """A folder: the photos directly in it, those in all of it, and the folders in it that hold photos."""

    direct: int = 0
    total: int = 0
    children: dict[str, "Node"] = field(default_factory=dict)


@dataclass(frozen=True)
class Frame:
    """What stands around the class folders, and is no class.

    Attributes:
        prefix: the wrapping folders.
        parts: the folders that hold a part, by their whole path, with those that only repeat or wrap it.
        left_out: folders whose files are left out, by their whole path, with the reason.
        unlabelled: parts without class folders. needs_part: whether what lies in no part is outside.
        is_clear: whether nobody needs to be asked about it.
        takes_all: whether folders that look like parts are classes here.
    """

    prefix: Folders
    parts: dict[Folders, str] = field(default_factory=dict)
    left_out: dict[Folders, str] = field(default_factory=dict)
    unlabelled: frozenset[str] = frozenset()
    needs_part: bool = False
    is_clear: bool = True
    takes_all: bool = False

    def inner(self, folders: Folders) -> tuple[Folders, str | None] | str:
        """The folders that may be classes, and the part; or the reason why a file in there has none."""
        depth = len(self.prefix)
        if folders[:depth] != self.prefix:
            return self.outside()
        rest, part = [], None
        for end in range(depth + 1, len(folders) + 1):
            path = folders[:end]
            if path in self.left_out:
                return self.left_out[path]
            if path in self.parts:
                part = part or self.parts[path]
            else:
                rest.append(path[-1])
        return (tuple(rest), part)

    def takes(self, part: str | None) -> bool:
        """Whether a file may have a class, by the part that it lies in."""
        return part is not None or not self.needs_part

    def unlabelled_part(self, folders: Folders) -> str:
        """The part without class folders that a file lies in, "" for none."""
        top = folders[len(self.prefix) : len(self.prefix) + 1]
        return top[0] if top and top[0] in self.unlabelled else ""

    def outside(self) -> str:
        """The reason for a file that lies beside the folders that count."""
        return f"is outside the {'train, validation and test' if self.needs_part else 'class'} folders"


def make_tree(photos: Iterable[Folders]) -> Node:
    """The tree of the folders that photos lie in."""
    root = Node()
    for folders in photos:
        node = root
        node.total += 1
        for name in folders:
            node = node.children.setdefault(name, Node())
            node.total += 1
        node.direct += 1
    return root


def relevant(node: Node) -> list[str]:
    """The folders in a folder, without those that only come along: masks beside images, docs beside classes."""
    names = sorted(node.children)
    photos = [name for name in names if not is_annotations(name)]
    if any(is_storage(name) or part_of(name, names) for name in photos):
        names = photos
    others = [name for name in names if not is_beside(name)]
    wraps = len(others) == 1 and bool(node.children[others[0]].children)
    small = [name for name in names if name not in others and (wraps or node.children[name].total < FEW)]
    return [name for name in names if not others or name not in small]


def unwrap(root: Node) -> tuple[Folders, Node]:
    """The wrapping folders, one in the other, and the folder in which several stand side by side."""
    node = root
    prefix: Folders = ()
    while True:
        names = relevant(node)
        if len(names) != 1 or part_of(names[0]):
            return prefix, node
        child = node.children[names[0]]
        if not child.children or (child.direct and len(relevant(child)) < 2):
            return prefix, node
        node, prefix = child, (*prefix, names[0])


def find_frames(root: Node) -> list[Frame]:
    """The ways to tell parts and wrapping folders from those that may be classes, the likeliest first."""
    prefix, node = unwrap(root)
    names = relevant(node)
    left_out = {(*prefix, name): _why_beside(name) for name in node.children if name not in names}
    parts = {name: part for name in names if (part := part_of(name, names))}
    if not parts:
        return [Frame(prefix, _parts_in_classes(prefix, node, names), left_out)]
    others = [name for name in names if name not in parts]
    marked = {name: _mark(node, prefix, name, parts) for name in parts}
    labelled = [name for name, (_, has_classes) in marked.items() if has_classes]
    marks = {path: parts[name] for name, (paths, _) in marked.items() for path in paths}
    unlabelled = frozenset(name for name in parts if name not in labelled)
    without_parts = Frame(prefix, {}, left_out, is_clear=False, takes_all=True)
    loud = [name for name in others if not _is_quiet(name, node.children[name])]
    if labelled:
        outside = {(*prefix, name): "is outside the train, validation and test folders" for name in others}
        sure = not loud or (len(labelled) > 1 and not _share_classes(node, parts, loud))
        framed = Frame(prefix, marks, left_out | outside, unlabelled, needs_part=True, is_clear=sure)
        if sure:
            return [framed]
        return [without_parts, framed] if len(labelled) == 1 and len(loud) > 1 else [framed, without_parts]
    if not loud:
        return [Frame(prefix, marks, left_out, unlabelled, needs_part=True), without_parts]
    reasons = {(*prefix, name): f"has no class: {name} has no class folders" for name in parts}
    wraps = len(loud) == 1 and len(relevant(node.children[loud[0]])) > 1
    framed = Frame(prefix, {}, left_out | reasons, unlabelled, is_clear=wraps)
    if wraps:
        return [framed]
    is_thing = [name.casefold() for name in parts] in (["train"], ["trains"])  # beside bus and car
    return [without_parts, framed] if is_thing else [framed, without_parts]


def _mark(node: Node, prefix: Folders, name: str, parts: dict[str, str]) -> tuple[list[Folders], bool]:
    """The paths of a part's folder and of those in it that repeat or wrap it, and whether class folders follow."""
    path, here = (*prefix, name), node.children[name]
    marked = [path]
    elsewhere = {each for other in parts if other != name for each in node.children[other].children}
    while len(names := relevant(here)) == 1:
        (only,) = names
        child = here.children[only]
        repeats = bool(part_of(only)) or only.casefold() == path[-1].casefold() or is_storage(only)
        if not repeats and (not child.children or child.direct or only in elsewhere):
            break
        path, here = (*path, only), child
        marked.append(path)
    return marked, bool(here.children)


def _parts_in_classes(prefix: Folders, node: Node, names: list[str]) -> dict[Folders, str]:
    """The folders of parts that stand in each class: cats/train, cats/test, dogs/train, …"""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        inside = relevant(node.children[name])
        parts = {each: part for each in inside if (part := part_of(each, inside))}
        if inside and len(parts) == len(inside):
            found[name] = parts
    if all(len(parts) < 2 for parts in found.values()):
        return {}
    marked: dict[Folders, str] = {}
    for name, parts in found.items():
        for each, part in parts.items():
            paths, _ = _mark(node.children[name], (*prefix, name), each, parts)
            marked |= dict.fromkeys(paths, part)
    return marked


def _is_quiet(name: str, node: Node) -> bool:
    """Whether a folder beside parts is left out without a question: docs, photos to predict, a copy of everything."""
    copies = any(part_of(each) for each in node.children)
    return is_beside(name) or is_unlabelled(name) or mentions_part(name) or copies


def _share_classes(node: Node, parts: dict[str, str], others: list[str]) -> bool:
    """Whether folders beside parts have class folders of the same names."""
    known = {each for name in parts for each in node.children[name].children}
    return any(known & set(node.children[name].children) for name in others)


def _why_beside(name: str) -> str:
    return "is in a folder of annotations" if is_annotations(name) else "is outside the class folders"
