"""Classes from the names of folders: which level of folders is the classes, and where that is open. Opens no file."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tlcore.data.folder_names import is_beside, is_numbered, is_storage, is_unlabelled, part_of
from tlcore.data.folder_tree import OUTSIDE, Folders, Frame, Node, find_frames, make_tree, relevant, unwrap

NO_CLASS = "is not in a class folder"
LOOSE_SHARE = 0.5
"""Photos beside the class folders are strays; where they are more than such a share of all, they are a question."""
MOST_TOPS = 6
"""Of so many outer folders at most, each can be chosen by itself."""
MOST_LEVELS = 4
INNERMOST = -1


@dataclass(frozen=True)
class FolderReading:
    """One way to read folders.

    Attributes:
        key, basis, file: as in `LayoutChoice`.
        frame: what stands around the classes. wrapper: folders between the parts and the classes.
        level: which of the folders that remain is the class, 1 for the outermost, -1 for the innermost.
        only: the outer folder that alone counts, "" for all. without: outer folders that are left out.
        is_clear: whether nobody needs to be asked. is_weak: whether the names say that these are no classes.
    """

    key: str
    basis: str
    frame: Frame
    wrapper: Folders = ()
    level: int = 1
    only: str = ""
    without: frozenset[str] = frozenset()
    is_clear: bool = False
    is_weak: bool = False
    file: str = ""

    def place(self, folders: Folders) -> tuple[str, str | None] | str:
        """The class folder and the part of a file in these folders, or the reason why it has none."""
        found = self.frame.inner(folders)
        if isinstance(found, str):
            return found
        rest, part = found
        if not self.frame.takes(part):
            return self.frame.outside() if rest else NO_CLASS
        if name := self.frame.unlabelled_part(folders):
            why = "other class folders than the training photos" if rest else "no class folders"
            return f"has no class: {name} has {why}"
        depth = len(self.wrapper)
        if rest[:depth] != self.wrapper:
            return NO_CLASS if rest == self.wrapper[: len(rest)] else OUTSIDE
        rest = rest[depth:]
        if rest and (rest[0] in self.without or (self.only and rest[0] != self.only)):
            return f"is outside the folder {self.only}" if self.only else OUTSIDE
        rest = rest[1:] if self.only else rest
        if len(rest) < max(self.level, 1):
            return NO_CLASS
        return rest[self.level - 1 if self.level > 0 else INNERMOST], part


def read_folders(photos: Sequence[Folders]) -> tuple[list[FolderReading], Frame]:
    """The ways to read the folders that photos lie in, the likeliest first, and the likeliest frame around them.

    Readings with a single class are among them; none where the photos lie in no folders that may be classes.
    """
    counts = Counter(photos)
    frames = find_frames(make_tree(counts))
    found: list[FolderReading] = []
    for frame in frames:
        for reading in _read_frame(frame, counts):
            if not any(_same(reading, other, counts) for other in found):
                is_taken = any(other.key == reading.key for other in found)
                found.append(replace(reading, key=f"{reading.key}-{len(found) + 1}") if is_taken else reading)
    return (found if len(found) == 1 else [replace(each, is_clear=False) for each in found]), frames[0]


def _read_frame(frame: Frame, photos: Counter[Folders]) -> Iterator[FolderReading]:
    """The readings within one frame, the likeliest first."""
    rests = _rests(frame, photos)
    wrapper, node = unwrap(make_tree(rests))
    tops = sorted(node.children) if frame.takes_all else relevant(node)
    if not tops or (len(tops) == 1 and _names_no_class(tops[0], node)):
        return
    doubtful = [] if frame.takes_all else [name for name in tops if _is_doubtful(name)]
    doubtful = doubtful if len(tops) - len(doubtful) > 1 else []
    is_weak = is_numbered(tops) or all(is_storage(name) or part_of(name, tops) for name in tops)
    around = (*frame.prefix, *wrapper)
    above = sum(number for folders, number in photos.items() if folders in _tops_of(around))
    many_loose = node.direct + above > LOOSE_SHARE * photos.total()
    base = FolderReading(
        "all-folders" if frame.takes_all else "folders",
        "all-folders" if frame.takes_all else "class-folders",
        frame,
        wrapper,
        without=frozenset(node.children) - frozenset(tops) | frozenset(doubtful),
        is_clear=frame.is_clear and not is_weak and not many_loose and not any(part_of(name, tops) for name in tops),
        is_weak=is_weak,
        file=", ".join(name for name in tops if part_of(name, tops)) if frame.takes_all else "",
    )
    yield from _levels(base, node, sorted(set(tops) - set(doubtful)), rests)
    if doubtful:
        without = frozenset(node.children) - frozenset(tops)
        yield replace(base, key="all-folders", basis="all-folders", without=without, file=", ".join(doubtful))


def _tops_of(folders: Folders) -> set[Folders]:
    """The folders around a folder, without itself."""
    return {folders[:depth] for depth in range(len(folders))}


def _rests(frame: Frame, photos: Counter[Folders]) -> Counter[Folders]:
    """The folders around photos that may be classes; none of photos that are outside or in a part without classes."""
    rests: Counter[Folders] = Counter()
    for folders, number in photos.items():
        found = frame.inner(folders)
        if not isinstance(found, str) and frame.takes(found[1]) and not frame.unlabelled_part(folders):
            rests[found[0]] += number
    return rests


def _levels(base: FolderReading, node: Node, tops: list[str], rests: Counter[Folders]) -> Iterator[FolderReading]:
    """The class as the outer folder, the inner one, or one between, where folders lie in folders."""
    only_deeper = [name for name in tops if not node.children[name].direct]
    if not any(_branches(node.children[name]) for name in only_deeper):
        yield base
        return
    shared = Counter(each for name in tops for each in relevant(node.children[name]))
    shares = any(count > 1 for count in shared.values())
    outer = base if base.frame.takes_all else replace(base, key="outer-folders", basis="outer-folders")
    inner = replace(base, key="inner-folders", basis="inner-folders", level=INNERMOST, is_weak=False, file="")
    depth = max(len(rest) for rest in rests) - len(base.wrapper)
    between = [
        replace(inner, key=f"folder-level-{level}", basis="folder-level", level=level, file=str(level))
        for level in range(2, min(depth, MOST_LEVELS + 1))
    ]
    inner_names = {rest[-1] for rest in rests if len(rest) > len(base.wrapper) + 1}
    deeper = [*between, inner] if not all(_is_no_class(name) for name in inner_names) else between
    whole = len(only_deeper) == len(tops)
    beside = set(tops) - set(only_deeper)
    copies = all(set(relevant(node.children[name])) <= beside for name in only_deeper)  # yes, no, all/yes, all/no
    ordered = [*reversed(deeper), outer] if (shares and whole) or copies else [outer, *reversed(deeper)]
    yield from ordered
    if shares and whole and deeper and len(tops) <= MOST_TOPS:
        for name in tops:
            yield replace(inner, key=f"only-folder:{name}", basis="only-folder", level=1, only=name, file=name)


def _branches(node: Node) -> bool:
    """Whether there are several folders side by side somewhere in a folder, or photos beside folders."""
    while node.children:
        names = relevant(node)
        if len(names) > 1:
            return True
        node = node.children[names[0]]
    return False


def _names_no_class(name: str, node: Node) -> bool:
    """Whether the only folder that holds photos has a name that says nothing of a class."""
    return not node.children[name].children and _is_no_class(name)


def _is_no_class(name: str) -> bool:
    return is_storage(name) or part_of(name) is not None


def _is_doubtful(name: str) -> bool:
    return is_beside(name) or is_storage(name) or is_unlabelled(name)


def _same(one: FolderReading, other: FolderReading, photos: Counter[Folders]) -> bool:
    """Whether two readings put the same photos together, whatever they call the classes, in the same parts."""
    pairs = set(zip(_placed(one, photos), _placed(other, photos)))
    if any((first is None) != (second is None) for first, second in pairs):
        return False
    return len(pairs) == len({first for first, _ in pairs}) == len({second for _, second in pairs})


def _placed(reading: FolderReading, photos: Counter[Folders]) -> Iterator[tuple[str, str | None] | None]:
    """The class and part of the photos in each folder, None where they have none."""
    for folders in photos:
        found = reading.place(folders)
        yield None if isinstance(found, str) else found
