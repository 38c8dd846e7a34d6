"""The folders around photos: which of them only wrap the others, and which hold a part. Opens no file."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from tlcore.data.folder_names import (
    is_annotations,
    is_beside,
    is_storage,
    is_unlabelled,
    label_beside_part,
    mentions_part,
    part_of,
    parts_of,
)

Folders = tuple[str, ...]
"""The folders above a file, from the outermost."""

OUTSIDE = "is outside the class folders"
BESIDE_PARTS = "is outside the train, validation and test folders"
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
        named: classes that the names of parts say, by their paths: cats of train_cats.
        unlabelled: parts without class folders. needs_part: whether what lies in no part is outside.
        is_clear: whether nobody needs to be asked about it.
        takes_all: whether folders that look like parts are classes here.
    """

    prefix: Folders
    parts: dict[Folders, str] = field(default_factory=dict)
    left_out: dict[Folders, str] = field(default_factory=dict)
    named: dict[Folders, str] = field(default_factory=dict)
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
            part = part or self.parts.get(path)
            if path in self.named:
                rest.append(self.named[path])
            elif path not in self.parts:
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
        return BESIDE_PARTS if self.needs_part else OUTSIDE


def make_tree(photos: Mapping[Folders, int]) -> Node:
    """The tree of the folders that photos lie in, with how many lie in each."""
    root = Node()
    for folders, number in photos.items():
        node = root
        node.total += number
        for name in folders:
            node = node.children.setdefault(name, Node())
            node.total += number
        node.direct += number
    return root


def relevant(node: Node) -> list[str]:
    """The folders in a folder, without those that only come along: masks beside images, docs beside classes."""
    names = _without_masks(sorted(node.children))
    beside = {name for name in names if is_beside(name) or is_unlabelled(name)}
    others = [name for name in names if name not in beside]
    wraps = len(others) == 1 and bool(node.children[others[0]].children)
    small = {name for name in beside if wraps or node.children[name].total < FEW}
    return [name for name in names if not others or name not in small]


def _without_masks(names: list[str]) -> list[str]:
    photos = [name for name in names if not is_annotations(name)]
    return photos if any(is_storage(name) or part_of(name, names) for name in photos) else names


def unwrap(root: Node) -> tuple[Folders, Node]:
    """The wrapping folders, one in the other, and the folder in which several stand side by side."""
    node = root
    prefix: Folders = ()
    while True:
        names = relevant(node)
        if len(names) != 1 or part_of(names[0]):
            return prefix, node
        child = node.children[names[0]]
        if not child.children or (child.direct and not _holds_classes(child)):
            return prefix, node
        node, prefix = child, (*prefix, names[0])


def _holds_classes(node: Node) -> bool:
    """Whether several folders, or a part, lie in a folder or in the only one in it: its own photos are strays then."""
    while len(names := relevant(node)) == 1 and not part_of(names[0]):
        node = node.children[names[0]]
    return bool(names)


def find_frames(root: Node) -> list[Frame]:
    """The ways to tell parts and wrapping folders from those that may be classes, the likeliest first."""
    prefix, node = unwrap(root)
    names = relevant(node)
    left_out = _masks(root) | _left_out(prefix, node, names)
    parts = parts_of(names)
    if not parts:
        return [Frame(prefix, _parts_in_classes(prefix, node, names), left_out)]
    marked = {name: _mark(node, prefix, name, parts) for name in parts}
    labelled = _labelled(parts, {name: here for name, (_, here) in marked.items()})
    framed = Frame(
        prefix,
        {path: parts[name] for name, (paths, _) in marked.items() for path in paths},
        left_out,
        unlabelled=frozenset(parts) - frozenset(labelled),
        needs_part=True,
    )
    takes_all = Frame(prefix, {}, left_out, is_clear=False, takes_all=True)
    others = [name for name in names if name not in parts]
    loud = [name for name in others if not _is_quiet(name, node.children[name])]
    if labelled:
        return _beside_parts(framed, takes_all, node, labelled, others, loud)
    if loud:
        return _beside_classes(framed, takes_all, node, list(parts), loud)
    named = {(*prefix, name): label for name in parts if (label := label_beside_part(name))}
    if len(set(named.values())) > 1 and len(named) == len(parts):  # trainA, trainB, testA, testB
        framed = replace(framed, named=named, unlabelled=frozenset(), is_clear=False)
    return [framed, takes_all]


def _beside_parts(
    framed: Frame, takes_all: Frame, node: Node, labelled: list[str], others: list[str], loud: list[str]
) -> list[Frame]:
    """The frames where class folders lie in parts, and `others` beside these; the `loud` ones are a question."""
    outside = {(*framed.prefix, name): BESIDE_PARTS for name in others}
    sure = not loud or (len(labelled) > 1 and not _share_classes(node, labelled, loud))
    framed = replace(framed, left_out=framed.left_out | outside, is_clear=sure)
    if sure:
        return [framed]
    return [takes_all, framed] if len(labelled) == 1 and len(loud) > 1 else [framed, takes_all]


def _beside_classes(framed: Frame, takes_all: Frame, node: Node, parts: list[str], loud: list[str]) -> list[Frame]:
    """The frames where folders that are called like parts, but have no classes, stand beside others."""
    reasons = {(*framed.prefix, name): f"has no class: {name} has no class folders" for name in parts}
    wraps = len(loud) == 1 and len(relevant(node.children[loud[0]])) > 1
    framed = Frame(framed.prefix, {}, framed.left_out | reasons, is_clear=wraps)
    if wraps:
        return [framed]
    is_thing = [name.casefold() for name in parts] in (["train"], ["trains"])  # beside bus and car
    return [takes_all, framed] if is_thing else [framed, takes_all]


def _mark(node: Node, prefix: Folders, name: str, parts: dict[str, str]) -> tuple[list[Folders], Node]:
    """The paths of a part's folder and of those in it that repeat or wrap it, and the folder around its classes."""
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
    return marked, here


def _labelled(parts: dict[str, str], inside: dict[str, Node]) -> list[str]:
    """The parts with class folders. Those that share no folder with the training photos have none: test/unknown."""
    found = [name for name in parts if inside[name].children]
    known = {each for name in found if parts[name] == "train" for each in _folder_names(inside[name])}
    return [name for name in found if not known or known & _folder_names(inside[name])]


def _folder_names(node: Node) -> set[str]:
    """The names of all folders in a folder, in lower case."""
    found: set[str] = set()
    pending = [node]
    while pending:
        for name, child in pending.pop().children.items():
            found.add(name.casefold())
            pending.append(child)
    return found


def _masks(root: Node) -> dict[Folders, str]:
    """The folders of masks beside folders of images, wherever they are, with the reason to leave them out."""
    found: dict[Folders, str] = {}
    pending: list[tuple[Folders, Node]] = [((), root)]
    while pending:
        path, node = pending.pop()
        names = _without_masks(sorted(node.children))
        found.update(_left_out(path, node, names))
        pending += [((*path, name), node.children[name]) for name in names]
    return found


def _parts_in_classes(prefix: Folders, node: Node, names: list[str]) -> dict[Folders, str]:
    """The folders of parts that stand in each class: cats/train, cats/test, dogs/train, …"""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        inside = relevant(node.children[name])
        parts = parts_of(inside)
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


def _share_classes(node: Node, labelled: list[str], others: list[str]) -> bool:
    """Whether folders beside parts have class folders of the same names."""
    known = {each for name in labelled for each in node.children[name].children}
    return any(known & set(node.children[name].children) for name in others)


def _left_out(path: Folders, node: Node, kept: Collection[str]) -> dict[Folders, str]:
    """All folders in a folder but those that are kept, with the reason."""
    return {(*path, name): _why_beside(name) for name in node.children.keys() - set(kept)}


def _why_beside(name: str) -> str:
    return "is in a folder of annotations" if is_annotations(name) else OUTSIDE
